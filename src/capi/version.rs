// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which library this is.

use std::ffi::c_char;

/// Version of the header, first part. What may break callers is SIGNALHUB_ABI_VERSION.
pub const SIGNALHUB_VERSION_MAJOR: u32 = 0;
/// Version of the header, second part.
pub const SIGNALHUB_VERSION_MINOR: u32 = 1;
/// Version of the header, third part.
pub const SIGNALHUB_VERSION_PATCH: u32 = 0;
/// What signalhub_abi_version() returns for this header; the number in the SONAME. A change breaks
/// callers.
pub const SIGNALHUB_ABI_VERSION: u32 = 0;

/// The version of the library that the process has loaded.
///
/// Ownership: the text is static.
/// Threads:   any thread.
/// Returns:   for example "0.1.0", never NULL.
#[unsafe(no_mangle)]
pub extern "C" fn signalhub_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// The version of the binary interface that the process has loaded. A binding that finds another
/// one than its SIGNALHUB_ABI_VERSION must not call anything else.
///
/// Threads: any thread.
/// Returns: the version.
#[unsafe(no_mangle)]
pub extern "C" fn signalhub_abi_version() -> u32 {
    SIGNALHUB_ABI_VERSION
}
