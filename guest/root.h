/* The root file system: kernel modules, the disk, and making it the root. */
#ifndef PYRO_GUEST_ROOT_H
#define PYRO_GUEST_ROOT_H

#include "guest/guest.h"

/* Mounts what a Debian system expects (/proc, /sys, /dev, …) in the initramfs. */
void root_mount_system(void);
/* Loads virtio_blk, mounts /dev/vda and makes it the root. No effect when that was done before. */
bool root_mount_disk(struct guest *g, bool writable, struct pyro_error *err) MUST_CHECK;
/* Remounts a read-only root writable. */
bool root_make_writable(struct pyro_error *err) MUST_CHECK;
/* The member "root" of a request. */
bool root_get_mode(const json_t *request, bool *ret_mounted, struct pyro_error *err) MUST_CHECK;
/* Unmounts what can be unmounted and makes the root read-only. */
void root_release(void);

bool root_op_prepare(struct guest *g, const json_t *request, json_t **ret, struct pyro_error *err);

#endif
