// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! Topics: the names that messages may have.

use crate::error::TopicError;

/// The longest topic, in bytes.
pub(crate) const TOPIC_BYTES_MAX: usize = 255;

/// Whether `topic` is one: 1 to 255 bytes, tokens joined by dots, no empty token, no wildcard,
/// no white space, no control character.
pub(crate) fn check(topic: &str) -> Result<(), TopicError> {
    if topic.len() > TOPIC_BYTES_MAX {
        return Err(TopicError::TooLong);
    }
    let mut before = '.';
    for char in topic.chars() {
        match char {
            '.' if before == '.' => return Err(TopicError::EmptyToken),
            '*' | '>' => return Err(TopicError::Wildcard),
            char if char.is_whitespace() || char.is_control() => return Err(TopicError::Space),
            _ => before = char,
        }
    }
    if before == '.' {
        Err(TopicError::EmptyToken)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_joined_by_dots_are_a_topic() {
        for topic in ["a", "cpu.load", "a.b.c", "größe.δ", &"x".repeat(255)] {
            assert_eq!(check(topic), Ok(()), "{topic}");
        }
    }

    #[test]
    fn a_bad_topic_is_refused_with_its_reason() {
        for (topic, error) in [
            ("", TopicError::EmptyToken),
            (".", TopicError::EmptyToken),
            (".a", TopicError::EmptyToken),
            ("a.", TopicError::EmptyToken),
            ("a..b", TopicError::EmptyToken),
            ("a.*", TopicError::Wildcard),
            (">", TopicError::Wildcard),
            ("a b", TopicError::Space),
            ("a\tb", TopicError::Space),
            ("a\0b", TopicError::Space),
            ("a\u{2003}b", TopicError::Space),
            (&"x".repeat(256), TopicError::TooLong),
        ] {
            assert_eq!(check(topic), Err(error), "{topic:?}");
        }
    }
}
