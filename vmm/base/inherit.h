/*
 * A program started here inherits from this process only what is named. The user's environment has
 * tokens and keys, and the program may be taken over by a guest.
 */
#ifndef PYRO_INHERIT_H
#define PYRO_INHERIT_H

#include "vmm/base/error.h"

enum inherit {
    INHERIT_NOTHING = 0,
    /* The variables of one purpose: inherit.c's table has their names. */
    INHERIT_PYRO = 1 << 0,      /* … what pyro itself looks at */
    INHERIT_PACKAGES = 1 << 1,  /* … what apt and mmdebstrap fetch with */
    INHERIT_PERSON = 1 << 2,    /* … what a user's own programs find after a login */
    INHERIT_TERMINAL = 1 << 3,  /* … how output is shown */
    INHERIT_AGENT = 1 << 7,     /* … where a coding agent finds its own files */
    INHERIT_KEYS = 1 << 8,      /* … how a program that keeps credentials reaches them */
    INHERIT_DIRECTORY = 1 << 4, /* the working directory; else / */
    INHERIT_UMASK = 1 << 5,     /* else 022 */
    INHERIT_FILE_LIMIT = 1 << 6 /* of open files, as it was before files_raise(); else as raised */
};

/*
 * The environment for execve(2): those of this process's variables that `inherit` (enum inherit
 * bits) names, and before them the NAME=VALUE of `set` (NULL: none), which win. To be freed with
 * free(), but not what it points to: that is borrowed from `set` and from this process's
 * environment. NULL: out of memory.
 */
const char **inherit_environment(unsigned inherit, const char *const *set);
/* Overwrites this process's environment, which a child made by fork(2) alone still has. */
void inherit_wipe_environment(void);

#endif
