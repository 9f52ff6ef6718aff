/* engine/shell/frames.c: a recording through a pane, waited for frame by frame. */
#include "engine/shell/frames.h"

#include <stdlib.h>
#include <string.h>

#include "engine/term/pane.h"
#include "vmm/base/utf8.h"

struct frames {
    const struct frames_spec *spec;
    frame_fn *fn;
    void *arg;
    struct loop *loop;
    struct pane *pane;
    struct pyro_error *err;
    bool failed, painted, ended; /* ended: fn has had enough */
    int64_t every_ms;
    bool pending;      /* something was fed since the last frame … */
    struct frame next; /* … which this one will show */
    struct term_cell *cells;
    struct term_cell **row;
    bool *dirty;
    char bytes[RECORDING_STEP_MAX];
};

static void frames_on_painted(void *arg)
{
    ((struct frames *)arg)->painted = true;
}

static void frames_on_ready(void *arg UNUSED)
{
}

static void frames_on_failed(void *arg, const struct pyro_error *why)
{
    struct frames *f = arg;

    f->failed = true;
    pyro_copy(f->err, why);
}

/* ---- a frame ---- */

/* The row without what it must not show, in one look: where text was taken out, columns mean
 * nothing. */
static bool redact_row(const struct frames *f, struct term_cell *cells, int n)
{
    scoped_buf text = BUF_INIT((size_t)64 * FRAMES_COLS_MAX);
    scoped_buf hidden = BUF_INIT((size_t)640 * FRAMES_COLS_MAX);
    size_t at = 0;

    if (!f->spec->redactor)
        return true;
    if (!term_cells_text(&text, cells, n))
        return false;
    if (!text.len || !redact_finds(f->spec->redactor, text.data, text.len, false))
        return true;
    if (!redact_text(f->spec->redactor, text.data, text.len, false, &hidden))
        return false;
    for (int col = 0; col < n; col++) {
        size_t len = at < hidden.len ? utf8_valid_length(hidden.data + at, hidden.len - at) : 0;
        cells[col] = TERM_CELL_BLANK;
        if (len == 1) /* others would need their width */
            cells[col].chars[0] = (unsigned char)hidden.data[at];
        at += len ? len : 1;
    }
    return true;
}

static bool take_rows(struct frames *f)
{
    const struct pane_view *view = pane_view(f->pane);

    for (int row = 0; row < f->next.rows; row++) {
        const struct term_cell *from = view->cell + (size_t)row * (size_t)f->next.cols;
        f->dirty[row] = view->dirty[row];
        if (!f->dirty[row])
            continue;
        memcpy(f->row[row], from, (size_t)f->next.cols * sizeof(*from));
        if (!redact_row(f, f->row[row], f->next.cols))
            return pyro_no_memory(f->err, "drawing a recording");
    }
    return true;
}

static bool show(struct frames *f)
{
    const struct pane_view *view;

    f->pending = f->painted = false;
    pane_paint(f->pane);
    while (!f->painted && !f->failed)
        loop_run_once(f->loop, -1);
    if (f->failed || !take_rows(f))
        return false;
    view = pane_view(f->pane);
    f->next.cursor_row = view->cursor_visible ? view->cursor_row : f->next.rows;
    f->next.cursor_col = view->cursor_col;
    f->ended = !f->fn(f->arg, &f->next, f->err);
    pane_view_drawn(f->pane);
    return !f->ended;
}

/* ---- the recording ---- */

static bool wait_until_ready(struct frames *f)
{
    while (!f->failed && !pane_is_ready(f->pane))
        loop_run_once(f->loop, -1);
    return !f->failed;
}

static bool feed(struct frames *f, const void *bytes, size_t n)
{
    if (!wait_until_ready(f))
        return false;
    pane_feed(f->pane, PANE_FEED, bytes, n);
    return true;
}

static bool resize(struct frames *f, int rows, int cols)
{
    return wait_until_ready(f) &&
           (pane_resize(f->pane, rows, cols) ||
            pyro_fail(f->err, PYRO_INTERNAL, "the terminal of the recording grows too large"));
}

static bool apply(struct frames *f, const struct recording_step *s)
{
    static const char leave_alternate[] = "\033[?1049l";

    switch (s->kind) {
    case STEP_RESIZE:
        return resize(f, s->rows, s->cols);
    case STEP_LEAVE_ALTERNATE:
        return feed(f, leave_alternate, sizeof(leave_alternate) - 1);
    case STEP_OUTPUT:
        break;
    }
    return recording_read(f->spec->recording, s, f->bytes, f->err) &&
           feed(f, f->bytes, (size_t)(s->to - s->from));
}

static bool draw_all(struct frames *f)
{
    const struct recording *r = f->spec->recording;
    struct recording_walk walk;
    struct recording_step step;
    int64_t at = 0, last = 0;

    recording_walk_init(&walk, r);
    while (recording_walk_next(&walk, &step)) {
        int64_t gap = step.ms - last;
        at += gap < RECORDING_GAP_MAX_MS ? gap : RECORDING_GAP_MAX_MS;
        last = step.ms;
        if (f->pending && at - f->next.ms >= f->every_ms && !show(f))
            return false;
        if (!f->pending) {
            f->pending = true;
            f->next.ms = at;
            f->next.wall = r->started_at + (double)step.ms / 1000;
        }
        if (!apply(f, &step))
            return false;
    }
    return show(f);
}

/* ---- life ---- */

static void largest(const struct frames_spec *spec, int *ret_rows, int *ret_cols)
{
    const struct shell_notes *notes = &spec->recording->notes;

    *ret_rows = notes->rows;
    *ret_cols = notes->cols;
    for (size_t i = 0; i < notes->resize_count; i++) {
        if (notes->resizes[i].rows > *ret_rows)
            *ret_rows = notes->resizes[i].rows;
        if (notes->resizes[i].cols > *ret_cols)
            *ret_cols = notes->resizes[i].cols;
    }
}

void frames_size(const struct frames_spec *spec, int *ret_rows, int *ret_cols)
{
    largest(spec, ret_rows, ret_cols);
    if (*ret_rows > FRAMES_ROWS_MAX)
        *ret_rows = FRAMES_ROWS_MAX;
    if (*ret_cols > FRAMES_COLS_MAX)
        *ret_cols = FRAMES_COLS_MAX;
}

static bool start(struct frames *f)
{
    static const struct pane_ops ops = { .painted = frames_on_painted,
                                         .ready = frames_on_ready,
                                         .failed = frames_on_failed };
    const struct shell_notes *notes = &f->spec->recording->notes;
    struct pane_options options = { .start = { .rows = notes->rows,
                                               .cols = notes->cols,
                                               .alternate = notes->alt_screen,
                                               .in_string = notes->in_string } };
    int rows, cols;

    frames_size(f->spec, &rows, &cols);
    largest(f->spec, &options.rows_max, &options.cols_max);
    f->cells = calloc((size_t)rows * (size_t)cols, sizeof(*f->cells));
    f->row = calloc((size_t)rows, sizeof(*f->row));
    f->dirty = calloc((size_t)rows, sizeof(*f->dirty));
    if (!f->cells || !f->row || !f->dirty)
        return pyro_no_memory(f->err, "drawing a recording");
    for (int row = 0; row < rows; row++)
        f->row[row] = f->cells + (size_t)row * (size_t)cols;
    f->next = (struct frame){ .rows = rows, .cols = cols, .dirty = f->dirty, .row = f->row };
    f->loop = loop_new(f->err);
    f->pane = f->loop ? pane_new(f->loop, &options, &ops, f, f->err) : NULL;
    return f->pane && (pane_set_rect(f->pane, &(struct pane_rect){ 0, 0, rows, cols }) ||
                       pyro_no_memory(f->err, "drawing a recording"));
}

bool frames_each(const struct frames_spec *spec, frame_fn *fn, void *arg, struct pyro_error *err)
{
    struct pyro_error own = { 0 };
    struct frames *f = calloc(1, sizeof(*f));
    bool ok;

    BUG_ON(!f);
    f->spec = spec;
    f->fn = fn;
    f->arg = arg;
    f->err = &own;
    f->every_ms = recording_playing_ms(spec->recording) / spec->count_max;
    if (f->every_ms < spec->every_ms)
        f->every_ms = spec->every_ms;
    ok = (start(f) && draw_all(f)) || (f->ended && !own.code);
    if (!ok)
        pyro_copy(err, &own);
    pane_free(f->pane);
    loop_free(f->loop);
    free(f->cells);
    free(f->row);
    free(f->dirty);
    free(f);
    return ok;
}
