/*
 * Cursors of a shell: the offset in its log, until a reset to a snapshot with memory cuts that log.
 * What the shell prints after a cut has cursors above all that were given out before, by whichever
 * course it took then. So a cursor means the same bytes for ever, or is refused: one that was given
 * for output that a reset has taken back is never one of what came in its place.
 */
#ifndef PYRO_SHELL_CURSOR_H
#define PYRO_SHELL_CURSOR_H

#include "engine/state/shell_files.h"

/* Of a place in the log. What ends at a cut has the cursor of before it. */
uint64_t shell_cursor_at(const struct shell_record *r, uint64_t offset);
/* The place that a cursor stands for, in a log of so many bytes; PYRO_SHELL_STATE: there is none. */
bool shell_cursor_find(const struct shell_record *r, uint64_t cursor, uint64_t size,
                       uint64_t *ret_offset, struct pyro_error *err) MUST_CHECK;

/* The highest cursor of all shells, or *cursors if that is higher. */
bool shell_cursors_raise(int workspace_fd, uint64_t *cursors, struct pyro_error *err) MUST_CHECK;
/* Shells whose logs were brought back: what comes at their ends now has cursors above this one. */
bool shell_cursors_cut(int workspace_fd, uint64_t cursors, struct pyro_error *err) MUST_CHECK;

#endif
