// SPDX-License-Identifier: MIT OR Apache-2.0
//! What holds for every file of `src`, and no lint can say.
#![cfg(not(loom))]

use std::fs;
use std::path::{Path, PathBuf};

/// Every Rust file below `folder`.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

fn each_file(check: impl Fn(&str, &str)) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = files(&root);
    assert!(files.len() > 20, "{files:?}");
    for file in files {
        let name = file.strip_prefix(&root).unwrap().to_str().unwrap();
        check(name, &fs::read_to_string(&file).unwrap());
    }
}

fn is_in(name: &str, places: &[&str]) -> bool {
    places
        .iter()
        .any(|place| name == format!("{place}.rs") || name.starts_with(&format!("{place}/")))
}

#[test]
fn unsafe_code_is_forbidden_but_where_the_design_allows_it() {
    const ALLOWED: [&str; 4] = ["capi", "cpython", "block", "sys"];
    each_file(|name, text| {
        let forbidden = text.contains("#![forbid(unsafe_code)]");
        let allowed = is_in(name, &ALLOWED) || name == "lib.rs";
        assert_ne!(forbidden, allowed, "{name}");
    });
}

/// Loom and ThreadSanitizer must see every atomic and every lock.
#[test]
fn atomics_and_locks_are_named_in_sync_alone() {
    const FORBIDDEN: [&str; 4] = [
        "std::sync::Mutex",
        "std::sync::Condvar",
        "Mutex<",
        "thread::park",
    ];
    each_file(|name, text| {
        if is_in(name, &["sync", "sys"]) {
            return;
        }
        for used in text
            .lines()
            .filter(|line| line.trim_start().starts_with("use std::sync"))
        {
            assert!(!used.contains("Atomic"), "{name}: {used}");
        }
        for forbidden in FORBIDDEN {
            assert!(!text.contains(forbidden), "{name}: {forbidden}");
        }
    });
}

#[test]
fn every_file_is_short_and_says_what_it_is() {
    each_file(|name, text| {
        let mut lines = text.lines();
        assert_eq!(
            lines.next(),
            Some("// SPDX-License-Identifier: MIT OR Apache-2.0"),
            "{name}"
        );
        assert!(
            lines.take(3).any(|line| line.starts_with("//! ")),
            "{name} has no purpose"
        );
        assert!(text.lines().count() <= 450, "{name} is too long");
    });
}
