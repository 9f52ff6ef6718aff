/* One request to a workspace's guest with bytes going in and bytes coming out. */
#ifndef PYRO_CLIENT_TRANSFER_H
#define PYRO_CLIENT_TRANSFER_H

#include <sys/uio.h>

#include "engine/client/handle.h"
#include "vmm/base/json.h"

struct transfer {
    const struct workspace_handle *workspace;
    json_t *request;        /* borrowed */
    const struct iovec *in; /* the pieces of the input, sent in order */
    unsigned in_count;
    struct buf *out; /* takes the output; more than its maximum is an error */
    /* Or takes it as it comes. Neither: no output is expected. */
    bool (*take)(void *arg, const uint8_t *bytes, size_t n, struct pyro_error *err);
    void *arg;
    int64_t deadline_ms; /* clock_ms(), of all of it; 0: none as long as the guest is not silent */
};
/* Blocks until the result is here. NULL on error, PYRO_TIMEOUT among them. */
json_t *transfer_run(const struct transfer *t, struct pyro_error *err) MUST_CHECK;

#endif
