/* Rows of cells, see row.h for their invariants. */
#include "engine/term/row.h"

#include <stdlib.h>
#include <string.h>

#include "engine/term/sgr.h"
#include "engine/term/width.h"

#define CODEPOINT_MASK 0x1fffffu
#define KIND_WIDE 0x200000u /* with its code point */
#define KIND_TAIL 0x400000u /* the second half of a wide character */
#define KIND_TAB 0x800000u  /* the first cell of a TAB */
#define KIND_TAB_TAIL 0x1000000u

void mark_pool_release(struct mark_pool *pool)
{
    free(pool->mark);
    memset(pool, 0, sizeof *pool);
}

static uint32_t mark_new(struct mark_pool *pool, uint32_t codepoint)
{
    uint32_t i = pool->free;

    if (i) {
        pool->free = pool->mark[i].next;
    } else {
        if (pool->count + 1 >= pool->size) {
            uint32_t size = pool->size ? pool->size * 2 : 64;
            struct mark *bigger =
                size < (1u << 28) ? realloc(pool->mark, size * sizeof *bigger) : NULL;
            if (!bigger) {
                pool->exhausted = true;
                return 0;
            }
            pool->mark = bigger;
            pool->size = size;
        }
        i = ++pool->count;
    }
    pool->mark[i] = (struct mark){ codepoint, i };
    return i;
}

/* Appends to the ring that ends at *ring. */
static void ring_add(struct mark_pool *pool, uint32_t *ring, uint32_t codepoint)
{
    uint32_t i = mark_new(pool, codepoint);

    if (!i)
        return;
    if (*ring) {
        pool->mark[i].next = pool->mark[*ring].next;
        pool->mark[*ring].next = i;
    }
    *ring = i;
}

static void ring_free(struct mark_pool *pool, uint32_t *ring)
{
    if (!*ring)
        return;
    uint32_t first = pool->mark[*ring].next;
    pool->mark[*ring].next = pool->free;
    pool->free = first;
    *ring = 0;
}

static void trim_used(struct row *row)
{
    while (row->used > 0 && !row->cell[row->used - 1].glyph)
        row->used--;
}

/* Blanks cells without checking their neighbours. */
static void blank(struct row *row, struct mark_pool *pool, int from, int to)
{
    for (int i = from; i < to; i++) {
        row->cell[i].glyph = 0;
        row->cell[i].look = 0;
        ring_free(pool, &row->cell[i].marks);
    }
}

/* Turns the TAB that the cell belongs to into blanks; a mark on one of them makes that a space. */
static void break_tab(struct row *row, int col)
{
    while (row->cell[col].glyph == KIND_TAB_TAIL)
        col--;
    do {
        row->cell[col].glyph = row->cell[col].marks ? ' ' : 0;
        row->cell[col].look = 0;
        col++;
    } while (col < row->size && row->cell[col].glyph == KIND_TAB_TAIL);
}

/* Makes sure that nothing straddles the boundary between col - 1 and col. */
static void break_at(struct row *row, struct mark_pool *pool, int col)
{
    if (col <= 0 || col >= row->size)
        return;
    if (row->cell[col].glyph == KIND_TAIL)
        blank(row, pool, col - 1, col + 1);
    else if (row->cell[col].glyph == KIND_TAB_TAIL)
        break_tab(row, col);
}

void row_clear(struct row *row, struct mark_pool *pool)
{
    blank(row, pool, 0, row->used);
    ring_free(pool, &row->lead);
    row->used = 0;
    row->wrapped = row->touched = false;
}

void row_put(struct row *row, struct mark_pool *pool, int col, uint32_t codepoint, int width)
{
    for (int i = col; i < col + width; i++) {
        if (row->cell[i].glyph == KIND_TAB || row->cell[i].glyph == KIND_TAB_TAIL)
            break_tab(row, i);
    }
    break_at(row, pool, col);
    break_at(row, pool, col + width);
    blank(row, pool, col, col + width);
    row->cell[col].glyph = codepoint;
    if (width == 2) {
        row->cell[col].glyph |= KIND_WIDE;
        row->cell[col + 1].glyph = KIND_TAIL;
    }
    if (row->used < col + width)
        row->used = col + width;
    else
        trim_used(row);
    row->touched = true;
}

void row_mark(struct row *row, struct mark_pool *pool, int col, uint32_t codepoint)
{
    row->touched = true;
    if (col <= 0) {
        ring_add(pool, &row->lead, codepoint);
        return;
    }
    col--;
    if (row->cell[col].glyph == KIND_TAIL)
        col--;
    if (!row->cell[col].glyph)
        row->cell[col].glyph = ' ';
    if (row->used <= col)
        row->used = col + 1;
    ring_add(pool, &row->cell[col].marks, codepoint);
}

void row_tab(struct row *row, struct mark_pool *pool, int col, int stop)
{
    if (row->used > col)
        return;
    if (stop <= col) {
        row_mark(row, pool, col, '\t');
        return;
    }
    blank(row, pool, col, stop);
    row->cell[col].glyph = KIND_TAB;
    for (int i = col + 1; i < stop; i++)
        row->cell[i].glyph = KIND_TAB_TAIL;
    row->used = stop;
    row->touched = true;
}

void row_erase(struct row *row, struct mark_pool *pool, int from, int to)
{
    if (to > row->used)
        to = row->used;
    if (from >= to)
        return;
    break_at(row, pool, from);
    break_at(row, pool, to);
    blank(row, pool, from, to);
    trim_used(row);
}

static bool is_protected(const struct row *row, int col)
{
    return row->cell[col].look & SGR_PROTECTED;
}

bool row_is_protected(const struct row *row)
{
    for (int i = 0; i < row->used; i++)
        if (is_protected(row, i))
            return true;
    return false;
}

void row_erase_selectively(struct row *row, struct mark_pool *pool, int from, int to)
{
    for (int i = from, end; i < to && i < row->used; i = end) {
        end = i + 1;
        if (is_protected(row, i))
            continue;
        while (end < to && end < row->used && !is_protected(row, end))
            end++;
        row_erase(row, pool, i, end);
    }
}

/* A TAB that is moved is no longer a TAB. */
static void break_tabs_from(struct row *row, int col)
{
    for (int i = col; i < row->used; i++) {
        if (row->cell[i].glyph == KIND_TAB || row->cell[i].glyph == KIND_TAB_TAIL)
            break_tab(row, i);
    }
}

void row_insert(struct row *row, struct mark_pool *pool, int col, int n, int cols)
{
    if (n > cols - col)
        n = cols - col;
    if (n <= 0)
        return;
    break_tabs_from(row, col);
    break_at(row, pool, col);
    break_at(row, pool, cols - n);
    break_at(row, pool, cols);
    blank(row, pool, cols - n, cols);
    memmove(row->cell + col + n, row->cell + col, (size_t)(cols - n - col) * sizeof *row->cell);
    memset(row->cell + col, 0, (size_t)n * sizeof *row->cell);
    if (row->used < cols)
        row->used = cols;
    trim_used(row);
}

void row_delete(struct row *row, struct mark_pool *pool, int col, int n, int cols)
{
    if (n > cols - col)
        n = cols - col;
    if (n <= 0)
        return;
    break_tabs_from(row, col);
    break_at(row, pool, col);
    break_at(row, pool, col + n);
    break_at(row, pool, cols);
    blank(row, pool, col, col + n);
    memmove(row->cell + col, row->cell + col + n, (size_t)(cols - n - col) * sizeof *row->cell);
    memset(row->cell + cols - n, 0, (size_t)n * sizeof *row->cell);
    trim_used(row);
}

static bool put_ring(const struct mark_pool *pool, uint32_t ring, struct buf *out)
{
    uint32_t i = ring;
    char utf8[4];

    if (!ring)
        return true;
    do {
        i = pool->mark[i].next;
        if (!buf_append(out, utf8, term_encode(pool->mark[i].codepoint, utf8)))
            return false;
    } while (i != ring);
    return true;
}

/* Switches to the look of a cell's text, if different: *look becomes it. */
static bool put_look(uint64_t wanted, uint64_t *look, size_t *room, struct buf *out)
{
    size_t had = out->len;

    if (wanted && *room < SGR_TEXT_MAX)
        wanted = 0;
    if (wanted == *look)
        return true;
    if (!sgr_put(out, *look, wanted))
        return false;
    *look = wanted;
    *room -= out->len - had < *room ? out->len - had : *room;
    return true;
}

/* `room` is NULL for text alone. */
static bool put_row(const struct row *row, const struct mark_pool *pool, size_t *room,
                    struct buf *out)
{
    uint64_t look = 0;

    if (!put_ring(pool, row->lead, out) || !buf_reserve(out, (size_t)row->used * 4 + 4))
        return false;
    for (int i = 0; i < row->used; i++) {
        const struct row_cell *cell = &row->cell[i];
        uint32_t kind = cell->glyph & ~CODEPOINT_MASK;

        if (room && (cell->look & ~SGR_PROTECTED) != look && kind != KIND_TAIL &&
            kind != KIND_TAB_TAIL &&
            (!put_look(cell->look & ~SGR_PROTECTED, &look, room, out) ||
             !buf_reserve(out, (size_t)(row->used - i) * 4 + 4)))
            return false;
        if (kind == KIND_TAB)
            out->data[out->len++] = '\t';
        else if (!cell->glyph)
            out->data[out->len++] = ' ';
        else if (kind == 0 && cell->glyph < 0x80)
            out->data[out->len++] = (char)cell->glyph;
        else if (kind == 0 || kind == KIND_WIDE)
            out->len += term_encode(cell->glyph & CODEPOINT_MASK, out->data + out->len);
        if (cell->marks) {
            if (!put_ring(pool, cell->marks, out) ||
                !buf_reserve(out, (size_t)(row->used - i) * 4 + 4))
                return false;
        }
    }
    out->data[out->len] = '\0';
    return !look || put_look(0, &look, room, out);
}

bool row_text(const struct row *row, const struct mark_pool *pool, struct buf *out)
{
    return put_row(row, pool, NULL, out);
}

bool row_text_colored(const struct row *row, const struct mark_pool *pool, size_t *room,
                      struct buf *out)
{
    return put_row(row, pool, room, out);
}
