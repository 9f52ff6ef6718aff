/* The QMP client against scripted peers: what QEMU says is written before the client reads it. */
#include "vmm/qmp.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "vmm/base/fs.h"
#include "vmm/base/proc.h"

#define GREETING "{\"QMP\": {\"version\": {}, \"capabilities\": [\"oob\"]}}\r\n"
#define OPENED GREETING "{\"return\": {}, \"id\": 1}\r\n"
#define EVENT(name) "{\"event\": \"" name "\", \"data\": {\"n\": 1}, \"timestamp\": {}}\r\n"

#define ANSWER_MS 60000 /* for what is there already, or comes at once */
#define SILENCE_MS 100

/* A client on a peer that has said this much; *ret_peer stays open. */
static struct qmp *open_for(const char *said, int64_t ms, int *ret_peer, struct pyro_error *err)
{
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    assert_int_equal(write(fds[1], said, strlen(said)), strlen(said));
    *ret_peer = fds[1];
    return qmp_open(fds[0], clock_ms() + ms, err);
}

static struct qmp *open_on(const char *said, int *ret_peer, struct pyro_error *err)
{
    return open_for(said, ANSWER_MS, ret_peer, err);
}

static int64_t ms_until(enum pyro_code code)
{
    return code == PYRO_TIMEOUT ? SILENCE_MS : ANSWER_MS;
}

static void say(int peer, const char *what)
{
    assert_int_equal(write(peer, what, strlen(what)), strlen(what));
}

static void test_open_refuses_what_is_no_greeting(void **state)
{
    static const struct {
        const char *said;
        enum pyro_code code;
    } cases[] = {
        { "", PYRO_TIMEOUT },
        { "{\"QMP\": {}}", PYRO_TIMEOUT },
        { "{\"QMP\": {}}\n", PYRO_TIMEOUT },
        { "{}\n", PYRO_VM_FAILED },
        { "[]\n", PYRO_VM_FAILED },
        { "\n", PYRO_VM_FAILED },
        { "{\"QMP\": 1}\n", PYRO_VM_FAILED },
        { "garbage\n", PYRO_VM_FAILED },
        { "{\"QMP\": {}, \"QMP\": {}}\n", PYRO_VM_FAILED },
        { GREETING "{\"error\": {\"class\": \"x\", \"desc\": \"no\"}, \"id\": 1}\n",
          PYRO_VM_FAILED },
        { GREETING "{\"return\": {}, \"id\": 2}\n", PYRO_TIMEOUT },
        { GREETING "{\"return\": {}}\n", PYRO_VM_FAILED },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct pyro_error err = { 0 };
        int peer;
        struct qmp *qmp = open_for(cases[i].said, ms_until(cases[i].code), &peer, &err);

        if (qmp || err.code != cases[i].code)
            fail_msg("case %zu: %s: %s", i, pyro_code_name(err.code), err.message);
        close(peer);
    }
}

/* What a predecessor had asked is answered to whom it is told now. */
static void test_open_drops_the_answers_of_a_predecessor(void **state UNUSED)
{
    struct pyro_error err = { 0 };
    int peer;
    struct qmp *qmp = open_on(GREETING "{\"return\": {}, \"id\": 17}\r\n"
                                       "{\"error\": {\"desc\": \"late\"}, \"id\": 18}\r\n"
                                       "{\"return\": {}, \"id\": 1}\r\n",
                              &peer, &err);

    if (!qmp)
        fail_msg("%s", err.message);
    qmp_free(qmp);
    close(peer);
}

static void test_command_finds_its_answer(void **state)
{
    struct pyro_error err = { 0 };
    scoped_json json_t *result = NULL;
    char sent[512] = "";
    int peer;
    struct qmp *qmp = open_on(OPENED EVENT("STOP"), &peer, &err);

    (void)state;
    assert_non_null(qmp);
    say(peer, EVENT("RESUME") "{\"return\": {}, \"id\": 1}\r\n"
                              "{\"return\": {\"status\": \"running\"}, \"id\": 2}\r\n");
    assert_true(qmp_command(qmp, "query-status", json_pack("{s:i}", "a", 1), clock_ms() + ANSWER_MS,
                            &result, &err));
    assert_string_equal(json_string_or(result, "status", ""), "running");
    assert_true(read(peer, sent, sizeof(sent) - 1) > 0);
    assert_string_equal(sent, "{\"execute\":\"qmp_capabilities\",\"id\":1}"
                              "{\"arguments\":{\"a\":1},\"execute\":\"query-status\",\"id\":2}");
    qmp_free(qmp);
    close(peer);
}

static void test_command_fails(void **state)
{
    static const struct {
        const char *said;
        enum pyro_code code;
        const char *message;
    } cases[] = {
        { "{\"error\": {\"class\": \"GenericError\", \"desc\": \"it hurts\"}, \"id\": 2}\n",
          PYRO_VM_FAILED, "it hurts" },
        { "{\"error\": 1, \"id\": 2}\n", PYRO_VM_FAILED, "no reason" },
        { "{\"return\": {}, \"id\": 3}\n", PYRO_VM_FAILED, "nobody asked" },
        { "{\"return\": {}, \"id\": \"2\"}\n", PYRO_VM_FAILED, "nobody asked" },
        { "{\"event\": 1}\n", PYRO_VM_FAILED, "nobody asked" },
        { "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n",
          PYRO_VM_FAILED, "QMP" },
        { "", PYRO_TIMEOUT, "in time" },
        { EVENT("RESUME"), PYRO_TIMEOUT, "in time" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct pyro_error err = { 0 };
        json_t *untouched = NULL;
        int peer;
        struct qmp *qmp = open_on(OPENED, &peer, &err);

        assert_non_null(qmp);
        say(peer, cases[i].said);
        if (qmp_command(qmp, "stop", NULL, clock_ms() + ms_until(cases[i].code), &untouched,
                        &err) ||
            err.code != cases[i].code || !strstr(err.message, cases[i].message))
            fail_msg("case %zu: %s: %s", i, pyro_code_name(err.code), err.message);
        assert_null(untouched);
        qmp_free(qmp);
        close(peer);
    }
}

/* An answer that comes after its deadline does not pass for the next command's. */
static void test_command_drops_a_late_answer(void **state)
{
    struct pyro_error err = { 0 };
    int peer;
    struct qmp *qmp = open_on(OPENED, &peer, &err);
    static const char late[] = "{\"return\": {}, \"id\": 2}\n"
                               "{\"error\": {\"desc\": \"third\"}, \"id\": 3}\n";

    (void)state;
    assert_false(qmp_command(qmp, "stop", NULL, clock_ms() + 20, NULL, &err));
    assert_int_equal(err.code, PYRO_TIMEOUT);
    say(peer, late);
    assert_false(qmp_command(qmp, "cont", NULL, clock_ms() + ANSWER_MS, NULL, &err));
    assert_non_null(strstr(err.message, "third"));
    qmp_free(qmp);
    close(peer);
}

/* A child that writes forever, without a newline or with nothing but events. */
static pid_t flood(int fd, const char *what)
{
    pid_t pid = fork();

    if (pid == 0) {
        signal(SIGPIPE, SIG_DFL);
        while (write(fd, what, strlen(what)) > 0)
            ;
        _exit(0);
    }
    return pid;
}

static void test_command_survives_floods(void **state)
{
    struct pyro_error err = { 0 };
    int peer;
    struct qmp *qmp = open_on(OPENED, &peer, &err);
    pid_t pid = flood(peer, "{\"event\": \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");

    (void)state;
    assert_false(qmp_command(qmp, "stop", NULL, clock_ms() + 60000, NULL, &err));
    assert_int_equal(err.code, PYRO_VM_FAILED);
    assert_non_null(strstr(err.message, "too long"));
    qmp_free(qmp);
    proc_kill(pid);
    close(peer);

    qmp = open_on(OPENED, &peer, &err);
    pid = flood(peer, EVENT("NOISE"));
    assert_false(qmp_command(qmp, "stop", NULL, clock_ms() + 200, NULL, &err));
    assert_int_equal(err.code, PYRO_TIMEOUT);
    qmp_free(qmp);
    proc_kill(pid);
    close(peer);
}

static void test_pass_fd_sends_the_descriptor(void **state)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    char text[512];
    struct iovec iov = { text, sizeof(text) };
    struct msghdr m = { .msg_iov = &iov,
                        .msg_iovlen = 1,
                        .msg_control = control.room,
                        .msg_controllen = sizeof(control.room) };
    struct pyro_error err = { 0 };
    int peer, pipe_fds[2], passed;
    struct qmp *qmp = open_on(OPENED, &peer, &err);

    (void)state;
    assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
    assert_true(read(peer, text, sizeof(text)) > 0);
    say(peer, "{\"return\": {}, \"id\": 2}\n");
    assert_true(qmp_pass_fd(qmp, "state", pipe_fds[1], clock_ms() + ANSWER_MS, &err));
    assert_true(recvmsg(peer, &m, MSG_CMSG_CLOEXEC) > 0);
    assert_true(m.msg_controllen >= CMSG_LEN(sizeof(passed)));
    memcpy(&passed, CMSG_DATA(&control.align), sizeof(passed));
    assert_int_equal(write(passed, "x", 1), 1);
    assert_int_equal(read(pipe_fds[0], text, 1), 1);
    close(passed), close(pipe_fds[0]), close(pipe_fds[1]), close(peer);
    qmp_free(qmp);
}

static void test_wait_event_takes_the_oldest(void **state)
{
    struct pyro_error err = { 0 };
    scoped_json json_t *data = NULL;
    int peer;
    struct qmp *qmp = open_on(OPENED EVENT("A") "{\"event\": \"B\"}\n", &peer, &err);

    (void)state;
    assert_true(qmp_wait_event(qmp, "B", clock_ms() + ANSWER_MS, &data, &err));
    assert_null(data);
    assert_true(qmp_wait_event(qmp, "A", clock_ms() + ANSWER_MS, &data, &err));
    assert_int_equal(json_int_or(data, "n", 0), 1);
    assert_false(qmp_wait_event(qmp, "A", clock_ms() + 20, NULL, &err));
    assert_int_equal(err.code, PYRO_TIMEOUT);
    close(peer);
    assert_false(qmp_wait_event(qmp, "A", clock_ms() + ANSWER_MS, NULL, &err));
    assert_int_equal(err.code, PYRO_VM_FAILED);
    qmp_free(qmp);
}

struct heard {
    struct qmp *qmp;
    char events[64];
    int lost;
};

static void on_event(void *arg, const char *event, const json_t *data)
{
    struct heard *heard = arg;
    size_t n = strlen(heard->events);

    (void)data;
    snprintf(heard->events + n, sizeof(heard->events) - n, "%s ", event);
}

static void on_lost(void *arg, const struct pyro_error *why)
{
    struct heard *heard = arg;

    assert_int_equal(why->code, PYRO_VM_FAILED);
    heard->lost++;
    qmp_free(heard->qmp);
}

static void test_watch_tells_events_then_the_loss(void **state)
{
    struct pyro_error err = { 0 };
    struct loop *loop = loop_new(&err);
    struct heard heard = { 0 };
    int peer;

    (void)state;
    heard.qmp = open_on(OPENED EVENT("EARLY"), &peer, &err);
    assert_true(qmp_watch(heard.qmp, loop, on_event, on_lost, &heard, &err));
    while (!strstr(heard.events, "EARLY"))
        loop_run_once(loop, 5000);
    say(peer, EVENT("SHUTDOWN") "{\"return\": {}, \"id\": 2}\n");
    /* A blocking command on a watched connection: its events wait for the loop. */
    assert_true(qmp_command(heard.qmp, "quit", NULL, clock_ms() + ANSWER_MS, NULL, &err));
    assert_string_equal(heard.events, "EARLY ");
    say(peer, EVENT("LAST"));
    close(peer);
    while (!heard.lost)
        loop_run_once(loop, 5000);
    assert_string_equal(heard.events, "EARLY SHUTDOWN LAST ");
    assert_int_equal(heard.lost, 1);
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open_refuses_what_is_no_greeting),
        cmocka_unit_test(test_open_drops_the_answers_of_a_predecessor),
        cmocka_unit_test(test_command_finds_its_answer),
        cmocka_unit_test(test_command_fails),
        cmocka_unit_test(test_command_drops_a_late_answer),
        cmocka_unit_test(test_command_survives_floods),
        cmocka_unit_test(test_pass_fd_sends_the_descriptor),
        cmocka_unit_test(test_wait_event_takes_the_oldest),
        cmocka_unit_test(test_watch_tells_events_then_the_loss),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
