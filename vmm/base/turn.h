/*
 * Waiting while another pyro does the same work, which may take long: the user is told what for,
 * and the wait has a limit. It must be longer than the work's own limits; then it only runs out if
 * a holder is stopped or hangs.
 */
#ifndef PYRO_TURN_H
#define PYRO_TURN_H

#include <stdint.h>

#include "vmm/base/error.h"

typedef void turn_tell_fn(void *arg, const char *words);

struct turn {
    const char *work;   /* the holder's work: "fetches the kernel" */
    int64_t limit_ms;   /* before patience() */
    turn_tell_fn *tell; /* called before a wait; may be NULL */
    void *arg;
};

/* fs_lock() on the file. PYRO_WORKSPACE_BUSY past the limit: says what it waited for, how long, and
 * who has it. */
int turn_wait(int dirfd, const char *name, const struct turn *turn,
              struct pyro_error *err) MUST_CHECK;

#endif
