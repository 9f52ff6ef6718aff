/* tests/unit/guest/test_connections.c: which connections lead out of the machine, in a network of the test's own. */
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/connections.h"
#include "vmm/base/cleanup.h"

#define HERE "10.11.12.1"
#define THERE "10.11.12.2"

static struct connections found;
static bool has_network, has_ipv6;

/* An address of the loopback interface; a connection from one to another leads out, as far as the table says. */
static bool add_address(int fd, const char *name, const char *address)
{
    struct sockaddr_in a = { .sin_family = AF_INET };
    struct ifreq r = { .ifr_flags = 0 };

    snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
    inet_pton(AF_INET, address, &a.sin_addr);
    memcpy(&r.ifr_addr, &a, sizeof(a));
    if (ioctl(fd, SIOCSIFADDR, &r) != 0)
        return false;
    r.ifr_flags = IFF_UP;
    return ioctl(fd, SIOCSIFFLAGS, &r) == 0;
}

static int make_network(void **state UNUSED)
{
    scoped_close int fd = -1;

    if (unshare(geteuid() == 0 ? CLONE_NEWNET : CLONE_NEWUSER | CLONE_NEWNET) != 0)
        return 0;
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    has_ipv6 = access("/proc/net/if_inet6", F_OK) == 0;
    has_network = fd >= 0 && add_address(fd, "lo", "127.0.0.1") && add_address(fd, "lo:1", HERE) &&
                  add_address(fd, "lo:2", THERE);
    return 0;
}

/* Of an IPv4 address, or of that within IPv6. */
static int new_socket(int family, const char *address, uint16_t port)
{
    struct sockaddr_storage s = { .ss_family = (sa_family_t)family };
    struct sockaddr_in *v4 = (void *)&s;
    struct sockaddr_in6 *v6 = (void *)&s;
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (family == AF_INET) {
        inet_pton(AF_INET, address, &v4->sin_addr);
        v4->sin_port = htons(port);
    } else {
        memset(v6->sin6_addr.s6_addr + 10, 0xFF, 2);
        inet_pton(AF_INET, address, v6->sin6_addr.s6_addr + 12);
        v6->sin6_port = htons(port);
    }
    assert_int_equal(bind(fd, (const void *)&s, sizeof(s)), 0);
    return fd;
}

static struct sockaddr_storage address_of(int fd, socklen_t *ret_size)
{
    struct sockaddr_storage s;

    *ret_size = sizeof(s);
    assert_int_equal(getsockname(fd, (void *)&s, ret_size), 0);
    return s;
}

struct connection {
    int listener, client, server;
};

static struct connection connect_to(int family, const char *to, const char *from)
{
    struct connection c = { .listener = new_socket(family, to, 0) };
    struct sockaddr_storage s;
    socklen_t n;

    assert_int_equal(listen(c.listener, 1), 0);
    s = address_of(c.listener, &n);
    c.client = new_socket(family, from, 0);
    assert_int_equal(connect(c.client, (const void *)&s, n), 0);
    c.server = accept(c.listener, NULL, NULL);
    assert_true(c.server >= 0);
    return c;
}

static void close_all(struct connection *c)
{
    close(c->client);
    close(c->server);
    close(c->listener);
}

static bool has(int fd)
{
    struct stat st;

    assert_int_equal(fstat(fd, &st), 0);
    for (size_t i = 0; i < found.count; i++)
        if (found.inodes[i] == st.st_ino)
            return true;
    return false;
}

static void check_connection(int family)
{
    struct connection c = connect_to(family, THERE, HERE);

    connections_find(&found);
    assert_int_equal(found.count, 2);
    assert_int_equal(found.established, 2);
    assert_true(has(c.client) && has(c.server) && !has(c.listener));
    /* One end is closed, and so by the other as well: a process has that one still. */
    close(c.client);
    assert_int_equal(poll(&(struct pollfd){ .fd = c.server, .events = POLLIN }, 1, -1), 1);
    connections_find(&found);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.established, 0);
    assert_true(has(c.server));
    close(c.server);
    close(c.listener);
    connections_find(&found);
    assert_int_equal(found.count, 0);
}

static void test_connections_out(void **state UNUSED)
{
    if (!has_network)
        skip();
    check_connection(AF_INET);
    if (has_ipv6)
        check_connection(AF_INET6);
}

static void test_connections_within(void **state UNUSED)
{
    struct connection loopback, itself, mapped;

    if (!has_network)
        skip();
    loopback = connect_to(AF_INET, "127.0.0.1", "127.0.0.5");
    itself = connect_to(AF_INET, HERE, HERE);
    mapped = connect_to(has_ipv6 ? AF_INET6 : AF_INET, "127.0.0.1", "127.0.0.1");
    connections_find(&found);
    assert_int_equal(found.count, 0);
    assert_int_equal(found.established, 0);
    close_all(&loopback);
    close_all(&itself);
    close_all(&mapped);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_connections_out),
        cmocka_unit_test(test_connections_within),
    };

    return cmocka_run_group_tests(tests, make_network, NULL);
}
