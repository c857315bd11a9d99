// SPDX-License-Identifier: MIT OR Apache-2.0
/// @file
/// SignalHub for C++17 and later: one message in, every receiver gets it.
///
/// Header only, over the functions of signalhub.h, whose contract holds here too.
///
/// Outcomes    What a correct program meets (no message, a lag, a timeout, a hub that is full, the
///             close) is a value.
/// Errors      A mistake or a failure throws signalhub::Error. Every function that can fail has a
///             noexcept twin, which takes a std::error_code at its end, and sets it: to an error,
///             with which what is returned means nothing, unless it says so, or to none. (The parts
///             of a Message have theirs in Message::view().) With -fno-exceptions, in all of a
///             program or in none of it, a function without it ends the process instead.
/// Ownership   Hubs, receivers, messages, loans and dispatchers move and are not copied. One that
///             was moved from can be assigned to and destroyed; a call on it is SIGNALHUB_ERR_NULL.
///             They may be destroyed in any order.
/// Threads     A Hub may be used by all threads at once. A Receiver, its message included, belongs
///             to one thread at a time.
/// Callbacks   They are called by a thread of the library. An exception that leaves one ends the
///             process.
#ifndef SIGNALHUB_SIGNALHUB_HPP
#define SIGNALHUB_SIGNALHUB_HPP

#include <signalhub/dispatcher.hpp>
#include <signalhub/error.hpp>
#include <signalhub/hub.hpp>
#include <signalhub/loan.hpp>
#include <signalhub/message.hpp>
#include <signalhub/options.hpp>
#include <signalhub/packed.hpp>
#include <signalhub/receiver.hpp>
#include <signalhub/stats.hpp>
#include <signalhub/wait_any.hpp>

#endif
