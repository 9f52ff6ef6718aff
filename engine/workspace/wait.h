/* Waiting until a workspace is as somebody wants it, by its files. */
#ifndef PYRO_WORKSPACE_WAIT_H
#define PYRO_WORKSPACE_WAIT_H

#include "engine/helper/progress.h"
#include "vmm/base/error.h"
#include "vmm/base/json.h"

enum workspace_wanted {
    WANTED_READY,     /* it is started */
    WANTED_IDLE,      /* no command runs in it, and each of its shells is at its prompt */
    WANTED_ATTENTION, /* something in it asks, failed or finished */
    WANTED_SUSPENDED,
    WANTED_STOPPED
};
/* By enum workspace_wanted, the last NULL. */
extern const char *const workspace_wanted_names[];

/*
 * Its object, once it is so; NULL when it is not by `max_ms` from now (PYRO_TIMEOUT; 0: however
 * long), when it fails or is stopped while something else is wanted of it (PYRO_WORKSPACE_STATE), or
 * is deleted (PYRO_WORKSPACE_NOT_FOUND).
 */
json_t *workspace_wait(const char *ref, enum workspace_wanted wanted, int64_t max_ms,
                       const struct progress *progress, struct pyro_error *err) MUST_CHECK;

#endif
