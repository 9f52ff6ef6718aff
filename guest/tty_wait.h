/*
 * What a thread is blocked in, as far as it is input of a terminal, from the kernel's state
 * (/proc/PID/task/TID/syscall and fdinfo, proc(5)); nothing is parsed or injected.
 */
#ifndef PYRO_GUEST_TTY_WAIT_H
#define PYRO_GUEST_TTY_WAIT_H

#include <stdbool.h>
#include <sys/types.h>

enum tty_wait_kind {
    TTY_WAIT_NONE,
    TTY_WAIT_READ, /* read, readv */
    TTY_WAIT_POLL  /* poll, select, epoll and their kin: the terminal is one of what it waits for */
};

struct tty_wait {
    enum tty_wait_kind kind;
    /* Of TTY_WAIT_POLL: it ends by itself after a time, and a socket of the network is in it. */
    bool is_timed, has_network;
};

/* The terminal's slave has this number; /dev/tty is taken for it too. `with_network` false: that is
 * not looked for. */
void tty_wait_look(pid_t pid, pid_t tid, dev_t terminal, bool with_network, struct tty_wait *ret);
/* Whether descriptor `fd` of the process is a character device of that number. */
bool tty_is_open(pid_t pid, int fd, dev_t device);

#endif
