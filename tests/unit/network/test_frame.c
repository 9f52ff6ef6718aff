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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frame_may_leave_by_destination),
        cmocka_unit_test(test_frame_may_leave_by_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
