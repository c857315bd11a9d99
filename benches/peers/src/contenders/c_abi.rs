// SPDX-License-Identifier: MIT OR Apache-2.0
//! SignalHub, called as C calls it: through the shared library.
//!
//! Unsafe: every call. What `include/signalhub/signalhub.h` asks of a caller holds because of three things.
//!
//! * C1. A handle lives from `open` until its owner here is dropped, and nobody else has it.
//! * C2. An owner is not `Clone` and calls only through `&mut self`: one thread at a time.
//! * C3. The types of the functions, and the structs, are those of the header; the library refuses
//!   another `struct_size`.

use std::ffi::{c_int, c_void};
use std::path::Path;
use std::ptr::{null, null_mut};
use std::slice;

use libloading::Library;

use crate::contender::{Contender, Plan, Publisher, Receiver, Took};

const OK: c_int = 0;
const EMPTY: c_int = 1;
const LAGGED: c_int = 2;
const CLOSED: c_int = 3;
const KIND_BYTES: c_int = 0;

/// `signalhub_options_t`.
#[repr(C)]
struct Options {
    struct_size: usize,
    capacity: u64,
    max_message_bytes: u64,
    slot_bytes: u64,
}

/// `signalhub_view_t`.
#[repr(C)]
struct View {
    struct_size: usize,
    data: *const u8,
    len: usize,
    topic: *const u8,
    topic_len: usize,
    kind: c_int,
    reserved: u32,
    origin: u64,
    seq: u64,
}

type Handle = *mut c_void;

/// The functions that a C program would call, each as `signalhub_<name>`.
struct Functions {
    new: unsafe extern "C" fn(*const Options, *mut Handle) -> c_int,
    free: unsafe extern "C" fn(Handle) -> c_int,
    publish: unsafe extern "C" fn(Handle, c_int, *const u8, usize, *mut u64, *mut u64) -> c_int,
    subscribe: unsafe extern "C" fn(Handle, *mut Handle) -> c_int,
    receiver_try_recv: unsafe extern "C" fn(Handle, Handle, *mut u64) -> c_int,
    receiver_recv: unsafe extern "C" fn(Handle, Handle, *mut u64) -> c_int,
    receiver_recv_many:
        unsafe extern "C" fn(Handle, *const Handle, usize, i64, *mut usize, *mut u64) -> c_int,
    receiver_recv_packed: unsafe extern "C" fn(
        Handle,
        *mut c_void,
        usize,
        *mut usize,
        usize,
        i64,
        *mut usize,
        *mut u64,
    ) -> c_int,
    receiver_free: unsafe extern "C" fn(Handle) -> c_int,
    message_new: unsafe extern "C" fn(*mut Handle) -> c_int,
    message_view: unsafe extern "C" fn(Handle, *mut View) -> c_int,
    message_free: unsafe extern "C" fn(Handle) -> c_int,
}

/// The shared library.
#[derive(Clone, Copy)]
pub(crate) struct CAbi(&'static Functions);

impl CAbi {
    /// Loads the library, for as long as the process lives.
    pub(crate) fn load(path: &Path) -> Result<Self, libloading::Error> {
        // SAFETY: loading the library starts nothing and changes nothing in the process.
        let library = Box::leak(Box::new(unsafe { Library::new(path) }?));
        let functions = Functions {
            new: function(library, "new")?,
            free: function(library, "free")?,
            publish: function(library, "publish")?,
            subscribe: function(library, "subscribe")?,
            receiver_try_recv: function(library, "receiver_try_recv")?,
            receiver_recv: function(library, "receiver_recv")?,
            receiver_recv_many: function(library, "receiver_recv_many")?,
            receiver_recv_packed: function(library, "receiver_recv_packed")?,
            receiver_free: function(library, "receiver_free")?,
            message_new: function(library, "message_new")?,
            message_view: function(library, "message_view")?,
            message_free: function(library, "message_free")?,
        };
        Ok(Self(Box::leak(Box::new(functions))))
    }
}

fn function<F: Copy>(library: &'static Library, name: &str) -> Result<F, libloading::Error> {
    let symbol = format!("signalhub_{name}");
    // SAFETY: the fields of `Functions` give the types (C3).
    let function = unsafe { library.get::<F>(symbol.as_bytes()) }?;
    Ok(*function)
}

/// A handle on a hub.
pub(crate) struct Hub {
    functions: &'static Functions,
    handle: Handle,
}

/// A receiver, and the message that it fills.
pub(crate) struct Reader {
    functions: &'static Functions,
    receiver: Handle,
    message: Handle,
    view: View,
}

// SAFETY: the header lets any thread call with these handles, one at a time (C2).
unsafe impl Send for Hub {}
// SAFETY: as above; the pointers in `view` are only followed right after they were filled.
unsafe impl Send for Reader {}

impl Contender for CAbi {
    type Publisher = Hub;
    type Receiver = Reader;

    fn open(self, plan: Plan) -> (Hub, Vec<Reader>) {
        let functions = self.0;
        let options = Options {
            struct_size: size_of::<Options>(),
            capacity: plan.capacity as u64,
            max_message_bytes: 0,
            slot_bytes: 0,
        };
        // SAFETY: `options` is readable and the handle writable (C3).
        let handle = made(|out| unsafe { (functions.new)(&options, out) });
        let readers = (0..plan.receivers)
            .map(|_| Reader::new(functions, handle))
            .collect();
        (Hub { functions, handle }, readers)
    }
}

impl Reader {
    fn new(functions: &'static Functions, hub: Handle) -> Self {
        Self {
            functions,
            // SAFETY: `hub` lives (C1), and the handle is writable.
            receiver: made(|out| unsafe { (functions.subscribe)(hub, out) }),
            // SAFETY: the handle is writable.
            message: made(|out| unsafe { (functions.message_new)(out) }),
            view: View {
                struct_size: size_of::<View>(),
                data: null(),
                len: 0,
                topic: null(),
                topic_len: 0,
                kind: KIND_BYTES,
                reserved: 0,
                origin: 0,
                seq: 0,
            },
        }
    }

    /// Says what a receive came to, and shows its message to `read`.
    #[inline]
    fn took(&mut self, status: c_int, read: impl FnOnce(&[u8])) -> Took {
        match status {
            OK => {
                read(self.payload());
                Took::Message
            }
            EMPTY => Took::Empty,
            LAGGED => Took::Lagged,
            CLOSED => Took::Closed,
            _ => panic!("a receive returned {status}"),
        }
    }

    #[inline]
    fn payload(&mut self) -> &[u8] {
        self.payload_of(self.message)
    }

    #[inline]
    fn payload_of(&mut self, message: Handle) -> &[u8] {
        // SAFETY: the message lives (C1) and is this thread's alone (C2); `view` is writable.
        let status = unsafe { (self.functions.message_view)(message, &mut self.view) };
        assert_eq!(status, OK, "signalhub_message_view");
        // SAFETY: not NULL, because no figure sends empty messages; valid until the next receive,
        // which the borrow of `self` keeps off.
        unsafe { slice::from_raw_parts(self.view.data, self.view.len) }
    }
}

/// Messages that one call fills.
pub(crate) struct Batch {
    functions: &'static Functions,
    messages: Vec<Handle>,
}

impl Batch {
    pub(crate) fn new(CAbi(functions): CAbi, capacity: usize) -> Self {
        let message = |_| {
            // SAFETY: the handle is writable.
            made(|out| unsafe { (functions.message_new)(out) })
        };
        let messages = (0..capacity).map(message).collect();
        Self {
            functions,
            messages,
        }
    }
}

impl Reader {
    /// Shows several messages that are there to `read`, by one call and one for each.
    pub(crate) fn recv_many(&mut self, batch: &mut Batch, read: impl Fn(&[u8])) -> usize {
        let (mut count, mut missed) = (0, 0);
        let (messages, room) = (batch.messages.as_ptr(), batch.messages.len());
        // SAFETY: all handles live (C1) and are this thread's alone (C2); the numbers are writable.
        let status = unsafe {
            (self.functions.receiver_recv_many)(
                self.receiver,
                messages,
                room,
                -1,
                &mut count,
                &mut missed,
            )
        };
        assert_eq!(status, OK, "signalhub_receiver_recv_many");
        for &message in &batch.messages[..count] {
            read(self.payload_of(message));
        }
        count
    }

    /// Shows the payloads of several messages to `read`, by one call. `offsets` has room for one
    /// more than messages are wanted.
    pub(crate) fn recv_packed(
        &mut self,
        buf: &mut [u8],
        offsets: &mut [usize],
        read: impl Fn(&[u8]),
    ) -> usize {
        let (mut count, mut missed) = (0, 0);
        // SAFETY: the receiver lives (C1) and is this thread's alone (C2); `buf` and `offsets` are as
        // long as they say, and the numbers are writable.
        let status = unsafe {
            (self.functions.receiver_recv_packed)(
                self.receiver,
                buf.as_mut_ptr().cast(),
                buf.len(),
                offsets.as_mut_ptr(),
                offsets.len() - 1,
                -1,
                &mut count,
                &mut missed,
            )
        };
        assert_eq!(status, OK, "signalhub_receiver_recv_packed");
        for ends in offsets[..=count].windows(2) {
            read(&buf[ends[0]..ends[1]]);
        }
        count
    }
}

/// What a function that makes a handle stored.
fn made(make: impl FnOnce(*mut Handle) -> c_int) -> Handle {
    let mut handle = null_mut();
    assert_eq!(make(&mut handle), OK);
    handle
}

impl Publisher for Hub {
    #[inline]
    fn publish(&mut self, payload: &[u8]) {
        let (data, len) = (payload.as_ptr(), payload.len());
        let (mut seq, mut receivers) = (0, 0);
        // SAFETY: the hub lives (C1), `data` spans `len` bytes, the numbers are writable.
        let status = unsafe {
            (self.functions.publish)(self.handle, KIND_BYTES, data, len, &mut seq, &mut receivers)
        };
        assert_eq!(status, OK, "signalhub_publish");
    }
}

impl Receiver for Reader {
    #[inline]
    fn try_recv(&mut self, read: impl FnOnce(&[u8])) -> Took {
        let mut missed = 0;
        let (receiver, message) = (self.receiver, self.message);
        // SAFETY: both live (C1) and are this thread's alone (C2); `missed` is writable.
        let status = unsafe { (self.functions.receiver_try_recv)(receiver, message, &mut missed) };
        self.took(status, read)
    }

    #[inline]
    fn recv(&mut self, read: impl FnOnce(&[u8])) -> Took {
        let mut missed = 0;
        let (receiver, message) = (self.receiver, self.message);
        // SAFETY: as in `try_recv`.
        let status = unsafe { (self.functions.receiver_recv)(receiver, message, &mut missed) };
        self.took(status, read)
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        // SAFETY: the handle lives until here (C1). Freeing the last one closes the hub.
        unsafe { (self.functions.free)(self.handle) };
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        for &message in &self.messages {
            // SAFETY: the handle lives until here (C1).
            unsafe { (self.functions.message_free)(message) };
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // SAFETY: the handle lives until here (C1).
        unsafe { (self.functions.receiver_free)(self.receiver) };
        // SAFETY: as above.
        unsafe { (self.functions.message_free)(self.message) };
    }
}
