// SPDX-License-Identifier: MIT OR Apache-2.0
//! Runs the conformance scripts (tests/conformance/README.md) through the Rust API. One
//! file, however long: it is one interpreter.
#![cfg(not(loom))]

#[path = "support/watchdog.rs"]
mod watchdog;

use std::collections::HashMap;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use signalhub::{
    Hub, Kind, Label, Lag, Loan, Message, NewError, OnLag, Options, Packed, PublishError, Receiver,
    ReceiverOptions, RecvError, RecvPackedError, RecvTimeoutError, Start, SubscribeError,
    TryRecvError, View, Wait, WaitAnyError, wait_any,
};
use watchdog::Watchdog;

/// What this surface can do of what scripts may need.
const CAN: [&str; 3] = ["publish_many", "recv_many", "recv_packed"];

#[test]
fn rust_agrees_with_every_conformance_script() {
    let _watchdog = Watchdog::new("rust_agrees_with_every_conformance_script");
    let mut failures = Vec::new();
    let mut agreed = 0;
    for entry in fs::read_dir("tests/conformance").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "txt") {
            continue;
        }
        match run_script(&fs::read_to_string(&path).unwrap()) {
            Ok(()) => agreed += 1,
            Err(failure) => failures.push(format!("{}:{failure}", path.display())),
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
    assert_ne!(agreed, 0);
}

fn run_script(script: &str) -> Result<(), String> {
    let mut needs = script
        .lines()
        .filter_map(|line| line.strip_prefix("# needs: "));
    if needs.any(|need| !CAN.contains(&need)) {
        return Ok(());
    }
    let mut driver = Driver::default();
    for (number, line) in script.lines().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (call, want) = split(line);
        driver
            .run(&call, &want)
            .map_err(|failure| format!("{}: {line}: {failure}", number + 1))?;
    }
    Ok(())
}

/// One side of an arrow.
#[derive(Default)]
struct Side<'a> {
    words: Vec<&'a str>,
    options: HashMap<&'a str, &'a str>,
}

impl Side<'_> {
    fn number(&self, option: &str) -> Option<u64> {
        Some(self.options.get(option)?.parse().unwrap())
    }

    fn is_status(&self) -> bool {
        let status = self.words[0].split('_').next();
        matches!(
            status,
            Some("ok" | "empty" | "closed" | "timeout" | "full" | "lagged" | "err")
        )
    }

    /// The payloads that the words from `first` on stand for.
    fn payloads(&self, first: usize) -> Vec<Payload> {
        let mut payloads = Vec::new();
        for word in &self.words[first..] {
            match word.split_once("..").map(|(a, b)| (a.parse(), b.parse())) {
                Some((Ok::<u64, _>(from), Ok::<u64, _>(to))) => {
                    payloads.extend((from..to).map(|i| (i.to_string().into(), Kind::Text)));
                }
                _ => payloads.push(payload(word)),
            }
        }
        let topic = self.options.get("topic").map(|topic| payload(topic).0);
        let complete = |(i, (bytes, kind))| Payload {
            bytes,
            kind: self.options.get("kind").map_or(kind, |name| kind_of(name)),
            topic: topic.clone().map(|topic| String::from_utf8(topic).unwrap()),
            origin: self.number("origin").unwrap_or(0),
            seq: self.number("seq").map(|first| first + i),
        };
        (0..).zip(payloads).map(complete).collect()
    }
}

/// What is published, or must arrive.
struct Payload {
    bytes: Vec<u8>,
    kind: Kind,
    topic: Option<String>,
    origin: u64,
    seq: Option<u64>,
}

impl Payload {
    fn view(&self) -> View<'_> {
        let text = || str::from_utf8(&self.bytes).unwrap();
        let view = match self.kind {
            Kind::Bytes => View::bytes(&self.bytes),
            Kind::Text => View::text(text()),
            Kind::Json => View::json(text()),
            Kind::Event => View::event(text()),
        };
        match &self.topic {
            None => view.with_origin(self.origin),
            Some(topic) => view.with_topic(topic).with_origin(self.origin),
        }
    }

    fn label(&self) -> Label<'_> {
        let label = Label::from(self.kind).with_origin(self.origin);
        match &self.topic {
            None => label,
            Some(topic) => label.with_topic(topic),
        }
    }

    fn check(&self, got: &Message) -> Result<(), String> {
        let same = got.payload() == self.bytes
            && got.kind() == self.kind
            && got.topic() == self.topic.as_deref()
            && got.origin() == self.origin
            && self.seq.is_none_or(|seq| got.seq() == seq);
        if same {
            return Ok(());
        }
        Err(format!("got {got:?} {:.40?}", got.payload()))
    }
}

/// The two sides of a line.
fn split(line: &str) -> (Side<'_>, Side<'_>) {
    let mut sides = [Side::default(), Side::default()];
    let mut side = 0;
    let mut quoted = false;
    let blank = |char| {
        quoted ^= char == '\'';
        char == ' ' && !quoted
    };
    for token in line.split(blank).filter(|token| !token.is_empty()) {
        if token == "->" {
            side = 1;
        } else if let Some((key, value)) = token.split_once('=')
            && key.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'_'))
        {
            sides[side].options.insert(key, value);
        } else {
            sides[side].words.push(token);
        }
    }
    sides.into()
}

/// The bytes of one payload as a script writes it, and their kind unless it says another.
fn payload(word: &str) -> (Vec<u8>, Kind) {
    let inside = |name| word.strip_prefix(name)?.strip_suffix(')');
    let pattern = |name, letter: fn(usize, usize) -> u8| {
        let (len, seed) = inside(name)?.split_once(',')?;
        let (len, seed) = (len.parse().unwrap(), seed.parse().unwrap());
        Some((0..len).map(|i: usize| letter(seed, i)).collect())
    };
    if let Some(quoted) = word.strip_prefix('\'') {
        (quoted.trim_end_matches('\'').into(), Kind::Text)
    } else if let Some(text) = pattern("text(", |s, i| b'a' + ((s + i + i / 25) % 26) as u8) {
        (text, Kind::Text)
    } else if let Some(bytes) = pattern("bytes(", |s, i| ((s + i + i / 255) % 256) as u8) {
        (bytes, Kind::Bytes)
    } else if let Some(digits) = inside("hex(") {
        let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
        (
            (0..digits.len()).step_by(2).map(byte).collect(),
            Kind::Bytes,
        )
    } else {
        (word.into(), Kind::Text)
    }
}

fn kind_of(name: &str) -> Kind {
    match name {
        "bytes" | "0" => Kind::Bytes,
        "text" | "1" => Kind::Text,
        "json" | "2" => Kind::Json,
        "event" | "3" => Kind::Event,
        _ => panic!("unknown kind {name}"),
    }
}

fn receiver_options(call: &Side) -> ReceiverOptions {
    let mut options =
        ReceiverOptions::default().ignore_origin(call.number("ignore_origin").unwrap_or(0));
    if let Some(pattern) = call.options.get("pattern") {
        options = options.pattern(String::from_utf8(payload(pattern).0).unwrap());
    }
    if let Some(start) = call.options.get("start") {
        let (start, at) = start.split_once('(').unwrap_or((start, "0)"));
        let at = at.trim_end_matches(')').parse().unwrap();
        options = options.start(match start {
            "next" => Start::Next,
            "oldest" => Start::Oldest,
            "last" => Start::Last(at),
            "seq" => Start::Seq(at),
            _ => panic!("unknown start {start}"),
        });
    }
    options = options.lossless(call.number("lossless") == Some(1));
    if let Some(ns) = call.number("max_stall") {
        options = options.max_stall(Duration::from_nanos(ns));
    }
    options = options.wait(match call.options.get("wait").copied() {
        None | Some("adaptive") => Wait::Adaptive,
        Some("spin") => Wait::Spin,
        Some("yield") => Wait::Yield,
        Some("park") => Wait::Park,
        Some(wait) => panic!("unknown wait {wait}"),
    });
    match call.options.get("on_lag").copied() {
        None | Some("report") => options,
        Some("skip") => options.on_lag(OnLag::Skip),
        Some("newest") => options.on_lag(OnLag::Newest),
        Some(on_lag) => panic!("unknown on_lag {on_lag}"),
    }
}

fn check_stats(receiver: &Receiver, want: &Side) -> Result<(), String> {
    let stats = receiver.stats();
    assert_eq!(stats.next_seq, receiver.next_seq());
    assert_eq!(
        stats.received + stats.filtered + stats.missed,
        stats.next_seq - stats.start_seq
    );
    let wanted = ["start_seq", "received", "filtered", "missed", "behind"]
        .map(|count| want.number(count).unwrap());
    let got = [
        stats.start_seq,
        stats.received,
        stats.filtered,
        stats.missed,
        stats.behind,
    ];
    let is_lossless = want.number("lossless").map(|lossless| lossless == 1);
    if got == wanted && is_lossless.is_none_or(|lossless| lossless == stats.is_lossless) {
        Ok(())
    } else {
        Err(format!("got {stats:?}"))
    }
}

enum Named {
    Hub(Hub),
    Receiver(Receiver),
    Loan(Loan),
}

/// Memory of the driver's own, which counts that it was freed.
struct Owned(Vec<u8>, Arc<AtomicUsize>);

impl AsRef<[u8]> for Owned {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        self.1.fetch_add(1, Relaxed);
    }
}

/// What a script has made so far.
#[derive(Default)]
struct Driver {
    named: HashMap<String, Named>,
    used: String,
    freed: Arc<AtomicUsize>,
}

impl Driver {
    fn run(&mut self, call: &Side, want: &Side) -> Result<(), String> {
        let name = call.words.get(1).copied();
        let got = match (call.words[0], name) {
            ("open", _) => self.open(call),
            ("use", Some(name)) => {
                name.clone_into(&mut self.used);
                "ok".into()
            }
            ("clone", Some(name)) => {
                let clone = self.hub().clone();
                self.named.insert(name.into(), Named::Hub(clone));
                "ok".into()
            }
            ("subscribe", Some(name)) => match self.hub().subscribe_with(&receiver_options(call)) {
                Ok(receiver) => {
                    self.named.insert(name.into(), Named::Receiver(receiver));
                    "ok".into()
                }
                Err(SubscribeError::Closed) => "closed".into(),
                Err(SubscribeError::Pattern(_)) => "err_pattern".into(),
                Err(SubscribeError::Start) => "err_start".into(),
                Err(SubscribeError::Name) => "err_name".into(),
            },
            ("stats", Some(name)) => return check_stats(self.receiver(name), want),
            ("free", Some(name)) => {
                self.named.remove(name);
                "ok".into()
            }
            ("close", _) => {
                self.hub().close();
                "ok".into()
            }
            ("capacity", _) => self.hub().capacity().to_string(),
            ("next_seq", None) => self.hub().next_seq().to_string(),
            ("next_seq", Some(name)) => self.receiver(name).next_seq().to_string(),
            ("publish", _) => return self.publish(call, want),
            ("publish_many", _) => self.publish_many(call),
            ("recv_many", Some(name)) => return receive_many(self.receiver(name), call, want),
            ("recv_packed", Some(name)) => return receive_packed(self.receiver(name), call, want),
            ("publish_owned", _) => return self.publish_owned(call, want),
            ("freed", _) => self.freed.load(Relaxed).to_string(),
            ("loan", Some(name)) => match self.hub().loan(call.words[2].parse().unwrap()) {
                Ok(loan) => {
                    self.named.insert(name.into(), Named::Loan(loan));
                    "ok".into()
                }
                Err(error) => refusal(error).into(),
            },
            ("publish_loan", Some(name)) => self.publish_loan(call, name),
            ("wait_any", _) => self.wait_any(&call.words[1..]),
            ("readable", Some(name)) => is_readable(self.receiver(name)).into(),
            (_, Some(name)) => return self.receive(call, name, want),
            _ => "unknown command".into(),
        };
        expect(&got, want)
    }

    fn hub(&self) -> &Hub {
        match &self.named[&self.used] {
            Named::Hub(hub) => hub,
            Named::Receiver(_) | Named::Loan(_) => panic!("{} is no hub", self.used),
        }
    }

    fn receiver(&mut self, name: &str) -> &mut Receiver {
        match self.named.get_mut(name) {
            Some(Named::Receiver(receiver)) => receiver,
            _ => panic!("{name} is no receiver"),
        }
    }

    fn open(&mut self, call: &Side) -> String {
        self.named.clear();
        let mut options = Options::default();
        if let Some(capacity) = call.number("capacity") {
            options = options.capacity(capacity);
        }
        if let Some(bytes) = call.number("max_message_bytes") {
            options = options.max_message_bytes(bytes);
        }
        if let Some(bytes) = call.number("slot_bytes") {
            options = options.slot_bytes(bytes);
        }
        if let Some(bytes) = call.number("capacity_bytes") {
            options = options.capacity_bytes(bytes);
        }
        match Hub::new(options) {
            Ok(hub) => {
                self.used = "hub".into();
                self.named.insert("hub".into(), Named::Hub(hub));
                "ok"
            }
            Err(NewError::Capacity) => "err_capacity",
            Err(NewError::SlotBytes) => "err_slot_bytes",
            Err(NewError::MaxMessageBytes) => "err_max_message_bytes",
            Err(NewError::NoMemory) => "err_no_memory",
            Err(NewError::CapacityBytes) => "err_capacity_bytes",
        }
        .into()
    }

    fn publish(&self, call: &Side, want: &Side) -> Result<(), String> {
        for payload in call.payloads(1) {
            let hub = self.hub();
            let timeout = call
                .options
                .get("timeout")
                .map(|ns| ns.parse::<i64>().unwrap());
            let published = match timeout.map(u64::try_from) {
                None => hub.publish(payload.view()),
                Some(Ok(ns)) => hub.publish_timeout(payload.view(), Duration::from_nanos(ns)),
                Some(Err(_)) => hub.publish_timeout(payload.view(), Duration::MAX),
            };
            match published {
                Err(error) => expect(refusal(error), want)?,
                Ok(published) => {
                    expect("ok", want)?;
                    let receivers = published.receivers as u64;
                    if want.number("receivers").is_some_and(|n| n != receivers) {
                        return Err(format!("got {receivers} receivers"));
                    }
                }
            }
        }
        Ok(())
    }

    fn publish_owned(&self, call: &Side, want: &Side) -> Result<(), String> {
        for payload in call.payloads(1) {
            let owned = Owned(payload.bytes.clone(), self.freed.clone());
            match self.hub().publish_owned(owned, payload.label()) {
                Err(refused) => {
                    expect(refusal(refused.error), want)?;
                    drop(refused);
                    // Ours again, and not counted.
                    self.freed.fetch_sub(1, Relaxed);
                }
                Ok(_) => expect("ok", want)?,
            }
        }
        Ok(())
    }

    fn publish_loan(&mut self, call: &Side, name: &str) -> String {
        let Some(Named::Loan(mut loan)) = self.named.remove(name) else {
            panic!("{name} is no loan");
        };
        let [payload] = &call.payloads(2)[..] else {
            panic!("one payload");
        };
        loan[..payload.bytes.len()].copy_from_slice(&payload.bytes);
        loan.truncate(payload.bytes.len());
        match loan.publish(payload.label()) {
            Ok(_) => "ok".into(),
            Err(refused) => {
                self.named.insert(name.into(), Named::Loan(refused.given));
                refusal(refused.error).into()
            }
        }
    }

    fn publish_many(&self, call: &Side) -> String {
        let payloads = call.payloads(1);
        let views: Vec<_> = payloads.iter().map(Payload::view).collect();
        match self.hub().publish_many(&views) {
            Ok(()) => "ok".into(),
            Err(stopped) if matches!(stopped.error, PublishError::Closed | PublishError::Full) => {
                format!("{} {}", refusal(stopped.error), stopped.published)
            }
            Err(stopped) => refusal(stopped.error).into(),
        }
    }

    fn wait_any(&mut self, names: &[&str]) -> String {
        let mut several: Vec<_> = self.named.iter_mut().collect();
        several.retain(|(name, _)| names.contains(&name.as_str()));
        assert_eq!(several.len(), names.len());
        let (names, receivers): (Vec<_>, Vec<_>) = several
            .into_iter()
            .filter_map(|(name, named)| match named {
                Named::Receiver(receiver) => Some((name, receiver)),
                Named::Hub(_) | Named::Loan(_) => None,
            })
            .unzip();
        match wait_any(receivers, Some(Duration::ZERO)) {
            Ok(index) => names[index].clone(),
            Err(WaitAnyError::Timeout) => "timeout".into(),
            Err(WaitAnyError::NoReceivers) => "err_wait".into(),
        }
    }

    fn receive(&mut self, call: &Side, name: &str, want: &Side) -> Result<(), String> {
        let receiver = self.receiver(name);
        if want.is_status() {
            let got = receive(receiver, call)?.err().unwrap_or("ok".into());
            return expect(&got, want);
        }
        for payload in want.payloads(0) {
            match receive(receiver, call)? {
                Ok(message) => payload.check(message)?,
                Err(status) => return Err(format!("got {status}")),
            }
        }
        Ok(())
    }
}

/// One receive: a message, or the status that it came to.
fn receive<'a>(
    receiver: &'a mut Receiver,
    call: &Side,
) -> Result<Result<&'a Message, String>, String> {
    let cursor = receiver.next_seq();
    let lagged = |lag| lagged(lag, cursor);
    let timeout: i64 = call.words.get(2).map_or(-1, |ns| ns.parse().unwrap());
    let timeout = u64::try_from(timeout).ok().map(Duration::from_nanos);
    Ok(match (call.words[0], timeout) {
        ("try_recv", _) => receiver.try_recv().map_err(|error| match error {
            TryRecvError::Empty => "empty".into(),
            TryRecvError::Closed => "closed".into(),
            TryRecvError::Lagged(lag) => lagged(lag),
        }),
        ("recv" | "recv_timeout", None) => receiver.recv().map_err(|error| match error {
            RecvError::Closed => "closed".into(),
            RecvError::Lagged(lag) => lagged(lag),
        }),
        ("recv_timeout", Some(timeout)) => {
            let start = Instant::now();
            receiver.recv_timeout(timeout).map_err(|error| match error {
                RecvTimeoutError::Timeout if start.elapsed() < timeout => "timeout, early".into(),
                RecvTimeoutError::Timeout => "timeout".into(),
                RecvTimeoutError::Closed => "closed".into(),
                RecvTimeoutError::Lagged(lag) => lagged(lag),
            })
        }
        (command, _) => return Err(format!("unknown command {command}")),
    })
}

fn lagged(lag: Lag, cursor: u64) -> String {
    assert_eq!(
        (lag.first_lost, lag.resume_at - cursor),
        (cursor, lag.missed)
    );
    format!("lagged {}", lag.missed)
}

/// Several messages by one call.
fn receive_many(receiver: &mut Receiver, call: &Side, want: &Side) -> Result<(), String> {
    let cursor = receiver.next_seq();
    let mut messages = vec![Message::default(); call.words[2].parse().unwrap()];
    let got = receiver.recv_many(&mut messages, Some(Duration::ZERO));
    if want.is_status() {
        return match got {
            Ok(messages) => Err(format!("got {} messages", messages.len())),
            Err(RecvTimeoutError::Timeout) => expect("timeout", want),
            Err(RecvTimeoutError::Closed) => expect("closed", want),
            Err(RecvTimeoutError::Lagged(lag)) => expect(&lagged(lag, cursor), want),
        };
    }
    let (got, wanted) = (got.map_err(|error| error.to_string())?, want.payloads(0));
    if got.len() != wanted.len() {
        return Err(format!("got {} messages", got.len()));
    }
    got.iter()
        .zip(wanted)
        .try_for_each(|(got, want)| want.check(got))
}

/// The payloads of several messages by one call.
fn receive_packed(receiver: &mut Receiver, call: &Side, want: &Side) -> Result<(), String> {
    let cursor = receiver.next_seq();
    let [count, size] = [2, 3].map(|word| call.words[word].parse().unwrap());
    let mut packed = Packed::new(count, size);
    let got = match receiver.recv_packed(&mut packed, Some(Duration::ZERO)) {
        Ok(count) if count != packed.len() => format!("{count} of {}", packed.len()),
        Ok(_) if !want.is_status() => {
            let wanted = want.payloads(0);
            let same = packed.iter().eq(wanted.iter().map(|want| &*want.bytes));
            return same.then_some(()).ok_or(format!("got {packed:.200?}"));
        }
        Ok(_) => "ok".into(),
        Err(RecvPackedError::Timeout) => "timeout".into(),
        Err(RecvPackedError::Closed) => "closed".into(),
        Err(RecvPackedError::Lagged(lag)) => lagged(lag, cursor),
        Err(RecvPackedError::TooSmall(bytes)) => format!("err_too_small {bytes}"),
    };
    expect(&got, want)
}

fn is_readable(receiver: &mut Receiver) -> &'static str {
    let mut watched = libc::pollfd {
        fd: receiver.fd().unwrap(),
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: one entry, which is there.
    match unsafe { libc::poll(&raw mut watched, 1, 0) } {
        1 => "yes",
        _ => "no",
    }
}

/// Compares a status, or a number, with what stands behind the arrow.
fn expect(got: &str, want: &Side) -> Result<(), String> {
    let want = match &*want.words.join(" ") {
        "" => "ok".into(),
        words => words.to_owned(),
    };
    if got == want {
        Ok(())
    } else {
        Err(format!("got {got}"))
    }
}

fn refusal(error: PublishError) -> &'static str {
    match error {
        PublishError::Closed => "closed",
        PublishError::Full => "full",
        PublishError::TooBig => "err_too_big",
        PublishError::Topic(_) => "err_topic",
        PublishError::NoMemory => "err_no_memory",
        PublishError::Kept => "kept",
        PublishError::NotUtf8 => "err_utf8",
    }
}
