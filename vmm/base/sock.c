/* vmm/base/sock.c: UNIX sockets by directory descriptor, peers checked, descriptors passed; ports of
 * 127.0.0.1. */
#include "vmm/base/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "vmm/base/patience.h"

#define CONNECT_MS 10000
#define PORT_BACKLOG 1024

static bool address_of(int dirfd, const char *name, struct sockaddr_un *ret, struct pyro_error *err)
{
    int n;

    *ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
    n = snprintf(ret->sun_path, sizeof(ret->sun_path), "/proc/self/fd/%d/%s", dirfd, name);
    if (n < 0 || n >= (int)sizeof(ret->sun_path))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "socket name '%s' is too long", name);
    return true;
}

int sock_listen_at(int dirfd, const char *name, struct pyro_error *err)
{
    scoped_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_un address;
    mode_t mask;
    int rc;

    if (fd < 0) {
        pyro_fail_errno(err, "socket '%s'", name);
        return -1;
    }
    if (!address_of(dirfd, name, &address, err))
        return -1;
    unlinkat(dirfd, name, 0);
    mask = umask(0177);
    rc = bind(fd, (struct sockaddr *)&address, sizeof(address));
    umask(mask);
    if (rc != 0 || listen(fd, 128) != 0) {
        pyro_fail_errno(err, "listen on '%s'", name);
        return -1;
    }
    return take_fd(&fd);
}

static bool fail_bind(int port, const char *instead, struct pyro_error *err)
{
    if (errno == EADDRINUSE) {
        pyro_fail(err, PYRO_PORT_IN_USE, "port %d of 127.0.0.1 is in use", port);
        return pyro_hint(err, "%s", instead);
    }
    if (errno == EACCES) {
        pyro_fail(err, PYRO_PERMISSION, "port %d is for privileged users only", port);
        return pyro_hint(err, "those above 1023 are for everybody: %s", instead);
    }
    return pyro_fail_errno(err, "listen on port %d of 127.0.0.1", port);
}

int sock_listen_loopback(int *port, const char *instead, struct pyro_error *err)
{
    struct sockaddr_in a = { .sin_family = AF_INET,
                             .sin_port = htons((uint16_t)*port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    scoped_close int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    socklen_t n = sizeof(a);
    const int on = 1;

    /* Connections of who listened here before may still be closing: that does not make the port
     * busy. */
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind(fd, (const void *)&a, sizeof(a)) != 0 || listen(fd, PORT_BACKLOG) != 0 ||
        getsockname(fd, (void *)&a, &n) != 0) {
        fail_bind(*port, instead, err);
        return -1;
    }
    *port = ntohs(a.sin_port);
    return take_fd(&fd);
}

/* How long connect(2) waits where the listener's queue is full, and a blocking send; 0: forever. */
static void set_send_limit(int fd, int64_t limit_ms)
{
    const struct timeval t = { .tv_sec = limit_ms / 1000, .tv_usec = limit_ms % 1000 * 1000 };

    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
}

int sock_connect_at(int dirfd, const char *name, struct pyro_error *err)
{
    scoped_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un address;

    if (fd < 0) {
        pyro_fail_errno(err, "socket '%s'", name);
        return -1;
    }
    if (!address_of(dirfd, name, &address, err))
        return -1;
    set_send_limit(fd, patience(CONNECT_MS));
    while (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        if (errno == EINTR)
            continue;
        if (errno == EAGAIN)
            pyro_fail(err, PYRO_TIMEOUT, "'%s' takes no connections", name);
        else
            pyro_fail_errno(err, "connect to '%s'", name);
        return -1;
    }
    set_send_limit(fd, 0);
    return take_fd(&fd);
}

int sock_accept_own(int listen_fd)
{
    scoped_close int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    struct ucred peer;
    socklen_t len = sizeof(peer);

    if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
        return -1;
    if (peer.uid != geteuid() && peer.uid != 0) {
        errno = EPERM;
        return -1;
    }
    return take_fd(&fd);
}

bool sock_is_exhausted(int number)
{
    return number == EMFILE || number == ENFILE || number == ENOMEM || number == ENOBUFS;
}

pid_t sock_peer_pid(int sock)
{
    struct ucred peer;
    socklen_t len = sizeof(peer);

    return getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 ? peer.pid : 0;
}

bool sock_send_fd(int sock, const void *bytes, size_t n, int fd, struct pyro_error *err)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(int))];
    } control = { 0 };
    struct iovec iov = { .iov_base = (void *)(uintptr_t)bytes, .iov_len = n };
    struct msghdr m = { .msg_iov = &iov,
                        .msg_iovlen = 1,
                        .msg_control = control.room,
                        .msg_controllen = sizeof(control.room) };
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    ssize_t done;

    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &fd, sizeof(int));
    do {
        done = sendmsg(sock, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (done < 0 && errno == EINTR);
    if (done != (ssize_t)n)
        return pyro_fail_errno(err, "send a descriptor");
    return true;
}

bool fd_set_nonblocking(int fd, bool on)
{
    int flags = fcntl(fd, F_GETFL);

    return flags >= 0 && fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK) == 0;
}
