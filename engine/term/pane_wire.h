/*
 * The protocol between a pane and its child, over one socket pair: frames of a length (32 bits, of
 * what follows the kind), a kind (8 bits) and a body. Each of the pane's frames is answered by one
 * PANE_DONE or, to PANE_PAINT, one PANE_PAINTED. Nothing a child sends is meant for the program: a
 * pane draws, and answers no queries.
 */
#ifndef PYRO_TERM_PANE_WIRE_H
#define PYRO_TERM_PANE_WIRE_H

#include "engine/term/cell.h"
#include "engine/term/vtgate.h"

#define PANE_FRAME_HEAD 5
#define PANE_BYTES_MAX 65536 /* of a frame to the child */

enum pane_frame {
    PANE_FEED = 1, /* output */
    PANE_SKIM,     /* output nobody will see, see vtgate_skim() */
    PANE_RESIZE,   /* rows, cols: 16 bits each */
    PANE_PAINT,    /* struct pane_rect: 16 bits each; all: 8 bits */
    PANE_DONE,
    PANE_PAINTED,
};

enum pane_cursor_shape { PANE_CURSOR_BLOCK = 1, PANE_CURSOR_UNDERLINE, PANE_CURSOR_BAR };

/* The visible part of a screen. */
struct pane_rect {
    int top, left, rows, cols;
};

/* A pane's screen as its owner sees it. */
struct pane_view {
    int rows, cols;         /* of the terminal */
    struct pane_rect rect;  /* the part that `cell` holds */
    struct term_cell *cell; /* rect.rows * rect.cols, by rows; beyond the terminal: blank */
    bool *dirty; /* rect.rows; set by each paint, cleared by the code that draws the row */
    int cursor_row, cursor_col; /* in the terminal */
    bool cursor_visible, cursor_blinks;
    enum pane_cursor_shape cursor_shape;
    bool alternate;
    struct vtgate_modes modes;
    uint32_t bells;               /* so far */
    uint32_t command_ends;        /* marks of ended commands so far (OSC 133;D) */
    int command_status;           /* the last one's */
    char title[VTGATE_TITLE_MAX]; /* UTF-8 without controls */
};

void pane_view_release(struct pane_view *view);
/* Another part of the screen, all of it blank and dirty until it is painted; false when out of
 * memory. */
bool pane_view_set_rect(struct pane_view *view, const struct pane_rect *rect) MUST_CHECK;
/* The most bytes a painted frame for this part can have. */
size_t pane_painted_max(const struct pane_rect *rect);
/*
 * Reads a PANE_PAINTED body, trusting nothing in it; false when it is malformed, and then the view
 * may hold part of it. A body for another part than the view's is skipped.
 */
bool pane_view_take(struct pane_view *view, const void *body, size_t n) MUST_CHECK;
/* The child's side: the head of such a body; rows (16 bits of index, then the row) follow, then
 * 0xffff. */
bool pane_view_put_head(struct buf *out, const struct pane_view *view) MUST_CHECK;

#endif
