// SPDX-License-Identifier: MIT OR Apache-2.0
//! `include/signalhub/signalhub.h` is what cbindgen prints of `src/capi`, and says what a caller must know.
#![cfg(not(loom))]

use std::fs;
use std::path::Path;

const HEADER: &str = "include/signalhub/signalhub.h";

/// Prints the header. `UPDATE_HEADER=1 cargo test --test header` writes it.
#[test]
fn the_committed_header_is_current() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml")).unwrap();
    // cbindgen expands no modules of a crate it does not parse whole: give it the files in order.
    let mut builder = cbindgen::Builder::new().with_config(config);
    for file in [
        "version",
        "status",
        "options",
        "hub",
        "message",
        "subscribe",
        "receiver",
        "batch",
        "stats",
        "wait",
        "loan",
        "owned",
        "callback",
    ] {
        builder = builder.with_src(root.join(format!("src/capi/{file}.rs")));
    }
    let mut printed = Vec::new();
    builder.generate().unwrap().write(&mut printed);
    let printed = String::from_utf8(printed).unwrap();
    if std::env::var_os("UPDATE_HEADER").is_some() {
        fs::write(root.join(HEADER), &printed).unwrap();
    }
    let committed = fs::read_to_string(root.join(HEADER)).unwrap();
    assert!(
        printed == committed,
        "{HEADER} is stale: UPDATE_HEADER=1 cargo test --test header"
    );
}

/// Every function says which threads may call it and what it returns.
#[test]
fn every_function_is_described() {
    let header = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(HEADER)).unwrap();
    let mut functions = 0;
    for (at, _) in header.match_indices("\nSIGNALHUB_API") {
        functions += 1;
        let before = &header[..at];
        let comment = &before[before.rfind("/**").unwrap()..];
        let line = header[at..].trim_start().lines().next().unwrap();
        assert!(comment.ends_with("*/"), "no comment: {line}");
        for must in ["Threads:", "Returns:"] {
            assert!(comment.contains(must), "no {must} {line}");
        }
    }
    assert!(functions >= 20, "found only {functions} functions");
}
