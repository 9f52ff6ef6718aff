/* guest/uevent.c: waiting for devices. */
#include "guest/uevent.h"

#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vmm/base/cleanup.h"
#include "vmm/base/fs.h"

static int open_socket(void)
{
    struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = 1 };
    int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);

    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

bool uevent_wait(bool (*is_there)(void *arg), void *arg, int64_t timeout_ms)
{
    /* Listens before it looks, so that no device is missed in between. */
    scoped_close int fd = open_socket();
    int64_t deadline_ms = clock_ms() + timeout_ms;
    char event[8192];

    while (!is_there(arg)) {
        struct pollfd p = { .fd = fd, .events = POLLIN };
        int64_t left = timeout_ms < 0 ? -1 : deadline_ms - clock_ms();
        if (timeout_ms >= 0 && left <= 0)
            return false;
        poll(&p, 1, (int)left);
        while (fd >= 0 && recv(fd, event, sizeof(event), 0) > 0)
            ;
    }
    return true;
}
