/* A log's times as an operator asks for them. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/unit/unit.h"
#include "tui/pager_time.h"
#include "vmm/base/cleanup.h"

#define NOON 1777636800.0 /* 2026-05-01T12:00:00Z */

static void test_since(void **state)
{
    static const struct {
        const char *text, *wanted; /* NULL: it is no time */
    } cases[] = {
        { "10m", "2026-05-01T11:50:00Z" },
        { "90s", "2026-05-01T11:58:30Z" },
        { "1d", "2026-04-30T12:00:00Z" },
        { "11:30", "2026-05-01T11:30:00Z" },
        { "14:30", "2026-04-30T14:30:00Z" }, /* it is still to come today */
        { "11:30:05", "2026-05-01T11:30:05Z" },
        { "2026-04-01 07:00", "2026-04-01T07:00:00Z" },
        { "2026-04-01", "2026-04-01T00:00:00Z" },
        { "", NULL },
        { "noon", NULL },
        { "10", NULL },
        { "25:00", NULL },
        { "99999999999999d", NULL },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char got[21] = "";
        double time;
        assert_int_equal(pager_time_since(cases[i].text, NOON, got), cases[i].wanted != NULL);
        assert_int_equal(pager_time_read(cases[i].text, NOON, &time), cases[i].wanted != NULL);
        if (cases[i].wanted)
            assert_string_equal(got, cases[i].wanted);
    }
}

static void test_show(void **state)
{
    static const char head[] = "2026-04-30T23:59:58Z text";
    struct short_text space;

    (void)state;
    assert_string_equal(pager_time_show(&space, head, false), "23:59:58");
    assert_string_equal(pager_time_show(&space, head, true), "04-30 23:59:58");
    assert_string_equal(pager_time_show(&space, "                     text", true), "");
    assert_string_equal(pager_time_show(&space, NULL, true), "");
    assert_true(pager_time_is_older_day(head, NOON));
    assert_false(pager_time_is_older_day("2026-05-01T00:00:00Z text", NOON));
    assert_true(pager_time_is_since(head + 21, 4, "2026-04-30T23:59:58Z"));
    assert_false(pager_time_is_since(head + 21, 4, "2026-04-30T23:59:59Z"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_since),
        cmocka_unit_test(test_show),
    };

    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
