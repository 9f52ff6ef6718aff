/* tests/unit/test_turn.c: waiting for a lock, in words and within a limit. */
#include "vmm/base/turn.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "vmm/base/fs.h"

static char path[64];
static int dir = -1;

static int set_up(void **state UNUSED)
{
    snprintf(path, sizeof(path), "/tmp/pyro-turn-XXXXXX");
    if (!mkdtemp(path))
        return -1;
    dir = fs_open_dir(AT_FDCWD, path, NULL);
    return dir < 0 ? -1 : 0;
}

static int tear_down(void **state UNUSED)
{
    close(dir);
    return fs_remove_tree(AT_FDCWD, path, NULL) ? 0 : -1;
}

struct told {
    unsigned times;
    char words[100];
};

static void hear(void *arg, const char *words)
{
    struct told *told = arg;

    told->times++;
    snprintf(told->words, sizeof(told->words), "%s", words);
}

/* A holder that never lets go: the waiting side hears what for, and who holds it. */
static void test_a_turn_that_does_not_come(void **state UNUSED)
{
    struct told told = { 0 };
    const struct turn turn = {
        .work = "boots a template", .limit_ms = 30, .tell = hear, .arg = &told
    };
    int held = turn_wait(dir, "lock", &turn, NULL);
    scoped_free char *holder = str_printf("held by process %d", (int)getpid());
    struct pyro_error err = { 0 };

    assert_true(held >= 0);
    assert_int_equal(told.times, 0);
    assert_int_equal(turn_wait(dir, "lock", &turn, &err), -1);
    assert_int_equal(told.times, 1);
    assert_string_equal(told.words, "waiting for another pyro that boots a template");
    assert_int_equal(err.code, PYRO_WORKSPACE_BUSY);
    assert_non_null(strstr(err.message, "for another pyro that boots a template: 'lock' is held"));
    assert_true(strstr(err.message, holder) || strstr(err.message, "held by another process"));
    assert_true(err.hint[0]);
    close(held);
    held = turn_wait(dir, "lock", &turn, &err);
    assert_true(held >= 0);
    close(held);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_turn_that_does_not_come, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
