/* Names and paths shared by the files of engine/environment. */
#ifndef PYRO_ENVIRONMENT_PRIVATE_H
#define PYRO_ENVIRONMENT_PRIVATE_H

#include "engine/helper/progress.h"
#include "vmm/base/error.h"
#include "vmm/base/json.h"

#define ENVIRONMENT_PULL_PREFIX "pull-" /* pull-KEY: the work directory of a pull */
#define ENVIRONMENT_LOCK_PREFIX "lock-"
#define ENVIRONMENT_RECORD_SUFFIX ".json"
#define ENVIRONMENT_LOG_SUFFIX ".log"
#define ENVIRONMENT_UNIQUE_DIGITS 16 /* KEY-HEX: an installation */
#define ENVIRONMENT_HEAD_BYTES (256 * 1024)

/* The name as file names have it: "debian@12". The caller frees. */
char *environment_key(const char *name);
/* Reads NAME's record; NULL with sys_errno ENOENT when there is none. The caller's. */
json_t *environment_read_record(const char *cache_dir, const char *name,
                                struct pyro_error *err) MUST_CHECK;
bool environment_write_record(const char *cache_dir, const char *name, const json_t *record,
                              struct pyro_error *err) MUST_CHECK;
/* The digests and state of an image, for its record: {digest, head_digest, state, image_bytes,
 * size_bytes}. Reads all of it. */
json_t *environment_measure(const char *base_path, struct pyro_error *err) MUST_CHECK;
/* Takes KEY's lock (fs_lock), at once or not at all … */
int environment_try_lock(const char *cache_dir, const char *key, struct pyro_error *err) MUST_CHECK;
/* … or once another pull is through with it (turn_wait). */
int environment_lock(const char *cache_dir, const char *key, const struct progress *progress,
                     struct pyro_error *err) MUST_CHECK;
/* Removes a tree that may hold files of subordinate users, inside a user namespace when needed. */
bool environment_remove_tree(const char *path, struct pyro_error *err) MUST_CHECK;

#endif
