/*
 * Kernels in the cache: boot/kernel-VERSION/ holds vmlinuz, the modules that machines may load (a
 * stream, tree.h) and record.json with their digests; put there by rename, so complete or absent.
 */
#ifndef PYRO_KERNEL_H
#define PYRO_KERNEL_H

#include "engine/helper/progress.h"
#include "vmm/base/error.h"

#define KERNEL_FILE "vmlinuz"
#define KERNEL_MODULES "modules.tree"

struct kernel {
    char *directory; /* path */
    char *version;
    char *digest; /* of vmlinuz */
};

void kernel_release(struct kernel *k);
/* The newest kernel in the cache that passes its digests; false without one (no error value: it is
 * not a failure). */
bool kernel_find(const char *boot_dir, struct kernel *ret) MUST_CHECK;
/* Fetches and unpacks Debian's current one. The caller holds the boot directory's lock. Blocks. */
bool kernel_fetch(const char *boot_dir, const struct progress *progress, struct kernel *ret,
                  struct pyro_error *err) MUST_CHECK;

#endif
