/* tests/unit/guest/test_prompt.c: what is typed counts as unread from when it was written. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "guest/prompt.h"
#include "vmm/base/cleanup.h"

/* A worker of the kernel's takes it to the slave: a look that comes before that would not see it. */
static void test_prompt_unread_sees_what_was_just_written(void **state UNUSED)
{
    scoped_close int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    scoped_close int slave = -1;
    struct termios raw;
    char c;

    assert_int_equal(grantpt(master), 0);
    assert_int_equal(unlockpt(master), 0);
    slave = prompt_open_slave(master);
    assert_int_equal(tcgetattr(slave, &raw), 0);
    cfmakeraw(&raw);
    assert_int_equal(tcsetattr(slave, TCSANOW, &raw), 0);
    assert_int_equal(prompt_unread(master), 0);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(write(master, "x", 1), 1);
        assert_int_equal(prompt_unread(master), 1);
        assert_int_equal(read(slave, &c, 1), 1);
    }
}

static void test_prompt_unread_is_not_known_of_what_is_not_a_terminal(void **state UNUSED)
{
    scoped_close int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    assert_int_equal(prompt_unread(null), -1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prompt_unread_sees_what_was_just_written),
        cmocka_unit_test(test_prompt_unread_is_not_known_of_what_is_not_a_terminal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
