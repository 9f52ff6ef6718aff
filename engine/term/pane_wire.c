/* engine/term/pane_wire.c: a painted screen on the wire, see pane_wire.h. */
#include "engine/term/pane_wire.h"

#include <string.h>

#include "vmm/base/utf8.h"

#define ROWS_END 0xffff

enum flag {
    FLAG_VISIBLE = 1,
    FLAG_BLINKS = 2,
    FLAG_ALTERNATE = 4,
    FLAG_APP_CURSOR = 8,
    FLAG_APP_KEYPAD = 16,
    FLAG_PASTE = 32,
    FLAG_FOCUS = 64,
};

void pane_view_release(struct pane_view *view)
{
    free(view->cell);
    free(view->dirty);
    memset(view, 0, sizeof(*view));
}

bool pane_view_set_rect(struct pane_view *view, const struct pane_rect *rect)
{
    size_t n = (size_t)rect->rows * (size_t)rect->cols;
    struct term_cell *cells = calloc(n ? n : 1, sizeof(*cells));
    bool *dirty = calloc((size_t)rect->rows + 1, sizeof(*dirty));

    if (!cells || !dirty) {
        free(cells);
        free(dirty);
        return false;
    }
    for (size_t i = 0; i < n; i++)
        cells[i] = TERM_CELL_BLANK;
    memset(dirty, true, (size_t)rect->rows);
    free(view->cell);
    free(view->dirty);
    view->cell = cells;
    view->dirty = dirty;
    view->rect = *rect;
    return true;
}

size_t pane_painted_max(const struct pane_rect *rect)
{
    return 4096 + (size_t)rect->rows * (8 + (size_t)rect->cols * (14 + 4 * TERM_CELL_CHARS));
}

/* ---- writing ---- */

static unsigned flags_of(const struct pane_view *v)
{
    return (v->cursor_visible ? FLAG_VISIBLE : 0) | (v->cursor_blinks ? FLAG_BLINKS : 0) |
           (v->alternate ? FLAG_ALTERNATE : 0) | (v->modes.app_cursor ? FLAG_APP_CURSOR : 0) |
           (v->modes.app_keypad ? FLAG_APP_KEYPAD : 0) | (v->modes.paste ? FLAG_PASTE : 0) |
           (v->modes.focus ? FLAG_FOCUS : 0);
}

bool pane_view_put_head(struct buf *out, const struct pane_view *v)
{
    size_t title = strlen(v->title);
    const int numbers[] = { v->rect.top, v->rect.left,  v->rect.rows,  v->rect.cols,  v->rows,
                            v->cols,     v->cursor_row, v->cursor_col, v->modes.mouse };

    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
        if (!term_put_u16(out, (unsigned)numbers[i]))
            return false;
    return term_put_u8(out, flags_of(v)) && term_put_u8(out, v->cursor_shape) &&
           term_put_u8(out, v->modes.mouse_encoding) && term_put_u32(out, v->bells) &&
           term_put_u32(out, v->command_ends) && term_put_u16(out, (unsigned)v->command_status) &&
           term_put_u16(out, (unsigned)title) && buf_append(out, v->title, title);
}

/* ---- reading ---- */

static bool take_title(struct reader *r, char *title)
{
    const uint8_t *bytes;
    uint16_t n;

    if (!rd_u16(r, &n) || n >= VTGATE_TITLE_MAX || !rd_bytes(r, n, &bytes) ||
        !utf8_is_valid((const char *)bytes, n))
        return false;
    for (unsigned i = 0; i < n; i++) {
        if (bytes[i] < 0x20 || bytes[i] == 0x7f ||
            (bytes[i] == 0xc2 && i + 1 < n && bytes[i + 1] < 0xa0))
            return false;
    }
    memcpy(title, bytes, n);
    title[n] = '\0';
    return true;
}

static bool mouse_is_known(int mouse)
{
    return mouse == 0 || mouse == 9 || mouse == 1000 || mouse == 1002 || mouse == 1003;
}

/* Reads everything up to the rows into a view, leaving its cells alone. */
static bool take_head(struct reader *r, struct pane_view *v)
{
    uint16_t number[9], status;
    uint8_t flags, shape, encoding;

    for (size_t i = 0; i < ARRAY_SIZE(number); i++)
        if (!rd_u16(r, &number[i]))
            return false;
    if (!rd_u8(r, &flags) || !rd_u8(r, &shape) || !rd_u8(r, &encoding) || !rd_u32(r, &v->bells) ||
        !rd_u32(r, &v->command_ends) || !rd_u16(r, &status) || !take_title(r, v->title))
        return false;
    v->rect = (struct pane_rect){ number[0], number[1], number[2], number[3] };
    v->rows = number[4];
    v->cols = number[5];
    v->cursor_row = number[6];
    v->cursor_col = number[7];
    if (v->rows < 1 || v->rows > VTGATE_ROWS_MAX || v->cols < 2 || v->cols > VTGATE_COLS_MAX ||
        v->cursor_row >= v->rows || v->cursor_col >= v->cols || !mouse_is_known(number[8]) ||
        shape < PANE_CURSOR_BLOCK || shape > PANE_CURSOR_BAR || encoding > VTGATE_MOUSE_URXVT ||
        status > 1000)
        return false;
    v->cursor_visible = flags & FLAG_VISIBLE;
    v->cursor_blinks = flags & FLAG_BLINKS;
    v->cursor_shape = shape;
    v->alternate = flags & FLAG_ALTERNATE;
    v->modes = (struct vtgate_modes){ .app_cursor = flags & FLAG_APP_CURSOR,
                                      .app_keypad = flags & FLAG_APP_KEYPAD,
                                      .paste = flags & FLAG_PASTE,
                                      .focus = flags & FLAG_FOCUS,
                                      .mouse = number[8],
                                      .mouse_encoding = encoding };
    v->command_status = status;
    return true;
}

static bool same_rect(const struct pane_rect *a, const struct pane_rect *b)
{
    return a->top == b->top && a->left == b->left && a->rows == b->rows && a->cols == b->cols;
}

bool pane_view_take(struct pane_view *view, const void *body, size_t n)
{
    struct reader r = reader_of(body, n);
    struct pane_view head = { .rows = 0 };
    uint16_t row = 0;

    if (!take_head(&r, &head))
        return false;
    if (!same_rect(&head.rect, &view->rect))
        return true;
    head.cell = view->cell;
    head.dirty = view->dirty;
    *view = head;
    while (rd_u16(&r, &row) && row != ROWS_END) {
        if (row >= view->rect.rows ||
            !term_row_take(&r, view->cell + (size_t)row * (size_t)view->rect.cols, view->rect.cols,
                           NULL))
            return false;
        view->dirty[row] = true;
    }
    return row == ROWS_END && rd_left(&r) == 0;
}
