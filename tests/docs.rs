// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every C program in the documentation compiles as it stands there, and runs; every file that it
//! links to exists. (The Rust ones are doctests; `sdk-python/tests/test_docs.py` runs the Python ones.)
#![cfg(not(loom))]

#[path = "support/compiler.rs"]
#[expect(dead_code, reason = "tests/c.rs uses the rest")]
mod compiler;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use compiler::{Library, compile, library_is_sanitized, scratch, succeed};

/// The pages that users read.
fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = Vec::new();
    for folder in [
        ".",
        "docs",
        "examples",
        "examples/demo",
        "sdk-c",
        "sdk-python",
        "tests/conformance",
    ] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    assert!(pages.len() > 5, "{pages:?}");
    pages
}

/// The fenced blocks of a page that are of `language`.
fn blocks(page: &Path, language: &str) -> Vec<String> {
    let text = fs::read_to_string(page).unwrap();
    let fence = format!("\n```{language}\n");
    text.split(&fence)
        .skip(1)
        .map(|rest| rest.split("\n```").next().unwrap().to_owned() + "\n")
        .collect()
}

#[test]
fn every_c_program_in_the_documentation_runs() {
    if library_is_sanitized() {
        println!("skipped: the library is sanitized");
        return;
    }
    let mut programs = 0;
    for page in pages() {
        for (i, block) in blocks(&page, "c").into_iter().enumerate() {
            programs += 1;
            let name = format!("docs-{}-{i}.c", page.file_stem().unwrap().display());
            let source = scratch().join(name);
            fs::write(&source, block).unwrap();
            let printed = succeed(&mut Command::new(compile(&source, Library::Shared)));
            assert!(!printed.is_empty(), "{}: prints nothing", page.display());
        }
    }
    assert!(programs > 0);
}

#[test]
fn every_relative_link_leads_somewhere() {
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for (at, _) in text.match_indices("](") {
            let target = text[at + 2..].split([')', '#']).next().unwrap();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            let file = page.parent().unwrap().join(target);
            assert!(file.exists(), "{}: {target}", page.display());
        }
    }
}
