/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Linked into the C and C++ tests under ThreadSanitizer: rustc's LLVM calls these three, the
 * libtsan of gcc before 14 lacks them. The plain functions are intercepted by libtsan, which is all
 * they need.
 */
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

void *__tsan_memcpy(void *to, const void *from, size_t size)
{
    return memcpy(to, from, size);
}

void *__tsan_memmove(void *to, const void *from, size_t size)
{
    return memmove(to, from, size);
}

void *__tsan_memset(void *to, int value, size_t size)
{
    return memset(to, value, size);
}

#ifdef __cplusplus
}
#endif
