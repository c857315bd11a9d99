// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who takes part.

mod c_abi;
mod carried;
mod crossbeam;
mod lossless;
mod ours;
mod tokio;
mod tokio_mpsc;

pub(crate) use self::c_abi::{Batch, CAbi};
pub(crate) use self::crossbeam::Crossbeam;
pub(crate) use self::lossless::Lossless;
pub(crate) use self::ours::Ours;
pub(crate) use self::tokio::Tokio;
pub(crate) use self::tokio_mpsc::TokioMpsc;
