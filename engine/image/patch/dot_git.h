/*
 * Names that belong to git. git-apply(1) refuses a patch with such a name in it, on every system,
 * because a file system may take it for ".git": without regard to case, after characters that HFS+
 * ignores, and as NTFS shortens and extends it ("git~1", ".git ", ".git::$INDEX_ALLOCATION").
 */
#ifndef PYRO_IMAGE_DOT_GIT_H
#define PYRO_IMAGE_DOT_GIT_H

#include <stdbool.h>
#include <stddef.h>

/* Whether one component of a path is such a name. */
bool is_dot_git(const char *name, size_t n);
/* Whether any component of a path is one, also when separated by a backslash. */
bool has_dot_git(const char *path);
/* Whether a symbolic link may not have this name: git never reads .gitmodules through one. */
bool is_dot_gitmodules(const char *path);

#endif
