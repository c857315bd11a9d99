// SPDX-License-Identifier: MIT OR Apache-2.0
//! The shared library is what its users link against: it exports what the header declares, and
//! has the name, the flags and the version that the header says.
#![cfg(not(loom))]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use signalhub::capi;

/// The library that was built together with this test.
fn library() -> PathBuf {
    std::env::current_exe()
        .unwrap()
        .with_file_name("libsignalhub.so")
}

fn output(program: &str, args: &[&str]) -> String {
    let output = Command::new(program)
        .args(args)
        .arg(library())
        .output()
        .unwrap();
    assert!(output.status.success(), "{program}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn header() -> String {
    fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/include/signalhub/signalhub.h"
    ))
    .unwrap()
}

#[test]
fn exported_symbols_are_the_functions_of_the_header() {
    let exported: BTreeSet<_> = output("nm", &["-D", "--defined-only"])
        .lines()
        .filter_map(|line| line.split_whitespace().last().map(str::to_owned))
        .collect();
    let header = header();
    let declared: BTreeSet<_> = header
        .split("SIGNALHUB_API")
        .skip(1)
        .filter_map(|declaration| declaration.split(';').next()?.split('(').next())
        .filter_map(|before| before.split([' ', '*', '\n']).next_back())
        .filter(|name| name.starts_with("signalhub_"))
        .map(str::to_owned)
        .collect();
    assert!(declared.len() >= 20, "{declared:?}");
    assert_eq!(exported, declared);
}

#[test]
fn the_library_has_its_soname_and_flags() {
    let dynamic = output("readelf", &["-dW"]);
    let soname = format!("libsignalhub.so.{}", capi::SIGNALHUB_ABI_VERSION);
    assert!(dynamic.contains(&format!("[{soname}]")), "{dynamic}");
    for flag in ["NODELETE", "NOW"] {
        assert!(dynamic.contains(flag), "{flag} is not there: {dynamic}");
    }
    for flag in ["RPATH", "RUNPATH", "TEXTREL"] {
        assert!(!dynamic.contains(flag), "{flag} is there: {dynamic}");
    }
    let segments = output("readelf", &["-lW"]);
    assert!(segments.contains("GNU_RELRO"), "{segments}");
    let stack = segments
        .lines()
        .find(|line| line.contains("GNU_STACK"))
        .unwrap();
    assert!(!stack.contains("RWE"), "{stack}");
}

/// A call of one exported function by another would go to whichever copy of the library the
/// process has loaded first.
#[test]
fn the_library_calls_none_of_its_exported_functions() {
    let relocations = output("readelf", &["-rW"]);
    if relocations.contains("__asan_") {
        println!("skipped: a sanitizer has relocations of its own");
        return;
    }
    assert!(!relocations.contains(" signalhub_"), "{relocations}");
}

#[test]
fn there_is_one_version() {
    let version = [
        capi::SIGNALHUB_VERSION_MAJOR,
        capi::SIGNALHUB_VERSION_MINOR,
        capi::SIGNALHUB_VERSION_PATCH,
    ];
    assert_eq!(
        version.map(|part| part.to_string()).join("."),
        env!("CARGO_PKG_VERSION")
    );
}

/// P13. That `guard` itself does is a test of its own, in src/capi/boundary.rs.
#[test]
fn every_exported_function_stops_panics() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/capi");
    let mut functions = 0;
    for file in ["hub", "message", "receiver"] {
        let source = fs::read_to_string(root.join(format!("{file}.rs"))).unwrap();
        for function in source.split("#[unsafe(no_mangle)]").skip(1) {
            functions += 1;
            let name = function.split('(').next().unwrap();
            let body = function.split("\n}\n").next().unwrap();
            assert!(body.contains("guard(||"), "{name}: no guard");
        }
    }
    assert!(functions >= 18, "found only {functions} functions");
}
