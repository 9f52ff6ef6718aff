/* tests/unit/test_patience.c: what the developers' variable makes of a limit. */
#include "vmm/base/patience.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "vmm/base/cleanup.h"

static void test_patience_scales(void **state UNUSED)
{
    static const struct {
        const char *factor;
        int64_t limit, wanted;
    } cases[] = {
        { NULL, 30000, 30000 },    { "20", 30000, 600000 }, { "0.1", 30000, 3000 },
        { "0.01", 30, 1 },         { "20", 0, 0 },          { "", 30000, 30000 },
        { "x", 30000, 30000 },     { "2x", 30000, 30000 },  { "nan", 30000, 30000 },
        { "-1", 30000, 30000 },    { "0", 30000, 30000 },   { "1e9", 30000, 30000 },
        { "0.001", 30000, 30000 }, { "1000", 30, 30000 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        if (cases[i].factor)
            setenv("PYRO_CHECK_PATIENCE", cases[i].factor, 1);
        else
            unsetenv("PYRO_CHECK_PATIENCE");
        assert_int_equal(patience(cases[i].limit), cases[i].wanted);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = { cmocka_unit_test(test_patience_scales) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
