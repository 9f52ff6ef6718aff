/*
 * Waiting for one's turn at work that another pyro does already, and which may take long: whoever
 * waits is told what for, and that ends. The limit must be longer than the work, which has limits
 * of its own; then only a holder that is stopped or hangs makes it run out.
 */
#ifndef PYRO_TURN_H
#define PYRO_TURN_H

#include <stdint.h>

#include "vmm/base/error.h"

typedef void turn_tell_fn(void *arg, const char *words);

struct turn {
    const char *work;   /* what the holder does: "fetches the kernel" */
    int64_t limit_ms;   /* before patience() */
    turn_tell_fn *tell; /* called before a wait; may be NULL */
    void *arg;
};

/* fs_lock() on the file. PYRO_WORKSPACE_BUSY past the limit: says what was waited for, how long,
 * and who has it. */
int turn_wait(int dirfd, const char *name, const struct turn *turn,
              struct pyro_error *err) MUST_CHECK;

#endif
