/*
 * Templates: one VM booted once to "agent ready", stopped and saved; every workspace starts as a
 * copy of it.
 *
 * A template is a directory TEMPLATES/KEY with `ram` (sparse), `state` (the devices) and
 * `template.json` (what it was made from, and the digests of both). KEY is a digest over all that a
 * copy depends on: QEMU's version, host (host.h), accelerator, kernel and its arguments, initramfs
 * (with the guest program in it), environment, vCPUs, memory, network or not, kind. It is built in a temporary
 * directory under a lock and renamed; a killed builder leaves debris that the next one sweeps. One
 * that fails its checks is built again. When more than 4 GiB are allocated, the least recently used
 * that no one runs are removed.
 */
#ifndef PYRO_TEMPLATE_H
#define PYRO_TEMPLATE_H

#include "vmm/accel.h"
#include "vmm/base/error.h"
#include "vmm/base/turn.h"
#include "vmm/disk.h"
#include "vmm/qemu.h"
#include "vmm/ram.h"

#define TEMPLATES_BYTES_MAX (4LL << 30)

enum template_kind {
    TEMPLATE_FRESH,  /* root mounted read-only and warmed: for a disk that equals the base */
    TEMPLATE_RESTART /* nothing of the disk's content known; independent of the environment */
};

/* The wanted template. All strings are borrowed. */
struct template_spec {
    const char *templates_dir; /* one directory a template */
    const char *cache_dir;     /* for QEMU's version and KVM's verdict */
    enum template_kind kind;
    const char *kernel_path, *kernel_digest;
    const char *initramfs_path, *initramfs_digest;
    /* TEMPLATE_FRESH only, else NULL: the layers of the environment, and their digest. */
    const struct disk_chain *base;
    const char *environment_digest;
    /* TEMPLATE_RESTART: the size of the disks it is for, which the guest then knows already; 0: for
     * disks of any size. */
    uint64_t disk_bytes;
    const char *const *warm; /* for `prepare` (guest/warm.h), NULL-terminated; may be NULL */
    unsigned vcpu_count, mem_mib;
    bool network; /* a network device */
    /* Tells in a few words what takes long ("booting a template"); may be NULL. */
    void (*progress)(void *arg, const char *what);
    void *arg;
};

#define TEMPLATE_KEY_BYTES 40

/* An opened template: what vm_start() copies. Holds a shared lock on it while it is open. */
struct template
{
    char key[TEMPLATE_KEY_BYTES];
    struct ram_identity ram;
    /* Of a captured memory that was merged into one of its own (saved.h): the digest of the template's,
     * which it was made of. "": it is the template's. */
    char merged_on[RAM_DIGEST_HEX + 1];
    struct qemu qemu;
    enum accel_kind accel;
    enum template_kind kind;
    unsigned vcpu_count, mem_mib;
    bool network;
    int ram_fd;   /* sealed memfd */
    int state_fd; /* file of the devices' state, at offset 0 for each copy */
    int lock_fd;
    bool built; /* it was made by this call */
};
#define TEMPLATE_INIT { .ram_fd = -1, .state_fd = -1, .lock_fd = -1 }

/*
 * Opens the template, building it first when it is missing or damaged: that takes 3 to 6 s under
 * emulation, up to BOOT_SILENCE_MS (boot.h) more where KVM turns out to hang; one that another pyro
 * builds is waited for, and `progress` told so. Picks the accelerator (accel.h) and falls back from
 * KVM by itself. Blocks, but no step of it for ever. PYRO_VM_FAILED, PYRO_TIMEOUT,
 * PYRO_WORKSPACE_BUSY (the other build took too long), PYRO_GUEST_ERROR, PYRO_KVM_REQUIRED,
 * PYRO_NO_SPACE, PYRO_DEPENDENCY_MISSING.
 */
bool template_open(const struct template_spec *spec, struct template *ret,
                   struct pyro_error *err) MUST_CHECK;
/* The same where it is installed and passes its checks; else false, and nothing is built. */
bool template_open_installed(const struct template_spec *spec, struct template *ret,
                             struct pyro_error *err) MUST_CHECK;
/*
 * Builds it although nobody waits for it, and installs it. PYRO_WORKSPACE_BUSY where another process
 * does so for any template. One that its own image fails is not tried again for a day
 * (template_failed.h).
 */
bool template_build_behind(const struct template_spec *spec, struct pyro_error *err) MUST_CHECK;
/* The key of the template that template_open() would open now. Does not build one. */
bool template_key(const struct template_spec *spec, char ret[TEMPLATE_KEY_BYTES],
                  struct pyro_error *err) MUST_CHECK;
/* Closes everything; a released or TEMPLATE_INIT one is fine. */
void template_release(struct template *t);

/*
 * Removes templates that nobody runs, the least recently used first, until at most max_bytes are
 * allocated. Returns the bytes freed; with dry_run nothing is removed, and those that would be.
 * Waits for a build that is under way, and tells so by `tell` (may be NULL); -1 when that took too
 * long.
 */
int64_t template_prune(const char *templates_dir, int64_t max_bytes, bool dry_run,
                       turn_tell_fn *tell, void *arg, struct pyro_error *err) MUST_CHECK;
/* The same down to TEMPLATES_BYTES_MAX, but where another builds it is left to that one. */
void template_prune_old(const char *templates_dir);

#endif
