/* tests/unit/base/test_signals.c: the names of signals, as images have them. */
#include "tests/unit/unit.h"

#include <signal.h>

#include "vmm/base/cleanup.h"
#include "vmm/base/signals.h"

static void test_signals_number(void **state UNUSED)
{
    static const struct {
        const char *name;
        int number;
    } cases[] = {
        { "TERM", SIGTERM },
        { "SIGTERM", SIGTERM },
        { "SIGQUIT", SIGQUIT },
        { "WINCH", SIGWINCH },
        { "15", 15 },
        { "64", 64 },
        { "0", 0 },
        { "65", 0 },
        { "999999999999", 0 },
        { "-9", 0 },
        { "", 0 },
        { "SIG", 0 },
        { "SIGSIGTERM", 0 },
        { "term", 0 },
        { "TERM ", 0 },
        { "RTMIN+", 0 },
        { "RTMIN-1", 0 },
        { "RTMAX+1", 0 },
        { "RTMIN+99", 0 },
        { "RTMIN+ 3", 0 },
        { "RTMIN+3x", 0 },
        { "RTMINX", 0 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        if (signals_number(cases[i].name) != cases[i].number)
            fail_msg("'%s': %d", cases[i].name, signals_number(cases[i].name));
    assert_int_equal(signals_number("RTMIN"), SIGRTMIN);
    assert_int_equal(signals_number("SIGRTMIN+3"), SIGRTMIN + 3);
    assert_int_equal(signals_number("RTMAX-1"), SIGRTMAX - 1);
    assert_int_equal(signals_number("RTMAX"), SIGRTMAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_signals_number) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
