/*
 * Disks: a raw base image that is never written, qcow2 overlays above it.
 *
 * The caller knows which file is based on which (from the workspace's record); a header is never
 * believed, because a compromised QEMU could have written it. pyro's overlays therefore name no
 * backing file at all, and every use states the whole chain: QEMU through -blockdev, qemu-img
 * through json:.
 */
#ifndef PYRO_DISK_H
#define PYRO_DISK_H

#include <stdint.h>

#include "vmm/base/error.h"
#include "vmm/base/json.h"

#define DISK_LAYERS_MAX 96 /* the base counted; QEMU opens two nodes for each */

enum disk_format { DISK_RAW, DISK_QCOW2 };

struct disk_layer {
    const char *path; /* absolute, borrowed */
    enum disk_format format;
    unsigned id;     /* names its nodes and its descriptor set in QEMU; 0 is the base */
    bool throw_away; /* not needed once its machine has ended: QEMU need not sync it */
};

/* layers[0] is the base, layers[count - 1] the one that is written. */
struct disk_chain {
    struct disk_layer layers[DISK_LAYERS_MAX];
    unsigned count;
};

/*
 * Creates an empty qcow2 overlay (mode 0600, no backing name) of virtual size size_bytes, which
 * must be that of the layer below. Fails when the name exists. Under a millisecond, not synced.
 */
bool disk_create_overlay(int dirfd, const char *name, uint64_t size_bytes,
                         struct pyro_error *err) MUST_CHECK;
/*
 * The virtual size of a layer: the file's size for raw, the header's for qcow2. PYRO_RECORD_INVALID
 * when the header holds anything that pyro's overlays never do (a backing or data file's name).
 */
bool disk_virtual_size(const struct disk_layer *layer, uint64_t *ret_bytes,
                       struct pyro_error *err) MUST_CHECK;
/* The same for an open layer; its path is for messages only. */
bool disk_check_layer(int fd, const struct disk_layer *layer, uint64_t *ret_bytes,
                      struct pyro_error *err) MUST_CHECK;
/*
 * Opens a layer (its path relative to dirfd, or absolute) in the only way allowed. A layer that is
 * not to be written loses every write bit in its mode, so that no read-only descriptor of it can
 * become writable; the one that is written is writable by its owner. Modes of another user's files
 * stay. -1 on failure.
 */
int disk_open_layer(int dirfd, const char *path, bool writable, struct pyro_error *err) MUST_CHECK;
/*
 * Whether an overlay is as disk_create_overlay() left it: nothing was ever written. False when that
 * cannot be told.
 */
bool disk_is_untouched(int dirfd, const char *path);
/* Makes an overlay effectively empty, synced, even on a full disk: its table says that it holds
 * nothing. Nobody may have it open. */
bool disk_clear_overlay(int dirfd, const char *name, struct pyro_error *err) MUST_CHECK;
/* Builds a chain of a raw base (id 0) and one overlay (id 1). */
struct disk_chain disk_chain_of(const char *base_path, const char *overlay_path);

#define DISK_NODE_NAME_MAX 24
/* The name of a layer's node, "layerID", into ret[DISK_NODE_NAME_MAX]. */
void disk_node_name(unsigned id, char *ret);
/*
 * One layer as a blockdev node, new; NULL when out of memory. Its file is descriptor set ID, and is
 * as writable as the node. `below`: the layer below it, a node that already exists; NULL: none
 * (yet).
 */
json_t *disk_blockdev_node(const struct disk_layer *layer, const struct disk_layer *below,
                           bool writable);
/* The node of a qcow2 layer that already exists, for blockdev-reopen: its file stays open. */
json_t *disk_blockdev_again(const struct disk_layer *layer, const struct disk_layer *below,
                            bool writable);
/*
 * The chain as one blockdev tree, new; NULL when out of memory. `file_name(arg, i)` gives the
 * filename of layer i ("/dev/fdset/N", or its path); nodes are called "layerID", their files
 * "layerID-file". Only the top is opened writable, and that only when `writable`.
 */
json_t *disk_blockdev(const struct disk_chain *chain, bool writable,
                      const char *(*file_name)(void *arg, unsigned layer), void *arg);
/* The chain as a `json:{…}` file name for qemu-img and qemu-io, the caller's. Every layer's header
 * is checked. */
char *disk_json_name(const struct disk_chain *chain, struct pyro_error *err) MUST_CHECK;

#endif
