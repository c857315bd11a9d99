// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every C and C++ program in the documentation compiles as it stands there, runs, and prints the
//! `text` that is right behind it. Other blocks have somebody else who runs them, or a reason. Every
//! file that is linked to exists.
#![cfg(not(loom))]

#[path = "support/compiler.rs"]
mod compiler;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use compiler::{Library, compile, library_is_sanitized, scratch, succeed};

/// The blocks that are no C and no C++: language, page, and who runs them, or why nobody does.
const OTHERS: &str = "
rust    README.md                     doctests, by src/lib.rs
python  README.md                     sdk-python/tests/test_docs.py
python  sdk-python/README.md          sdk-python/tests/test_docs.py
sh      README.md                     what CI calls, and scripts/test packaging
sh      docs/c.md                     the commands of scripts/test packaging
sh      examples/README.md            scripts/test docs
sh      sdk-c/README.md               scripts/test docs
sh      sdk-python/README.md          nobody: pip needs a network
cmake   README.md                     scripts/test packaging
cmake   docs/c.md                     scripts/test packaging
cmake   docs/cpp.md                   scripts/test packaging
-       docs/performance.md           nobody: arguments to choose from
-       examples/demo/README.md       a picture
-       tests/conformance/README.md   part of a script
";

/// A fenced block.
#[derive(Debug)]
struct Block {
    page: String,
    line: usize,
    language: String,
    text: String,
    /// What a `text` block right behind a program says that it prints.
    output: Option<String>,
}

impl Block {
    fn is_program(&self) -> bool {
        matches!(&*self.language, "c" | "cpp")
    }
}

/// The pages that users read, relative to the root.
fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = Vec::new();
    for folder in [
        "",
        "docs",
        "examples",
        "examples/demo",
        "sdk-c",
        "sdk-python",
        "tests/conformance",
    ] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = Path::new(folder).join(entry.unwrap().file_name());
            if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    assert!(pages.len() > 5, "{pages:?}");
    pages
}

/// The fenced blocks of all pages; an output is part of its program.
fn blocks() -> Vec<Block> {
    pages().iter().flat_map(|page| blocks_of(page)).collect()
}

fn blocks_of(page: &Path) -> Vec<Block> {
    let page_text = fs::read_to_string(page).unwrap();
    let mut lines = (1..).zip(page_text.lines());
    let mut blocks: Vec<Block> = Vec::new();
    let mut is_behind_program = false;
    while let Some((line, text)) = lines.next() {
        let Some(language) = text.trim_start().strip_prefix("```") else {
            is_behind_program &= text.is_empty();
            continue;
        };
        assert!(text.starts_with('`'), "{page:?}:{line}: an indented block");
        let text = lines
            .by_ref()
            .map(|(_, text)| text)
            .take_while(|&text| text != "```")
            .flat_map(|text| [text, "\n"])
            .collect();
        if is_behind_program && language == "text" {
            blocks.last_mut().unwrap().output = Some(text);
            is_behind_program = false;
            continue;
        }
        let block = Block {
            page: page.display().to_string(),
            line,
            language: if language.is_empty() { "-" } else { language }.to_owned(),
            text,
            output: None,
        };
        is_behind_program = block.is_program();
        blocks.push(block);
    }
    blocks
}

#[test]
fn every_c_program_in_the_documentation_runs() {
    every_program_runs("c", &[Library::Shared]);
}

/// As C++17, and as C++20.
#[test]
fn every_cpp_program_in_the_documentation_runs() {
    every_program_runs("cpp", &[Library::Shared, Library::Static]);
}

fn every_program_runs(language: &str, libraries: &[Library]) {
    if library_is_sanitized() {
        println!("skipped: the library is sanitized");
        return;
    }
    let mut programs = 0;
    for block in blocks() {
        if block.language == language {
            for &library in libraries {
                runs(&block, library);
            }
            programs += 1;
        }
    }
    assert!(programs > 3);
}

fn runs(block: &Block, library: Library) {
    let Block { page, line, .. } = block;
    let name = format!("docs-{}-{line}", page.replace('/', "-"));
    let source = scratch().join(name).with_extension(&block.language);
    fs::write(&source, &block.text).unwrap();
    let printed = succeed(&mut Command::new(compile(&source, library)));
    match &block.output {
        Some(output) => assert_eq!(&printed, output, "{page}:{line} prints something else"),
        None => assert!(!printed.is_empty(), "{page}:{line} prints nothing"),
    }
}

/// docs/c.md and docs/cpp.md say that it does.
#[test]
fn every_program_of_a_manual_has_its_output_below() {
    for block in blocks() {
        if block.is_program() && block.page.starts_with("docs/") {
            assert!(block.output.is_some(), "{}:{}", block.page, block.line);
        }
    }
}

#[test]
fn every_block_is_run_or_has_a_reason() {
    let listed: BTreeSet<(String, String)> = OTHERS
        .trim()
        .lines()
        .map(|line| {
            let mut words = line.split_whitespace().map(str::to_owned);
            (words.next().unwrap(), words.next().unwrap())
        })
        .collect();
    let found = blocks()
        .into_iter()
        .filter(|block| !block.is_program())
        .map(|block| (block.language, block.page))
        .collect();
    assert_eq!(listed, found, "to the right is what the pages have");
}

#[test]
fn every_relative_link_leads_somewhere() {
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for (at, _) in text.match_indices("](") {
            let target = text[at + 2..].split(')').next().unwrap();
            // A lambda of C++ is no link.
            if target.contains("://") || target.contains(' ') {
                continue;
            }
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let file = if file.is_empty() {
                page.clone()
            } else {
                page.parent().unwrap().join(file)
            };
            assert!(file.exists(), "{}: {target}", page.display());
            assert!(
                heading.is_empty() || headings(&file).iter().any(|name| name == heading),
                "{}: {target}",
                page.display()
            );
        }
    }
}

/// The headings of a page as links name them.
fn headings(page: &Path) -> Vec<String> {
    let text = fs::read_to_string(page).unwrap();
    text.lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| line.trim_start_matches(['#', ' ']).to_lowercase())
        .map(|name| name.replace(' ', "-"))
        .collect()
}
