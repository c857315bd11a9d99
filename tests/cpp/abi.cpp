// SPDX-License-Identifier: MIT OR Apache-2.0
// A library of another ABI version than the header is refused before anything else is called.
#include "check.h"

static uint32_t version = SIGNALHUB_ABI_VERSION;

extern "C" uint32_t version_of_the_library()
{
    return version;
}

#define signalhub_abi_version version_of_the_library
#include <signalhub/signalhub.hpp>

int main()
{
    std::error_code error;
    const signalhub::Hub known({}, error);
    CHECK(!error && known.native_handle() != nullptr);

    version = SIGNALHUB_ABI_VERSION + 1;
    const signalhub::Hub made({}, error);
    CHECK(error && made.native_handle() == nullptr);
    CHECK(error.message() == "the library has another ABI version than the header");
    error.clear();
    const signalhub::Hub taken = signalhub::Hub::from_handle(known.native_handle(), error);
    CHECK(error && taken.native_handle() == nullptr);
    try {
        const signalhub::Hub hub;
        CHECK(hub.native_handle() == nullptr); // not reached
    } catch (const signalhub::Error &thrown) {
        CHECK(thrown.code() == error);
    }
    puts("abi: fine");
}
