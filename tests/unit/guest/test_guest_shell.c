/* tests/unit/guest/test_guest_shell.c: shells of the guest program itself, as a plain child over a
 * socketpair. */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/guest_shell_fixture.h"
#include "vmm/base/fs.h"
#include "vmm/base/proc.h"

static void test_shell_echoes_answers_and_ends(void **state UNUSED)
{
    struct shell sh;

    open_shell(&sh, "a");
    await_text(&sh, "PS> ");
    type(&sh, "tty >/dev/null && stty size && pwd\n");
    await_text(&sh, "25 100\r\n");
    await_text(&sh, guest.dir);
    type(&sh, "exit 7\n");
    await_end(&sh, 7);
    assert_int_equal(count_shells(), 1); /* kept until the host has let go */
    stream_close(&sh.stream, NULL);
    attach(&sh); /* the end is told again to who has not said that it knows */
    sh.ended = -1;
    await_end(&sh, 7);
    let_go(&sh);
    while (count_shells())
        ;
}

static void test_shell_attached_again_in_a_flood(void **state UNUSED)
{
    const char *start, *end;
    struct shell sh;
    int cuts = 0;

    open_shell(&sh, "flood");
    await_text(&sh, "PS> ");
    type(&sh, "seq 200000 400000; exit\n");
    for (int64_t deadline_ms = clock_ms() + PEER_WAIT_MS; sh.ended < 0;) {
        run_once(deadline_ms, "the end of the flood");
        /* Not once the end may be on its way: who lets go then says that it knows it. */
        if (sh.since > 100000 && sh.offset + WIRE_CREDIT < 1600000) {
            stream_close(&sh.stream, NULL);
            attach(&sh);
            cuts++;
        }
    }
    assert_true(cuts > 3);
    assert_int_equal(sh.ended_at, sh.offset);
    start = strstr(sh.log.data, "\n200000\r\n") + 1;
    for (int i = 200000; i <= 400000; i++, start = end + 1) {
        end = strchr(start, '\n');
        assert_non_null(end);
        assert_int_equal(strtol(start, NULL, 10), i);
    }
    let_go(&sh);
}

static void test_shell_resize(void **state UNUSED)
{
    int64_t deadline_ms = clock_ms() + PEER_WAIT_MS;
    struct shell sh;

    open_shell(&sh, "size");
    await_text(&sh, "PS> ");
    tell(&sh, json_pack("{s:[i,i]}", "resize", 77, 11));
    while (!sh.cols)
        run_once(deadline_ms, "the resize");
    assert_int_equal(sh.cols, 77);
    assert_int_equal(sh.rows, 11);
    assert_in_range(sh.resized_at, 1, sh.offset);
    type(&sh, "stty size\n");
    await_text(&sh, "11 77\r\n");
    tell(&sh, json_pack("{s:[i,i]}", "resize", 0, 5000)); /* ignored */
    tell(&sh, json_pack("{s:[i,i]}", "resize", 78, 12));
    while (sh.cols != 78)
        run_once(deadline_ms, "the second resize");
    signal_shell(&sh, "KILL");
    await_end(&sh, 137);
    let_go(&sh);
}

static void test_shell_signals(void **state UNUSED)
{
    struct shell sh;
    pid_t background;

    open_shell(&sh, "signals");
    await_text(&sh, "PS> ");
    type(&sh, "sleep 1000 & echo pid=$!\n");
    await_text(&sh, "\npid=");
    await_prompt(&sh);
    background = (pid_t)strtol(strstr(sh.log.data, "\npid=") + 5, NULL, 10);
    assert_int_equal(kill(background, 0), 0);
    /* Said by what is in the foreground: a signal before that would be bash's own. */
    type(&sh, "sh -c 'echo go; exec sleep 2000'\n");
    await_text(&sh, "\ngo");
    signal_shell(&sh, "INT");
    await_prompt(&sh);
    type(&sh, "echo status=$?.\n");
    await_text(&sh, "\nstatus=130.");
    assert_int_equal(kill(background, 0), 0); /* not in the foreground */
    signal_shell(&sh, "NOSUCH");
    await_prompt(&sh);
    signal_shell(&sh, "KILL");
    await_end(&sh, 137);
    for (int64_t deadline_ms = clock_ms() + PEER_WAIT_MS; kill(background, 0) == 0;)
        run_once(deadline_ms, "the background's end");
    let_go(&sh);
}

static void await_foreground(struct shell *sh, const char *text, bool waits)
{
    int64_t deadline_ms = clock_ms() + PEER_WAIT_MS;

    while (strcmp(sh->foreground, text) != 0 || sh->waits != waits)
        run_once(deadline_ms, *text ? text : "the shell itself");
}

/* Told without being asked, also where nothing is printed or typed as it changes. */
static void test_shell_tells_its_foreground(void **state UNUSED)
{
    struct shell sh;

    open_shell(&sh, "fg");
    await_foreground(&sh, "", true);
    type(&sh, "sleep 5; sleep 1000; echo $((40 + 2))\n");
    await_foreground(&sh, "sleep 5", false); /* it looks once a second */
    assert_true(sh.age_ms >= 0);
    await_foreground(&sh, "sleep 1000", false);
    signal_shell(&sh, "INT");
    await_foreground(&sh, "", true);
    type(&sh, "sh -c 'exec sleep 1001' arg\n"); /* what it became, not what it was */
    await_foreground(&sh, "sleep 1001", false);
    signal_shell(&sh, "KILL");
    await_end(&sh, 137);
    let_go(&sh);
}

static void test_shell_prompt(void **state UNUSED)
{
    struct shell sh;

    open_shell(&sh, "prompt");
    await_text(&sh, "PS> ");
    await_prompt(&sh);
    assert_true(ask_prompt(&sh));
    type(&sh, "sh -c 'echo go; exec sleep 2000'\n");
    assert_false(ask_prompt(&sh)); /* the input is on its way */
    await_text(&sh, "\ngo");
    assert_false(ask_prompt(&sh));
    signal_shell(&sh, "INT");
    await_prompt(&sh);
    type(&sh, "echo loop; while :; do :; done\n"); /* bash itself stays in the foreground */
    await_text(&sh, "\nloop");
    for (int i = 0; i < 20; i++)
        assert_false(ask_prompt(&sh));
    signal_shell(&sh, "INT");
    await_prompt(&sh);
    type(&sh, "read -p 'name: ' x\n");
    await_text(&sh, "name: ");
    await_prompt(&sh);
    signal_shell(&sh, "KILL");
    await_end(&sh, 137);
    assert_false(ask_prompt(&sh));
    let_go(&sh);
}

static void test_shell_close_hangs_up_first(void **state UNUSED)
{
    struct shell sh;

    open_shell(&sh, "close");
    await_prompt(&sh);
    type(&sh, "exec sh -c 'trap \"echo by''e; exit 5\" HUP; echo trapp''ed; while :; do sleep 0.1; "
              "done'\n");
    await_text(&sh, "trapped");
    tell(&sh, json_pack("{s:i}", "close", 5000));
    await_end(&sh, 5);
    assert_non_null(strstr(sh.log.data, "bye"));
    let_go(&sh);
    open_shell(&sh, "deaf");
    await_prompt(&sh);
    type(&sh, "exec sh -c 'trap \"\" HUP; echo trapp''ed; while :; do sleep 0.1; done'\n");
    await_text(&sh, "trapped");
    tell(&sh, json_pack("{s:i}", "close", 100));
    await_end(&sh, 137);
    let_go(&sh);
}

static void test_shell_that_left_its_terminal(void **state UNUSED)
{
    struct shell sh;

    open_shell(&sh, "left");
    await_text(&sh, "PS> ");
    type(&sh, "exec sh -c 'exec sleep 1000 <&- >&- 2>&-' 255>&-\n");
    await_text(&sh, "255>&-\r\n");
    for (int i = 0; i < 10; i++)
        ask_prompt(&sh);
    signal_shell(&sh, "KILL");
    await_end(&sh, 137);
    let_go(&sh);
}

static void test_shell_requests_that_are_refused(void **state UNUSED)
{
    struct shell sh;

    expect_error(open_request("x", "/nowhere"), PYRO_GUEST_ERROR);
    expect_error(json_pack("{s:s, s:s, s:[s], s:i, s:i}", "op", "shell_open", "shell", "x",
                           "command", "no-such-program", "cols", 80, "rows", 24),
                 PYRO_NO_SHELL);
    expect_error(json_pack("{s:s, s:s, s:[s], s:i, s:i}", "op", "shell_open", "shell", "x",
                           "command", "bash", "cols", 0, "rows", 24),
                 PYRO_REFUSED);
    expect_error(json_pack("{s:s, s:s, s:i}", "op", "shell_attach", "shell", "x", "offset", 0),
                 PYRO_SHELL_NOT_FOUND);
    assert_int_equal(count_shells(), 0);
    open_shell(&sh, "x");
    await_text(&sh, "PS> ");
    expect_error(open_request("x", "/workspace"), PYRO_REFUSED);
    expect_error(json_pack("{s:s, s:s, s:i}", "op", "shell_attach", "shell", "x", "offset", 0),
                 PYRO_SHELL_STATE);
    stream_close(&sh.stream, NULL);
    expect_error(json_pack("{s:s, s:s, s:i}", "op", "shell_attach", "shell", "x", "offset", 9999),
                 PYRO_SHELL_STATE);
    attach(&sh);
    signal_shell(&sh, "KILL");
    await_end(&sh, 137);
    let_go(&sh);
}

/* A shutdown hangs up on shells, and kills those that do not mind. */
static void test_shell_that_is_deaf_ends_with_the_guest(void **state UNUSED)
{
    struct shell sh;
    struct call c;
    int status;

    open_shell(&sh, "deaf");
    await_prompt(&sh);
    type(&sh, "exec sh -c 'trap \"\" HUP TERM; echo trapp''ed; while :; do sleep 0.1; done'\n");
    await_text(&sh, "trapped");
    call_init(&c, &guest.peer);
    call_start(&c, peer_op("shutdown"));
    await_end(&sh, 137);
    call_wait(&c);
    stream_close(&sh.stream, NULL);
    buf_release(&sh.log);
    call_release(&c);
    assert_true(proc_wait(guest.pid, clock_ms() + PEER_WAIT_MS, &status, NULL));
    /* For the teardown. */
    peer_close(&guest.peer);
    close(guest.link_fd);
    assert_true(fs_remove_tree(AT_FDCWD, guest.dir, NULL));
}

int main(void)
{
#define T(NAME) cmocka_unit_test_setup_teardown(NAME, start_guest, end_guest)
    const struct CMUnitTest tests[] = {
        T(test_shell_echoes_answers_and_ends),
        T(test_shell_attached_again_in_a_flood),
        T(test_shell_resize),
        T(test_shell_signals),
        T(test_shell_prompt),
        T(test_shell_tells_its_foreground),
        T(test_shell_close_hangs_up_first),
        T(test_shell_that_left_its_terminal),
        T(test_shell_requests_that_are_refused),
        cmocka_unit_test_setup(test_shell_that_is_deaf_ends_with_the_guest, start_guest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
