/* Work done by a child: its success, its error, its death, its end before that. */
#include "tests/unit/unit.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm/base/offload.h"

static struct loop *loop;
static unsigned calls;
static struct pyro_error said;

static void on_done(void *arg, const struct pyro_error *why)
{
    calls++;
    said = why ? *why : (struct pyro_error){ 0 };
    if (arg)
        loop_stop(loop);
}

static bool succeed(void *arg, struct pyro_error *err UNUSED)
{
    *(volatile int *)arg = 42;
    return true;
}

static bool fail_it(void *arg UNUSED, struct pyro_error *err)
{
    return pyro_fail(err, PYRO_NO_SPACE, "there is no room");
}

static bool die_of_it(void *arg UNUSED, struct pyro_error *err UNUSED)
{
    raise(SIGKILL);
    return true;
}

static bool go_on(void *arg UNUSED, struct pyro_error *err UNUSED)
{
    while (pause() < 0)
        ;
    return true;
}

static void run(offload_run_fn *fn, int *shared)
{
    struct pyro_error err = { 0 };

    calls = 0;
    assert_non_null(offload_start(loop, fn, on_done, shared, &err));
    loop_run(loop);
    assert_int_equal(calls, 1);
}

static void test_ends(void **state UNUSED)
{
    int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    run(succeed, shared);
    assert_int_equal(said.code, PYRO_OK);
    assert_int_equal(*shared, 42);
    run(fail_it, shared);
    assert_int_equal(said.code, PYRO_NO_SPACE);
    assert_string_equal(said.message, "there is no room");
    run(die_of_it, shared);
    assert_int_equal(said.code, PYRO_INTERNAL);
    munmap(shared, 4096);
}

static void test_cancel(void **state UNUSED)
{
    struct pyro_error err = { 0 };
    struct offload *o = offload_start(loop, go_on, on_done, NULL, &err);

    calls = 0;
    assert_non_null(o);
    offload_cancel(o);
    loop_run_once(loop, 0);
    assert_int_equal(calls, 0);
    offload_cancel(NULL);
}

static int set_up(void **state UNUSED)
{
    loop = loop_new(&(struct pyro_error){ 0 });
    return loop ? 0 : -1;
}

static int tear_down(void **state UNUSED)
{
    loop_free(loop);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_cancel),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
