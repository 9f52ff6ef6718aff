/*
 * The foreground process of a shell's terminal, reported when it changes.
 *
 * Nothing is polled: a look follows shortly after input and output, a few more follow while the
 * shell itself is busy, and the end of the foreground process is an event (pidfd_open(2)).
 */
#ifndef PYRO_GUEST_FOREGROUND_H
#define PYRO_GUEST_FOREGROUND_H

#include <sys/types.h>

#include "vmm/base/json.h"
#include "vmm/base/loop.h"

#define FOREGROUND_TEXT_MAX 160

/* Passes on {"foreground": command line or "" for the shell itself, "prompt": bool, "age_ms": N};
 * borrowed. False: it could not be reported, and the next look tries again. */
typedef bool foreground_tell_fn(void *arg, const json_t *message);

struct foreground {
    struct loop *loop;
    foreground_tell_fn *tell;
    void *arg;
    pid_t shell;
    int pty_fd;  /* the terminal's master, borrowed; -1: stopped */
    pid_t group; /* the group last seen there */
    int group_fd;
    bool prompt, told;
    char text[FOREGROUND_TEXT_MAX + 1];
    unsigned looks; /* since the last input or output */
    struct loop_timer timer;
};

void foreground_start(struct foreground *f, struct loop *loop, pid_t shell, int pty_fd,
                      foreground_tell_fn *tell, void *arg);
/* Before the terminal is closed; no effect when it was not started. */
void foreground_stop(struct foreground *f);
/* Something was printed or typed. */
void foreground_touch(struct foreground *f);
/* The host that was told is gone: the next one is told again. */
void foreground_repeat(struct foreground *f);

#endif
