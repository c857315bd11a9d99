// SPDX-License-Identifier: MIT OR Apache-2.0
//! Compiles and runs the C tests (tests/c/*.c) against the shared and the static library, and
//! holds the header to the standards of C and C++.
#![cfg(not(loom))]
#![expect(clippy::unwrap_used, reason = "a test panics when it fails")]

#[path = "c/compiler.rs"]
mod compiler;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use compiler::{Library, compile, compiler, library_is_sanitized, scratch, succeed};

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
    conformance
}

fn run(name: &str, library: Library) {
    if library_is_sanitized() {
        println!("skipped: the library is sanitized");
        return;
    }
    let source = Path::new("tests/c").join(name).with_extension("c");
    let program = compile(&source, "c", "c99", library);
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
