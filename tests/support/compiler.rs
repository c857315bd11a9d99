// SPDX-License-Identifier: MIT OR Apache-2.0
//! Compiles C and C++ programs against the library that cargo built beside this test.

use std::ffi::OsStr;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};

/// Which of the two libraries a program is linked with.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Library {
    /// `libsignalhub.so`, found by its SONAME when the program starts.
    Shared,
    /// `libsignalhub.a`, and what `rustc --print native-static-libs` names.
    Static,
}

/// The compiler for `language` that is here, or that CC or CXX names.
pub(crate) fn detected(language: &str) -> Command {
    let libc = if cfg!(target_env = "musl") {
        "musl"
    } else {
        "gnu"
    };
    let target = format!("{}-unknown-linux-{libc}", env::consts::ARCH);
    cc::Build::new()
        .cargo_metadata(false)
        .cpp(language == "c++")
        .target(&target)
        .host(&target)
        .opt_level(1)
        .get_compiler()
        .to_command()
}

/// The flags that C or C++ of this project compiles with; sources follow.
pub(crate) fn strict<'a>(
    compiler: &'a mut Command,
    language: &str,
    standard: &str,
) -> &'a mut Command {
    compiler
        .args(["-Iinclude", "-Isdk-c/include", "-Itests/c"])
        .args([
            "-Wall",
            "-Wextra",
            "-Wpedantic",
            "-Wconversion",
            "-Wshadow",
            "-Werror",
        ])
        .args(["-x", language, &format!("-std={standard}")])
}

/// Compiles a program of one file, in a place of its own for each library: C99, C++17 or C++20.
pub(crate) fn compile(source: &Path, library: Library) -> PathBuf {
    let is_cpp = source.extension() == Some(OsStr::new("cpp"));
    let (language, standard) = match library {
        _ if !is_cpp => ("c", "c99"),
        Library::Shared => ("c++", "c++17"),
        Library::Static => ("c++", "c++20"),
    };
    let name = source.display().to_string().replace(['/', '.'], "-");
    let program = scratch().join(format!("{name}-{library:?}"));
    link(
        strict(&mut detected(language), language, standard).arg(source),
        library,
        &program,
    );
    program
}

/// Has a compiler make a program of what it was given and the library.
pub(crate) fn link(compiler: &mut Command, library: Library, program: &Path) {
    compiler.args(["-x", "none"]);
    let built = built_library();
    match library {
        Library::Shared => {
            // Made aside and renamed, because other tests do the same at the same time.
            let link = program.with_extension("so");
            let named = scratch().join("libsignalhub.so.0");
            symlink(built.with_extension("so"), &link).unwrap();
            fs::rename(&link, &named).unwrap();
            compiler.arg(&named);
            // DT_RPATH: cargo sets LD_LIBRARY_PATH, which would come before DT_RUNPATH.
            compiler.arg("-Wl,--disable-new-dtags");
            compiler.arg(format!("-Wl,-rpath,{}", scratch().display()));
        }
        Library::Static => {
            compiler.arg(built.with_extension("a"));
            compiler.args(["-lutil", "-lrt", "-lm", "-lc"]);
        }
    }
    succeed(compiler.args(["-lpthread", "-ldl", "-o"]).arg(program));
}

/// Runs a command and returns what it printed. Fails the test if the command fails.
pub(crate) fn succeed(command: &mut Command) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let stdout = String::from_utf8_lossy(&stdout).into_owned();
    let stderr = String::from_utf8_lossy(&stderr);
    assert!(status.success(), "{command:?}: {status}\n{stdout}{stderr}");
    stdout
}

/// A directory for what is compiled, one for each profile that cargo builds.
pub(crate) fn scratch() -> PathBuf {
    let built = built_library();
    let profile = built.ancestors().nth(2).and_then(Path::file_name).unwrap();
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join(profile);
    fs::create_dir_all(&scratch).unwrap();
    scratch
}

/// Whether the library has a sanitizer in it, so that a plain C program cannot use it. Then
/// `scripts/test` compiles the C tests with the same one.
pub(crate) fn library_is_sanitized() -> bool {
    let library = fs::read(built_library().with_extension("so")).unwrap();
    let names: [&[u8]; 2] = [b"__asan_init", b"__tsan_init"];
    names
        .iter()
        .any(|name| library.windows(name.len()).any(|bytes| bytes == *name))
}

/// `libsignalhub` as cargo built it for this test, without its extension.
fn built_library() -> PathBuf {
    env::current_exe().unwrap().with_file_name("libsignalhub")
}
