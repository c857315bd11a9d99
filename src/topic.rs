// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! Topics, the names that messages may have, and patterns, what receivers ask for.

use crate::error::TopicError;

/// The longest topic, in bytes.
pub(crate) const TOPIC_BYTES_MAX: usize = 255;

/// Whether `topic` is one: 1 to 255 bytes, tokens joined by dots, no empty token, no wildcard,
/// no white space, no control character.
#[inline]
pub(crate) fn check(topic: &str) -> Result<(), TopicError> {
    // Each publish with a topic waits for this. 16 bytes take 3 ns; by characters it is 10.
    if is_ascii_topic(topic.as_bytes()) {
        return Ok(());
    }
    check_each_char(topic)
}

#[cold]
fn check_each_char(topic: &str) -> Result<(), TopicError> {
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

/// Whether `text` is a topic all of ASCII, looked at eight bytes at a time.
#[inline]
fn is_ascii_topic(text: &[u8]) -> bool {
    let (words, rest) = text.as_chunks::<8>();
    let mut wrong = 0;
    let mut look = |word, dots_before: u64| {
        let dots = dots(word);
        wrong |= strangers(word) | dots & (dots << 8 | dots_before >> 56);
        dots
    };
    // An empty token is a dot behind a dot, or behind none at all.
    let before = words
        .iter()
        .fold(HIGH, |before, word| look(u64::from_le_bytes(*word), before));
    if let Some(last) = text.last_chunk() {
        // Some of them again, if there is a rest.
        if !rest.is_empty() {
            look(u64::from_le_bytes(*last), 0);
        }
    } else {
        look(pad(rest), before);
    }
    wrong == 0 && text.len() <= TOPIC_BYTES_MAX && text.last().is_some_and(|&last| last != b'.')
}

/// Up to eight bytes as a word, the rest of it a letter.
#[inline]
fn pad(bytes: &[u8]) -> u64 {
    let bytes = bytes.iter().rev();
    bytes.fold(each(b'x'), |word, &byte| word << 8 | u64::from(byte))
}

/// The highest bit of each byte.
const HIGH: u64 = each(0x80);

/// A word of equal bytes.
const fn each(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// Not 0 if a byte of `word` is in no topic, or not ASCII.
#[inline]
fn strangers(word: u64) -> u64 {
    // Whether a byte is below another borrows from its highest bit; see Anderson, Bit Twiddling
    // Hacks, "Determine if a word has a byte less than n".
    let below = |word: u64, byte| word.wrapping_sub(each(byte)) & !word;
    let is = |byte| below(word ^ each(byte), 1);
    (word | below(word, b' ' + 1) | is(b'*') | is(b'>') | is(0x7f)) & HIGH
}

/// The highest bit of each byte that is a dot, if all are ASCII.
#[inline]
fn dots(word: u64) -> u64 {
    !(word ^ each(b'.')).wrapping_add(each(0x7f)) & HIGH
}

/// Topics that a receiver asks for: a topic, in which `*` in a token's place stands for any one token,
/// and `>` as the last token for one or more.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    /// What topics must begin and end with, as far as a word shows it. A publisher asks each
    /// sleeper's pattern, and most say no by this alone: 1 ns, where comparing tokens takes 30.
    first: Glimpse,
    last: Glimpse,
    /// How many bytes stand before the first wildcard, and behind the last one.
    head: usize,
    tail: usize,
    has_wildcard: bool,
    text: Box<str>,
}

impl Pattern {
    /// The pattern that `text` is, or `None` for `*` or `>` alone, which is every message, those
    /// without a topic included.
    pub(crate) fn new(text: &str) -> Result<Option<Self>, TopicError> {
        if text.len() > TOPIC_BYTES_MAX {
            return Err(TopicError::TooLong);
        }
        let mut tokens = text.split('.').peekable();
        while let Some(token) = tokens.next() {
            match token {
                "*" => {}
                ">" if tokens.peek().is_none() => {}
                // A topic of one token is checked as a token is.
                token => check(token)?,
            }
        }
        if matches!(text, "*" | ">") {
            return Ok(None);
        }
        let wildcards = ['*', '>'];
        let head = text.find(wildcards).unwrap_or(text.len());
        let tail = text
            .rfind(wildcards)
            .map_or(text.len(), |at| text.len() - 1 - at);
        Ok(Some(Self {
            first: Glimpse::first(&text.as_bytes()[..head]),
            last: Glimpse::last(&text.as_bytes()[text.len() - tail..]),
            head,
            tail,
            has_wildcard: head < text.len(),
            text: text.into(),
        }))
    }

    #[inline]
    pub(crate) fn matches(&self, topic: &str) -> bool {
        if !self.has_wildcard {
            return topic == &*self.text;
        }
        let topic = topic.as_bytes();
        if let (Some(first), Some(last)) = (topic.first_chunk(), topic.last_chunk())
            && !(self.first.sees(*first) && self.last.sees(*last))
        {
            return false;
        }
        self.matches_to_the_end(topic)
    }

    fn matches_to_the_end(&self, topic: &[u8]) -> bool {
        let pattern = self.text.as_bytes();
        // There is a token at least for the wildcards, so that what lies between head and tail is
        // whole tokens here and there.
        if topic.len() <= self.head + self.tail {
            return false;
        }
        let split = |text: &[u8]| (self.head, text.len() - self.tail);
        let ((head, tail), (pattern_head, pattern_tail)) = (split(topic), split(pattern));
        topic[..head] == pattern[..pattern_head]
            && topic[tail..] == pattern[pattern_tail..]
            && tokens_match(&pattern[pattern_head..pattern_tail], &topic[head..tail])
    }
}

fn tokens_match(pattern: &[u8], topic: &[u8]) -> bool {
    let split = |text| <[u8]>::split(text, |&byte| byte == b'.');
    let mut topic = split(topic);
    for token in split(pattern) {
        match (token, topic.next()) {
            (b">", Some(_)) => return true,
            (b"*", Some(_)) => {}
            (token, Some(other)) if token == other => {}
            _ => return false,
        }
    }
    topic.next().is_none()
}

/// Some of eight bytes.
#[derive(Clone, Copy, Debug)]
struct Glimpse {
    bytes: u64,
    /// Which of them.
    mask: u64,
}

impl Glimpse {
    /// The first eight of `text`, or as many as there are.
    fn first(text: &[u8]) -> Self {
        let mut bytes = [[0; 8]; 2];
        for (i, &byte) in text.iter().take(8).enumerate() {
            bytes[0][i] = byte;
            bytes[1][i] = 0xff;
        }
        Self::of(bytes)
    }

    /// The last eight of `text`, or as many as there are.
    fn last(text: &[u8]) -> Self {
        let mut bytes = [[0; 8]; 2];
        for (i, &byte) in text.iter().rev().take(8).enumerate() {
            bytes[0][7 - i] = byte;
            bytes[1][7 - i] = 0xff;
        }
        Self::of(bytes)
    }

    fn of([bytes, mask]: [[u8; 8]; 2]) -> Self {
        Self {
            bytes: u64::from_ne_bytes(bytes),
            mask: u64::from_ne_bytes(mask),
        }
    }

    #[inline]
    fn sees(self, bytes: [u8; 8]) -> bool {
        (u64::from_ne_bytes(bytes) ^ self.bytes) & self.mask == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_joined_by_dots_are_a_topic() {
        for topic in ["a", "cpu.load", "a.b.c", "größe.δ", &"x".repeat(255)] {
            assert_eq!(check(topic), Ok(()), "{topic}");
            assert_eq!(
                is_ascii_topic(topic.as_bytes()),
                topic.is_ascii(),
                "{topic}"
            );
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

    /// One character more or less, of those that matter, at every place of a text of every length.
    #[test]
    fn a_topic_is_judged_as_its_characters_are() {
        let strange = [
            "", ".", "..", "*", ">", " ", "\0", "\x1f", "!", "\x7f", "~", "é", "\u{85}",
        ];
        let strange = strange
            .iter()
            .chain(&["-", "/", "=", "?", ")", "+", "\u{2003}", "δ.", ".δ"]);
        for len in (0..40).chain([247, 248, 254, 255, 256]) {
            for base in ["x".repeat(len), "ab.c".repeat(len / 4)] {
                assert_eq!(check(&base), check_each_char(&base), "{base:?}");
                for (at, some) in
                    (0..=base.len()).flat_map(|at| strange.clone().map(move |s| (at, s)))
                {
                    let topic = [&base[..at], some, &base[at..]].concat();
                    assert_eq!(check(&topic), check_each_char(&topic), "{topic:?}");
                    let topic = [&base[..at], some, base.get(at + 1..).unwrap_or("")].concat();
                    assert_eq!(check(&topic), check_each_char(&topic), "{topic:?}");
                }
            }
        }
        for one in 0..=u8::MAX {
            for text in [
                vec![one],
                vec![one; 8],
                vec![b'a', one],
                [&[b'a'; 8][..], &[one]].concat(),
            ] {
                let text: String = text.into_iter().map(char::from).collect();
                assert_eq!(check(&text), check_each_char(&text), "{text:?}");
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn any_topic_is_judged_as_its_characters_are(topic in "[a-c.*> é]{0,40}|.{0,300}") {
            assert_eq!(check(&topic), check_each_char(&topic));
        }

        #[test]
        fn a_pattern_matches_what_its_tokens_do(
            pattern in "([ab]{1,9}|[ab*])(\\.([ab]{1,9}|[ab*])){0,4}(\\.>)?",
            topic in "[ab]{1,9}(\\.[ab]{1,9}){0,5}",
            fill in "[ab]{1,3}(\\.[ab])?",
        ) {
            // What matches seldom by chance: the pattern with something in the place of wildcards.
            let filled = pattern.replace(['*', '>'], &fill);
            for topic in [&*topic, &*filled] {
                let want = matches!(&*pattern, "*" | ">")
                    || tokens_match(pattern.as_bytes(), topic.as_bytes());
                assert_eq!(matches(&pattern, topic), want, "{pattern} {topic}");
            }
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
