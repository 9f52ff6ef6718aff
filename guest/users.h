/* Users and groups of the guest, by its own /etc/passwd and /etc/group. */
#ifndef PYRO_GUEST_USERS_H
#define PYRO_GUEST_USERS_H

#include <sys/types.h>

#include "vmm/base/error.h"

#define USERS_GROUPS_MAX 256

struct guest_user {
    uid_t uid;
    gid_t gid, groups[USERS_GROUPS_MAX];
    size_t group_count;
    char name[256]; /* "": passwd has none */
    char home[1024], shell[1024];
};

/*
 * The user of a text as an image's configuration has it: "name", "uid", either with ":group" or
 * ":gid". A number need not be in passwd, a name must. Files that are larger than a MiB, and what in
 * them is not an entry, are not read. PYRO_GUEST_ERROR.
 */
bool user_find(const char *text, struct guest_user *ret, struct pyro_error *err) MUST_CHECK;
/* The same in the texts of both files, which are cut up; NULL: there is no such file. */
bool user_find_in(const char *text, char *passwd, char *group, struct guest_user *ret,
                  struct pyro_error *err) MUST_CHECK;

#endif
