/*
 * Whether this user can rely on a path: nobody but root and the user can put something else in its
 * place. As ssh(1) asks of ~/.ssh, and for the same reason.
 */
#ifndef PYRO_TRUST_H
#define PYRO_TRUST_H

#include "vmm/base/error.h"

/*
 * Checks every directory on the way to `path`, and every symbolic link: each belongs to root or to
 * the effective user, and none is writable by others, unless it is sticky (like /tmp) and what
 * follows in it is theirs. The group may write if it is root's or the user's own. A path that does
 * not exist yet is fine. PYRO_PERMISSION names the directory and says what is wrong with it.
 */
bool trust_check(const char *path, struct pyro_error *err) MUST_CHECK;

#endif
