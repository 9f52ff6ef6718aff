/*
 * Where no control group is available (a host whose groups belong to someone else), a command has a
 * keeper: a process between the guest program and the command, which inherits all its orphaned
 * descendants and ends only when the last of them is dead.
 */
#ifndef PYRO_GUEST_KEEPER_H
#define PYRO_GUEST_KEEPER_H

#include <sys/types.h>

#include "vmm/base/error.h"

/* The report of start(arg) in keeper_start(). */
struct keeper_report {
    int result; /* 0: the command runs */
    pid_t command;
    struct pyro_error err;
};

/*
 * Forks the keeper, which calls start(arg, …) to start the command, and waits for its report. Once
 * the command runs, the keeper ends as the command did (same status or signal) after it has killed
 * the processes that are left; SIGTERM to it, or the death of this process, kills the command too.
 * *ret_pid is the keeper. False when no keeper could be started; when the command could not be
 * started, the keeper is gone as well.
 */
bool keeper_start(void (*start)(void *arg, struct keeper_report *report), void *arg, pid_t *ret_pid,
                  struct keeper_report *ret, struct pyro_error *err) MUST_CHECK;

#endif
