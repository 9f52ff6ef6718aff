/*
 * Installed environments. In the environment cache each has a record, NAME.json (':' written as
 * '@'), which names the directory that holds base.ext4, the read-only root disk. Every pull that
 * builds an image puts it in a new directory and then replaces the record by rename: an environment
 * is there completely or not at all, and the disks of workspaces based on an older image never see
 * it change.
 */
#ifndef PYRO_ENVIRONMENT_H
#define PYRO_ENVIRONMENT_H

#include <stdint.h>

#include "engine/helper/progress.h"
#include "vmm/base/error.h"
#include "vmm/base/json.h"

struct environment {
    char *name;        /* "debian:12" */
    char *install_dir; /* absolute; the name of the directory is unique to this installation */
    char *base_path;   /* install_dir/base.ext4, raw */
    char *base_digest; /* "xxh3:HEX" of the image's content */
    char *digest;      /* of all that it is; a template's key holds it. The same without overlays */
    char *reference_digest; /* of an image: what its reference meant; NULL: it is of none */
    json_t *image;          /* of an image: {env, entrypoint, cmd, ports, user, working_dir,
                               stop_signal} of its configuration; NULL: it is of none */
    unsigned overlay_count; /* layers above the image: install_dir/1.qcow2 and so on (overlays.h) */
    int64_t size_bytes;     /* disk space that all of it takes */
    int64_t image_bytes;    /* size of the image as the guest sees it */
};

void environment_release(struct environment *e);

/*
 * The name in full, new: that of the catalog or of an installed environment, else that of an image
 * (engine/registry/reference.h). PYRO_ENVIRONMENT_NOT_FOUND: it can be neither.
 */
char *environment_full_name(const char *name, struct pyro_error *err) MUST_CHECK;
/*
 * Opens an installed environment and checks it cheaply: record, size, the digest of the image's
 * first blocks; when the image was touched since its last whole check, or the machine went down before
 * it was on the disk, that is done again.
 * PYRO_ENVIRONMENT_NOT_FOUND: no such name in the catalog, or not installed (then sys_errno is
 * ENOENT); PYRO_ENVIRONMENT_BROKEN: the files fail the check, a pull repairs them. Release *ret
 * with environment_release.
 */
bool environment_open(const char *name, struct environment *ret, struct pyro_error *err) MUST_CHECK;
/* Whether the whole image has the digest that its record states; reads all of it. */
bool environment_check(const struct environment *e, struct pyro_error *err) MUST_CHECK;

/*
 * An image that has just been installed may not be on the disk yet: its record names the boot that it
 * was written in, and one that is opened in a later boot is checked as a whole. This waits for the
 * disk, and the record forgets that. One that is being pulled again, or that
 * this user may not write to, is left alone.
 */
bool environment_settle(const char *name, struct pyro_error *err) MUST_CHECK;
/* A machine of the environment that this process has made has started: it stays installed (trial.h). */
bool environment_trial_passed(const char *name, struct pyro_error *err) MUST_CHECK;

/* The object that `env inspect` and `env pull` show; the caller owns it. NULL on failure. */
json_t *environment_inspect(const char *name, struct pyro_error *err) MUST_CHECK;
/* {catalog_version, environments: […]}: the catalog, and what else is installed; the caller owns it.
 * NULL on failure. */
json_t *environment_list(struct pyro_error *err) MUST_CHECK;

/*
 * Removes an installed environment, not the kept base of a workspace's disk. The result {name,
 * freed_bytes} is the caller's. NULL on failure: PYRO_ENVIRONMENT_NOT_FOUND.
 */
json_t *environment_remove(const char *name, const struct progress *progress,
                           struct pyro_error *err) MUST_CHECK;
/*
 * Removes environments, kept bases (base.h), kernels, blobs and leftovers of pulls that are not in use.
 * `used` holds `used_count` paths (of base.ext4, of an install directory, of a kept base, or of a
 * kernel or initramfs): what they name stays, and so does an environment whose image is a kept base
 * named there, or one from an archive. base_lock() has been held since before `used` was made. With dry_run nothing is
 * removed. The result {removed: [{name, path, size_bytes}], freed_bytes} is the caller's. NULL on
 * failure.
 */
json_t *environment_prune(const char *const *used, size_t used_count, bool dry_run,
                          struct pyro_error *err) MUST_CHECK;

#endif
