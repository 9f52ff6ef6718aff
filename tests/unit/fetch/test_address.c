/* How far away addresses are, and where each may lead. */
#include "engine/fetch/address.h"

#include "tests/unit/unit.h"
#include "vmm/base/cleanup.h"

static const struct {
    const char *text;
    enum address_reach reach;
} rows[] = {
    { "8.8.8.8", ADDRESS_PUBLIC },
    { "0.0.0.0", ADDRESS_SPECIAL },
    { "10.255.0.1", ADDRESS_PRIVATE },
    { "11.0.0.1", ADDRESS_PUBLIC },
    { "100.64.0.1", ADDRESS_PRIVATE },
    { "100.128.0.1", ADDRESS_PUBLIC },
    { "127.255.255.255", ADDRESS_LOOPBACK },
    { "128.0.0.1", ADDRESS_PUBLIC },
    { "169.254.169.254", ADDRESS_SPECIAL },
    { "172.15.0.1", ADDRESS_PUBLIC },
    { "172.16.0.1", ADDRESS_PRIVATE },
    { "172.31.255.255", ADDRESS_PRIVATE },
    { "172.32.0.1", ADDRESS_PUBLIC },
    { "192.168.1.1", ADDRESS_PRIVATE },
    { "192.169.0.1", ADDRESS_PUBLIC },
    { "224.0.0.1", ADDRESS_SPECIAL },
    { "255.255.255.255", ADDRESS_SPECIAL },
    { "2606:4700::1", ADDRESS_PUBLIC },
    { "::", ADDRESS_SPECIAL },
    { "::1", ADDRESS_LOOPBACK },
    { "::127.0.0.1", ADDRESS_SPECIAL },
    { "::ffff:127.0.0.1", ADDRESS_LOOPBACK },
    { "::ffff:8.8.8.8", ADDRESS_PUBLIC },
    { "64:ff9b::10.0.0.1", ADDRESS_PRIVATE },
    { "64:ff9b::a9fe:a9fe", ADDRESS_SPECIAL },
    { "fc00::1", ADDRESS_PRIVATE },
    { "fdff::1", ADDRESS_PRIVATE },
    { "fe80::1", ADDRESS_SPECIAL },
    { "ff02::1", ADDRESS_SPECIAL },
};

static void test_address_reach(void **state)
{
    static const char *const others[] = { "",           "localhost", "1.2.3",        "127.1",
                                          "0x7f.0.0.1", "[::1]",     "fe80::1%eth0", "8.8.8.8 " };
    enum address_reach reach;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (!address_reach(rows[i].text, &reach) || reach != rows[i].reach)
            fail_msg("%s: %d", rows[i].text, (int)reach);
    for (size_t i = 0; i < ARRAY_SIZE(others); i++)
        if (address_reach(others[i], &reach))
            fail_msg("%s", others[i]);
}

static void test_address_may_lead(void **state)
{
    /* from: rows; to: public, private, loopback, special. */
    static const bool wanted[4][4] = { { true, false, false, false },
                                       { true, true, false, false },
                                       { true, true, true, false },
                                       { true, false, false, false } };

    (void)state;
    for (int from = 0; from < 4; from++)
        for (int to = 0; to < 4; to++)
            assert_int_equal(address_may_lead((enum address_reach)from, (enum address_reach)to),
                             wanted[from][to]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_address_reach),
        cmocka_unit_test(test_address_may_lead),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
