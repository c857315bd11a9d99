// SPDX-License-Identifier: MIT OR Apache-2.0
//! The headers are clean in every standard of their language, with every compiler that is here:
//! alone, included twice, and in two units of one program, which runs.
#![cfg(not(loom))]

#[path = "support/compiler.rs"]
#[expect(dead_code, reason = "tests/c.rs and tests/cpp.rs use the rest")]
mod compiler;

use std::process::Command;

use compiler::{Library, library_is_sanitized, link, scratch, strict, succeed};

#[test]
fn the_c_header_is_clean_c() {
    let standards = ["c99", "c11", "c17"];
    check("tests/c/header.c", "c", &standards, &["gcc", "clang"], &[]);
}

#[test]
fn the_c_header_is_clean_cxx() {
    let standards = ["c++11", "c++14", "c++17", "c++20"];
    check(
        "tests/c/header.c",
        "c++",
        &standards,
        &["g++", "clang++"],
        &[],
    );
}

#[test]
fn the_cxx_header_is_clean() {
    let standards = ["c++17", "c++20", "c++2b"];
    let compilers = ["g++", "clang++"];
    check("tests/cpp/header.cpp", "c++", &standards, &compilers, &[]);
}

#[test]
fn the_cxx_header_needs_neither_exceptions_nor_rtti() {
    let flags = ["-fno-exceptions", "-fno-rtti"];
    let compilers = ["g++", "clang++"];
    check(
        "tests/cpp/header.cpp",
        "c++",
        &["c++17", "c++20"],
        &compilers,
        &flags,
    );
}

/// Makes a program of two units that include a header, twice, and nothing else.
fn check(source: &str, language: &str, standards: &[&str], compilers: &[&str], flags: &[&str]) {
    for compiler in compilers.iter().filter(|compiler| is_there(compiler)) {
        for standard in standards {
            let name = format!("header-{compiler}-{language}-{standard}{}", flags.concat());
            let units = ["HAS_SECOND_UNIT", "SECOND_UNIT"].map(|unit| {
                let object = scratch().join(format!("{name}-{unit}.o"));
                let mut command = Command::new(compiler);
                strict(&mut command, language, standard)
                    .args(flags)
                    .arg(format!("-D{unit}"))
                    .args(["-c", source, "-o"])
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

fn is_there(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok();
    if !found {
        println!("skipped: no {program} here");
    }
    found
}
