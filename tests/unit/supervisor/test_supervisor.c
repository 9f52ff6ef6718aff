/* tests/unit/supervisor/test_supervisor.c: whether requests are served, and the order of parts. */
#include "tests/unit/unit.h"

#include <string.h>
#include <sys/socket.h>

#include "engine/supervisor/supervisor.h"

/* A supervisor whose guest has answered, or, as a port that nobody wrote to, has not. */
static struct supervisor supervisor_with_guest(enum link_kind kind, int *ret_peer)
{
    static const struct link_ops ops = { .opened = NULL };
    struct supervisor s = { .phase = PHASE_RUNNING, .record.id = "0123456789ab" };
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    s.loop = loop_new(NULL);
    assert_non_null(s.loop);
    s.guest = link_new(s.loop, fds[0], kind, &ops, NULL, NULL);
    assert_non_null(s.guest);
    *ret_peer = fds[1];
    return s;
}

static void release(struct supervisor *s, int peer)
{
    link_free(s->guest);
    loop_free(s->loop);
    close(peer);
}

/* The codes of the three checks, PYRO_OK where one passes. */
static void expect(const struct supervisor *s, enum pyro_code running, enum pyro_code guest,
                   enum pyro_code serving)
{
    struct pyro_error errs[3] = { 0 };

    assert_int_equal(supervisor_check_running(s, &errs[0]), running == PYRO_OK);
    assert_int_equal(errs[0].code, running);
    assert_int_equal(supervisor_check_guest(s, &errs[1]), guest == PYRO_OK);
    assert_int_equal(errs[1].code, guest);
    assert_int_equal(supervisor_check_serving(s, &errs[2]), serving == PYRO_OK);
    assert_int_equal(errs[2].code, serving);
}

static void test_a_guest_that_answered_is_served(void **state UNUSED)
{
    int peer;
    struct supervisor s = supervisor_with_guest(LINK_HOST_SOCKET, &peer);

    expect(&s, PYRO_OK, PYRO_OK, PYRO_OK);
    s.disk_full = true;
    expect(&s, PYRO_OK, PYRO_OK, PYRO_NO_SPACE);
    s.phase = PHASE_STOPPING;
    expect(&s, PYRO_WORKSPACE_STATE, PYRO_WORKSPACE_STATE, PYRO_WORKSPACE_STATE);
    release(&s, peer);
}

/* Only a disk that is full is told as one. */
static void test_a_guest_that_did_not_answer_is_not_a_full_disk(void **state UNUSED)
{
    int peer;
    struct supervisor s = supervisor_with_guest(LINK_HOST_PORT, &peer);

    expect(&s, PYRO_OK, PYRO_GUEST_LOST, PYRO_GUEST_LOST);
    s.record.paused_reason = PAUSED_HOST_DISK_FULL;
    expect(&s, PYRO_OK, PYRO_NO_SPACE, PYRO_NO_SPACE);
    release(&s, peer);
    s.guest = NULL;
    expect(&s, PYRO_OK, PYRO_GUEST_LOST, PYRO_GUEST_LOST);
}

static char called[16];

static void note_call(char c)
{
    called[strlen(called)] = c;
}

static void first_end(struct supervisor *s UNUSED, const struct pyro_error *why)
{
    note_call(why->code == PYRO_TIMEOUT ? '1' : '?');
}

static void second_end(struct supervisor *s UNUSED, const struct pyro_error *why UNUSED)
{
    note_call('2');
}

static void second_sync(struct supervisor *s UNUSED)
{
    note_call('s');
}

static void test_parts_are_called_in_their_order(void **state UNUSED)
{
    static const struct supervisor_part parts[] = {
        { .name = "first", .end_all = first_end },
        { .name = "without" },
        { .name = "second", .sync = second_sync, .end_all = second_end },
        { .name = NULL },
    };
    struct supervisor s = { .parts = parts };
    const struct pyro_error why = { .code = PYRO_TIMEOUT };

    SUPERVISOR_EACH_PART(&s, end_all, &why);
    SUPERVISOR_EACH_PART(&s, sync);
    assert_string_equal(called, "12s");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_guest_that_answered_is_served),
        cmocka_unit_test(test_a_guest_that_did_not_answer_is_not_a_full_disk),
        cmocka_unit_test(test_parts_are_called_in_their_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
