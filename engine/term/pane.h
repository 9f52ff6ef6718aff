/*
 * A pane: a terminal's screen, kept by a confined child and seen through a window of cells. The
 * child is as hostile as its input: its messages are checked, one that is silent while it has
 * something to do is killed, and its end is reported once, in words.
 *
 * One pane, one loop. Nothing here blocks. Callbacks may call anything but pane_free().
 */
#ifndef PYRO_TERM_PANE_H
#define PYRO_TERM_PANE_H

#include "engine/term/pane_child.h"
#include "engine/term/pane_wire.h"
#include "vmm/base/loop.h"
#include "vmm/base/sandbox.h"

struct pane;

struct pane_ops {
    /* The view was painted. */
    void (*painted)(void *arg);
    /* There is room for more to feed. */
    void (*ready)(void *arg);
    /* The child is gone, with the reason in words; the view stays as last painted. */
    void (*failed)(void *arg, const struct pyro_error *why);
};

struct pane_options {
    struct pane_child_start start;
    int rows_max, cols_max; /* it can be resized up to this; at least its own size */
    int64_t deadline_ms;    /* of one answer; 0: PANE_DEADLINE_MS */
    sandbox_job *job;       /* NULL: pane_child_job; tests use others */
};
#define PANE_DEADLINE_MS 15000

/* NULL with err set when no child can be started. `ops` and `arg` are kept. */
struct pane *pane_new(struct loop *loop, const struct pane_options *options,
                      const struct pane_ops *ops, void *arg, struct pyro_error *err) MUST_CHECK;
/* Ends the child. NULL is fine. */
void pane_free(struct pane *pane);

const struct pane_view *pane_view(const struct pane *pane);
/* For the drawing code: clears the marks of changed rows. */
void pane_view_drawn(struct pane *pane);
pid_t pane_pid(const struct pane *pane);
/* No more child: only pane_free() is left. */
bool pane_has_failed(const struct pane *pane);

/* Whether there is room for another frame: few are in flight at a time. */
bool pane_is_ready(const struct pane *pane);
/* At most PANE_BYTES_MAX bytes. `kind`: PANE_FEED or PANE_SKIM. */
void pane_feed(struct pane *pane, enum pane_frame kind, const void *bytes, size_t n);
/* Returns false when the child has no room for that size: a new pane is needed then. */
bool pane_resize(struct pane *pane, int rows, int cols) MUST_CHECK;
/* Sets the wanted part of the screen; it is painted with the next paint. */
bool pane_set_rect(struct pane *pane, const struct pane_rect *rect) MUST_CHECK;
/* Asks for the rows that have changed; no effect while an earlier paint is in flight. */
void pane_paint(struct pane *pane);

#endif
