/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The header needs no other one, can be included twice, and in two units of one program. */
/* clang-format off */
#include <signalhub/signalhub.h>
#include <signalhub/signalhub.h>
/* clang-format on */

static const signalhub_options_t options = SIGNALHUB_OPTIONS_INIT;
static const signalhub_view_t view = SIGNALHUB_VIEW_INIT;
static const signalhub_receiver_options_t receiver_options = SIGNALHUB_RECEIVER_OPTIONS_INIT;
static const signalhub_receiver_stats_t stats = SIGNALHUB_RECEIVER_STATS_INIT;

int defaults_are_known(void);

/* tests/headers.rs compiles this file as a second unit, too. */
#ifdef SECOND_UNIT
int defaults_are_known(void)
{
    return options.struct_size == sizeof options && view.struct_size == sizeof view &&
           receiver_options.struct_size == sizeof receiver_options &&
           stats.struct_size == sizeof stats;
}
#else
#ifndef HAS_SECOND_UNIT
int defaults_are_known(void)
{
    return 1;
}
#endif

int main(void)
{
    signalhub_t *hub = NULL;
    if (!defaults_are_known() || signalhub_abi_version() != SIGNALHUB_ABI_VERSION)
        return 1;
    if (receiver_options.pattern != NULL || stats.next_seq != 0)
        return 5;
    if (signalhub_new(&options, &hub) != SIGNALHUB_OK)
        return 2;
    if (signalhub_publish_view(hub, &view, NULL, NULL) != SIGNALHUB_OK)
        return 3;
    return signalhub_free(hub) == SIGNALHUB_OK ? 0 : 4;
}
#endif
