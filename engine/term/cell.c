/*
 * A row on the wire: its length in bytes (32 bits), then runs: STYLE sets colours and attributes of
 * the runs after it, TEXT is UTF-8 whose characters take the cells that the width table gives them,
 * BLANK is a number of cells without text.
 */
#include "engine/term/cell.h"

#include "engine/term/width.h"
#include "vmm/base/utf8.h"

enum run { RUN_STYLE = 1, RUN_TEXT, RUN_BLANK };

#define TEXT_RUN_MAX 4096
#define ROW_BYTES_MAX ((size_t)TERM_ROW_COLS_MAX * (11 + 3 + 4 * TERM_CELL_CHARS))

uint32_t term_palette_rgb(unsigned index)
{
    static const uint8_t level[6] = { 0, 95, 135, 175, 215, 255 };
    unsigned n = index - 16;

    if (index >= 232)
        return (8 + 10 * (index - 232)) * 0x010101;
    return (uint32_t)level[n / 36 % 6] << 16 | (uint32_t)level[n / 6 % 6] << 8 | level[n % 6];
}

bool term_put_u8(struct buf *out, unsigned v)
{
    uint8_t byte = (uint8_t)v;

    return buf_append(out, &byte, 1);
}

bool term_put_u16(struct buf *out, unsigned v)
{
    uint8_t bytes[2] = { (uint8_t)v, (uint8_t)(v >> 8) };

    return buf_append(out, bytes, sizeof(bytes));
}

bool term_put_u32(struct buf *out, uint32_t v)
{
    uint8_t bytes[4];

    put_u32(bytes, v);
    return buf_append(out, bytes, sizeof(bytes));
}

bool term_cell_same_style(const struct term_cell *a, const struct term_cell *b)
{
    return a->fg == b->fg && a->bg == b->bg && a->attr == b->attr;
}

static bool is_blank(const struct term_cell *c)
{
    return (!c->chars[0] || c->chars[0] == ' ') && !c->chars[1];
}

int term_cells_used(const struct term_cell *cells, int n)
{
    static const struct term_cell plain = { .width = 1 };

    while (n > 0 && cells[n - 1].width && is_blank(&cells[n - 1]) &&
           term_cell_same_style(&cells[n - 1], &plain))
        n--;
    return n;
}

/* ---- writing ---- */

/* The character to send, in UTF-8; 0 bytes: the cell is sent as blank. */
static size_t encode_cell(const struct term_cell *cells, int i, int n, char *utf8)
{
    const struct term_cell *c = &cells[i];
    int width = c->chars[0] >= ' ' ? term_width(c->chars[0]) : 0;
    size_t len = 0;

    if (!width || (width == 2 && (i + 1 == n || cells[i + 1].width)))
        return 0;
    for (int k = 0; k < TERM_CELL_CHARS && c->chars[k]; k++) {
        if (k && term_width(c->chars[k]))
            break;
        len += term_encode(c->chars[k] & 0x1fffff, utf8 + len);
    }
    return utf8_is_valid(utf8, len) && !(len == 1 && utf8[0] == 0x7f) &&
                   !(len >= 2 && (unsigned char)utf8[0] == 0xc2 && (unsigned char)utf8[1] < 0xa0)
               ? len
               : 0;
}

static bool put_style(struct buf *out, const struct term_cell *c)
{
    return term_put_u8(out, RUN_STYLE) && term_put_u32(out, c->fg) && term_put_u32(out, c->bg) &&
           term_put_u16(out, c->attr);
}

/* The cells of one kind from i on; *ret_next is the first of another kind. */
static bool put_run(struct buf *out, const struct term_cell *cells, int i, int n, int *ret_next)
{
    char text[TEXT_RUN_MAX];
    size_t len = 0;
    int at = i;

    while (at < n && term_cell_same_style(&cells[at], &cells[i]) &&
           len + 4 * (size_t)TERM_CELL_CHARS <= sizeof(text)) {
        size_t more = encode_cell(cells, at, n, text + len);
        if (!more)
            break;
        len += more;
        at += term_width(cells[at].chars[0]);
    }
    if (len) {
        *ret_next = at;
        return term_put_u8(out, RUN_TEXT) && term_put_u16(out, (unsigned)len) &&
               buf_append(out, text, len);
    }
    while (at < n && term_cell_same_style(&cells[at], &cells[i]) &&
           !encode_cell(cells, at, n, text))
        at++;
    *ret_next = at;
    return term_put_u8(out, RUN_BLANK) && term_put_u16(out, (unsigned)(at - i));
}

bool term_row_put(struct buf *out, const struct term_cell *cells, int n)
{
    size_t start = out->len;
    struct term_cell style = TERM_CELL_BLANK;

    n = term_cells_used(cells, n);
    if (!term_put_u32(out, 0))
        return false;
    for (int i = 0; i < n;) {
        if (!term_cell_same_style(&cells[i], &style) && !put_style(out, &cells[i]))
            return false;
        style = cells[i];
        if (!put_run(out, cells, i, n, &i))
            return false;
    }
    put_u32((uint8_t *)out->data + start, (uint32_t)(out->len - start - 4));
    return true;
}

/* ---- reading ---- */

static bool color_is_valid(uint32_t color)
{
    switch (TERM_COLOR_KIND(color)) {
    case 0:
        return color == TERM_COLOR_DEFAULT;
    case 1:
        return (color & 0xffffff) < 256;
    default:
        return TERM_COLOR_KIND(color) == 2;
    }
}

static bool take_style(struct reader *r, struct term_cell *style)
{
    return rd_u32(r, &style->fg) && rd_u32(r, &style->bg) && rd_u16(r, &style->attr) &&
           color_is_valid(style->fg) && color_is_valid(style->bg) &&
           !(style->attr & ~TERM_ATTRS_ALL);
}

static bool take_char(uint32_t c, const struct term_cell *style, struct term_cell *cells, int width,
                      int *col, struct term_cell **last)
{
    int w = c < 0x20 || (c >= 0x7f && c < 0xa0) ? -1 : term_width(c);
    int k = 1;

    if (w < 0 || (w == 0 && !*last) || *col + w > width)
        return false;
    if (w == 0) {
        while (k < TERM_CELL_CHARS && (*last)->chars[k])
            k++;
        if (k < TERM_CELL_CHARS)
            (*last)->chars[k] = c;
        return true;
    }
    *last = &cells[*col];
    for (int i = 0; i < w; i++) {
        cells[*col + i] = *style;
        cells[*col + i].width = i ? 0 : (uint8_t)w;
    }
    (*last)->chars[0] = c;
    *col += w;
    return true;
}

static bool take_text(struct reader *r, const struct term_cell *style, struct term_cell *cells,
                      int width, int *col)
{
    struct term_cell *last = NULL;
    const uint8_t *bytes;
    const char *s;
    uint16_t n;

    if (!rd_u16(r, &n) || !n || !rd_bytes(r, n, &bytes))
        return false;
    s = (const char *)bytes;
    if (!utf8_is_valid(s, n))
        return false;
    for (size_t i = 0; i < n;) {
        uint32_t c = term_decode(s + i, &i);
        if (!take_char(c, style, cells, width, col, &last))
            return false;
    }
    return true;
}

static bool take_blanks(struct reader *r, const struct term_cell *style, struct term_cell *cells,
                        int width, int *col)
{
    uint16_t n;

    if (!rd_u16(r, &n) || !n || n > width - *col)
        return false;
    for (int i = 0; i < n; i++)
        cells[(*col)++] = *style;
    return true;
}

bool term_row_take(struct reader *r, struct term_cell *cells, int width, int *ret_used)
{
    struct term_cell style = TERM_CELL_BLANK;
    const uint8_t *bytes;
    struct reader row;
    uint32_t n;
    uint8_t run;
    int col = 0;

    if (!rd_u32(r, &n) || n > ROW_BYTES_MAX || !rd_bytes(r, n, &bytes))
        return false;
    row = reader_of(bytes, n);
    while (rd_left(&row)) {
        if (!rd_u8(&row, &run))
            return false;
        if (!(run == RUN_STYLE   ? take_style(&row, &style)
              : run == RUN_TEXT  ? take_text(&row, &style, cells, width, &col)
              : run == RUN_BLANK ? take_blanks(&row, &style, cells, width, &col)
                                 : false))
            return false;
    }
    for (int i = col; i < width; i++)
        cells[i] = TERM_CELL_BLANK;
    if (ret_used)
        *ret_used = col;
    return true;
}

bool term_cells_text(struct buf *out, const struct term_cell *cells, int n)
{
    char utf8[4 * TERM_CELL_CHARS];

    for (int i = 0; i < n; i++) {
        size_t len = 0;
        if (!cells[i].width)
            continue;
        for (int k = 0; k < TERM_CELL_CHARS && cells[i].chars[k]; k++)
            len += term_encode(cells[i].chars[k], utf8 + len);
        if (!len)
            utf8[len++] = ' ';
        if (!buf_append(out, utf8, len))
            return false;
    }
    return true;
}
