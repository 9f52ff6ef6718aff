/*
 * The members of an archive by name, so that each can be judged by those before it: a write through
 * a link, or over a directory, is known before anything is written.
 */
#ifndef PYRO_IMAGE_MEMBERS_H
#define PYRO_IMAGE_MEMBERS_H

#include <stdint.h>

#include "vmm/base/tree.h"

struct member_name {
    enum tree_type type; /* DIRECTORY, FILE or SYMLINK; a hard link has its target's */
    bool told;           /* a directory with a member of its own: mode and time are valid */
    uint32_t mode, mtime_ns;
    int64_t mtime;
    char *path; /* NULL: a free place */
};

struct members {
    struct member_name *table; /* open addressing */
    size_t size, count;
};

void members_release(struct members *m);
/*
 * A name as an archive has it, made plain (beneath.h) into ret, of BENEATH_PATH_MAX + 1 bytes; ""
 * is the archive's root. Refuses absolute names, "..", and names that are too long.
 */
bool members_normalise(const char *name, char *ret, struct pyro_error *err) MUST_CHECK;
/* The member of that plain path, or NULL. */
struct member_name *members_find(const struct members *m, const char *path);
/*
 * Notes a plain path, and the directories it lies in. Refuses one that is in something other than
 * directories, or that is a directory here and something else there. The result is good until the
 * next call; NULL on failure.
 */
struct member_name *members_add(struct members *m, const char *path, enum tree_type type,
                                struct pyro_error *err) MUST_CHECK;

#endif
