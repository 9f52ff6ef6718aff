/* tests/unit/network/test_host_network.c: the resolvers that a resolv.conf names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <netdb.h>

#include <cmocka.h>

#include "engine/network/host.h"

static const struct {
    const char *text;
    const char *wanted; /* each with a space behind it */
} cases[] = {
    { NULL, "127.0.0.1 " },
    { "", "127.0.0.1 " },
    { "search example.org\noptions edns0\n", "127.0.0.1 " },
    { "nameserver 192.0.2.1\n", "192.0.2.1 " },
    { "nameserver 192.0.2.1", "192.0.2.1 " },
    { "# nameserver 192.0.2.1\nnameserver\t127.0.0.53  \n", "127.0.0.53 " },
    { "nameserver 2001:db8::1\nnameserver 192.0.2.1\n", "2001:db8::1 192.0.2.1 " },
    { "nameserver fe80::1%lo\n", "fe80::1%lo " },
    { "nameserver resolver.example.org\nnameservers 192.0.2.7\nnameserver192.0.2.8\n",
      "127.0.0.1 " },
    { "nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3\nnameserver 192.0.2.4\n",
      "192.0.2.1 192.0.2.2 192.0.2.3 " },
};

static void test_resolvers_parse(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct host_resolver list[HOST_RESOLVERS_MAX];
        unsigned count = resolvers_parse(cases[i].text, list);
        char got[256] = "";

        for (unsigned k = 0; k < count; k++) {
            char address[64], port[8];
            assert_int_equal(getnameinfo((const void *)&list[k].address, list[k].size, address,
                                         sizeof(address), port, sizeof(port),
                                         NI_NUMERICHOST | NI_NUMERICSERV | NI_DGRAM),
                             0);
            assert_string_equal(port, "53");
            snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s ", address);
        }
        assert_string_equal(got, cases[i].wanted);
    }
}

static void test_resolvers_parse_long_lines(void **state UNUSED)
{
    struct host_resolver list[HOST_RESOLVERS_MAX];
    char text[4096];

    memset(text, '1', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    memcpy(text, "nameserver ", 11);
    assert_int_equal(resolvers_parse(text, list), 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resolvers_parse),
        cmocka_unit_test(test_resolvers_parse_long_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
