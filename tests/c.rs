// SPDX-License-Identifier: MIT OR Apache-2.0
//! Compiles and runs the C tests (tests/c/*.c) against the shared and the static library.
#![cfg(not(loom))]

#[path = "support/compiler.rs"]
mod compiler;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use compiler::{Library, compile, detected, library_is_sanitized, strict, succeed};

macro_rules! c_tests {
    ($($name:ident)*) => {
        const C_TESTS: &[&str] = &[$(stringify!($name)),*];

        mod with_the_shared_library {
            $(#[test] fn $name() { super::run(stringify!($name), super::Library::Shared) })*
        }

        mod with_the_static_library {
            $(#[test] fn $name() { super::run(stringify!($name), super::Library::Static) })*
        }
    };
}

c_tests! {
    arguments busy callbacks capacity_bytes close conformance copies descriptors errno fork handles
    header idle loans lossless memory messages owned packed signals sizes stats status stress timeouts
    wait_any
}

/// Compiles and runs `tests/c/{name}.c`.
fn run(name: &str, library: Library) {
    if library_is_sanitized() {
        println!("skipped: the library is sanitized");
        return;
    }
    let program = compile(&source(name), library);
    print!("{}", succeed(&mut Command::new(program)));
}

#[test]
fn every_c_test_is_listed_here() {
    let files = fs::read_dir("tests/c")
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap());
    let sources: BTreeSet<_> = files
        .filter_map(|file| file.strip_suffix(".c").map(str::to_owned))
        .collect();
    assert_eq!(sources, C_TESTS.iter().map(|&name| name.into()).collect());
}

/// Whatever is C here is C++ as well.
#[test]
fn every_c_test_is_cxx() {
    for name in C_TESTS {
        let mut compiler = detected("c++");
        strict(&mut compiler, "c++", "c++17").arg("-fsyntax-only");
        succeed(compiler.arg(source(name)));
    }
}

fn source(name: &str) -> PathBuf {
    Path::new("tests/c").join(name).with_extension("c")
}
