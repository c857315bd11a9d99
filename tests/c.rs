// SPDX-License-Identifier: MIT OR Apache-2.0
//! Compiles and runs the C tests (tests/c/*.c) against the shared and the static library, and
//! holds the header to the standards of C and C++.
#![cfg(not(loom))]

#[path = "c/compiler.rs"]
mod compiler;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use compiler::{Library, compile, library_is_sanitized, link, scratch, strict, succeed};

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
    arguments busy close conformance copies errno fork handles header idle memory messages signals
    sizes status stress timeouts
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

#[test]
fn the_header_is_clean_c() {
    header_is_clean("c", &["c99", "c11", "c17"], &["cc", "gcc", "clang"]);
}

#[test]
fn the_header_is_clean_cxx() {
    let standards = ["c++11", "c++14", "c++17", "c++20"];
    header_is_clean("c++", &standards, &["c++", "g++", "clang++"]);
}

/// Makes a program of two units that include the header, twice, and nothing else.
fn header_is_clean(language: &str, standards: &[&str], compilers: &[&str]) {
    for compiler in compilers.iter().filter(|compiler| is_there(compiler)) {
        for standard in standards {
            let name = format!("header-{compiler}-{standard}");
            let units = ["HAS_SECOND_UNIT", "SECOND_UNIT"].map(|unit| {
                let object = scratch().join(format!("{name}-{unit}.o"));
                let mut command = Command::new(compiler);
                strict(&mut command, language, standard)
                    .arg(format!("-D{unit}"))
                    .args(["-c", "tests/c/header.c", "-o"])
                    .arg(&object);
                succeed(&mut command);
                object
            });
            if !library_is_sanitized() {
                let program = scratch().join(name);
                link(
                    Command::new(compiler).args(units),
                    Library::Shared,
                    &program,
                );
                succeed(&mut Command::new(program));
            }
        }
    }
}

/// Whatever is C here is C++ as well.
#[test]
fn every_c_test_is_cxx() {
    if is_there("c++") {
        for name in C_TESTS {
            let mut compiler = Command::new("c++");
            strict(&mut compiler, "c++", "c++17").arg("-fsyntax-only");
            succeed(compiler.arg(source(name)));
        }
    }
}

fn is_there(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok();
    if !found {
        println!("skipped: no {program} here");
    }
    found
}

fn source(name: &str) -> PathBuf {
    Path::new("tests/c").join(name).with_extension("c")
}
