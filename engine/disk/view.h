/*
 * Handing a workspace's disk to pyro-image. The layer must not change: that of a snapshot or the
 * baseline does not, others are held first (hold.h).
 */
#ifndef PYRO_DISK_VIEW_H
#define PYRO_DISK_VIEW_H

#include "engine/state/layers.h"
#include "engine/state/record.h"
#include "vmm/base/proc.h"

/* The open layers of a chain, from the base up to one layer. */
struct disk_fds {
    int fds[DISK_LAYERS_MAX];
    unsigned count;
    unsigned baseline; /* the index of the baseline's layer in it (it is always on the way) */
};
/* Opens them read only, each header checked. `layer`: the top one. PYRO_RECORD_INVALID,
 * PYRO_WORKSPACE_STATE without a disk. */
bool disk_fds_open(int dir_fd, const struct workspace_record *r, uint32_t layer,
                   struct disk_fds *ret, struct pyro_error *err) MUST_CHECK;
void disk_fds_release(struct disk_fds *d);
#define scoped_disk_fds __attribute__((cleanup(disk_fds_release)))
/*
 * Passes them to a child from descriptor `first` on, and writes "FIRST,FIRST+1,…", the value of an
 * IMAGE_OPTION_FDS ("--layer-fds"), into ret[DISK_FDS_TEXT].
 */
#define DISK_FDS_TEXT (DISK_LAYERS_MAX * 4 + 8)
void disk_fds_pass(const struct disk_fds *d, struct proc_spec *spec, int first, char *ret);

#endif
