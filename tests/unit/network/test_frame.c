/* Which frames of a guest may leave it. */
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <string.h>

#include "engine/network/frame.h"
#include "vmm/base/error.h"

static struct frame_refused refused;

static size_t make_frame(uint8_t frame[64], const char *to)
{
    bool six = strchr(to, ':') != NULL;

    memset(frame, 0, 64);
    frame[12] = six ? 0x86 : 0x08, frame[13] = six ? 0xdd : 0x00;
    frame[14] = six ? 0x60 : 0x45;
    assert_int_equal(inet_pton(six ? AF_INET6 : AF_INET, to, frame + 14 + (six ? 24 : 16)), 1);
    return six ? 14 + 40 : 14 + 20;
}

static void test_frame_may_leave_by_destination(void **state UNUSED)
{
    static const struct {
        const char *to;
        bool may;
    } cases[] = {
        { "198.51.100.2", true },
        { "198.51.100.1", false },
        { "127.0.0.1", false },
        { "127.255.0.9", false },
        { "0.0.0.0", false },
        { "169.254.169.254", false },
        { "192.0.0.1", false },
        { "224.0.0.1", false },
        { "255.255.255.255", false },
        { "10.1.2.3", true },
        { "2001:db8::2", true },
        { "2001:db8::1", false },
        { "fd00::5", true },
        { "::1", false },
        { "::", false },
        { "::ffff:127.0.0.1", false },
        { "::127.0.0.1", false },
        { "fe80::1", false },
        { "ff02::1", false },
        { "::ffff:8.8.8.8", false },
        { "2001:0:1::1", false },
        { "2002:a9fe:a9fe::1", false },
        { "2001:1::1", true },
        { "2003::1", true },
        /* A cloud's services for the host, and their neighbours. */
        { "100.100.100.200", false },
        { "100.100.100.201", true },
        { "100.64.0.1", true },
        { "168.63.129.16", false },
        { "168.63.129.17", true },
        { "192.0.0.192", false },
        { "192.0.1.192", true },
        { "fd00:ec2::254", false },
        { "fd00:ec2::123", false },
        { "fd00:ec3::254", true },
        { "fd00:42::42", false },
        { "fd00:42::43", true },
        { "fd20:ce::254", false },
        { "fd20:ce::253", true },
    };
    uint8_t frame[64];

    refused.count = 2;
    assert_int_equal(inet_pton(AF_INET6, "::ffff:198.51.100.1", &refused.addresses[0]), 1);
    assert_int_equal(inet_pton(AF_INET6, "2001:db8::1", &refused.addresses[1]), 1);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        size_t n = make_frame(frame, cases[i].to);
        assert_int_equal(frame_may_leave(frame, n, &refused), cases[i].may);
        for (size_t cut = 0; cut < n; cut++)
            assert_false(frame_may_leave(frame, cut, &refused));
    }
}

static void test_frame_may_leave_by_kind(void **state UNUSED)
{
    uint8_t frame[64];
    size_t n = make_frame(frame, "ff02::1:ff00:1");

    frame[14 + 6] = 58;
    frame[14 + 40] = 135;
    assert_false(frame_may_leave(frame, n, &refused));
    assert_true(frame_may_leave(frame, n + 1, &refused));
    frame[14 + 40] = 128; /* an echo request to all */
    assert_false(frame_may_leave(frame, n + 1, &refused));
    n = make_frame(frame, "198.51.100.2");
    frame[14] = 0x65;
    assert_false(frame_may_leave(frame, n, &refused));
    frame[12] = 0x81, frame[13] = 0x00; /* a VLAN */
    assert_false(frame_may_leave(frame, n, &refused));
    frame[12] = 0x08, frame[13] = 0x06;
    assert_true(frame_may_leave(frame, n, &refused));
}

/* With ports of TCP, the destination's 443, after a header of IPv4 without options. */
static size_t make_refused(uint8_t frame[64], const char *to)
{
    size_t header = make_frame(frame, to);

    frame[strchr(to, ':') ? 14 + 6 : 14 + 9] = IPPROTO_TCP;
    frame[header + 2] = 443 >> 8, frame[header + 3] = 443 & 0xff;
    return header + 4;
}

static void assert_refusal(const uint8_t *frame, size_t n, const char *to, unsigned protocol,
                           unsigned port)
{
    struct frame_refusal got;
    struct in6_addr address;

    assert_int_equal(inet_pton(AF_INET6, to, &address), 1);
    assert_true(frame_refusal_of(frame, n, &got));
    assert_memory_equal(&got.address, &address, sizeof(address));
    assert_int_equal(got.protocol, protocol);
    assert_int_equal(got.port, port);
}

static void test_frame_refusal_of(void **state UNUSED)
{
    static const char *const many[] = { "224.0.0.1", "255.255.255.255", "ff02::1" };
    uint8_t frame[64];
    struct frame_refusal got;
    size_t n = make_refused(frame, "169.254.169.254");

    assert_refusal(frame, n, "::ffff:169.254.169.254", IPPROTO_TCP, 443);
    assert_refusal(frame, n - 1, "::ffff:169.254.169.254", IPPROTO_TCP, 0);
    assert_false(frame_refusal_of(frame, 14 + 19, &got));
    frame[14 + 7] = 1; /* a later fragment has no ports */
    assert_refusal(frame, n, "::ffff:169.254.169.254", IPPROTO_TCP, 0);
    frame[14 + 7] = 0;
    frame[14] = 0x44; /* a header that is too short to be one */
    assert_refusal(frame, n, "::ffff:169.254.169.254", IPPROTO_TCP, 0);
    frame[14] = 0x4f; /* one that goes on behind the frame */
    assert_refusal(frame, n, "::ffff:169.254.169.254", IPPROTO_TCP, 0);
    frame[14] = 0x45;
    frame[14 + 9] = IPPROTO_ICMP;
    assert_refusal(frame, n, "::ffff:169.254.169.254", IPPROTO_ICMP, 0);
    frame[0] = 0x01; /* to a group of stations */
    assert_false(frame_refusal_of(frame, n, &got));
    n = make_refused(frame, "fe80::1");
    assert_refusal(frame, n, "fe80::1", IPPROTO_TCP, 443);
    assert_refusal(frame, n - 1, "fe80::1", IPPROTO_TCP, 0);
    assert_false(frame_refusal_of(frame, 14 + 39, &got));
    for (size_t i = 0; i < ARRAY_SIZE(many); i++) {
        n = make_refused(frame, many[i]);
        assert_false(frame_refusal_of(frame, n, &got));
    }
    frame[12] = 0x81, frame[13] = 0x00;
    assert_false(frame_refusal_of(frame, n, &got));
}

static size_t add_to_stream(uint8_t *stream, const char *to, unsigned port)
{
    uint8_t frame[64];
    size_t n = make_refused(frame, to);

    frame[n - 2] = (uint8_t)(port >> 8), frame[n - 1] = (uint8_t)port;
    memset(stream, 0, FRAME_LENGTH_BYTES);
    stream[3] = (uint8_t)n;
    memcpy(stream + FRAME_LENGTH_BYTES, frame, n);
    return FRAME_LENGTH_BYTES + n;
}

static void test_frames_sift_tells_each_target_once(void **state UNUSED)
{
    uint8_t stream[64 * 64];
    struct frame_refusals refusals = { .count = 0 };
    size_t n = 0, whole, passed;

    n += add_to_stream(stream + n, "169.254.0.1", 80);
    n += add_to_stream(stream + n, "169.254.0.1", 80);
    passed = add_to_stream(stream + n, "203.0.113.1", 80);
    n += passed;
    n += add_to_stream(stream + n, "169.254.0.1", 81);
    assert_true(frames_sift(stream, &n, &whole, &refused, &refusals));
    assert_int_equal(whole, passed);
    assert_int_equal(refusals.count, 2);
    assert_int_equal(refusals.list[1].port, 81);
    n = 0;
    for (unsigned port = 1; port <= 2 * FRAME_REFUSALS_MAX; port++)
        n += add_to_stream(stream + n, "169.254.0.2", port);
    assert_true(frames_sift(stream, &n, &whole, &refused, &refusals));
    assert_int_equal(whole, 0);
    assert_int_equal(refusals.count, FRAME_REFUSALS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frame_may_leave_by_destination),
        cmocka_unit_test(test_frame_may_leave_by_kind),
        cmocka_unit_test(test_frame_refusal_of),
        cmocka_unit_test(test_frames_sift_tells_each_target_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
