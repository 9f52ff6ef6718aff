/*
 * The kernel and the initramfs every VM boots from, kept in the cache's boot/. The kernel is
 * Debian's cloud flavour, fetched with pyro's own apt state and unpacked, never installed; the
 * initramfs holds the guest program carried in pyro and the virtio modules.
 */
#ifndef PYRO_ENVIRONMENT_BOOT_H
#define PYRO_ENVIRONMENT_BOOT_H

#include "engine/helper/progress.h"
#include "vmm/base/error.h"

struct boot_files {
    char *kernel;         /* path of a bzImage */
    char *kernel_version; /* "6.1.0-13-cloud-amd64" */
    char *kernel_digest;  /* "xxh3:HEX" */
    char *initramfs;      /* path of a newc cpio; its name changes with kernel and guest program */
    char *initramfs_digest;
};

void boot_files_release(struct boot_files *b);

/*
 * Fetches and builds what is missing or fails its digest, then fills *ret. Fast when everything is
 * there (sizes and times as recorded when the digest was last checked). Two at once: the second
 * waits. `progress` may be NULL. PYRO_PULL_FAILED, PYRO_DEPENDENCY_MISSING, PYRO_NO_SPACE,
 * PYRO_PERMISSION.
 */
bool boot_files_ensure(const struct progress *progress, struct boot_files *ret,
                       struct pyro_error *err) MUST_CHECK;

/* The digest of the guest program that this pyro carries: machines with another one are of another
 * version. Borrowed. */
const char *boot_guest_digest(void);

#endif
