/*
 * Kernels in the cache: boot/kernel-VERSION/ holds vmlinuz, the virtio modules and record.json with
 * their digests; put there by rename, so complete or absent.
 */
#ifndef PYRO_KERNEL_H
#define PYRO_KERNEL_H

#include "engine/progress.h"
#include "vmm/base/error.h"

#define KERNEL_MODULES_MAX 16

struct kernel {
    char *directory; /* path */
    char *version;
    char *digest;                            /* of vmlinuz */
    const char *modules[KERNEL_MODULES_MAX]; /* names of those there are, in load order */
    unsigned module_count;
};

void kernel_release(struct kernel *k);
/* The newest kernel in the cache that passes its digests; false without one (no error value: it is
 * no failure). */
bool kernel_find(const char *boot_dir, struct kernel *ret) MUST_CHECK;
/* Fetches and unpacks Debian's current one. The caller holds the boot directory's lock. Blocks. */
bool kernel_fetch(const char *boot_dir, const struct progress *progress, struct kernel *ret,
                  struct pyro_error *err) MUST_CHECK;

#endif
