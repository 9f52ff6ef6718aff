/* The rows of a snapshot, of the commands about snapshots. */
#ifndef PYRO_COMMANDS_SNAPSHOT_ROWS_H
#define PYRO_COMMANDS_SNAPSHOT_ROWS_H

#include "engine/cmd/spec.h"

#define ARG_SNAPSHOT(S, F, ...)                                                                    \
    { ARG_ROW_NAMED_("snapshot_name", S, F, ARG_TYPE_STR, const char *), .positional = true,       \
      .metavar = "NAME", .agent = "", __VA_ARGS__ }

#define RES_SNAPSHOT_ROWS                                                                          \
    RES_STR("snapshot_name"), RES_STR("kind", .choices = snapshot_kinds), RES_NUM("created_at"),   \
        RES_INT("bytes_written",                                                                   \
                .help = "What it takes on the host, beyond the layers it is based on"),            \
        RES_INT("memory_bytes", .nullable = true,                                                  \
                .help = "What its memory takes, of one that has it"),                              \
        RES_BOOL("deletable")

extern const char *const snapshot_kinds[];

#endif
