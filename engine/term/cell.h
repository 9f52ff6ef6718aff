/*
 * Cells of a terminal as they are shown, and rows of them as a renderer's child sends them to its
 * parent. Its data is hostile: it is checked value by value as it is read.
 */
#ifndef PYRO_TERM_CELL_H
#define PYRO_TERM_CELL_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/base/buf.h"

/* A colour: the terminal's default, an index into its palette of 256, or 0xRRGGBB. */
#define TERM_COLOR_DEFAULT 0u
#define TERM_COLOR_INDEX(n) (1u << 24 | (uint32_t)(n))
#define TERM_COLOR_RGB(rgb) (2u << 24 | (uint32_t)(rgb))
#define TERM_COLOR_KIND(color) ((color) >> 24) /* 0, 1 or 2 */

#define TERM_BOLD 0x001u
#define TERM_DIM 0x002u
#define TERM_ITALIC 0x004u
#define TERM_UNDERLINE 0x008u /* these two bits: 1 single, 2 double, 3 curly */
#define TERM_UNDERLINE_SHIFT 3
#define TERM_UNDERLINE_MASK 0x018u
#define TERM_BLINK 0x020u
#define TERM_REVERSE 0x040u
#define TERM_STRIKE 0x080u
#define TERM_CONCEAL 0x100u
#define TERM_ATTRS_ALL 0x1ffu

#define TERM_CELL_CHARS 5 /* as many as ncurses takes */
#define TERM_ROW_COLS_MAX 1000

/*
 * chars[0] is 0 for a cell nothing was printed in; further ones are combining marks, up to a 0.
 * width is 1, or 2 with a cell of width 0 to its right that is empty itself.
 */
struct term_cell {
    uint32_t chars[TERM_CELL_CHARS];
    uint32_t fg, bg;
    uint16_t attr;
    uint8_t width;
};

/* The colour of an index from 16 to 255, where all terminals agree: 0xRRGGBB. */
uint32_t term_palette_rgb(unsigned index);

/* A blank cell in default colours. */
#define TERM_CELL_BLANK (struct term_cell){ .width = 1 }

bool term_cell_same_style(const struct term_cell *a, const struct term_cell *b);
/* The number of cells, of n, left without trailing blanks in default colours. */
int term_cells_used(const struct term_cell *cells, int n);
/* Appends the row's form on the wire; false when `out` is full. */
bool term_row_put(struct buf *out, const struct term_cell *cells, int n) MUST_CHECK;
/*
 * Reads a row into `width` cells, the others blank; false when it is malformed or wider. *ret_used
 * (may be NULL): the number of cells in the row.
 */
bool term_row_take(struct reader *r, struct term_cell *cells, int width, int *ret_used) MUST_CHECK;
/* Appends the cells' text as UTF-8, a blank for each empty cell; trailing blanks stay. */
bool term_cells_text(struct buf *out, const struct term_cell *cells, int n) MUST_CHECK;

/* Writing numbers, little-endian; false when `out` is full. */
bool term_put_u8(struct buf *out, unsigned v) MUST_CHECK;
bool term_put_u16(struct buf *out, unsigned v) MUST_CHECK;
bool term_put_u32(struct buf *out, uint32_t v) MUST_CHECK;

#endif
