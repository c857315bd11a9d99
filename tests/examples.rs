// SPDX-License-Identifier: MIT OR Apache-2.0
//! The examples in Rust, C and C++ print what stands beside them (examples/*.out).
#![cfg(not(loom))]

#[path = "support/compiler.rs"]
mod compiler;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use compiler::{Library, compile, detected, library_is_sanitized, link, scratch, strict, succeed};

macro_rules! examples {
    ($($name:ident)*) => {
        const EXAMPLES: &[&str] = &[$(stringify!($name)),*];

        mod in_rust {
            $(#[test] fn $name() { super::run_rust(stringify!($name)) })*
        }

        mod in_c {
            $(#[test] fn $name() { super::run_c(stringify!($name), "c") })*
        }

        mod in_cpp {
            $(#[test] fn $name() { super::run_c(stringify!($name), "cpp") })*
        }
    };
}

examples! {
    backpressure callbacks clean_shutdown event_loop fan_out first_message lagging_receiver timeouts
    topics
}

/// Runs an example that `cargo test` has built; `cargo test --test examples` builds none.
fn run_rust(name: &str) {
    if library_is_sanitized() {
        println!("skipped: the library is sanitized");
        return;
    }
    let deps = env::current_exe().unwrap();
    let program = deps.ancestors().nth(2).unwrap().join("examples").join(name);
    assert!(program.exists(), "not built: cargo build --examples");
    check(name, &program);
}

/// Runs an example in C or C++, which folders and files are named after.
fn run_c(name: &str, language: &str) {
    if library_is_sanitized() {
        println!("skipped: the library is sanitized");
        return;
    }
    let source = Path::new("examples").join(language).join(name);
    let source = source.with_extension(language);
    for library in [Library::Shared, Library::Static] {
        if source == Path::new(WITH_LIBUV) {
            match compile_with_libuv(library) {
                Some(program) => check(name, &program),
                None => println!("skipped: no libuv here: on Debian, apt-get install libuv1-dev"),
            }
        } else {
            check(name, &compile(&source, library));
        }
    }
}

/// The one example that needs what not everybody has.
const WITH_LIBUV: &str = "examples/cpp/event_loop.cpp";

fn compile_with_libuv(library: Library) -> Option<PathBuf> {
    let mut compiler = detected("c++");
    compiler.args([
        "-include",
        "uv.h",
        "-fsyntax-only",
        "-x",
        "c++",
        "/dev/null",
    ]);
    if !compiler.output().unwrap().status.success() {
        return None;
    }
    let program = scratch().join(format!("event_loop-{library:?}"));
    let mut compiler = detected("c++");
    strict(&mut compiler, "c++", "c++17").args([WITH_LIBUV, "-x", "none", "-luv"]);
    link(&mut compiler, library, &program);
    Some(program)
}

fn check(name: &str, program: &Path) {
    let printed = succeed(&mut Command::new(program));
    let wanted = fs::read_to_string(Path::new("examples").join(name).with_extension("out"));
    assert_eq!(printed, wanted.unwrap());
}

#[test]
fn every_example_is_there_in_every_language() {
    let listed: BTreeSet<String> = EXAMPLES.iter().map(|&name| name.into()).collect();
    for (directory, extension) in [
        ("examples", ".out"),
        ("examples/rust", ".rs"),
        ("examples/c", ".c"),
        ("examples/cpp", ".cpp"),
        ("examples/python", ".py"),
    ] {
        let found: BTreeSet<String> = fs::read_dir(directory)
            .unwrap()
            .filter_map(|file| {
                let name = file.unwrap().file_name().into_string().unwrap();
                Some(name.strip_suffix(extension)?.to_owned())
            })
            .collect();
        assert_eq!(found, listed, "{directory}");
    }
}
