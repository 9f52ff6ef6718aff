/*
 * When the lines of a plain read were printed: ID.times (shell_files.h) says when which byte came,
 * the renderer in which line that was (plain.h).
 */
#ifndef PYRO_SHELL_TIMES_H
#define PYRO_SHELL_TIMES_H

#include "engine/state/shell_files.h"

/* Of what each line begins with: "2026-05-01T12:30:00Z ", or as many blanks when it is not known. */
#define SHELL_TIME_BYTES 21

/* A new second began with the byte at `offsets[i]`, counted from the start of the stretch. */
struct shell_times {
    size_t *offsets;
    int64_t *seconds; /* epoch */
    size_t count, room;
};
void shell_times_release(struct shell_times *t);
#define scoped_shell_times __attribute__((cleanup(shell_times_release)))

/* Those of a stretch of the log; the first offset is 0 unless nothing is known of the stretch's
 * start. */
bool shell_times_load(int workspace_fd, const struct shell_record *r,
                      struct shell_event_range stretch, struct shell_times *ret,
                      struct pyro_error *err) MUST_CHECK;
/*
 * Begins each line of the text with the time at which it was written last; `lines` are those of the
 * offsets, NULL: not known. `in_line`: the text begins inside a line.
 */
bool shell_times_put(const struct shell_times *t, const int64_t *lines, bool in_line,
                     struct buf *text) MUST_CHECK;

#endif
