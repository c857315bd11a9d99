// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! What a receiver wants of what is published.

use crate::error::TopicError;
use crate::topic::Pattern;

/// A receiver without one wants everything.
#[derive(Debug)]
pub(crate) struct Filter {
    pattern: Option<Pattern>,
    /// Messages of this origin are not wanted; 0 for none.
    ignored_origin: u64,
}

impl Filter {
    /// The filter of a receiver, or `None` if it filters nothing.
    pub(crate) fn new(pattern: &str, ignored_origin: u64) -> Result<Option<Self>, TopicError> {
        let pattern = Pattern::new(pattern)?;
        let is_needed = pattern.is_some() || ignored_origin != 0;
        Ok(is_needed.then_some(Self {
            pattern,
            ignored_origin,
        }))
    }

    #[inline]
    pub(crate) fn wants(&self, topic: Option<&str>, origin: u64) -> bool {
        if origin != 0 && origin == self.ignored_origin {
            return false;
        }
        match (&self.pattern, topic) {
            (None, _) => true,
            (Some(pattern), Some(topic)) => pattern.matches(topic),
            (Some(_), None) => false,
        }
    }
}
