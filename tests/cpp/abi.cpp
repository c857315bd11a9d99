// SPDX-License-Identifier: MIT OR Apache-2.0
// A library of another ABI version than the header is refused before anything else is called.
#include "check.h"

static uint32_t version = SIGNALHUB_ABI_VERSION;

extern "C" uint32_t version_of_the_library()
{
    return version;
}

static int calls;

extern "C" signalhub_status_t counted_new(const signalhub_options_t *options, signalhub_t **out_hub)
{
    calls++;
    return (signalhub_new)(options, out_hub);
}

extern "C" signalhub_status_t counted_clone(const signalhub_t *hub, signalhub_t **out_hub)
{
    calls++;
    return (signalhub_clone)(hub, out_hub);
}

#define signalhub_abi_version version_of_the_library
#define signalhub_new counted_new
#define signalhub_clone counted_clone
#include <signalhub/signalhub.hpp>

int main()
{
    std::error_code error;
    const signalhub::Hub known({}, error);
    CHECK(!error && known.native_handle() != nullptr);

    version = SIGNALHUB_ABI_VERSION + 1;
    calls = 0;
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
    CHECK(calls == 0);
    puts("abi: fine");
}
