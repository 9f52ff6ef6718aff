/*
 * A recording as frames: its screen, drawn by a pane's child, each time that something has changed
 * and some time has passed since the last one. Pauses are cut as when it is played. What holds a
 * secret once it is drawn is drawn without it.
 */
#ifndef PYRO_SHELL_FRAMES_H
#define PYRO_SHELL_FRAMES_H

#include "engine/shell/recording.h"
#include "engine/term/cell.h"
#include "vmm/base/redact.h"

/* A larger terminal's rest is not shown. */
#define FRAMES_ROWS_MAX 200
#define FRAMES_COLS_MAX 400

struct frames_spec {
    const struct recording *recording;
    const struct redactor *redactor; /* NULL: nothing is secret */
    const char *title;
    int64_t every_ms; /* frames are at least this far apart … */
    int count_max;    /* … and further where there were more than this */
};

struct frame {
    int64_t ms;        /* since the beginning, pauses cut */
    double wall;       /* epoch seconds */
    int rows, cols;    /* of all frames: the largest that the terminal was */
    const bool *dirty; /* rows that have changed since the last frame; in the first: all */
    struct term_cell *const *row;
    int cursor_row, cursor_col; /* beyond the rows when it is not shown */
};
/* False ends it: with `err` set as an error, else as enough. */
typedef bool frame_fn(void *arg, const struct frame *f, struct pyro_error *err);

/* Calls fn for each. Blocks. Errors: those of the renderer, PYRO_NO_MEMORY, fn's. */
bool frames_each(const struct frames_spec *spec, frame_fn *fn, void *arg,
                 struct pyro_error *err) MUST_CHECK;
/* The size of all frames. */
void frames_size(const struct frames_spec *spec, int *ret_rows, int *ret_cols);

#endif
