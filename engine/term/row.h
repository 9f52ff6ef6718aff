/*
 * One row of terminal cells: the basis of both plain renderers. A cell is blank (never printed, or
 * erased), a printed character with its combining marks, the second half of a wide one, or part of
 * a TAB that was written at the end of the line and stays a TAB.
 *
 * Invariants: a wide character's two halves are side by side, a TAB's cells in one run; code that
 * writes or erases part of one blanks the rest. Cells at and past `used` are blank, and the one
 * before is not.
 */
#ifndef PYRO_TERM_ROW_H
#define PYRO_TERM_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/base/buf.h"

#define TERM_COLS_MAX 1000
#define TERM_ROWS_MAX 1000

struct row_cell {
    uint32_t glyph; /* code point and kind; 0 is blank */
    uint32_t marks; /* last of a ring in the pool; 0: none */
    uint64_t look;  /* sgr.h; code that prints in colour sets it, blanking the cell clears it */
};

struct row {
    struct row_cell *cell; /* TERM_COLS_MAX or fewer, as allocated by the owner */
    int size;              /* cells allocated */
    int used;
    uint32_t lead; /* marks that came before any character of the row */
    bool wrapped;  /* the row below continues this one */
    bool touched;  /* something was printed since it was last cleared whole */
};

/* Combining marks, in rings, shared by the rows of one renderer. */
struct mark {
    uint32_t codepoint, next;
};
struct mark_pool {
    struct mark *mark; /* mark[0] is not used */
    uint32_t count, size, free;
    bool exhausted; /* a mark was dropped for lack of memory */
};

void mark_pool_release(struct mark_pool *pool);

/* Clears the whole row, flags included. */
void row_clear(struct row *row, struct mark_pool *pool);
/* Prints a character of width 1 or 2 at col; col + width <= size. */
void row_put(struct row *row, struct mark_pool *pool, int col, uint32_t codepoint, int width);
/* Adds a combining mark to the cell left of col; before any character it leads the row. */
void row_mark(struct row *row, struct mark_pool *pool, int col, uint32_t codepoint);
/*
 * A TAB from col up to the cell before `stop`: kept as one when nothing is printed from col on. At
 * the margin, where it moves nothing (stop == col), it stays in the text like a mark on the cell
 * before.
 */
void row_tab(struct row *row, struct mark_pool *pool, int col, int stop);
/* Blanks [from, to). */
void row_erase(struct row *row, struct mark_pool *pool, int from, int to);
/* The same except for cells whose look says that they are protected; row_is_protected(): any is. */
void row_erase_selectively(struct row *row, struct mark_pool *pool, int from, int to);
bool row_is_protected(const struct row *row);
/* Moves [col, cols) right or left by n cells; what passes cols is lost, freed cells are blank. */
void row_insert(struct row *row, struct mark_pool *pool, int col, int n, int cols);
void row_delete(struct row *row, struct mark_pool *pool, int col, int n, int cols);
/* Appends the row as UTF-8, up to its last printed cell. */
bool row_text(const struct row *row, const struct mark_pool *pool, struct buf *out) MUST_CHECK;
/* The same with SGR sequences, which begin and end at the default; no more of them once *room,
 * which is counted down by their bytes, is used up. */
bool row_text_colored(const struct row *row, const struct mark_pool *pool, size_t *room,
                      struct buf *out) MUST_CHECK;

/* row_put for the common case: a narrow character over a blank or plain narrow cell. */
static inline void row_put_narrow(struct row *row, struct mark_pool *pool, int col,
                                  uint32_t codepoint)
{
    struct row_cell *cell = &row->cell[col];

    /* kinds start above the code points, so this also says "no wide, no TAB" */
    if (cell->marks || cell->glyph >= 0x200000) {
        row_put(row, pool, col, codepoint, 1);
        return;
    }
    cell->glyph = codepoint;
    row->touched = true;
    if (row->used <= col)
        row->used = col + 1;
}

#endif
