/* tests/unit/guest/test_guest_exec.c: the guest program itself, as a plain child over a socketpair.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/guest_fixture.h"
#include "vmm/base/fs.h"
#include "vmm/base/proc.h"

static struct guest_fixture guest;

static int start_guest(void **state UNUSED)
{
    guest_fixture_start(&guest);
    return 0;
}

static int end_guest(void **state UNUSED)
{
    return guest_fixture_end(&guest);
}

static int exit_code(const struct call *c)
{
    return (int)json_int_or(c->result, "exit_code", -1);
}

static void expect_error(struct call *c, enum pyro_code code)
{
    struct pyro_error err = { 0 };

    assert_non_null(c->result);
    assert_false(error_from_result(c->result, &err));
    assert_int_equal(err.code, code);
    assert_true(err.message[0]);
    call_release(c);
}

static void test_output_and_status(void **state UNUSED)
{
    struct call c;

    call_run(&c, &guest.peer, peer_sh("echo out; echo err >&2; exit 7"));
    assert_string_equal(c.out.data, "out\n");
    assert_string_equal(c.err.data, "err\n");
    assert_true(c.out_ended && c.err_ended);
    assert_int_equal(exit_code(&c), 7);
    assert_true(json_is_null(json_object_get(c.result, "signal")));
    assert_true(json_is_false(json_object_get(c.result, "timed_out")));
    assert_in_range(json_int_or(c.result, "duration_ms", -1), 0, PEER_WAIT_MS);
    call_release(&c);
}

static void test_arguments_keep_their_boundaries(void **state UNUSED)
{
    struct call c;

    call_run(&c, &guest.peer,
             json_pack("{s:s, s:[s,s,s,s,s]}", "op", "exec", "command", "printf", "<%s>", "a b", "",
                       "'\n\xc3\xa9"));
    assert_string_equal(c.out.data, "<a b><><'\n\xc3\xa9>");
    call_release(&c);
}

static void test_workspace_stands_for_the_directory(void **state UNUSED)
{
    char below[80], want[160];
    struct call c;

    snprintf(below, sizeof(below), "%s/sub", guest.dir);
    assert_int_equal(mkdir(below, 0755), 0);
    call_run(&c, &guest.peer, peer_sh("pwd -P; echo $PWD"));
    snprintf(want, sizeof(want), "%s\n%s\n", guest.dir, guest.dir);
    assert_string_equal(c.out.data, want);
    call_release(&c);
    call_run(
        &c, &guest.peer,
        json_pack("{s:s, s:[s], s:s}", "op", "exec", "command", "pwd", "cwd", "/workspace/sub"));
    snprintf(want, sizeof(want), "%s\n", below);
    assert_string_equal(c.out.data, want);
    call_release(&c);
}

static void test_environment(void **state UNUSED)
{
    struct call c;

    call_run(&c, &guest.peer,
             json_pack("{s:s, s:[s,s,s], s:{s:s, s:s}}", "op", "exec", "command", "sh", "-c",
                       "echo \"$A|$HOME\"", "env", "A", "x y=z", "HOME", "/elsewhere"));
    assert_string_equal(c.out.data, "x y=z|/elsewhere\n");
    call_release(&c);
}

static void test_path_is_searched_in_the_given_environment(void **state UNUSED)
{
    struct call c;
    char path[100];
    FILE *f;

    snprintf(path, sizeof(path), "%s/mine", guest.dir);
    f = fopen(path, "we");
    assert_non_null(f);
    fputs("echo no interpreter line: $1\n", f);
    fclose(f);
    assert_int_equal(chmod(path, 0755), 0);
    call_run(&c, &guest.peer,
             json_pack("{s:s, s:[s,s], s:{s:s}}", "op", "exec", "command", "mine", "arg", "env",
                       "PATH", guest.dir));
    assert_string_equal(c.out.data, "no interpreter line: arg\n");
    assert_int_equal(exit_code(&c), 0);
    call_release(&c);
}

static void test_commands_that_cannot_be_run(void **state UNUSED)
{
    static const struct {
        const char *command, *why;
        int status;
    } cases[] = { { "no-such-command", "pyro: no-such-command: command not found\n", 127 },
                  { "/no/such/file", "pyro: /no/such/file: command not found\n", 127 },
                  { "", "pyro: : command not found\n", 127 },
                  { "/etc/passwd", "pyro: /etc/passwd: Permission denied\n", 126 },
                  { "/", "pyro: /: Permission denied\n", 126 } };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct call c;
        call_run(&c, &guest.peer,
                 json_pack("{s:s, s:[s]}", "op", "exec", "command", cases[i].command));
        assert_int_equal(exit_code(&c), cases[i].status);
        assert_string_equal(c.err.data, cases[i].why);
        assert_true(c.out_ended && c.err_ended);
        call_release(&c);
    }
}

static void test_malformed_requests(void **state UNUSED)
{
    json_t *requests[] = {
        json_pack("{s:s}", "op", "exec"),
        json_pack("{s:s, s:[]}", "op", "exec", "command"),
        json_pack("{s:s, s:[i]}", "op", "exec", "command", 1),
        json_pack("{s:s, s:s}", "op", "exec", "command", "ls"),
        json_pack("{s:s, s:[s], s:s}", "op", "exec", "command", "ls", "cwd", "relative"),
        json_pack("{s:s, s:[s], s:{s:i}}", "op", "exec", "command", "ls", "env", "A", 1),
        json_pack("{s:s, s:[s], s:{s:s}}", "op", "exec", "command", "ls", "env", "A=B", "x"),
        json_pack("{s:s, s:[s], s:{s:s}}", "op", "exec", "command", "ls", "env", "", "x"),
        json_pack("{s:s, s:[s], s:[]}", "op", "exec", "command", "ls", "env"),
        json_pack("{s:s, s:[s], s:i}", "op", "exec", "command", "ls", "timeout_ms", -1),
        json_pack("{s:s}", "op", "no-such-op"),
        json_pack("{s:i}", "op", 1),
        json_pack("{}"),
    };
    struct call c;

    for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
        call_run(&c, &guest.peer, requests[i]);
        expect_error(&c, PYRO_REFUSED);
    }
    call_run(
        &c, &guest.peer,
        json_pack("{s:s, s:[s], s:s}", "op", "exec", "command", "ls", "cwd", "/no/such/place"));
    expect_error(&c, PYRO_GUEST_ERROR);
    call_run(&c, &guest.peer, json_pack("{s:s, s:s}", "op", "prepare", "root", "mounted"));
    expect_error(&c, PYRO_GUEST_ERROR);
    call_run(&c, &guest.peer, peer_sh("echo still here"));
    assert_string_equal(c.out.data, "still here\n");
    call_release(&c);
}

static void test_input_to_its_end(void **state UNUSED)
{
    const size_t n = 3 * 1000 * 1000;
    scoped_free char *bytes = malloc(n);
    struct call c;

    for (size_t i = 0; i < n; i++)
        bytes[i] = (char)(i * 7 + i / 1000);
    call_init(&c, &guest.peer);
    c.input = bytes;
    c.input_len = n;
    call_start(&c, json_pack("{s:s, s:[s]}", "op", "exec", "command", "cat"));
    call_wait(&c);
    assert_int_equal(c.out_bytes, n);
    assert_memory_equal(c.out.data, bytes, n);
    assert_int_equal(exit_code(&c), 0);
    call_release(&c);
}

static void test_input_nobody_reads(void **state UNUSED)
{
    const size_t n = 2 * 1000 * 1000;
    scoped_free char *bytes = calloc(1, n);
    struct call c;

    call_init(&c, &guest.peer);
    c.input = bytes;
    c.input_len = n;
    call_start(&c, peer_sh("exec <&-; echo closed; sleep 0.2; echo done"));
    call_wait(&c);
    assert_string_equal(c.out.data, "closed\ndone\n");
    assert_int_equal(exit_code(&c), 0);
    call_release(&c);
}

static void test_big_output(void **state UNUSED)
{
    struct call c;
    uint32_t sum = 0;
    char line[32];

    call_init(&c, &guest.peer);
    c.discard = true;
    call_start(&c, peer_sh("seq 1 14000000"));
    call_wait(&c);
    for (int i = 1; i <= 14000000; i++)
        sum = peer_sum(sum, line, (size_t)snprintf(line, sizeof(line), "%d\n", i));
    assert_in_range(c.out_bytes, 100 * 1000 * 1000, 200 * 1000 * 1000);
    assert_int_equal(c.sum, sum);
    call_release(&c);
}

static void test_stalled_reader_stalls_the_command(void **state UNUSED)
{
    char path[100];
    struct call c, other;

    snprintf(path, sizeof(path), "%s/done", guest.dir);
    call_init(&c, &guest.peer);
    c.stall = true;
    call_start(&c, peer_sh("head -c 2000000 /dev/zero; touch done"));
    call_wait_output(&c, WIRE_CREDIT);
    /* The others go on meanwhile. */
    call_run(&other, &guest.peer, peer_sh("echo alive; test -e done || echo not done"));
    assert_string_equal(other.out.data, "alive\nnot done\n");
    call_release(&other);
    assert_int_equal(c.out_bytes, WIRE_CREDIT);
    call_resume(&c);
    call_wait(&c);
    assert_int_equal(c.out_bytes, 2000000);
    assert_int_equal(access(path, F_OK), 0);
    call_release(&c);
}

static void test_timeout(void **state UNUSED)
{
    struct call c;

    call_run(&c, &guest.peer,
             json_pack("{s:s, s:[s,s,s], s:i}", "op", "exec", "command", "sh", "-c",
                       "trap '' TERM INT HUP; echo begun; (trap '' TERM; sleep 1000) & sleep 1000",
                       "timeout_ms", 3000)); /* and in that it has begun */
    assert_int_equal(exit_code(&c), 124);
    assert_true(json_is_true(json_object_get(c.result, "timed_out")));
    assert_string_equal(c.out.data, "begun\n");
    assert_in_range(json_int_or(c.result, "duration_ms", 0), 3000, PEER_WAIT_MS);
    call_release(&c);
}

static void test_signals(void **state UNUSED)
{
    static const struct {
        const char *name;
        int number;
    } cases[] = { { "HUP", SIGHUP },   { "INT", SIGINT },   { "QUIT", SIGQUIT },
                  { "TERM", SIGTERM }, { "KILL", SIGKILL }, { "USR1", SIGUSR1 },
                  { "USR2", SIGUSR2 } };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        scoped_json json_t *m = json_pack("{s:s}", "signal", cases[i].name);
        scoped_json json_t *nonsense = json_pack("{s:s}", "signal", "FIRE");
        struct call c;
        call_init(&c, &guest.peer);
        call_start(&c, peer_sh("ulimit -c 0; echo x; exec sleep 1000"));
        call_wait_output(&c, 2);
        assert_true(stream_message(&c.stream, nonsense));
        assert_true(stream_message(&c.stream, m));
        call_wait(&c);
        assert_int_equal(exit_code(&c), 128 + cases[i].number);
        assert_string_equal(json_string_or(c.result, "signal", ""), cases[i].name);
        call_release(&c);
    }
}

static void test_signal_reaches_the_whole_group(void **state UNUSED)
{
    scoped_json json_t *m = json_pack("{s:s}", "signal", "INT");
    struct call c;

    call_init(&c, &guest.peer);
    call_start(&c, peer_sh("trap 'echo parent' INT; sh -c \"trap 'echo child; exit' INT; echo x; "
                           "while :; do sleep 0.05; done\"; exit 3"));
    call_wait_output(&c, 2);
    assert_true(stream_message(&c.stream, m));
    call_wait(&c);
    assert_string_equal(c.out.data, "x\nchild\nparent\n");
    assert_int_equal(exit_code(&c), 3);
    call_release(&c);
}

/* Waits until the process that wrote its pid to a file is gone. */
static void wait_gone(const char *pid_text)
{
    int64_t deadline_ms = clock_ms() + PEER_WAIT_MS;
    pid_t pid = (pid_t)strtol(pid_text, NULL, 10);

    assert_true(pid > 1);
    while (proc_start_time(pid) && clock_ms() < deadline_ms)
        loop_run_once(guest.peer.loop, 1);
    assert_int_equal(proc_start_time(pid), 0);
}

static void test_background_children_end_with_the_command(void **state UNUSED)
{
    static const char *const scripts[] = {
        "sleep 1000 & echo $!",                 /* same group, holds stdout */
        "sleep 1000 >/dev/null 2>&1 & echo $!", /* holds nothing */
        /* a session of its own */
        "setsid sh -c 'echo $$; echo >up; exec sleep 1000' & until [ -s up ]; do sleep 0.05; done",
        /* and no parent */
        "rm up; (setsid sh -c 'echo $$; echo >up; exec sleep 1000' &) & "
        "until [ -s up ]; do sleep 0.05; done",
    };

    for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
        struct call c;
        call_run(&c, &guest.peer, peer_sh(scripts[i]));
        assert_int_equal(exit_code(&c), 0);
        assert_true(c.out.len > 0);
        wait_gone(c.out.data);
        call_release(&c);
    }
}

static void test_output_closed_and_lives_on(void **state UNUSED)
{
    struct call c;

    call_init(&c, &guest.peer);
    call_start(&c, peer_sh("echo x; exec >&- 2>&-; read line; exit 5"));
    peer_wait(&guest.peer, &c.err_ended);
    peer_wait(&guest.peer, &c.out_ended);
    assert_false(c.done);
    stream_end(&c.stream, WIRE_STDIN);
    call_wait(&c);
    assert_int_equal(exit_code(&c), 5);
    call_release(&c);
}

static void test_cancel_kills(void **state UNUSED)
{
    struct call c;

    call_init(&c, &guest.peer);
    call_start(&c, peer_sh("echo $$; trap '' TERM HUP; while :; do sleep 0.1; done"));
    call_wait_output(&c, 2);
    stream_close(&c.stream, NULL);
    wait_gone(c.out.data);
    call_release(&c);
}

static void test_cancel_of_a_flood(void **state UNUSED)
{
    for (int i = 0; i < 20; i++) {
        struct call c, after;
        call_init(&c, &guest.peer);
        c.discard = true;
        c.stall = i % 2;
        call_start(&c, peer_sh("cat /dev/zero"));
        call_wait_output(&c, 100000);
        stream_close(&c.stream, NULL);
        call_run(&after, &guest.peer, peer_sh("echo after"));
        assert_string_equal(after.out.data, "after\n");
        call_release(&after);
        call_release(&c);
    }
}

static void test_many_at_once(void **state UNUSED)
{
    enum { COUNT = 256 };
    static struct call calls[COUNT + 1];
    struct call over;

    for (int i = 0; i < COUNT; i++) {
        call_init(&calls[i], &guest.peer);
        calls[i].input = "go\n";
        calls[i].input_len = 3;
        calls[i].input_open = true;
        call_start(&calls[i], peer_sh("read line; echo $line; read line"));
    }
    for (int i = 0; i < COUNT; i++)
        call_wait_output(&calls[i], 3);
    call_run(&over, &guest.peer, peer_sh("echo too many"));
    expect_error(&over, PYRO_GUEST_ERROR);
    for (int i = 0; i < COUNT; i++)
        stream_end(&calls[i].stream, WIRE_STDIN);
    for (int i = 0; i < COUNT; i++) {
        call_wait(&calls[i]);
        assert_string_equal(calls[i].out.data, "go\n");
        assert_int_equal(exit_code(&calls[i]), 1);
        call_release(&calls[i]);
    }
    call_run(&over, &guest.peer, peer_sh("echo again"));
    assert_string_equal(over.out.data, "again\n");
    call_release(&over);
}

/*
 * A clean slate for commands: nothing of the guest's own descriptors, signals or groups. Signals 32
 * and 33 are libc's own: a posix_spawn() among the ancestors, make's for one, leaves them ignored.
 */
static void test_what_a_command_inherits(void **state UNUSED)
{
    struct call c;

    call_run(&c, &guest.peer,
             peer_sh("ls /proc/self/fd | tr '\\n' ' '; grep -E 'Sig(Blk|Ign)' /proc/self/status"
                     " | sed 's/180000000$/000000000/'; "
                     "ps -o sid= -p $$ | tr -d ' ' | sed \"s/^$$\\$/leader/\""));
    assert_string_equal(c.out.data, "0 1 2 3 SigBlk:\t0000000000000000\n"
                                    "SigIgn:\t0000000000000000\nleader\n");
    call_release(&c);
}

static void test_stat_and_sync(void **state UNUSED)
{
    struct call c;

    call_run(&c, &guest.peer, peer_op("stat"));
    assert_true(json_int_or(c.result, "memory_total_bytes", 0) > 1024 * 1024);
    assert_in_range(json_int_or(c.result, "memory_used_bytes", 0), 1,
                    json_int_or(c.result, "memory_total_bytes", 0));
    assert_true(json_int_or(c.result, "processes", 0) > 0);
    assert_true(json_is_real(json_object_get(c.result, "load")));
    call_release(&c);
}

static void test_shutdown_kills_what_runs_and_answers(void **state UNUSED)
{
    struct call c, running, late;
    int status;

    call_init(&running, &guest.peer);
    call_start(&running, peer_sh("trap '' TERM; echo $$; while :; do sleep 0.1; done"));
    call_wait_output(&running, 2);
    call_init(&c, &guest.peer);
    call_init(&late, &guest.peer);
    call_start(&c, peer_op("shutdown"));
    call_start(&late, peer_sh("echo no"));
    call_wait(&c);
    assert_true(json_is_object(c.result));
    assert_null(json_object_get(c.result, "error"));
    assert_true(late.done);
    assert_non_null(json_object_get(late.result, "error"));
    wait_gone(running.out.data);
    peer_wait(&guest.peer, &guest.peer.lost);
    assert_true(proc_wait(guest.pid, clock_ms() + PEER_WAIT_MS, &status, NULL));
    assert_int_equal(status, 0);
    call_release(&c);
    call_release(&late);
    call_release(&running);
    /* For the teardown. */
    peer_close(&guest.peer);
    close(guest.link_fd);
    assert_true(fs_remove_tree(AT_FDCWD, guest.dir, NULL));
}

/* A malformed frame from the host ends the guest program, which leaves nothing behind. */
static void test_breach_ends_it_with_all_it_started(void **state UNUSED)
{
    struct call c;
    int status;

    call_init(&c, &guest.peer);
    call_start(&c, peer_sh("setsid sh -c 'echo $$; exec sleep 1000' & wait"));
    call_wait_output(&c, 2);
    assert_true(fs_write_all(guest.link_fd, "garbage, not a frame", 20, NULL));
    peer_wait(&guest.peer, &guest.peer.lost);
    assert_true(proc_wait(guest.pid, clock_ms() + PEER_WAIT_MS, &status, NULL));
    wait_gone(c.out.data);
    call_release(&c);
    peer_close(&guest.peer);
    close(guest.link_fd);
    assert_true(fs_remove_tree(AT_FDCWD, guest.dir, NULL));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start_guest, end_guest)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(test_output_and_status),
        TEST(test_arguments_keep_their_boundaries),
        TEST(test_workspace_stands_for_the_directory),
        TEST(test_environment),
        TEST(test_path_is_searched_in_the_given_environment),
        TEST(test_commands_that_cannot_be_run),
        TEST(test_malformed_requests),
        TEST(test_input_to_its_end),
        TEST(test_input_nobody_reads),
        TEST(test_big_output),
        TEST(test_stalled_reader_stalls_the_command),
        TEST(test_timeout),
        TEST(test_signals),
        TEST(test_signal_reaches_the_whole_group),
        TEST(test_background_children_end_with_the_command),
        TEST(test_output_closed_and_lives_on),
        TEST(test_cancel_kills),
        TEST(test_cancel_of_a_flood),
        TEST(test_many_at_once),
        TEST(test_what_a_command_inherits),
        TEST(test_stat_and_sync),
        cmocka_unit_test_setup(test_shutdown_kills_what_runs_and_answers, start_guest),
        cmocka_unit_test_setup(test_breach_ends_it_with_all_it_started, start_guest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
