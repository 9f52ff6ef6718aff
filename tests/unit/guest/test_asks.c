/* tests/unit/guest/test_asks.c: real programs on a terminal, and whether they ask. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest/asks.h"
#include "guest/modes.h"
#include "vmm/base/fs.h"
#include "vmm/base/proc.h"

#define WAIT_MS 120000
#define NEVER (-1)

/* A program on its terminal; the test takes the shell's part. */
struct program {
    pid_t pid;
    int pty_fd;
    struct modes modes;
};

static void start(struct program *p, const char *command)
{
    *p = (struct program){ .pid = 0 };
    p->pid = forkpty(&p->pty_fd, NULL, NULL, NULL);
    if (p->pid == 0) {
        setenv("TERM", "xterm", 1);
        setenv("HOME", "/nonexistent", 1);
        setenv("PAGER", "less", 1);
        execl("/bin/bash", "bash", "--norc", "-c", command, (char *)NULL);
        _exit(127);
    }
    assert_true(p->pid > 0);
    assert_int_equal(fcntl(p->pty_fd, F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(fcntl(p->pty_fd, F_SETFD, FD_CLOEXEC), 0);
}

static void end(struct program *p)
{
    kill(-tcgetpgrp(p->pty_fd), SIGKILL);
    close(p->pty_fd);
    kill(p->pid, SIGKILL);
    waitpid(p->pid, NULL, 0);
}

/* Reads what it has printed, for a moment. */
static void drain(struct program *p)
{
    struct pollfd output = { .fd = p->pty_fd, .events = POLLIN };
    char bytes[4096];
    ssize_t n;

    poll(&output, 1, 20);
    while ((n = read(p->pty_fd, bytes, sizeof(bytes))) > 0)
        modes_feed(&p->modes, bytes, (size_t)n);
}

static struct asks_verdict judge(struct program *p)
{
    struct asks_terminal t = { .pty_fd = p->pty_fd,
                               .shell = getpid(),
                               .ends_in_line = modes_ends_in_line(&p->modes) };
    struct asks_verdict v;

    asks_judge(&t, &v);
    return v;
}

struct row {
    const char *command;
    int64_t after_ms;
    bool at_shell;
};

/* Until it waits as the row says: before that it is still starting. */
static void check_row(const struct row *row)
{
    int64_t deadline_ms = clock_ms() + WAIT_MS;
    struct asks_verdict v;
    struct program p;

    start(&p, row->command);
    do {
        drain(&p);
        v = judge(&p);
        if (clock_ms() > deadline_ms)
            fail_msg("'%s': after %lld ms, waited %d, at a shell %d", row->command,
                     (long long)v.after_ms, v.is_waited, v.at_shell);
    } while (!v.is_waited || v.after_ms != row->after_ms || v.at_shell != row->at_shell);
    end(&p);
}

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char name[64];
        snprintf(name, sizeof(name), "%.*s", (int)strcspn(rows[i].command, " "), rows[i].command);
        if (proc_in_path(name, ""))
            check_row(&rows[i]);
        else
            print_message("SKIP %s: it is not installed here\n", name);
    }
}

static void test_asks_at_once(void **state UNUSED)
{
    static const struct row rows[] = {
        { "python3 -c 'input(\"Go? \")'", 250, false },
        { "python3 -c 'import getpass; getpass.getpass()'", 250, false },
        /* with a real terminal, Python 3.13 has a prompt of its own, which polls */
        { "env TERM=dumb python3 -q", 250, false },
        { "bash -c 'read -p \"Go? \" x; :'", 250, false },
        { "perl -e 'print \"Name: \"; <STDIN>'", 250, false },
        { "cat", 250, false },
        { "cat | cat", 250, false }, /* the leader may wait, a member reads */
        { "less /etc/passwd", 250, false },
        { "dash -c 'cat; :'", 250, false },
        { "make -f - <<<'all:;@bash -c \"read -p Sure? x </dev/tty; :\"'", 250, false },
        { "bc -q", 250, false },
        { "sqlite3 -interactive", 250, false },
        { "bash -c 'sleep 0.1 & read x; :'", 250, false },
        { "script -qc 'bash -c \"read -p Go? x; :\"' /dev/null", 250, false },
    };

    check_rows(rows, ARRAY_SIZE(rows));
}

static void test_asks_when_polled(void **state UNUSED)
{
    static const struct row rows[] = {
        { "gdb -q -nx", 250, false },
        { "python3 -c 'import select, sys\nprint(\"> \", end=\"\", flush=True)\n"
          "while 1: select.select([sys.stdin], [], [], 60)'",
          1000, false },
        { "node", 1000, false },
        { "vim -u NONE -N /etc/passwd", 4000, false },
        { "python3 -c 'import select, sys, socket, tty\ntty.setraw(0)\ns = socket.socket()\n"
          "s.bind((\"127.0.0.1\", 0))\ns.listen()\n"
          "select.select([sys.stdin, s], [], [])'",
          15000, false },
    };

    check_rows(rows, ARRAY_SIZE(rows));
}

/* The terminal is in what it waits for, and yet it only listens. */
static void test_asks_never(void **state UNUSED)
{
    static const struct row rows[] = {
        { "python3 -c 'import select, sys\nselect.select([sys.stdin], [], [], 600)'", NEVER,
          false },
        { "python3 -c 'import select, socket, sys\ns = socket.socket()\ns.bind((\"127.0.0.1\", "
          "0))\n"
          "s.listen()\nprint(\"serving\", end=\"\", flush=True)\nselect.select([sys.stdin, s], [], "
          "[])'",
          NEVER, false },
        { "node -e 'process.stdin.resume(); console.log(\"up\")'", NEVER, false },
        { "script -qc 'sleep 1000' /dev/null", NEVER, false },
        { "python3 -c 'import select\ne = select.epoll()\ne.register(0, select.EPOLLIN)\n"
          "e.poll()'",
          NEVER, false },
    };

    check_rows(rows, ARRAY_SIZE(rows));
}

static void test_asks_not_at_a_prompt(void **state UNUSED)
{
    static const struct row rows[] = {
        { "bash --norc --noprofile -i", NEVER, true },
        { "zsh -f -i", NEVER, true },
        { "dash -i", NEVER, true },
        { "script -qc 'bash --norc -i' /dev/null", NEVER, true },
    };

    check_rows(rows, ARRAY_SIZE(rows));
}

/* Nobody waits for the terminal. */
static void test_asks_nobody(void **state UNUSED)
{
    static const char *const commands[] = { "exec sleep 1000", "exec tail -f /etc/passwd" };
    int64_t deadline_ms = clock_ms() + WAIT_MS;

    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        struct asks_verdict v;
        struct program p;
        char name[16] = "";
        start(&p, commands[i]);
        while (strncmp(name, commands[i] + 5, 4) != 0) {
            scoped_buf text = BUF_INIT(4096);
            char path[64];
            assert_true(clock_ms() < deadline_ms);
            drain(&p);
            snprintf(path, sizeof(path), "/proc/%d/comm", (int)p.pid);
            assert_true(fs_read_file(AT_FDCWD, path, &text, NULL));
            snprintf(name, sizeof(name), "%s", text.data);
        }
        v = judge(&p);
        assert_false(v.is_waited);
        assert_int_equal(v.after_ms, NEVER);
        end(&p);
    }
}

/* Typed ahead: it has its answer, and a stopped program waits for no input. */
static void test_asks_not_with_an_answer(void **state UNUSED)
{
    int64_t deadline_ms = clock_ms() + WAIT_MS;
    struct program p;

    start(&p, "exec cat");
    while (judge(&p).after_ms != 250)
        assert_true(clock_ms() < deadline_ms);
    assert_int_equal(kill(p.pid, SIGSTOP), 0);
    while (judge(&p).is_waited)
        assert_true(clock_ms() < deadline_ms);
    assert_int_equal(write(p.pty_fd, "yes\n", 4), 4);
    assert_false(judge(&p).is_waited);
    assert_int_equal(kill(p.pid, SIGCONT), 0);
    while (judge(&p).after_ms != 250)
        assert_true(clock_ms() < deadline_ms);
    end(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_asks_at_once), cmocka_unit_test(test_asks_when_polled),
        cmocka_unit_test(test_asks_never),   cmocka_unit_test(test_asks_not_at_a_prompt),
        cmocka_unit_test(test_asks_nobody),  cmocka_unit_test(test_asks_not_with_an_answer),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
