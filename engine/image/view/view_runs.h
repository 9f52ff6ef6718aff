/* Where a file's content is on the disk. */
#ifndef PYRO_IMAGE_VIEW_RUNS_H
#define PYRO_IMAGE_VIEW_RUNS_H

#include "engine/image/view/view.h"

/* A stretch of a file's blocks, contiguous in the file and on the disk. False ends it. */
typedef bool view_run_fn(void *arg, uint64_t logical, uint64_t physical, uint32_t length);
/* Each stretch of a regular file that has extents, from its beginning on; holes are left out. PYRO_IO
 * where one has space that was never written. */
bool view_each_run(struct view *v, uint32_t inode, view_run_fn *fn, void *arg,
                   struct pyro_error *err) MUST_CHECK;

#endif
