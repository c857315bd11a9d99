// SPDX-License-Identifier: MIT OR Apache-2.0
//! The C ABI: what `include/signalhub/signalhub.h` declares, one C type per file.
//!
//! Unsafe is allowed here because pointers come from callers in other languages. The contract of
//! each exported function is its text in the header (`Ownership:`, `Threads:`), written once for
//! the readers of both languages. Rust programs use [`Hub`](crate::Hub) instead.

#![expect(non_camel_case_types, reason = "an exported name is written as in C")]

mod batch;
mod boundary;
mod callback;
mod handle;
mod hub;
mod loan;
mod message;
mod options;
mod owned;
mod receiver;
mod stats;
mod status;
mod subscribe;
mod version;
mod wait;

pub use batch::*;
pub use callback::*;
pub use hub::*;
pub use loan::*;
pub use message::*;
pub use options::*;
pub use owned::*;
pub use receiver::*;
pub use stats::*;
pub use status::*;
pub use subscribe::*;
pub use version::*;
pub use wait::*;
