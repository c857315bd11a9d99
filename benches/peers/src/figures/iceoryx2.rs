// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! iceoryx2 within one process and on one thread, by the variant of it that is made for that. Not a
//! contender like the others, because its ends cannot be handed to another thread.

use std::hint::black_box;

use iceoryx2::prelude::{LogLevel, NodeBuilder, ServiceName, local, set_log_level};

use crate::clock::ns_per_op;
use crate::contender::Plan;
use crate::payload;
use crate::settings::Settings;

/// Nanoseconds for one message: lent, filled from bytes, sent, and read to its last byte.
pub(super) fn sample(settings: &Settings, plan: Plan) -> f64 {
    set_log_level(LogLevel::Error);
    let node = NodeBuilder::new()
        .create::<local::Service>()
        .expect("a node");
    let name = ServiceName::new("signalhub-peers").expect("a name");
    let service = node
        .service_builder(&name)
        .publish_subscribe::<[u8]>()
        .subscriber_max_buffer_size(plan.capacity)
        .enable_safe_overflow(true)
        .max_publishers(1)
        .max_subscribers(plan.receivers)
        .create()
        .expect("a service");
    let publisher = service
        .publisher_builder()
        .initial_max_slice_len(plan.message_bytes)
        .create()
        .expect("a publisher");
    let subscriber = service.subscriber_builder().create().expect("a subscriber");
    let payload = vec![7; plan.message_bytes];
    ns_per_op(settings.sample_time, plan.capacity, || {
        for _ in 0..plan.capacity {
            let payload = black_box(&payload);
            let loan = publisher
                .loan_slice_uninit(payload.len())
                .expect("memory for one more");
            let sent = loan.write_from_slice(payload).send();
            assert_eq!(sent.expect("a subscriber"), 1);
            let received = subscriber.receive().expect("a publisher");
            payload::read(received.expect("a message").payload());
        }
    })
}
