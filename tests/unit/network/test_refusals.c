/* Which refusals of a guard are noted, and how often. */
#include "tests/unit/unit.h"

#include <arpa/inet.h>

#include "engine/network/refusals.h"

#define MINUTE_MS 60000

static struct frame_refusal refusal(const char *to, uint8_t protocol, unsigned port)
{
    struct frame_refusal r = { .protocol = protocol, .port = (uint16_t)port };

    assert_int_equal(inet_pton(AF_INET6, to, &r.address), 1);
    return r;
}

static void test_text(void **state UNUSED)
{
    static const struct {
        const char *to;
        uint8_t protocol;
        unsigned port;
        const char *text;
    } cases[] = {
        { "::ffff:192.0.2.1", IPPROTO_TCP, 80, "tcp 192.0.2.1:80 refused: policy" },
        { "::ffff:192.0.2.1", IPPROTO_UDP, 65535, "udp 192.0.2.1:65535 refused: policy" },
        { "::ffff:192.0.2.1", IPPROTO_TCP, 0, "tcp 192.0.2.1 refused: policy" },
        { "::ffff:192.0.2.1", IPPROTO_ICMP, 0, "icmp 192.0.2.1 refused: policy" },
        { "fe80::1", IPPROTO_TCP, 443, "tcp [fe80::1]:443 refused: policy" },
        { "fe80::1", IPPROTO_ICMPV6, 0, "icmp fe80::1 refused: policy" },
        { "fe80:1111:2222:3333:4444:5555:6666:7777", 255, 0,
          "protocol 255 fe80:1111:2222:3333:4444:5555:6666:7777 refused: policy" },
    };
    struct refusals r = { .count = 0 };
    char text[REFUSAL_TEXT_BYTES];

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct frame_refusal what = refusal(cases[i].to, cases[i].protocol, cases[i].port);
        assert_true(refusals_take(&r, &what, 5, text));
        assert_string_equal(text, cases[i].text);
    }
}

static void test_each_once_a_minute(void **state UNUSED)
{
    struct frame_refusal one = refusal("fe80::1", IPPROTO_TCP, 80), other = one;
    struct refusals r = { .count = 0 };
    char text[REFUSAL_TEXT_BYTES];

    assert_true(refusals_take(&r, &one, 0, text));
    assert_false(refusals_take(&r, &one, MINUTE_MS - 1, text));
    other.port = 81;
    assert_true(refusals_take(&r, &other, 1, text));
    other.port = 80, other.protocol = IPPROTO_UDP;
    assert_true(refusals_take(&r, &other, 1, text));
    assert_true(refusals_take(&r, &one, MINUTE_MS, text));
    assert_false(refusals_take(&r, &one, MINUTE_MS + 1, text));
}

/* Another port each ten milliseconds; how many were noted. */
static unsigned flood(struct refusals *r, int64_t from_ms, int64_t to_ms,
                      char text[REFUSAL_TEXT_BYTES])
{
    struct frame_refusal what = refusal("fe80::1", IPPROTO_UDP, 0);
    unsigned noted = 0;

    for (int64_t now_ms = from_ms; now_ms < to_ms; now_ms += 10) {
        what.port = (uint16_t)(1 + now_ms / 10);
        noted += refusals_take(r, &what, now_ms, text);
    }
    return noted;
}

static void test_a_flood_is_bounded(void **state UNUSED)
{
    struct refusals r = { .count = 0 };
    char text[REFUSAL_TEXT_BYTES];
    unsigned noted = flood(&r, 0, 1000, text);

    assert_int_equal(noted, REFUSALS_A_MINUTE + 1);
    assert_string_equal(text, "more than 20 in a minute: the rest is not listed");
    assert_int_equal(flood(&r, 1000, MINUTE_MS, text), 0);
    noted = flood(&r, MINUTE_MS, 11 * MINUTE_MS, text);
    assert_in_range(noted, 10 * REFUSALS_A_MINUTE, 10 * (REFUSALS_A_MINUTE + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_each_once_a_minute),
        cmocka_unit_test(test_a_flood_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
