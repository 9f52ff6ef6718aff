/* An archive as a stream of files (vmm/base/tree.h), every member checked. */
#ifndef PYRO_IMAGE_TAR_TO_TREE_H
#define PYRO_IMAGE_TAR_TO_TREE_H

#include <archive.h>

#include "vmm/base/tree.h"

struct tar_limits {
    uint64_t max_bytes, max_entries; /* what fits at the destination; 0: no limit */
};

/*
 * Reads it all. With an output it goes there, DONE included; without one it is only checked. A
 * refused or unreadable member is an error that names it: absolute names, "..", writes through a
 * link, hard links to files not in the archive, devices, sockets, FIFOs. PYRO_NO_SPACE past the
 * limits.
 */
bool tar_to_tree(struct archive *a, struct tree_output *out, const struct tar_limits *limits,
                 struct tree_counts *ret, struct pyro_error *err) MUST_CHECK;

#endif
