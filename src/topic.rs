// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! Topics, the names that messages may have, and patterns, what receivers ask for.

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

/// Topics that a receiver asks for: a topic, in which `*` in a token's place stands for any one token,
/// and `>` as the last token for one or more.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    text: Box<str>,
    has_wildcard: bool,
}

impl Pattern {
    /// The pattern that `text` is, or `None` for `*` or `>` alone, which is every message, those
    /// without a topic included.
    pub(crate) fn new(text: &str) -> Result<Option<Self>, TopicError> {
        if text.len() > TOPIC_BYTES_MAX {
            return Err(TopicError::TooLong);
        }
        let mut tokens = text.split('.').peekable();
        let mut has_wildcard = false;
        while let Some(token) = tokens.next() {
            match token {
                "*" => has_wildcard = true,
                ">" if tokens.peek().is_none() => has_wildcard = true,
                // A topic of one token is checked as a token is.
                token => check(token)?,
            }
        }
        if matches!(text, "*" | ">") {
            return Ok(None);
        }
        Ok(Some(Self {
            text: text.into(),
            has_wildcard,
        }))
    }

    pub(crate) fn matches(&self, topic: &str) -> bool {
        if !self.has_wildcard {
            return topic == &*self.text;
        }
        let mut topic = topic.split('.');
        for token in self.text.split('.') {
            match (token, topic.next()) {
                (">", Some(_)) => return true,
                ("*", Some(_)) => {}
                (token, Some(other)) if token == other => {}
                _ => return false,
            }
        }
        topic.next().is_none()
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

    fn matches(pattern: &str, topic: &str) -> bool {
        let pattern = Pattern::new(pattern).unwrap();
        pattern.is_none_or(|pattern| pattern.matches(topic))
    }

    #[test]
    fn a_star_is_one_token_and_an_arrow_is_all_that_follow() {
        for (pattern, yes, no) in [
            (
                "a.b",
                &["a.b"][..],
                &["a", "a.b.c", "a.bb", "ab", "b.a"][..],
            ),
            ("a.*", &["a.b", "a.größe"], &["a", "a.b.c", "b.a", "aa.b"]),
            ("*.b", &["a.b", "x.b"], &["b", "a.c", "a.b.b"]),
            ("a.*.c", &["a.b.c"], &["a.c", "a.b.b.c", "a.b"]),
            ("a.>", &["a.b", "a.b.c.d"], &["a", "ab", "b.a"]),
            ("*.>", &["a.b", "a.b.c"], &["a"]),
            ("*.*", &["a.b"], &["a", "a.b.c"]),
            (">", &["a", "a.b"], &[]),
            ("*", &["a", "a.b"], &[]),
        ] {
            assert!(yes.iter().all(|topic| matches(pattern, topic)), "{pattern}");
            assert!(!no.iter().any(|topic| matches(pattern, topic)), "{pattern}");
        }
    }

    #[test]
    fn a_bad_pattern_is_refused_with_its_reason() {
        for (pattern, error) in [
            ("", TopicError::EmptyToken),
            ("a.", TopicError::EmptyToken),
            (".>", TopicError::EmptyToken),
            ("a..*", TopicError::EmptyToken),
            ("a*", TopicError::Wildcard),
            ("a.**", TopicError::Wildcard),
            (">.a", TopicError::Wildcard),
            ("a.>.>", TopicError::Wildcard),
            ("a b.*", TopicError::Space),
            (&"x".repeat(256), TopicError::TooLong),
        ] {
            assert_eq!(Pattern::new(pattern).err(), Some(error), "{pattern:?}");
        }
    }
}
