/*
 * The base images of workspaces' disks, kept beside the workspaces: bases/HEX.ext4 in the data
 * directory, HEX being the digest of the content. A hard link to the environment's image where
 * cache and data share a file system, else a copy; read-only (0444), put in place by rename and
 * never written. So whatever happens to the cache, and whatever a later pull installs, a
 * workspace's disk does not change.
 */
#ifndef PYRO_BASE_H
#define PYRO_BASE_H

#include "vmm/base/error.h"
#include "vmm/base/json.h"
#include "vmm/base/turn.h"

/*
 * Keeps an environment's image, whose content has this digest ("xxh3:HEX"), and returns the path of
 * the kept file, the caller's. Does nothing when it is there. From the call until a record names
 * the path, hold base_lock(), or a prune may come between.
 */
char *base_keep(const char *image_path, const char *digest, struct pyro_error *err) MUST_CHECK;
/* The path that base_keep() would give; NULL for an invalid digest. The caller's. */
char *base_path_of(const char *digest, struct pyro_error *err) MUST_CHECK;
/*
 * Turns a path named by a record into that of the kept image: older versions named the image in the
 * cache. Keeps it first if need be, once its content has been read and has the digest; a path that
 * cannot be replaced stays. NULLs are fine.
 */
void base_update_path(char **path, const char *digest);
/* Held while bases are kept and named, or removed; waits for its turn. -1 on failure. */
int base_lock(turn_tell_fn *tell, void *arg, struct pyro_error *err) MUST_CHECK;
/* Calls fn for each kept image and each leftover of a killed keeper; base_lock() is held. */
typedef bool base_each_fn(void *arg, const char *path);
bool base_each(base_each_fn *fn, void *arg, struct pyro_error *err) MUST_CHECK;

#endif
