/*
 * The layers of a disk, read only: a raw base and the qcow2 overlays above it, as the record of the
 * workspace names them, never as a header does. A compromised QEMU may have written any byte of an
 * overlay: every offset and size is checked, nothing loops, nothing is followed out of the file.
 *
 * Layers are counted from the base, 0.
 */
#ifndef PYRO_IMAGE_CHAIN_H
#define PYRO_IMAGE_CHAIN_H

#include <stdint.h>

#include "vmm/base/error.h"

#define CHAIN_LAYERS_MAX 96

struct chain;

/* Borrows the descriptors. The base first; count 1: the base alone. PYRO_RECORD_INVALID. */
bool chain_open(const int *fds, unsigned count, struct chain **ret,
                struct pyro_error *err) MUST_CHECK;
void chain_free(struct chain *c);
uint64_t chain_size_bytes(const struct chain *c);

/* The disk as of one of its layers: `top` and those below it, and nothing of those above. */
struct disk_version {
    struct chain *chain;
    unsigned top;
};

/* Reads n bytes at an offset; all of them must lie within the disk. */
bool chain_read(struct disk_version d, uint64_t at, void *ret, size_t n,
                struct pyro_error *err) MUST_CHECK;

/* A stretch of the disk from an offset on. */
struct chain_stretch {
    unsigned layer; /* which has it */
    bool zero;      /* a hole: zeros that take no space */
    uint64_t bytes; /* at least 1; the next stretch may be of the same kind */
};
bool chain_map(struct disk_version d, uint64_t at, struct chain_stretch *ret,
               struct pyro_error *err) MUST_CHECK;
/* Whether any layer above `since` has any data for these n bytes. */
bool chain_is_changed(struct disk_version d, unsigned since, uint64_t at, uint64_t n, bool *ret,
                      struct pyro_error *err) MUST_CHECK;

#endif
