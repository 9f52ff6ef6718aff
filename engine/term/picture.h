/*
 * Cells as a picture: SVG, in colours of our own where a program has left them to the terminal. Text
 * is placed run by run on a fixed grid, so that any monospaced font fits; lines and blocks are drawn
 * as shapes, for fonts do not agree on where they meet. What a guest printed is escaped, and
 * characters that XML does not have are replaced.
 */
#ifndef PYRO_TERM_PICTURE_H
#define PYRO_TERM_PICTURE_H

#include "engine/term/cell.h"

/* Of the picture, in pixels: a cell, the margin around the cells, and the window's title bar. */
#define PICTURE_CELL_WIDTH 9
#define PICTURE_CELL_HEIGHT 19
#define PICTURE_MARGIN 12
#define PICTURE_BAR 30
#define PICTURE_FONTS "'DejaVu Sans Mono','Menlo','Consolas','Liberation Mono',monospace"
#define PICTURE_FG 0xd5d8deu
#define PICTURE_BG 0x15171cu

/* How a cell looks once all that changes colours was applied: 0xRRGGBB. */
struct picture_look {
    uint32_t fg, bg;
    uint16_t attr; /* TERM_BOLD, _DIM, _ITALIC, _STRIKE, _CONCEAL and the underline */
};
struct picture_look picture_look_of(const struct term_cell *cell);
bool picture_same_look(const struct picture_look *a, const struct picture_look *b);

/*
 * A part of a row that is written as one text: ASCII and other plain letters of one look, or one
 * character of another kind. `until` is the column behind it.
 */
struct picture_run {
    int from, until;
    struct picture_look look;
};
/* The run that begins at a column. */
struct picture_run picture_run_at(const struct term_cell *cells, int n, int from);

/* All of these are false when `out` is full. Text as the content of an element. */
bool picture_text(struct buf *out, const char *utf8) MUST_CHECK;
/* One character, likewise. */
bool picture_character(struct buf *out, uint32_t c) MUST_CHECK;
/* The document's beginning: the window, and where its cells are: in <g>, which the caller ends, as
 * it does the document. `style`: more CSS. */
bool picture_begin(struct buf *out, int rows, int cols, const char *title,
                   const char *style) MUST_CHECK;
/* A row, whose upper left corner is at 0, 0. */
bool picture_row(struct buf *out, const struct term_cell *cells, int n) MUST_CHECK;

#endif
