/*
 * The complete plain renderer: a terminal of our own, with rows of cells that know whether they
 * were printed and whether a row goes on in the next, main and alternate screen, scroll region,
 * modes and tab stops. It moves the way tmux does, whose `capture-pane -pJ -S -` is the reference
 * for plain reads; rows that leave the screen are text at once.
 *
 * Its input comes through vtparse, so every event is whole and bounded. libvterm is not involved:
 * 0.1.4 knows no wrap flag, moves a pending wrap differently and is fifteen times slower.
 */
#ifndef PYRO_TERM_PLAIN_GRID_H
#define PYRO_TERM_PLAIN_GRID_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/term/row.h"
#include "engine/term/vtparse.h"
#include "vmm/base/buf.h"

struct plain_cursor {
    int row, col; /* col == cols while a wrap is pending */
    bool origin, shifted;
    bool line_drawing[2]; /* G0 and G1 are the DEC line-drawing set */
    uint64_t look;        /* of what is printed next; SGR_PROTECTED, and colours where kept */
};

/* State of the bytes after a mark. */
struct plain_watch {
    bool marked;
    bool waiting;  /* nothing was printed since the mark */
    int row, col;  /* after the text's last cell at the mark; row < 0: it has left the screen */
    bool cleared;  /* the text up to the mark was dropped since */
    bool rewrites; /* the first printed text is within that text, not after it */
};

struct plain_grid {
    struct vtparse parse;
    int rows, cols;
    struct row **line; /* the screen in use: main or alternate */
    struct row **main_line, **alt_line;
    struct mark_pool pool;
    struct plain_cursor at;
    struct plain_cursor saved; /* by ESC 7 */
    int entry_row, entry_col;  /* of the main screen's cursor on entering the alternate screen */
    struct plain_cursor left;  /* by ?1049h, if ever used */
    bool has_left;
    int top, bottom; /* scroll region, both inclusive */
    bool alternate, wrap, insert, newline;
    bool protects;     /* something was protected since the last reset */
    bool open;         /* the last row in `out` was wrapped: no LF yet */
    size_t lines;      /* that ended in `out` */
    unsigned drops;    /* how often `out` was emptied */
    bool keep;         /* streaming: text that has left the screen is never taken back */
    bool failed;       /* out of memory */
    bool colors;       /* looks are kept, and put into the text as SGR sequences */
    size_t color_room; /* bytes that those may still take */
    bool fed_inside;   /* the last event was an LF from a wrapped row into its continuation */
    uint32_t last;     /* the character that REP repeats; 0: none */
    struct plain_watch watch;
    unsigned char tab[TERM_COLS_MAX];
    struct buf *out;
};

/*
 * A fresh terminal whose text goes to `out` (kept, not owned). Rows 1 to 1000, cols 2 to 1000,
 * clamped. `alternate`: it starts on the alternate screen. False when out of memory; release it in
 * any case.
 */
bool plain_grid_init(struct plain_grid *g, int rows, int cols, bool alternate,
                     struct buf *out) MUST_CHECK;
void plain_grid_release(struct plain_grid *g);
/* Appends the text leaving the screen to `out`; on erase display 2 or 3 and full reset `out` is
 * emptied. */
void plain_grid_feed(struct plain_grid *g, const char *bytes, size_t n);
/* Takes effect at once; nothing reflows and no printed character is lost. */
void plain_grid_resize(struct plain_grid *g, int rows, int cols);
/* Appends all of the text so far to `text`, and from now on maintains `watch`. */
bool plain_grid_mark(struct plain_grid *g, struct buf *text) MUST_CHECK;
/* The line of the text that the cursor is in, or was when it left the main screen. */
size_t plain_grid_line(const struct plain_grid *g);
/* Appends the text still on the (main) screen, up to the lower of the cursor's and the last printed
 * row. */
bool plain_grid_finish(struct plain_grid *g) MUST_CHECK;

/* plain_text.c: how rows become text. Appends a row's, in colour where that is kept. */
bool plain_text_put_row(struct plain_grid *g, const struct row *row) MUST_CHECK;
/* Makes the main screen's row text. */
void plain_text_push(struct plain_grid *g, const struct row *row);
/* Drops the text that has left the screen, unless streaming. */
void plain_text_drop_history(struct plain_grid *g);
bool plain_text_row_is_blank(const struct row *row);

/* plain_edit.c: operations on cells and rows, used by the dispatcher in plain_grid.c. */
void plain_edit_print(struct plain_grid *g, uint32_t codepoint);
void plain_edit_line_feed(struct plain_grid *g);
void plain_edit_reverse_index(struct plain_grid *g);
void plain_edit_backspace(struct plain_grid *g);
void plain_edit_tab(struct plain_grid *g);
void plain_edit_scroll_up(struct plain_grid *g, int n);
void plain_edit_scroll_down(struct plain_grid *g, int n);
void plain_edit_insert_lines(struct plain_grid *g, int n);
void plain_edit_delete_lines(struct plain_grid *g, int n);
/* `selective`: spares protected cells. */
void plain_edit_erase_line(struct plain_grid *g, int what, bool selective);
void plain_edit_erase_display(struct plain_grid *g, int what, bool selective);
void plain_edit_fill(struct plain_grid *g);
void plain_edit_alternate(struct plain_grid *g, bool on, bool cursor);
/* Clears whole rows [from, to); the row above no longer continues into them. */
void plain_edit_clear_rows(struct plain_grid *g, int from, int to);

#endif
