/* engine/shell/playback_pane.c: steps of a recording to a pane, as it takes them. */
#include "engine/shell/playback_pane.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/shell/redraw.h"
#include "vmm/base/fs.h"

#define PAINT_MS 100 /* at least so often it is painted while it catches up */

struct playback_pane {
    struct loop *loop;
    struct playback_pane_spec spec;
    struct pane *pane;      /* NULL: none yet, or it could not be started */
    struct pane_view empty; /* while there is none */
    struct pane_rect rect;
    struct recording_walk walk; /* what is still to be drawn */
    struct pyro_error failure;
    int64_t painted_ms;
    bool unpainted, shown;
    char bytes[REDRAW_BYTES]; /* of the log */
};

static void fail(struct playback_pane *p, const struct pyro_error *why)
{
    p->failure = *why;
    p->spec.changed(p->spec.arg);
}

/* ---- step by step ---- */

static bool feed_step(struct playback_pane *p, const struct recording_step *s,
                      struct pyro_error *err)
{
    static const char leave_alternate[] = "\033[?1049l";

    switch (s->kind) {
    case STEP_LEAVE_ALTERNATE:
        pane_feed(p->pane, PANE_FEED, leave_alternate, sizeof(leave_alternate) - 1);
        return true;
    case STEP_RESIZE:
        return pane_resize(p->pane, s->rows, s->cols) ||
               pyro_fail(err, PYRO_RECORD_INVALID,
                         "the events of the shell name a size that they did not name before");
    case STEP_OUTPUT:
        break;
    }
    if (!recording_read(p->spec.recording, s, p->bytes, err))
        return false;
    pane_feed(p->pane, PANE_FEED, p->bytes, (size_t)(s->to - s->from));
    return true;
}

static void paint(struct playback_pane *p)
{
    p->unpainted = false;
    p->painted_ms = clock_ms();
    if (p->rect.rows)
        pane_paint(p->pane);
}

static void pump(struct playback_pane *p)
{
    struct recording_step step;
    struct pyro_error why = { 0 };

    while (p->pane && pane_is_ready(p->pane)) {
        if (!recording_walk_next(&p->walk, &step))
            break;
        p->unpainted = true;
        if (!feed_step(p, &step, &why)) {
            fail(p, &why);
            return;
        }
        if (clock_ms() - p->painted_ms > PAINT_MS)
            paint(p);
    }
    if (p->unpainted && p->pane && p->walk.at >= p->walk.until)
        paint(p);
}

static void playback_pane_on_painted(void *arg)
{
    struct playback_pane *p = arg;

    p->shown = true;
    p->spec.changed(p->spec.arg);
}

static void playback_pane_on_ready(void *arg)
{
    pump(arg);
}

static void playback_pane_on_failed(void *arg, const struct pyro_error *why)
{
    fail(arg, why);
}

/* ---- from a known screen on ---- */

static bool start_child(struct playback_pane *p, const struct shell_notes *at,
                        struct pyro_error *err)
{
    static const struct pane_ops ops = { .painted = playback_pane_on_painted,
                                         .ready = playback_pane_on_ready,
                                         .failed = playback_pane_on_failed };
    const struct shell_notes *all = &p->spec.recording->notes;
    struct pane_options options = { .start = { .rows = at->rows, .cols = at->cols },
                                    .rows_max = all->rows,
                                    .cols_max = all->cols };

    for (size_t i = 0; i < all->resize_count; i++) {
        if (all->resizes[i].rows > options.rows_max)
            options.rows_max = all->resizes[i].rows;
        if (all->resizes[i].cols > options.cols_max)
            options.cols_max = all->resizes[i].cols;
    }
    p->shown = false;
    p->pane = pane_new(p->loop, &options, &ops, p, err);
    return p->pane && (pane_set_rect(p->pane, &p->rect) || pyro_no_memory(err, "drawing a shell"));
}

/* The state at the beginning, whatever the pane has shown before. */
static bool reset_child(struct playback_pane *p, const struct shell_notes *at,
                        struct pyro_error *err)
{
    char text[32];
    int n =
        snprintf(text, sizeof(text), "\033c\033]2;\033\\%s", at->alt_screen ? "\033[?1049h" : "");

    if (!pane_resize(p->pane, at->rows, at->cols))
        return pyro_fail(err, PYRO_RECORD_INVALID,
                         "the events of the shell name a size that they did not name before");
    if (at->in_string)
        n += snprintf(text + n, sizeof(text) - (size_t)n, "\033%c", at->in_string);
    pane_feed(p->pane, PANE_FEED, text, (size_t)n);
    return true;
}

static bool start_at(struct playback_pane *p, uint64_t offset, struct pyro_error *err)
{
    const struct recording *r = p->spec.recording;
    struct shell_window window = { .bytes = p->bytes, .at = r->first };
    struct shell_notes notes;
    size_t start;
    ssize_t n;
    bool ok;

    if (offset > r->first + REDRAW_BYTES)
        window.at = offset - REDRAW_BYTES;
    n = fs_pread_full(r->log_fd, p->bytes, (size_t)(offset - window.at), (off_t)window.at);
    if (n < 0)
        return pyro_fail_errno(err, "read the log of shell '%s'", p->spec.shell);
    window.size = (size_t)n;
    if (!shell_notes_load_screen(p->spec.workspace_fd, p->spec.shell, window, &start, &notes, err))
        return false;
    ok = (p->pane || start_child(p, &notes, err)) && reset_child(p, &notes, err);
    shell_notes_release(&notes);
    recording_walk_part(&p->walk, r, window.at + start, offset);
    p->unpainted = true;
    return ok;
}

void playback_pane_show(struct playback_pane *p, uint64_t offset)
{
    bool far = offset < p->walk.at || offset - p->walk.at > REDRAW_BYTES;
    struct pyro_error why = { 0 };

    if (p->failure.code) {
        pane_free(p->pane);
        p->pane = NULL;
        p->failure.code = PYRO_OK;
    }
    p->walk.until = offset;
    if ((far || !p->pane) && !start_at(p, offset, &why)) {
        fail(p, &why);
        return;
    }
    pump(p);
}

/* ---- life ---- */

struct playback_pane *playback_pane_new(struct loop *loop, const struct playback_pane_spec *spec)
{
    struct playback_pane *p = calloc(1, sizeof(*p));

    BUG_ON(!p);
    p->loop = loop;
    p->spec = *spec;
    recording_walk_part(&p->walk, spec->recording, spec->recording->first, spec->recording->first);
    return p;
}

void playback_pane_free(struct playback_pane *p)
{
    if (!p)
        return;
    pane_free(p->pane);
    pane_view_release(&p->empty);
    free(p);
}

bool playback_pane_set_rect(struct playback_pane *p, const struct pane_rect *rect)
{
    if (memcmp(&p->rect, rect, sizeof(*rect)) == 0)
        return true;
    p->rect = *rect;
    if (!pane_view_set_rect(&p->empty, rect) || (p->pane && !pane_set_rect(p->pane, rect)))
        return false;
    if (p->pane && !p->failure.code)
        paint(p);
    return true;
}

const struct pane_view *playback_pane_view(const struct playback_pane *p)
{
    return p->pane ? pane_view(p->pane) : &p->empty;
}

void playback_pane_drawn(struct playback_pane *p)
{
    if (p->pane)
        pane_view_drawn(p->pane);
}

bool playback_pane_is_shown(const struct playback_pane *p)
{
    return p->shown;
}

const struct pyro_error *playback_pane_failure(const struct playback_pane *p)
{
    return p->failure.code ? &p->failure : NULL;
}
