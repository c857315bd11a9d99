// SPDX-License-Identifier: MIT OR Apache-2.0
// The header needs no other one, can be included twice, and in two units of one program.
// clang-format off
#include <signalhub/signalhub.hpp>
#include <signalhub/signalhub.hpp>
// clang-format on

const std::error_category *category_of_the_second_unit();

// tests/headers.rs compiles this file as a second unit, too.
#ifdef SECOND_UNIT
const std::error_category *category_of_the_second_unit()
{
    return &signalhub::category();
}
#else
#ifndef HAS_SECOND_UNIT
const std::error_category *category_of_the_second_unit()
{
    return &signalhub::category();
}
#endif

int main()
{
    std::error_code error;
    const signalhub::Hub hub({}, error);
    if (error)
        return 1;
    signalhub::Receiver receiver = hub.subscribe(error);
    if (error || !hub.publish("hello", error))
        return 2;
    const signalhub::Received received = receiver.recv(error);
    if (error || !received || received->view(error).payload() != "hello")
        return 3;
    return category_of_the_second_unit() == &signalhub::category() ? 0 : 4;
}
#endif
