// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who takes part.

mod c_abi;
mod carried;
mod crossbeam;
mod ours;
mod tokio;

pub(crate) use self::c_abi::{Batch, CAbi};
pub(crate) use self::crossbeam::Crossbeam;
pub(crate) use self::ours::Ours;
pub(crate) use self::tokio::Tokio;
