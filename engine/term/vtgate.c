/*
 * The gate's text, control characters, plain escapes and resizes; control sequences are in
 * vtgate_csi.c. Everything that goes to libvterm goes through vtgate_send.
 */
#include "engine/term/vtgate.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/term/linedraw.h"
#include "engine/term/vtgate_parts.h"
#include "engine/term/width.h"
#include "vmm/base/utf8.h"

static int clamp(int v, int low, int high)
{
    return v < low ? low : v > high ? high : v;
}

/* ---- to libvterm ---- */

void vtgate_flush(struct vtgate *g)
{
    if (g->queued)
        vterm_input_write(g->vt, g->queue, g->queued);
    g->queued = 0;
}

void vtgate_send(struct vtgate *g, const char *fmt, ...)
{
    char bytes[128];
    va_list ap;
    int n;

    vtgate_flush(g);
    va_start(ap, fmt);
    n = vsnprintf(bytes, sizeof bytes, fmt, ap);
    va_end(ap);
    if (n > 0 && (size_t)n < sizeof bytes)
        vterm_input_write(g->vt, bytes, (size_t)n);
}

VTermPos vtgate_cursor(struct vtgate *g)
{
    VTermPos pos;

    vtgate_flush(g);
    vterm_state_get_cursorpos(g->state, &pos);
    pos.row = clamp(pos.row, 0, g->rows - 1);
    pos.col = clamp(pos.col, 0, g->cols - 1);
    return pos;
}

/* ---- text ---- */

static void put_glyph(struct vtgate *g, const char *utf8, unsigned len, int width)
{
    if (!g->queued)
        g->col = vtgate_cursor(g).col;
    if (!g->wrap && g->col + width > g->cols)
        return; /* libvterm would wrap it anyway */
    if (g->queued + len > sizeof g->queue) {
        int col = g->col;
        vtgate_flush(g);
        g->col = col;
    }
    memcpy(g->queue + g->queued, utf8, len);
    g->queued += len;
    if (g->pending || g->col + width > g->cols)
        g->col = 0;
    g->pending = g->wrap && g->col + width >= g->cols;
    if (g->col + width < g->cols)
        g->col += width;
    memmove(g->last, utf8, len); /* REP passes `last` itself */
    g->last_len = g->last_all = len;
    g->last_width = (unsigned)width;
    g->can_repeat = true;
    g->after_glyph = true;
    g->marks = 0;
}

/*
 * A mark joins the character before it when both are written at once, or when the cursor has moved
 * past that character; with a wrap pending the character is written once more, with its marks.
 */
static void put_mark(struct vtgate *g, uint32_t c, const char *utf8, unsigned len)
{
    bool counted_twice = (c >= 0x302a && c <= 0x302f) || c == 0x3099 || c == 0x309a;

    if (!g->after_glyph || g->marks == VTGATE_MARKS_MAX)
        return;
    if (counted_twice || g->queued + len > sizeof g->queue)
        vtgate_flush(g);
    if (counted_twice && g->pending)
        return;
    memcpy(g->last + g->last_all, utf8, len);
    g->last_all += len;
    g->marks++;
    if (!g->queued && g->pending) {
        vtgate_restore_pending(g);
        return;
    }
    memcpy(g->queue + g->queued, utf8, len);
    g->queued += len;
    if (counted_twice)
        vtgate_flush(g);
}

/* No libvterm has wide characters below; above, a number beyond Unicode would need five bytes. */
#define MAYBE_WIDE_FIRST 0x1100
#define MAYBE_WIDE_LAST 0xeffff
#define BEYOND_UNICODE 0x110000

uint32_t vtgate_character(uint32_t in_cell)
{
    return in_cell >= BEYOND_UNICODE + MAYBE_WIDE_FIRST &&
                   in_cell <= BEYOND_UNICODE + MAYBE_WIDE_LAST
               ? in_cell - BEYOND_UNICODE
               : in_cell;
}

void vtgate_put(struct vtgate *g, uint32_t c)
{
    int width = term_width(c);
    bool in_disguise = width == 1 && c >= MAYBE_WIDE_FIRST && c <= MAYBE_WIDE_LAST;
    char utf8[4];
    unsigned len = (unsigned)term_encode(in_disguise ? c + BEYOND_UNICODE : c, utf8);

    if (width)
        put_glyph(g, utf8, len, width);
    else
        put_mark(g, c, utf8, len);
}

static void vtgate_on_text(void *user, const char *s, size_t n)
{
    struct vtgate *g = user;
    bool drawing = g->now.charset.drawing[g->now.charset.shifted];

    for (size_t i = 0; i < n;) {
        uint32_t c = term_decode(s + i, &i);
        vtgate_put(g, drawing ? term_line_drawing(c) : c);
    }
}

/* Writes the last character once more in place, so that a wrap is pending again. */
void vtgate_restore_pending(struct vtgate *g)
{
    char last[sizeof g->last];
    unsigned len = g->last_len, all = g->last_all, width = g->last_width, marks = g->marks;

    if (!len)
        return;
    memcpy(last, g->last, all);
    vtgate_send(g, "\033[%dG", g->cols - (int)width + 1);
    g->pending = false;
    put_glyph(g, last, len, (int)width);
    memcpy(g->queue + g->queued, last + len, all - len);
    g->queued += all - len;
    memcpy(g->last, last, all);
    g->last_all = all;
    g->marks = marks;
    vtgate_flush(g);
}

/* ---- control characters and escapes ---- */

void vtgate_on_control(void *user, unsigned char c)
{
    struct vtgate *g = user;

    g->after_glyph = g->can_repeat = false;
    switch (c) {
    case 0x07:
    case '\r':
        vtgate_send(g, "%c", c);
        break;
    case '\t':
        vtgate_send(g, "%c", c); /* at the margin it moves nothing */
        return;
    case '\b':
        if (g->pending)
            vtgate_send(g, "\033[%dG", g->cols);
        else
            vtgate_send(g, "\b");
        break;
    case '\n':
    case '\v':
    case '\f':
        if (g->pending) /* else libvterm keeps it pending when this scrolls, and not otherwise */
            vtgate_send(g, "\033[%dG", g->cols);
        vtgate_send(g, "%c", c);
        break;
    case 0x0e:
    case 0x0f:
        g->now.charset.shifted = c == 0x0e;
        return;
    default:
        return;
    }
    if (c != 0x07)
        g->pending = false;
}

void vtgate_save_cursor(struct vtgate *g)
{
    g->saved = g->now;
    vtgate_send(g, "\033[?1048h");
}

void vtgate_take_kept(struct vtgate *g, const struct vtgate_kept *kept)
{
    if (kept->origin != g->now.origin) /* which homes the cursor: its place is restored after it */
        vtgate_send(g, "\033[?6%c", kept->origin ? 'h' : 'l');
    if (kept->protect != g->now.protect)
        vtgate_send(g, "\033[%d\"q", kept->protect);
    g->now = *kept;
}

void vtgate_restore_cursor(struct vtgate *g)
{
    vtgate_take_kept(g, &g->saved);
    vtgate_send(g, "\033[?1048l"); /* unlike ESC 8, it clamps the position */
    g->pending = false;
}

static void full_reset(struct vtgate *g)
{
    vtgate_send(g,
                "\033[?1047l\033c"); /* ESC c alone leaves the alternate screen's cells in place */
    memset(&g->modes, 0, sizeof g->modes);
    g->now = g->saved = g->entry = (struct vtgate_kept){ .font = 0 };
    g->wrap = true;
    g->alternate = g->pending = false;
}

void vtgate_on_escape(void *user, char mid, char final)
{
    struct vtgate *g = user;

    g->after_glyph = g->can_repeat = false;
    if (mid == '(' || mid == ')')
        g->now.charset.drawing[mid == ')'] = final == '0';
    if (mid == '#' && final == '8') { /* DECALN */
        vtgate_send(g, "\033[r\033#8\033[H");
        g->pending = false;
    }
    if (mid)
        return;
    switch (final) {
    case '7':
        vtgate_save_cursor(g);
        break;
    case '8':
        vtgate_restore_cursor(g);
        break;
    case 'c':
        full_reset(g);
        break;
    case 'D':
    case 'E':
    case 'M':
        if (g->pending)
            vtgate_send(g, "\033[%dG", g->cols);
        g->pending = false;
        vtgate_send(g, "\033%c", final);
        break;
    case '=':
    case '>':
        g->modes.app_keypad = final == '=';
        vtgate_send(g, "\033%c", final);
        break;
    case 'H':
        vtgate_send(g, "\033%c", final);
        break;
    default:
        break;
    }
}

/* ---- control strings ---- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* file://HOST/PATH, percent-encoded. */
static void vtgate_on_directory(struct vtgate *g, const char *s, size_t n)
{
    char raw[VT_SEQUENCE_MAX], clean[VT_SEQUENCE_MAX + 1];
    size_t len = 0, i = 7;

    if (n < i || memcmp(s, "file://", i) != 0)
        return;
    while (i < n && s[i] != '/')
        i++;
    for (; i < n; i++) {
        if (s[i] == '%' && i + 2 < n && hex_digit(s[i + 1]) >= 0 && hex_digit(s[i + 2]) >= 0) {
            raw[len++] = (char)(hex_digit(s[i + 1]) << 4 | hex_digit(s[i + 2]));
            i += 2;
        } else {
            raw[len++] = s[i];
        }
    }
    utf8_copy_printable(clean, sizeof clean, raw, len);
    if (clean[0])
        g->events->directory(g->user, clean);
}

/* 133;D or 133;D;STATUS (FinalTerm's marks, which shells with such a prompt send). */
static void vtgate_on_command_end(struct vtgate *g, const char *s, size_t n)
{
    int status = 0;

    for (size_t i = 6; i < n && s[i] >= '0' && s[i] <= '9' && status < 1000; i++)
        status = 10 * status + s[i] - '0';
    g->events->command_end(g->user, status);
}

void vtgate_on_string(void *user, char kind, const char *s, size_t n)
{
    struct vtgate *g = user;
    char text[VT_SEQUENCE_MAX + 1];
    const char *uri;

    g->can_repeat = false;
    if (kind != ']' || n < 2 || !g->events)
        return;
    if (n >= 5 && memcmp(s, "133;D", 5) == 0 && g->events->command_end)
        vtgate_on_command_end(g, s, n);
    if (s[1] != ';')
        return;
    switch (s[0]) {
    case '0':
    case '2':
        if (g->events->title) {
            utf8_copy_printable(text, VTGATE_TITLE_MAX, s + 2, n - 2);
            g->events->title(g->user, text);
        }
        break;
    case '7':
        if (g->events->directory)
            vtgate_on_directory(g, s + 2, n - 2);
        break;
    case '8':
        uri = memchr(s + 2, ';', n - 2);
        if (uri && g->events->link) {
            utf8_copy_printable(text, sizeof text, uri + 1, n - (size_t)(uri + 1 - s));
            g->events->link(g->user, text);
        }
        break;
    default:
        break;
    }
}

/* ---- life ---- */

static const struct vt_handler handler = { .text = vtgate_on_text,
                                           .control = vtgate_on_control,
                                           .escape = vtgate_on_escape,
                                           .csi = vtgate_on_csi,
                                           .string = vtgate_on_string };

void vtgate_clamp_size(int *rows, int *cols)
{
    *rows = clamp(*rows, 1, VTGATE_ROWS_MAX);
    *cols = clamp(*cols, 2, VTGATE_COLS_MAX);
}

void vtgate_init(struct vtgate *g, VTerm *vt, const struct vtgate_events *events, void *user)
{
    memset(g, 0, offsetof(struct vtgate, queue));
    vtparse_init(&g->parse, &handler, g);
    g->vt = vt;
    vterm_get_size(vt, &g->rows, &g->cols);
    g->events = events;
    g->user = user;
    g->wrap = true;
    vterm_set_utf8(vt, 1);
    g->state = vterm_obtain_state(vt);
    vterm_screen_reset(vterm_obtain_screen(vt), 1);
}

void vtgate_feed(struct vtgate *g, const char *bytes, size_t n)
{
    vtparse_feed(&g->parse, bytes, n);
    vtgate_flush(g);
}

void vtgate_reset_margins(struct vtgate *g)
{
    VTermPos pos = vtgate_cursor(g);

    g->now.origin = false;
    vtgate_send(g, "\033[?6l\033[r\033[%d;%dH", pos.row + 1, pos.col + 1);
}

/* The current background; libvterm 0.3 gives it to all cells that a resize leaves blank. */
static void set_background(struct vtgate *g, const VTermColor *c)
{
    if (VTERM_COLOR_IS_DEFAULT_BG(c))
        vtgate_send(g, "\033[49m");
    else if (VTERM_COLOR_IS_INDEXED(c))
        vtgate_send(g, "\033[48;5;%dm", c->indexed.idx);
    else
        vtgate_send(g, "\033[48;2;%d;%d;%dm", c->rgb.red, c->rgb.green, c->rgb.blue);
}

/*
 * The alternate screen loses its last rows when it shrinks. libvterm 0.3 makes it scroll instead if
 * there is anything in them.
 */
static void cut_alternate(struct vtgate *g, int rows)
{
    VTermPos pos = vtgate_cursor(g);

    if (!g->alternate || rows >= g->rows)
        return;
    vtgate_send(g, "\033[%d;1H\033[J", rows + 1);
    vtgate_send(g, "\033[%d;%dH", (pos.row < rows ? pos.row : rows - 1) + 1, pos.col + 1);
}

void vtgate_resize(struct vtgate *g, int rows, int cols)
{
    VTermPos pos;
    VTermValue background;
    bool was_pending = g->pending;
    int old_cols = g->cols;

    vtgate_clamp_size(&rows, &cols);
    vtgate_reset_margins(g);
    vterm_state_get_penattr(g->state, VTERM_ATTR_BACKGROUND, &background);
    vtgate_send(g, "\033[49m");
    cut_alternate(g, rows);
    vterm_screen_flush_damage(vterm_obtain_screen(g->vt));
    g->rows = rows;
    g->cols = cols;
    vterm_set_size(g->vt, g->rows, g->cols);
    set_background(g, &background.color);
    vterm_state_get_cursorpos(g->state, &pos);
    /* libvterm lets the row come out negative when it shrinks; one move puts the cursor back inside
     */
    vtgate_send(g, "\033[%d;%dH", clamp(pos.row, 0, g->rows - 1) + 1,
                clamp(pos.col, 0, g->cols - 1) + 1);
    g->pending = g->after_glyph = false;
    if (was_pending && g->cols > old_cols)
        vtgate_send(g, "\033[%dG", old_cols + 1);
    else if (was_pending && g->cols == old_cols)
        vtgate_restore_pending(g);
}
