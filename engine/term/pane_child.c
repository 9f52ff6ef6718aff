/*
 * engine/term/pane_child.c: reads frames, feeds the terminal, paints. It holds no queue: a frame is
 * handled before the next one is read.
 */
#include "engine/term/pane_child.h"

#include "engine/term/pane_wire.h"
#include "engine/term/terminal.h"
#include "vmm/base/sandbox.h"

#define ANSWER_MAX ((size_t)64 << 20)

struct child {
    struct terminal terminal;
    struct pane_view view; /* its head; the cells are libvterm's */
    bool dirty[VTGATE_ROWS_MAX];
    struct buf out;
    struct term_cell row[VTGATE_COLS_MAX];
    uint8_t body[PANE_BYTES_MAX];
};

/* ---- callbacks of the terminal ---- */

static void touch(struct child *c, int from, int to)
{
    for (int row = from < 0 ? 0 : from; row < to && row < VTGATE_ROWS_MAX; row++)
        c->dirty[row] = true;
}

static int pane_child_on_damage(VTermRect rect, void *user)
{
    touch(user, rect.start_row, rect.end_row);
    return 1;
}

static int pane_child_on_move(VTermRect dest, VTermRect src, void *user)
{
    touch(user, dest.start_row, dest.end_row);
    touch(user, src.start_row, src.end_row);
    return 1;
}

static int pane_child_on_property(VTermProp prop, VTermValue *value, void *user)
{
    struct child *c = user;

    if (prop == VTERM_PROP_CURSORVISIBLE)
        c->view.cursor_visible = value->boolean;
    else if (prop == VTERM_PROP_CURSORBLINK)
        c->view.cursor_blinks = value->boolean;
    else if (prop == VTERM_PROP_CURSORSHAPE && value->number >= PANE_CURSOR_BLOCK &&
             value->number <= PANE_CURSOR_BAR)
        c->view.cursor_shape = (enum pane_cursor_shape)value->number;
    return 1;
}

static int pane_child_on_bell(void *user)
{
    ((struct child *)user)->view.bells++;
    return 1;
}

static void pane_child_on_title(void *user, const char *title)
{
    struct child *c = user;

    snprintf(c->view.title, sizeof(c->view.title), "%s", title);
}

static void pane_child_on_command_end(void *user, int status)
{
    struct child *c = user;

    c->view.command_ends++;
    c->view.command_status = status > 1000 ? 1000 : status;
}

/* ---- frames ---- */

static bool send_frame(struct child *c, enum pane_frame kind, const void *body, size_t n)
{
    uint8_t head[PANE_FRAME_HEAD];

    (void)c;
    put_u32(head, (uint32_t)n);
    head[4] = (uint8_t)kind;
    return sandbox_write(head, sizeof(head)) && sandbox_write(body, n);
}

static bool read_full(void *bytes, size_t n)
{
    uint8_t *at = bytes;

    while (n) {
        ssize_t got = sandbox_read(at, n);
        if (got <= 0)
            return false;
        at += got;
        n -= (size_t)got;
    }
    return true;
}

static bool put_rows(struct child *c, const struct pane_rect *rect)
{
    for (int i = 0; i < rect->rows && rect->top + i < c->terminal.gate.rows; i++) {
        if (!c->dirty[rect->top + i])
            continue;
        terminal_row(&c->terminal, rect->top + i, rect->left, rect->cols, c->row);
        if (!term_put_u16(&c->out, (unsigned)i) || !term_row_put(&c->out, c->row, rect->cols))
            return false;
        c->dirty[rect->top + i] = false;
    }
    return term_put_u16(&c->out, 0xffff);
}

static bool paint(struct child *c, struct reader *r)
{
    struct vtgate *g = &c->terminal.gate;
    uint16_t top, left, rows, cols;
    VTermPos cursor;
    uint8_t all;

    if (!rd_u16(r, &top) || !rd_u16(r, &left) || !rd_u16(r, &rows) || !rd_u16(r, &cols) ||
        !rd_u8(r, &all) || top > VTGATE_ROWS_MAX || cols > VTGATE_COLS_MAX)
        return false;
    if (all)
        touch(c, 0, VTGATE_ROWS_MAX);
    vterm_screen_flush_damage(c->terminal.screen);
    vterm_state_get_cursorpos(g->state, &cursor);
    c->view.rect = (struct pane_rect){ top, left, rows, cols };
    c->view.rows = g->rows;
    c->view.cols = g->cols;
    c->view.cursor_row = cursor.row;
    c->view.cursor_col = cursor.col;
    c->view.alternate = g->alternate;
    c->view.modes = g->modes;
    buf_clear(&c->out);
    return pane_view_put_head(&c->out, &c->view) && put_rows(c, &c->view.rect) &&
           send_frame(c, PANE_PAINTED, c->out.data, c->out.len);
}

static bool resize(struct child *c, struct reader *r)
{
    uint16_t rows, cols;

    if (!rd_u16(r, &rows) || !rd_u16(r, &cols))
        return false;
    vtgate_resize(&c->terminal.gate, rows, cols);
    touch(c, 0, VTGATE_ROWS_MAX);
    return true;
}

static bool serve(struct child *c, enum pane_frame kind, size_t n)
{
    struct reader r = reader_of(c->body, n);
    const char *bytes = (const char *)c->body;

    switch (kind) {
    case PANE_FEED:
        vtgate_feed(&c->terminal.gate, bytes, n);
        break;
    case PANE_SKIM:
        vtgate_skim(&c->terminal.gate, bytes, n);
        break;
    case PANE_RESIZE:
        if (!resize(c, &r))
            return false;
        break;
    case PANE_PAINT:
        return paint(c, &r);
    default:
        return false;
    }
    return send_frame(c, PANE_DONE, NULL, 0);
}

bool pane_child_job(void *arg)
{
    static const VTermScreenCallbacks callbacks = { .damage = pane_child_on_damage,
                                                    .moverect = pane_child_on_move,
                                                    .settermprop = pane_child_on_property,
                                                    .bell = pane_child_on_bell };
    static const struct vtgate_events events = { .title = pane_child_on_title,
                                                 .command_end = pane_child_on_command_end };
    const struct pane_child_start *start = arg;
    struct child *c = calloc(1, sizeof(*c));
    uint8_t head[PANE_FRAME_HEAD];

    if (!c)
        return false;
    buf_init(&c->out, ANSWER_MAX);
    c->view.cursor_visible = c->view.cursor_blinks = true;
    c->view.cursor_shape = PANE_CURSOR_BLOCK;
    terminal_init(&c->terminal, start->rows, start->cols, &callbacks, &events, c);
    if (start->alternate)
        vtgate_feed(&c->terminal.gate, "\033[?1049h", 8);
    if (start->in_string)
        vtparse_enter_string(&c->terminal.gate.parse, start->in_string);
    while (read_full(head, sizeof(head))) {
        struct reader r = reader_of(head, sizeof(head));
        uint32_t n;
        if (!rd_u32(&r, &n) || n > sizeof(c->body) || !read_full(c->body, n) ||
            !serve(c, head[4], n))
            return false;
    }
    return true;
}
