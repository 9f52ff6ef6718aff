/*
 * A workspace that lives no longer than this process, for whoever accounts, limits and ends
 * processes: a batch scheduler, a service manager, a terminal. Its supervisor and its machine are
 * descendants of this process if it started them, also when the supervisor was killed and another
 * took its place.
 */
#ifndef PYRO_WORKSPACE_HOLD_H
#define PYRO_WORKSPACE_HOLD_H

#include "engine/helper/progress.h"
#include "vmm/base/error.h"
#include "vmm/base/json.h"

struct workspace_hold_spec {
    bool watch;      /* it lives on after this process, and may run elsewhere */
    bool and_delete; /* it is deleted when it has ended */
    /* Once it runs and is held. `accounted`: by ancestry, or in a control group of this process. */
    void (*ready)(void *arg, const char *id, bool accounted);
    void *arg;
};

/* Before the workspace is created or started, so that this process is its ancestor. */
void workspace_hold_prepare(void);
/*
 * Starts it if it is stopped, and waits until it ends. INT, TERM and HUP stop it (or, with `watch`,
 * only the wait); the second kills its machine. *ret_expired: its time to live was over. Its object;
 * NULL when it failed, is held by another process (PYRO_WORKSPACE_BUSY) or runs in another control
 * group (PYRO_WORKSPACE_STATE).
 */
json_t *workspace_hold(const char *ref, const struct workspace_hold_spec *spec,
                       const struct progress *progress, bool *ret_expired,
                       struct pyro_error *err) MUST_CHECK;

#endif
