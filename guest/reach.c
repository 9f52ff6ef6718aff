/* guest/reach.c: a question by UDP and connections by TCP; an address that answers has been
 * reached. */
#include "guest/reach.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vmm/base/cleanup.h"
#include "vmm/base/fs.h"

#define DEVICE "eth0" /* so that this machine's own resolver proves nothing */
#define PATIENCE_MS 5000
#define ADDRESSES_MAX 8

static const struct way {
    int type;
    uint16_t port;
} ways[] = {
    { SOCK_DGRAM, 53 },
    { SOCK_STREAM, 53 },
    { SOCK_STREAM, 80 },
    { SOCK_STREAM, 443 },
};

#define WAYS ((int)ARRAY_SIZE(ways))

/* The name servers of the root (RFC 1035, 4.1): any answer will do. */
static const unsigned char question[] = { 'p', 'y', 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1 };

/* -1: there is no route to it. */
static int try_one(const char *address, const struct way *way)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(way->port) };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(way->port) };
    bool is_v6 = inet_pton(AF_INET6, address, &v6.sin6_addr) == 1;
    const void *to = is_v6 ? (const void *)&v6 : &v4;
    socklen_t size = is_v6 ? sizeof(v6) : sizeof(v4);
    scoped_close int fd = -1;

    if (!is_v6 && inet_pton(AF_INET, address, &v4.sin_addr) != 1)
        return -1;
    fd = socket(is_v6 ? AF_INET6 : AF_INET, way->type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, DEVICE, sizeof(DEVICE)) != 0 ||
        (connect(fd, to, size) != 0 && errno != EINPROGRESS) ||
        (way->type == SOCK_DGRAM && send(fd, question, sizeof(question), 0) < 0))
        return -1;
    return take_fd(&fd);
}

static bool has_answered(const struct pollfd *p, const struct way *way)
{
    int error = 0;
    socklen_t n = sizeof(error);
    char byte;

    if (!p->revents)
        return false;
    if (way->type == SOCK_DGRAM)
        return recv(p->fd, &byte, 1, 0) > 0;
    return getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &n) == 0 && !error;
}

int reach_main(int argc, char **argv)
{
    struct pollfd p[ADDRESSES_MAX * ARRAY_SIZE(ways)];
    int64_t deadline_ms = clock_ms() + PATIENCE_MS, left_ms;
    int count = argc - 1 < ADDRESSES_MAX ? argc - 1 : ADDRESSES_MAX;
    int open_count = 0;

    for (int i = 0; i < count * WAYS; i++) {
        const struct way *way = &ways[i % WAYS];
        short events = way->type == SOCK_DGRAM ? POLLIN : POLLOUT;
        p[i] = (struct pollfd){ .fd = try_one(argv[1 + i / WAYS], way), .events = events };
        open_count += p[i].fd >= 0;
    }
    while (open_count && (left_ms = deadline_ms - clock_ms()) > 0) {
        if (poll(p, (nfds_t)(count * WAYS), (int)left_ms) < 0 && errno != EINTR)
            return 1;
        for (int i = 0; i < count * WAYS; i++) {
            if (p[i].fd >= 0 && has_answered(&p[i], &ways[i % WAYS]))
                return puts(argv[1 + i / WAYS]) < 0;
            if (p[i].fd >= 0 && p[i].revents) { /* refused, which any network may send */
                close(take_fd(&p[i].fd));
                open_count--;
            }
        }
    }
    return 1;
}
