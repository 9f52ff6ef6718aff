/* tests/unit/base/test_loop.c: descriptors, timers, deferred calls, signals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cmocka.h>

#include "vmm/base/fs.h"
#include "vmm/base/loop.h"
#include "vmm/base/signals.h"

/* A letter as a callback's argument. */
#define TAG(letter) ((void *)(uintptr_t)(letter))

static struct loop *loop;
static char trace[64];

static void note(char c)
{
    size_t n = strlen(trace);

    assert_true(n + 1 < sizeof(trace));
    trace[n] = c;
    trace[n + 1] = '\0';
}

static int set_up(void **state UNUSED)
{
    trace[0] = '\0';
    loop = loop_new(NULL);
    return loop ? 0 : -1;
}

static int tear_down(void **state UNUSED)
{
    loop_free(loop);
    return 0;
}

static void note_call(void *arg)
{
    note(*(const char *)arg);
}

static void stop_call(void *arg UNUSED)
{
    loop_stop(loop);
}

static void test_timers_fire_in_order_of_time(void **state UNUSED)
{
    struct loop_timer a = { 0 }, b = { 0 }, c = { 0 }, d = { 0 };
    int64_t start = clock_ms();

    loop_timer_set(loop, &a, 30, note_call, TAG("a"));
    loop_timer_set(loop, &b, 5, note_call, TAG("b"));
    loop_timer_set(loop, &c, 1, note_call, TAG("c"));
    loop_timer_set(loop, &d, 40, stop_call, NULL);
    loop_timer_set(loop, &c, 10, note_call, TAG("C")); /* moves */
    loop_run(loop);
    assert_string_equal(trace, "bCa");
    assert_true(clock_ms() - start >= 40);
}

static void test_timer_cancelled(void **state UNUSED)
{
    struct loop_timer a = { 0 }, b = { 0 };

    loop_timer_set(loop, &a, 0, note_call, TAG("a"));
    loop_timer_set(loop, &b, 1, stop_call, NULL);
    loop_timer_cancel(loop, &a);
    loop_timer_cancel(loop, &a);
    loop_run(loop);
    assert_string_equal(trace, "");
}

static struct loop_deferred first, second;

static void defer_again(void *arg)
{
    note(*(const char *)arg);
    if (strlen(trace) < 4)
        loop_defer(loop, &first, defer_again, arg);
}

static void test_deferred_calls_wait_for_the_next_pass(void **state UNUSED)
{
    loop_defer(loop, &first, defer_again, TAG("x"));
    loop_defer(loop, &first, defer_again, TAG("x")); /* once only */
    loop_defer(loop, &second, note_call, TAG("y"));
    loop_run_once(loop, 0);
    assert_string_equal(trace, "xy");
    loop_run_once(loop, -1); /* does not wait: a call is queued */
    assert_string_equal(trace, "xyx");
    loop_defer_cancel(loop, &first);
    loop_run_once(loop, 0);
    assert_string_equal(trace, "xyx");
}

static void cancel_second(void *arg UNUSED)
{
    note('1');
    loop_defer_cancel(loop, &second);
}

static void test_deferred_call_cancelled_by_an_earlier_one(void **state UNUSED)
{
    loop_defer(loop, &first, cancel_second, NULL);
    loop_defer(loop, &second, note_call, TAG("2"));
    loop_run_once(loop, 0);
    assert_string_equal(trace, "1");
}

static int pipes[2][2];

/* Closes the other pipe, whose event is in the same pass, and opens a new one at its number. */
static void replace_other(void *arg, uint32_t events UNUSED)
{
    int self = *(const int *)arg, other = 1 - self, reused[2];
    int fd = pipes[other][0];

    note('r');
    loop_unwatch(loop, pipes[self][0]);
    loop_unwatch(loop, fd);
    close(fd);
    assert_int_equal(pipe(reused), 0);
    assert_int_equal(reused[0], fd);
    assert_true(loop_watch(loop, reused[0], EPOLLIN, replace_other, arg, NULL));
    close(reused[1]);
    pipes[other][0] = reused[0];
    loop_unwatch(loop, reused[0]);
    assert_true(loop_watch(loop, reused[0], EPOLLIN, replace_other, arg, NULL));
}

static void test_stale_event_is_dropped(void **state UNUSED)
{
    static const int ids[2] = { 0, 1 };

    for (int i = 0; i < 2; i++) {
        assert_int_equal(pipe(pipes[i]), 0);
        assert_int_equal(write(pipes[i][1], "x", 1), 1);
        assert_true(loop_watch(loop, pipes[i][0], EPOLLIN, replace_other,
                               (void *)(uintptr_t)&ids[i], NULL));
    }
    loop_run_once(loop, 0);
    assert_string_equal(trace, "r");
    for (int i = 0; i < 2; i++) {
        loop_unwatch(loop, pipes[i][0]);
        close(pipes[i][0]);
        close(pipes[i][1]);
    }
}

static void note_event(void *arg, uint32_t events)
{
    note(*(const char *)arg);
    assert_true(events & (EPOLLIN | EPOLLHUP));
}

static void note_readable(void *arg UNUSED, uint32_t events UNUSED)
{
    note('r');
}

static void test_rewatch(void **state UNUSED)
{
    int fds[2];

    assert_int_equal(pipe(fds), 0);
    assert_true(loop_watch(loop, fds[0], EPOLLIN, note_event, TAG("e"), NULL));
    assert_false(loop_watch(loop, fds[0], EPOLLIN, note_event, TAG("e"), NULL));
    assert_int_equal(write(fds[1], "x", 1), 1);
    loop_run_once(loop, 0);
    loop_rewatch(loop, fds[0], 0);
    loop_run_once(loop, 0);
    loop_rewatch(loop, fds[0], EPOLLIN);
    loop_run_once(loop, 0);
    assert_string_equal(trace, "ee");
    loop_unwatch(loop, fds[0]);
    loop_unwatch(loop, fds[0]);
    loop_unwatch(loop, -1);
    loop_unwatch(loop, 100000);
    close(fds[0]);
    close(fds[1]);
}

static void test_pause_rests_and_goes_on(void **state UNUSED)
{
    struct loop_pause pause = { 0 };
    int fds[2];

    assert_int_equal(pipe(fds), 0);
    assert_int_equal(write(fds[1], "x", 1), 1);
    assert_true(loop_watch(loop, fds[0], EPOLLIN, note_readable, NULL, NULL));
    loop_run_once(loop, 0);
    assert_string_equal(trace, "r");
    loop_pause(loop, &pause, fds[0], EPOLLIN, 3600 * 1000);
    for (int i = 0; i < 5; i++)
        loop_run_once(loop, 0);
    assert_string_equal(trace, "r");
    loop_pause(loop, &pause, fds[0], EPOLLIN, 1);
    while (pause.timer.armed)
        loop_run_once(loop, 1000);
    loop_run_once(loop, 1000);
    assert_string_equal(trace, "rr");
    loop_unwatch(loop, fds[0]);
    close(fds[0]);
    close(fds[1]);
}

static void on_signal(void *arg UNUSED, const struct signalfd_siginfo *info)
{
    note(info->ssi_signo == SIGUSR1 ? '1' : '?');
}

static void test_signals(void **state UNUSED)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    assert_true(loop_signals(loop, &set, on_signal, NULL, NULL));
    assert_int_equal(kill(getpid(), SIGUSR1), 0);
    loop_run_once(loop, 1000);
    assert_string_equal(trace, "1");
}

static void test_before_wait(void **state UNUSED)
{
    loop_before_wait(loop, note_call, TAG("w"));
    loop_run_once(loop, 0);
    loop_run_once(loop, 0);
    assert_string_equal(trace, "ww");
}

static void test_signals_that_are_ignored_stay_so(void **state UNUSED)
{
    static const int numbers[] = { SIGHUP, SIGUSR1 };
    const struct sigaction action = { .sa_handler = SIG_DFL };
    struct sigaction now;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGUSR1);
    signal(SIGHUP, SIG_IGN);
    assert_true(loop_signals(loop, &set, on_signal, NULL, NULL));
    assert_int_equal(kill(getpid(), SIGHUP), 0);
    assert_int_equal(kill(getpid(), SIGUSR1), 0);
    loop_run_once(loop, 1000);
    assert_string_equal(trace, "1");
    signals_catch(numbers, ARRAY_SIZE(numbers), &action);
    assert_int_equal(sigaction(SIGHUP, NULL, &now), 0);
    assert_true(now.sa_handler == SIG_IGN);
    signal(SIGHUP, SIG_DFL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_timers_fire_in_order_of_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_timer_cancelled, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_deferred_calls_wait_for_the_next_pass, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_deferred_call_cancelled_by_an_earlier_one, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_stale_event_is_dropped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rewatch, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pause_rests_and_goes_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_signals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_signals_that_are_ignored_stay_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_before_wait, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
