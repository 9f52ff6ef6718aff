/*
 * The layers of a disk, read only: a raw base and the qcow2 overlays above it, as the record of the
 * workspace names them, never as a header does. A compromised QEMU may have written any byte of an
 * overlay: every offset and size is checked, nothing loops, nothing is followed out of the file.
 *
 * Layers are counted from the base, 0; reading "as of" layer N sees 0 to N and nothing above.
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
unsigned chain_layers(const struct chain *c);
uint64_t chain_size_bytes(const struct chain *c);

/* Reads n bytes at an offset as of layer `top`; all of them must lie within the disk. */
bool chain_read(struct chain *c, unsigned top, uint64_t at, void *ret, size_t n,
                struct pyro_error *err) MUST_CHECK;
/*
 * How the disk continues from an offset as of layer `top`: *ret_bytes (at least 1) on of one kind.
 * *ret_layer is the layer they are in, *ret_zero that they are a hole: zeros that take no space.
 * Neighbours of one kind may still come as several stretches.
 */
bool chain_map(struct chain *c, unsigned top, uint64_t at, unsigned *ret_layer, bool *ret_zero,
               uint64_t *ret_bytes, struct pyro_error *err) MUST_CHECK;
/* Whether any layer above `since`, up to `top`, has any data for these n bytes. */
bool chain_is_changed(struct chain *c, unsigned since, unsigned top, uint64_t at, uint64_t n,
                      bool *ret, struct pyro_error *err) MUST_CHECK;

#endif
