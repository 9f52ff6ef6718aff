/* Paths in the workspace as users write them, and as the guest gets them. */
#ifndef PYRO_FILE_PATH_H
#define PYRO_FILE_PATH_H

#include "vmm/base/error.h"

/*
 * "/workspace/src/a.c", "src/a.c" or "./src//a.c" as "src/a.c", new; "/workspace" and "." as "".
 * ".." goes up by name (nothing on the way may be a symbolic link, so names are all there is).
 * PYRO_PATH_REFUSED for a path that is not below /workspace. Aborts on out-of-memory.
 */
char *file_path_parse(const char *given, struct pyro_error *err) MUST_CHECK;
/* The path as users are shown it, "/workspace/src/a.c"; new. */
char *file_path_show(const char *relative);

#endif
