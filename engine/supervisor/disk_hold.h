/* Readers of a layer on the host: while there is one, layers are not joined. */
#ifndef PYRO_SUPERVISOR_DISK_HOLD_H
#define PYRO_SUPERVISOR_DISK_HOLD_H

#include "engine/supervisor/supervisor.h"

struct disk_holder {
    struct disk_holder *next;
    struct supervisor *supervisor;
    struct stream stream;       /* it ends with the hold */
    struct disk_holder **place; /* where an operation has it that works for it; NULL: none does */
    uint32_t memory; /* the captured machine that is kept as long (memory_files.h); 0: none … */
    int upper_fd;    /* … and its upper memory (vmm/ram.h), for its forks to find; -1 */
};

/* Accepts the stream of a request. */
struct disk_holder *disk_holder_new(struct supervisor *s, struct link *client, uint32_t id,
                                    struct pyro_error *err) MUST_CHECK;
/* Ends it, and what is kept for it; an operation that works for it goes on without. */
void disk_holder_free(struct disk_holder *h);
/* Those of a client whose connection is closing. */
void disk_holders_client_gone(struct supervisor *s, const struct link *client);

#endif
