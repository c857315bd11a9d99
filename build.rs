// SPDX-License-Identifier: MIT OR Apache-2.0
//! Names the shared library: cargo sets no SONAME (rust-lang/cargo#5045).

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for arg in [
        "-Wl,-soname,libsignalhub.so.0",
        "-Wl,-z,nodelete", // threads may still run our code when somebody calls dlclose
        "-Wl,-z,relro,-z,now",
    ] {
        println!("cargo::rustc-cdylib-link-arg={arg}");
    }
}
