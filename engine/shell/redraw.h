/* What brings a terminal to the screen that a shell had at some place of its log. */
#ifndef PYRO_SHELL_REDRAW_H
#define PYRO_SHELL_REDRAW_H

#include "engine/term/replay.h"
#include "engine/term/track.h"
#include "vmm/base/error.h"

#define REDRAW_BYTES ((size_t)1024 * 1024) /* of the log, at most */
#define REDRAW_OUT_MAX (8 * REDRAW_BYTES)

struct redraw {
    int workspace_fd, log_fd;
    const char *shell;
    uint64_t first, to; /* the oldest byte kept, and the place */
};
/*
 * Appends it to `out`, which has room for REDRAW_OUT_MAX: the screen cleared, and the output from
 * the last point on at which the whole screen was known. `replay` (set up by the caller) and `track`
 * (set up here) are then as they are for what follows.
 */
bool redraw_shell(const struct redraw *d, struct replay *replay, struct track *track,
                  struct buf *out, struct pyro_error *err) MUST_CHECK;

#endif
