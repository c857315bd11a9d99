// SPDX-License-Identifier: MIT OR Apache-2.0
//! The shared library is what its users link against: it exports what the header declares, and
//! has the name, the flags and the version that the header says.
#![cfg(not(loom))]

#[path = "support/compiler.rs"]
#[expect(dead_code, reason = "tests/c.rs and tests/cpp.rs use the rest")]
mod compiler;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use compiler::{library_is_sanitized, scratch, succeed};
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

/// A file of the sources.
fn source(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

#[test]
fn exported_symbols_are_the_functions_of_the_header() {
    let exported: BTreeSet<_> = output("nm", &["-D", "--defined-only"])
        .lines()
        .filter_map(|line| line.split_whitespace().last().map(str::to_owned))
        .collect();
    let header = source("include/signalhub/signalhub.h");
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

/// The newest glibc that a text names after `before`, as numbers, so that 2.4 is before 2.34.
fn newest_glibc(text: &str, before: &str) -> Option<Vec<u32>> {
    text.split(before)
        .skip(1)
        .filter_map(|rest| {
            let version = rest
                .split(|c: char| c != '.' && !c.is_ascii_digit())
                .next()?;
            version.split('.').map(|part| part.parse().ok()).collect()
        })
        .max()
}

#[test]
fn the_library_needs_the_glibc_that_is_said_and_no_newer() {
    if library_is_sanitized() {
        println!("skipped: a sanitizer has needs of its own");
        return;
    }
    let needed = newest_glibc(&output("nm", &["-D", "--undefined-only"]), "@GLIBC_");
    let said = newest_glibc(&source("ABI.md"), "glibc ");
    assert!(said.is_some());
    assert!(needed <= said, "{needed:?}, {said:?}");
}

/// What a program that is linked with the static library must be linked with too.
#[test]
fn the_static_library_needs_what_is_said() {
    if library_is_sanitized() {
        println!("skipped: another program would have to be sanitized too");
        return;
    }
    let place = scratch();
    let [program, made, named] =
        ["rs", "a", "txt"].map(|extension| place.join("native").with_extension(extension));
    fs::write(&program, "pub use signalhub::Hub;").unwrap();
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition=2024", "--crate-type=staticlib"]);
    rustc.arg(format!("--print=native-static-libs={}", named.display()));
    let rlib = library().with_extension("rlib");
    rustc.arg(format!("--extern=signalhub={}", rlib.display()));
    let dependencies = rlib.parent().unwrap().display();
    rustc.arg(format!("-Ldependency={dependencies}"));
    succeed(rustc.arg("-o").arg(&made).arg(&program));
    fs::remove_file(made).unwrap();

    let flags = fs::read_to_string(named).unwrap();
    assert!(flags.starts_with("-lgcc_s "), "{flags:?}");
    // Compilers add it by themselves, in the form that -static wants.
    let flags = flags.trim().trim_start_matches("-lgcc_s ");
    for page in [
        "sdk-c/signalhub.pc.in",
        "sdk-c/README.md",
        "examples/README.md",
    ] {
        assert!(source(page).contains(flags), "{page}: no {flags}");
    }
    let list = flags.replace(' ', ";");
    let targets = "sdk-c/cmake/signalhubTargets.cmake";
    assert!(source(targets).contains(&list), "{targets}: no {list}");
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
    for file in ["callback", "hub", "message", "receiver", "wait"] {
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
