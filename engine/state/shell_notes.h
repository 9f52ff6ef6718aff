/* A shell's events for a stretch of its log: the state at its start, and the changes on the way. */
#ifndef PYRO_SHELL_NOTES_H
#define PYRO_SHELL_NOTES_H

#include "engine/state/shell_files.h"
#include "engine/state/shell_state.h"
#include "engine/term/plain.h"

struct shell_notes {
    uint64_t start, cursor, end;
    int cols, rows;                             /* at `start` */
    bool alt_screen, alt_at_cursor, alt_at_end; /* at `start`, `cursor` and `end` */
    char in_string;               /* the kind of the long control string that `start` is in, or 0 */
    struct plain_resize *resizes; /* after `start` up to `end`, offsets from `start` */
    size_t resize_count, resize_room;
    struct alt_notes alternations; /* that no sequence in the log causes */
    size_t *exits;                 /* those of them that end the alternate screen */
    size_t exit_count;
    bool no_memory;
};

/* Release it on success. Reads what follows the last state before `start`: of the events up to the
 * first state after `end`, and of the log, SHELL_STATE_EVERY bytes or little more for each place.
 * `end` UINT64_MAX: to the end, and alt_at_end is not set. */
bool shell_notes_load(int workspace_fd, const char *id, uint64_t start, uint64_t end,
                      struct shell_notes *ret, struct pyro_error *err) MUST_CHECK;
/* The same for a stretch that begins before the requested one, which begins at `cursor`. */
struct shell_stretch {
    uint64_t start, cursor, end;
};
bool shell_notes_load_around(int workspace_fd, const char *id, struct shell_stretch stretch,
                             struct shell_notes *ret, struct pyro_error *err) MUST_CHECK;
/* A part of the log; `at` is its offset there. */
struct shell_window {
    const char *bytes;
    size_t size;
    uint64_t at;
};
/*
 * Where the rendering of a screen begins in a window that ends with it, and the state there:
 * screen_find_start(), except that an alternate screen whose program is gone does not count.
 * *ret_from is the place in the window.
 */
bool shell_notes_load_screen(int workspace_fd, const char *id, struct shell_window window,
                             size_t *ret_from, struct shell_notes *ret,
                             struct pyro_error *err) MUST_CHECK;
void shell_notes_release(struct shell_notes *notes);
/* As the renderers want it; borrows the notes. */
struct plain_options shell_notes_options(const struct shell_notes *notes, bool ended);

#endif
