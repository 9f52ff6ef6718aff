/* What the commands about files share. */
#ifndef PYRO_CMD_FILE_ROWS_H
#define PYRO_CMD_FILE_ROWS_H

#include "engine/cmd/spec.h"

#define ARG_WORKSPACE_PATH(S, F, ...)                                                              \
    {                                                                                              \
        ARG_ROW_(S, F, ARG_TYPE_STR, const char *), .positional = true, .metavar = "PATH",         \
                                                    __VA_ARGS__                                    \
    }

/* "file", "directory", … */
extern const char *const artifact_types[];

#endif
