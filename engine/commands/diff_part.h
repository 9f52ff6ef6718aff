/* A part of a long diff: --cursor and --max-chars. */
#ifndef PYRO_COMMANDS_DIFF_PART_H
#define PYRO_COMMANDS_DIFF_PART_H

#include "engine/cmd/io.h"

struct diff_part_args {
    const char *cursor;
    int64_t max_chars; /* ARG_UNSET: all */
};

/*
 * Leaves of a diff's entries those of the part that was asked for, the first and last with a part of
 * their patch if it does not fit, and as `patch` what they have; adds next_cursor and truncated, and
 * `cut` to each entry. Paths count in max_chars. Parts joined are the whole. PYRO_WORKSPACE_STATE
 * when the cursor is of a diff that is no longer the same.
 */
bool diff_part_cut(json_t *diff, const struct diff_part_args *part, const struct cmd_io *io,
                   struct pyro_error *err) MUST_CHECK;

#endif
