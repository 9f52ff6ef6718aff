/* tui/draw.c: text, frames and blanks. */
#include "tui/draw.h"

#include <string.h>

#include "engine/cmd/text.h"
#include "engine/term/width.h"
#include "vmm/base/fs.h"
#include "vmm/base/printable.h"
#include "vmm/base/utf8.h"

#define TEXT_MAX 8192 /* bytes of one text that are looked at: far more than a line holds */
#define MARKS_MAX (CCHARW_MAX - 1)

/* Text with everything unsafe made visible; the original when nothing is. */
static const char *visible(const char *text, struct buf *space)
{
    size_t n = strnlen(text, TEXT_MAX);

    for (size_t i = 0; i < n;) {
        size_t len = utf8_valid_length(text + i, n - i);
        if (!len || printable_is_unsafe(text + i, len)) {
            char head[TEXT_MAX + 1];
            memcpy(head, text, n);
            head[n] = '\0';
            return text_escape(space, head) && space->data ? space->data : "";
        }
        i += len;
    }
    return text;
}

bool draw_keeps_mark(uint32_t mark)
{
    bool selector = mark >= 0xfe00 && mark <= 0xfe0f, joiner = mark == 0x200d;

    return !selector && !joiner && wcwidth((wchar_t)mark) == 0;
}

/* One cell's worth of text: a character and its combining marks. */
struct cell {
    wchar_t chars[CCHARW_MAX];
    int count, width;
};

/* The next cell of valid UTF-8; false at its end. */
static bool next_cell(const char **at, struct cell *ret)
{
    const char *s = *at;
    size_t used = 0;
    uint32_t c;

    ret->count = 0;
    if (!*s)
        return false;
    c = term_decode(s, &used);
    ret->width = term_width(c);
    /* ncurses counts by the C library: where that differs, a stand-in keeps the columns right. */
    if (ret->width == 0 || wcwidth((wchar_t)c) != ret->width)
        c = 0xfffd, ret->width = 1;
    ret->chars[ret->count++] = (wchar_t)c;
    s += used;
    while (*s) {
        used = 0;
        c = term_decode(s, &used);
        if (term_width(c) != 0)
            break;
        if (ret->count <= MARKS_MAX - 1 && draw_keeps_mark(c))
            ret->chars[ret->count++] = (wchar_t)c;
        s += used;
    }
    *at = s;
    return true;
}

static int width_of(const char *text)
{
    struct cell cell;
    int width = 0;

    while (next_cell(&text, &cell))
        width += cell.width;
    return width;
}

static void put_cell(WINDOW *win, int row, int col, struct style style, const struct cell *cell)
{
    wchar_t chars[CCHARW_MAX + 1];
    cchar_t cc;
    int pair = color_pair(style.fg, style.bg);

    memcpy(chars, cell->chars, (size_t)cell->count * sizeof(*chars));
    chars[cell->count] = L'\0';
    if (setcchar(&cc, chars, style.attrs, 0, &pair) == OK)
        mvwadd_wch(win, row, col, &cc); /* ERR in the last corner, where it is drawn all the same */
}

/* Clips (row, col, width) to the window; the width that is left, 0 for nothing. */
static int clip(WINDOW *win, int row, int col, int width)
{
    int rows = getmaxy(win), cols = getmaxx(win);

    if (row < 0 || row >= rows || col < 0 || col >= cols || width <= 0)
        return 0;
    return width < cols - col ? width : cols - col;
}

static int draw_visible(WINDOW *win, int row, int col, int width, struct style style,
                        const char *text)
{
    bool fits = width_of(text) <= width;
    int room = fits ? width : width - 1, used = 0;
    struct cell cell;

    while (next_cell(&text, &cell) && used + cell.width <= room) {
        put_cell(win, row, col + used, style, &cell);
        used += cell.width;
    }
    if (!fits && width > 0) {
        put_cell(win, row, col + used, style, &(struct cell){ { L'…' }, 1, 1 });
        used++;
    }
    return used;
}

int draw_text(WINDOW *win, int row, int col, int width, struct style style, const char *text)
{
    scoped_buf space = BUF_INIT(8 * TEXT_MAX);

    width = clip(win, row, col, width);
    if (!width || !text)
        return 0;
    return draw_visible(win, row, col, width, style, visible(text, &space));
}

void draw_fill(WINDOW *win, int row, int col, int width, struct style style)
{
    width = clip(win, row, col, width);
    for (int i = 0; i < width; i++)
        put_cell(win, row, col + i, style, &(struct cell){ { L' ' }, 1, 1 });
}

void draw_clear(WINDOW *win, struct style style)
{
    cchar_t blank;
    int pair = color_pair(style.fg, style.bg);

    if (setcchar(&blank, L" ", style.attrs, 0, &pair) == OK)
        wbkgrndset(win, &blank);
    werase(win);
}

void draw_shade(WINDOW *win, struct style style)
{
    int pair = color_pair(style.fg, style.bg), rows = getmaxy(win);

    for (int row = 0; row < rows; row++)
        mvwchgat(win, row, 0, -1, style.attrs, 0, &pair);
}

void draw_cell(WINDOW *win, int row, int col, int width, struct style style, const char *text)
{
    int used = draw_text(win, row, col, width, style, text);

    draw_fill(win, row, col + used, width - used, style);
}

void draw_right(WINDOW *win, int row, int col, int width, struct style style, const char *text)
{
    int need = draw_width(text), blank = need < width ? width - need : 0;

    draw_fill(win, row, col, blank, style);
    draw_text(win, row, col + blank, width - blank, style, text);
}

int draw_width(const char *text)
{
    scoped_buf space = BUF_INIT(8 * TEXT_MAX);

    return text ? width_of(visible(text, &space)) : 0;
}

int draw_widest(const char *text)
{
    int widest = 0;

    while (*text) {
        size_t n = strcspn(text, "\n");
        scoped_free char *line = strndup(text, n);
        int width = draw_width(line);
        widest = width > widest ? width : widest;
        text += n + (text[n] == '\n');
    }
    return widest;
}

void draw_rule(WINDOW *win, int row, int col, int width, struct style style)
{
    width = clip(win, row, col, width);
    for (int i = 0; i < width; i++)
        put_cell(win, row, col + i, style, &(struct cell){ { L'─' }, 1, 1 });
}

static void put_char(WINDOW *win, int row, int col, struct style style, wchar_t c)
{
    if (clip(win, row, col, 1))
        put_cell(win, row, col, style, &(struct cell){ { c }, 1, 1 });
}

void draw_box(WINDOW *win, struct area a, struct style style, const char *title)
{
    int bottom = a.top + a.rows - 1, right = a.left + a.cols - 1;

    if (a.rows < 2 || a.cols < 2)
        return;
    draw_rule(win, a.top, a.left + 1, a.cols - 2, style);
    draw_rule(win, bottom, a.left + 1, a.cols - 2, style);
    for (int row = a.top + 1; row < bottom; row++) {
        put_char(win, row, a.left, style, L'│');
        put_char(win, row, right, style, L'│');
    }
    put_char(win, a.top, a.left, style, L'╭');
    put_char(win, a.top, right, style, L'╮');
    put_char(win, bottom, a.left, style, L'╰');
    put_char(win, bottom, right, style, L'╯');
    if (title && *title && a.cols > 6) {
        int used;
        put_char(win, a.top, a.left + 1, style, L' ');
        used = draw_text(win, a.top, a.left + 2, a.cols - 5, style, title);
        put_char(win, a.top, a.left + 2 + used, style, L' ');
    }
}

int draw_wrapped(WINDOW *win, struct area a, struct style style, const char *text)
{
    scoped_buf space = BUF_INIT(8 * TEXT_MAX);
    const char *at = visible(text, &space);
    int line = 0;

    while (*at && line < a.rows && a.cols > 0) {
        const char *start = at, *cut = NULL, *end = at;
        char piece[TEXT_MAX];
        struct cell cell;
        int used = 0;
        size_t n;
        while (*end && next_cell(&end, &cell) && used + cell.width <= a.cols) {
            used += cell.width;
            at = end;
            if (*end == ' ' || !*end)
                cut = end;
        }
        if (at == start) /* not one character fits */
            break;
        if (cut && *at)
            at = cut;
        n = (size_t)(at - start) < sizeof(piece) - 1 ? (size_t)(at - start) : sizeof(piece) - 1;
        memcpy(piece, start, n);
        piece[n] = '\0';
        if (win)
            draw_text(win, a.top + line, a.left, a.cols, style, piece);
        line++;
        while (*at == ' ')
            at++;
    }
    return line;
}

/* A cell has few bytes: a character, and perhaps some marks. */
#define CELL_BYTES 8

void draw_wrapped_end(WINDOW *win, struct area a, struct style style, const char *text)
{
    const size_t most = (size_t)a.rows * (size_t)a.cols * CELL_BYTES, len = strlen(text);
    const struct area more = { 0, 0, a.rows + 1, a.cols };
    const char *from = len > most ? text + len - most : text;
    scoped_free char *end = str_printf("%s", text);

    while (*from && (from > text || draw_wrapped(NULL, more, style, end) > a.rows)) {
        do
            from++;
        while ((*from & 0xc0) == 0x80);
        free(end);
        end = str_printf("…%s", from);
        if (draw_wrapped(NULL, more, style, end) <= a.rows)
            break;
    }
    draw_wrapped(win, a, style, end);
}

void draw_scrollbar(WINDOW *win, struct area a, int first, int total, struct style style)
{
    int rows = a.rows, size, at;

    if (total <= rows || rows < 1)
        return;
    size = rows * rows / total > 1 ? rows * rows / total : 1;
    at = total - rows > 0 ? (int)((long)first * (rows - size) / (total - rows)) : 0;
    for (int i = 0; i < rows; i++)
        put_char(win, a.top + i, a.left, style, i >= at && i < at + size ? L'┃' : L'│');
}

struct style style_on(struct style a, struct style b)
{
    /* Without colours of its own, the line's look is in its attributes. */
    a.attrs |= b.attrs & (A_REVERSE | A_BOLD | A_UNDERLINE);
    a.bg = b.bg;
    /* On one of the terminal's own sixteen any other of them may be unreadable. */
    if ((b.attrs & A_REVERSE) || b.bg >> 24 == COLOUR_INDEX(0) >> 24) {
        a.fg = b.fg;
        a.attrs &= ~(attr_t)A_DIM;
    }
    a.fg = color_readable(a.fg, a.bg, b.fg);
    return a;
}
