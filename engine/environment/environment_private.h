/* Names and paths shared by the files of engine/environment. */
#ifndef PYRO_ENVIRONMENT_PRIVATE_H
#define PYRO_ENVIRONMENT_PRIVATE_H

#include "engine/environment/environment_record.h"
#include "engine/helper/progress.h"

#define ENVIRONMENT_LOG_SUFFIX ".log"
#define ENVIRONMENT_UNIQUE_DIGITS 16 /* KEY-HEX: an installation */
#define ENVIRONMENT_HEAD_BYTES (256 * 1024)

/* The digests and state of an image, for its record; reads all of it. *ret has been zeroed. */
bool environment_measure(const char *base_path, struct environment_image *ret,
                         struct pyro_error *err) MUST_CHECK;
/* Takes KEY's lock (fs_lock), at once or not at all … */
int environment_try_lock(const char *cache_dir, const char *key, struct pyro_error *err) MUST_CHECK;
/* … or once another pull is through with it (turn_wait). */
int environment_lock(const char *cache_dir, const char *key, const struct progress *progress,
                     struct pyro_error *err) MUST_CHECK;
/* Removes a tree that may hold files of subordinate users, inside a user namespace when needed. */
bool environment_remove_tree(const char *path, struct pyro_error *err) MUST_CHECK;

#endif
