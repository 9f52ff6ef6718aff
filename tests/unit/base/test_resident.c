/* tests/unit/base/test_resident.c: what a process that only waits keeps in use. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/unit.h"
#include "vmm/base/cleanup.h"
#include "vmm/base/proc.h"
#include "vmm/base/resident.h"

static const char *const relocated[] = { "one", "two", "three" };
static char written[] = "written";

static long kib_of_files(void)
{
    char text[4096];
    const char *at;

    assert_true(proc_read_file(getpid(), "status", text, sizeof(text)) > 0);
    at = strstr(text, "RssFile:");
    assert_non_null(at);
    return strtol(at + strlen("RssFile:"), NULL, 10);
}

static void test_resident_release_of_code(void **state UNUSED)
{
    long before = kib_of_files(), after;
    size_t three = strlen(relocated[2]);

    written[0] = 'W';
    resident_release();
    after = kib_of_files();
    assert_in_range(after, 0, before / 2);
    /* All code runs, what was relocated at the start or written since is as it was. */
    assert_int_equal(three, strlen(relocated[2]));
    assert_string_equal(relocated[2], "three");
    assert_string_equal(written, "Written");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resident_release_of_code),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
