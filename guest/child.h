/*
 * A command that a request started, with all its descendants: they are in a control group of their
 * own (cgroup.h), or, where there is none, have a keeper (keeper.h).
 */
#ifndef PYRO_GUEST_CHILD_H
#define PYRO_GUEST_CHILD_H

#include <sys/types.h>

#include "guest/cgroup.h"
#include "guest/command.h"
#include "guest/spawn.h"

/* Embedded in its owner, which sets the first three members. */
struct child {
    void (*on_end)(void *arg); /* it was reaped: `ended` and `status` are set */
    void *arg;
    bool on_terminal; /* which becomes its controlling one */
    struct child *next;
    struct cgroup *group;
    pid_t pid;        /* leader of its session and process group; 0: not started */
    pid_t reaped_pid; /* what is reaped: the command, or its keeper */
    bool ended;
    int status; /* as waitpid(2) gives it, once it has ended */
};

/* Starts it with fds as its standard streams. Unless SPAWN_OK, err says why, and there is no
 * process. */
enum spawn_result child_start(struct child *c, const struct guest *g, const struct command *command,
                              const int fds[3], struct pyro_error *err) MUST_CHECK;
/* Whether its first process runs. */
bool child_runs(const struct child *c);
/* Signals its process group. No effect unless it runs. */
void child_signal(const struct child *c, int number);
/* Kills it and its descendants, including those that outlived it. */
void child_kill(const struct child *c);
/* How it ended, as a shell says it: its exit status, or 128 and the signal's number. */
int child_exit_code(const struct child *c);
/* Kills what is left of it. It can be started again; one that still ran is not told of its end. */
void child_release(struct child *c);

/* A process was reaped: tells its owner, if it is a child. */
void child_reaped(pid_t pid, int status);
/* Hangs up on those that have a terminal: an interactive shell ignores TERM. */
void child_hang_up_all(void);
/* Kills all, or all that have no terminal, with their descendants. */
void child_kill_all(bool on_terminals_too);

#endif
