/*
 * The foreground process of a shell's terminal, and whether it runs or waits for input there,
 * reported when that changes.
 *
 * A look follows shortly after input and output, a few more follow while the shell itself is busy,
 * and the end of the foreground process is an event (pidfd_open(2)). A silent program is looked at
 * after 250 ms, 1 s and 4 s, then every 5 s, together with all others, until it asks for input. While
 * nothing in its cgroup has run, the verdict of the look before holds: a look costs a millisecond under
 * emulation.
 */
#ifndef PYRO_GUEST_FOREGROUND_H
#define PYRO_GUEST_FOREGROUND_H

#include <sys/types.h>

#include "guest/asks.h"
#include "guest/modes.h"
#include "vmm/base/json.h"
#include "vmm/base/loop.h"

#define FOREGROUND_TEXT_MAX 160

enum foreground_state {
    FOREGROUND_RUNS,
    FOREGROUND_WAITS, /* a shell, at its prompt */
    FOREGROUND_ASKS   /* a program */
};

/* Passes on {"foreground": command line or "" for the shell itself, "prompt": bool, "state": as
 * above, "age_ms": N}; borrowed. False: it could not be reported, and the next look tries again. */
typedef bool foreground_tell_fn(void *arg, const json_t *message);

struct foreground {
    struct loop *loop;
    foreground_tell_fn *tell;
    void *arg;
    pid_t shell;
    int pty_fd;            /* the terminal's master, borrowed; -1: stopped */
    struct cgroup *cgroup; /* borrowed, as the next */
    const struct modes *modes;
    pid_t group; /* the group last seen there */
    int group_fd;
    enum foreground_state state;
    bool prompt, told;
    bool shell_edits; /* the shell was seen reading a line in raw mode */
    char text[FOREGROUND_TEXT_MAX + 1];
    unsigned looks; /* since the last input or output */
    struct loop_timer timer;
    int64_t active_ms; /* clock_ms() of the last input or output, or change of the group */
    bool repeated;     /* nobody waited for input, and a second look follows */
    bool judged;       /* since then */
    struct asks_verdict verdict;
    uint64_t verdict_us; /* CPU time of the cgroup before the verdict; 0: not known */
    struct loop_timer judge;
};

/* Fills what is given: shell, pty_fd, cgroup (NULL: none), modes, tell, arg. */
void foreground_start(struct foreground *f, struct loop *loop, const struct foreground *given);
/* "runs", "waits" or "asks", as far as it is certain now; `at_prompt`: the shell itself was just seen
 * waiting. */
const char *foreground_state_name(struct foreground *f, bool at_prompt);
/* Before the terminal is closed; no effect when it was not started. */
void foreground_stop(struct foreground *f);
/* Something was printed or typed. */
void foreground_touch(struct foreground *f);
/* Tells the host again: it is another host, or the last report came too early. */
void foreground_repeat(struct foreground *f);

#endif
