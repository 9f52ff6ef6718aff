/* The guard itself, between two sockets: what it tells of refused frames, and that it waits for nobody. */
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/network/frame.h"
#include "engine/network/guard.h"
#include "vmm/base/error.h"

#define FRAME_BYTES (14 + 20 + 8)
#define ROUNDS 1000
#define STALLED_SECONDS 60 /* only what is broken waits for so long */

struct between {
    int qemu, passt, control; /* the test's ends */
    pid_t pid;
};

static void be_guard(const int ends[3])
{
    int high[3];

    for (int i = 0; i < 3; i++)
        high[i] = fcntl(ends[i], F_DUPFD, 20);
    for (int i = 0; i < 3; i++)
        if (dup2(high[i], GUARD_QEMU_FD + i) < 0)
            _exit(3);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || close_range(GUARD_COUNTS_FD, ~0u, 0) != 0)
        _exit(3);
    _exit(guard_main());
}

static void start_guard(struct between *b)
{
    const struct timeval stalled = { .tv_sec = STALLED_SECONDS };
    int pairs[3][2], small = 4096;

    for (int i = 0; i < 3; i++) {
        assert_int_equal(socketpair(AF_UNIX, i == 2 ? SOCK_SEQPACKET : SOCK_STREAM, 0, pairs[i]),
                         0);
        setsockopt(pairs[i][0], SOL_SOCKET, SO_RCVTIMEO, &stalled, sizeof(stalled));
    }
    setsockopt(pairs[2][1], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
    b->pid = fork();
    assert_true(b->pid >= 0);
    if (b->pid == 0)
        be_guard((const int[]){ pairs[0][1], pairs[1][1], pairs[2][1] });
    for (int i = 0; i < 3; i++)
        close(pairs[i][1]);
    b->qemu = pairs[0][0], b->passt = pairs[1][0], b->control = pairs[2][0];
}

static void end_guard(struct between *b)
{
    int status;

    close(b->control);
    assert_int_equal(waitpid(b->pid, &status, 0), b->pid);
    assert_true(WIFEXITED(status)); /* it broke no rule of its jail */
    assert_int_equal(WEXITSTATUS(status), 1);
    close(b->qemu);
    close(b->passt);
}

/* A datagram of UDP. */
static void send_frame(const struct between *b, const char *to, unsigned port)
{
    uint8_t bytes[FRAME_LENGTH_BYTES + FRAME_BYTES] = { [3] = FRAME_BYTES };
    uint8_t *packet = bytes + FRAME_LENGTH_BYTES + 14;

    packet[-2] = 0x08;
    packet[0] = 0x45;
    packet[9] = IPPROTO_UDP;
    assert_int_equal(inet_pton(AF_INET, to, packet + 16), 1);
    packet[22] = (uint8_t)(port >> 8), packet[23] = (uint8_t)port;
    assert_int_equal(write(b->qemu, bytes, sizeof(bytes)), sizeof(bytes));
}

/* The next one that the guard let through. */
static void assert_passes(const struct between *b, const char *to, unsigned port)
{
    uint8_t bytes[FRAME_LENGTH_BYTES + FRAME_BYTES], address[4];
    const uint8_t *packet = bytes + FRAME_LENGTH_BYTES + 14;

    assert_int_equal(recv(b->passt, bytes, sizeof(bytes), MSG_WAITALL), sizeof(bytes));
    assert_int_equal(inet_pton(AF_INET, to, address), 1);
    assert_memory_equal(packet + 16, address, 4);
    assert_int_equal(packet[22] << 8 | packet[23], port);
}

static void tell_refused(const struct between *b, const char *address)
{
    struct in6_addr own;

    assert_int_equal(inet_pton(AF_INET6, address, &own), 1);
    assert_int_equal(send(b->control, &own, sizeof(own), 0), sizeof(own));
}

static void test_tells_what_it_refuses(void **state UNUSED)
{
    struct between b;
    struct frame_refusal got[FRAME_REFUSALS_MAX];

    start_guard(&b);
    send_frame(&b, "198.51.100.1", 9); /* before the guard knows that this is the host's */
    tell_refused(&b, "::ffff:198.51.100.1");
    send_frame(&b, "203.0.113.1", 80);
    assert_passes(&b, "203.0.113.1", 80);
    assert_int_equal(recv(b.control, got, sizeof(got), 0), sizeof(got[0]));
    assert_int_equal(got[0].port, 9);
    assert_int_equal(got[0].protocol, IPPROTO_UDP);
    end_guard(&b);
}

static void test_waits_for_no_reader(void **state UNUSED)
{
    struct between b;
    struct frame_refusal got[FRAME_REFUSALS_MAX];
    unsigned told = 0;

    start_guard(&b);
    tell_refused(&b, "::ffff:198.51.100.1");
    for (unsigned port = 1; port <= ROUNDS; port++) {
        send_frame(&b, "198.51.100.1", port);
        send_frame(&b, "203.0.113.1", port);
        assert_passes(&b, "203.0.113.1", port);
    }
    while (recv(b.control, got, sizeof(got), MSG_DONTWAIT) > 0)
        assert_int_equal(got[0].port, ++told);
    assert_in_range(told, 1, ROUNDS - 1); /* the first ones; those without room are lost */
    end_guard(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tells_what_it_refuses),
        cmocka_unit_test(test_waits_for_no_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
