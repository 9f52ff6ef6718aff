/*
 * Stream sockets. UNIX ones are named within a directory: bound and connected through
 * /proc/self/fd/N, so the depth of the directory never meets the 108 bytes of sun_path (unix(7)).
 */
#ifndef PYRO_SOCK_H
#define PYRO_SOCK_H

#include <sys/types.h>

#include "vmm/base/error.h"

/* A listening socket `name` in dirfd, replacing a stale one; non-blocking, mode 0600. -1 on
 * failure. */
int sock_listen_at(int dirfd, const char *name, struct pyro_error *err) MUST_CHECK;
/* Connects to it. -1 on failure, sys_errno ENOENT or ECONNREFUSED when nobody listens. Blocking. */
int sock_connect_at(int dirfd, const char *name, struct pyro_error *err) MUST_CHECK;
/* Listens on a TCP port of 127.0.0.1, non-blocking; *port 0: a free one, which it then is. -1 with
 * PYRO_PORT_IN_USE or PYRO_PERMISSION and `instead` as the hint where that port is not to be had. */
int sock_listen_loopback(int *port, const char *instead, struct pyro_error *err) MUST_CHECK;
/* The process at the other end of a connection; 0 when it is not visible from here. */
pid_t sock_peer_pid(int sock);
/* Accepts one connection of this user (SO_PEERCRED), non-blocking; -1 with errno when there is
 * none. */
int sock_accept_own(int listen_fd);
/* Sends n bytes with one descriptor attached (SCM_RIGHTS). */
bool sock_send_fd(int sock, const void *bytes, size_t n, int fd, struct pyro_error *err) MUST_CHECK;
/*
 * Whether accept(2) failed for lack of descriptors or memory: the connection stays queued, so its
 * socket stays readable, and should be left alone for SOCK_EXHAUSTED_MS (loop_pause()).
 */
bool sock_is_exhausted(int number);
#define SOCK_EXHAUSTED_MS 200
bool fd_set_nonblocking(int fd, bool on);

#endif
