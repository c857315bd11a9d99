// SPDX-License-Identifier: MIT OR Apache-2.0
//! Compiles and runs the C++ tests (tests/cpp/*.cpp), as C++17 with the shared library and as
//! C++20 with the static one.
#![cfg(not(loom))]

#[path = "support/compiler.rs"]
mod compiler;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use compiler::{Library, compile, detected, library_is_sanitized, link, scratch, strict, succeed};

macro_rules! cpp_tests {
    ($($name:ident)*) => {
        const CPP_TESTS: &[&str] = &[$(stringify!($name)),*];

        mod with_the_shared_library {
            $(#[test] fn $name() { super::run(stringify!($name), super::Library::Shared) })*
        }

        mod with_the_static_library {
            $(#[test] fn $name() { super::run(stringify!($name), super::Library::Static) })*
        }
    };
}

cpp_tests! {
    abi conformance destruction errors exits header lags lossless moves owned plugins receive stats
    waiting
}

/// Compiles and runs `tests/cpp/{name}.cpp`.
fn run(name: &str, library: Library) {
    if library_is_sanitized() {
        println!("skipped: the library is sanitized");
        return;
    }
    print!(
        "{}",
        succeed(&mut Command::new(compile(&source(name), library)))
    );
}

#[test]
fn every_cpp_test_is_listed_here() {
    let files = fs::read_dir("tests/cpp")
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap());
    let sources: BTreeSet<_> = files
        .filter_map(|file| file.strip_suffix(".cpp").map(str::to_owned))
        .collect();
    assert_eq!(sources, CPP_TESTS.iter().map(|&name| name.into()).collect());
}

/// The noexcept functions are all that such a program has; the others end it.
#[test]
fn errors_are_told_without_exceptions() {
    if library_is_sanitized() {
        println!("skipped: the library is sanitized");
        return;
    }
    let program = scratch().join("errors-without-exceptions");
    let mut compiler = detected("c++");
    strict(&mut compiler, "c++", "c++17").args(["-fno-exceptions", "-fno-rtti"]);
    link(compiler.arg(source("errors")), Library::Shared, &program);
    print!("{}", succeed(&mut Command::new(program)));
}

fn source(name: &str) -> PathBuf {
    Path::new("tests/cpp").join(name).with_extension("cpp")
}
