/* tests/unit/guest/test_listeners.c: who listens on a port, and since when. */
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guest/listeners.h"
#include "vmm/base/cleanup.h"

/* Listens on the port, 0: any; sets *port. */
static int listen_on(uint16_t *port)
{
    struct sockaddr_in a = { .sin_family = AF_INET,
                             .sin_addr = { htonl(INADDR_LOOPBACK) },
                             .sin_port = htons(*port) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    socklen_t n = sizeof(a);

    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)), 0);
    assert_int_equal(bind(fd, (const void *)&a, sizeof(a)), 0);
    assert_int_equal(listen(fd, 5), 0);
    assert_int_equal(getsockname(fd, (void *)&a, &n), 0);
    *port = ntohs(a.sin_port);
    return fd;
}

static void test_listeners_old_and_new(void **state UNUSED)
{
    struct listeners before, now;
    uint16_t port = 0;
    int first = listen_on(&port), second;

    listeners_of(port, &before);
    assert_int_equal(before.count, 1);
    assert_true(listeners_are_old(&before, &before));
    second = listen_on(&port); /* beside it */
    listeners_of(port, &now);
    assert_int_equal(now.count, 2);
    assert_false(listeners_are_old(&now, &before));
    close(first);
    listeners_of(port, &now);
    assert_int_equal(now.count, 1);
    assert_false(listeners_are_old(&now, &before));
    close(second);
    listeners_of(port, &now);
    assert_false(listeners_are_old(&now, &before)); /* no listener: not an old one */
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_listeners_old_and_new) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
