/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Every status has a text, every other number "unknown status"; versions agree with the header. */
#include "check.h"

#include <limits.h>

static void every_status_has_a_text_of_its_own(void)
{
    for (int status = SIGNALHUB_ERR_NAME; status <= SIGNALHUB_ABOUT_TO_LAG; status++) {
        const char *text = signalhub_status_str(status);
        CHECK(text != NULL && text[0] != '\0');
        CHECK(strcmp(text, "unknown status") != 0);
        CHECK(signalhub_status_str(status) == text);
        for (int other = SIGNALHUB_ERR_NAME; other < status; other++)
            CHECK(strcmp(text, signalhub_status_str(other)) != 0);
    }
}

static void statuses_have_their_numbers_for_ever(void)
{
    CHECK(SIGNALHUB_TIMEOUT == 4 && SIGNALHUB_ERR_PANIC == -15);
    CHECK(SIGNALHUB_ERR_PATTERN == -16 && SIGNALHUB_ERR_START == -17);
    CHECK(SIGNALHUB_ERR_ON_LAG == -18);
    CHECK(SIGNALHUB_ERR_WAIT == -21 && SIGNALHUB_ERR_LIMIT == -22);
    CHECK(SIGNALHUB_ERR_NAME == -23 && SIGNALHUB_FULL == 5);
    CHECK(SIGNALHUB_KEPT == 6 && SIGNALHUB_ABOUT_TO_LAG == 7);
    CHECK(SIGNALHUB_ERR_CAPACITY_BYTES == -19 && SIGNALHUB_ERR_LOAN == -20);
}

static void any_other_number_is_an_unknown_status(void)
{
    static const int numbers[] = {
        SIGNALHUB_ABOUT_TO_LAG + 1, SIGNALHUB_ERR_NAME - 1, 100, -100, INT_MAX, INT_MIN};
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        CHECK(strcmp(signalhub_status_str(numbers[i]), "unknown status") == 0);
    for (long number = INT_MIN; number <= INT_MAX; number += 99991)
        CHECK(signalhub_status_str((int)number) != NULL);
}

static void the_library_has_the_version_of_the_header(void)
{
    char version[32];
    snprintf(version, sizeof version, "%d.%d.%d", SIGNALHUB_VERSION_MAJOR, SIGNALHUB_VERSION_MINOR,
             SIGNALHUB_VERSION_PATCH);
    CHECK(strcmp(signalhub_version(), version) == 0);
    CHECK(signalhub_abi_version() == SIGNALHUB_ABI_VERSION);
}

int main(void)
{
    watchdog();
    every_status_has_a_text_of_its_own();
    statuses_have_their_numbers_for_ever();
    any_other_number_is_an_unknown_status();
    the_library_has_the_version_of_the_header();
    puts("status: fine");
    return 0;
}
