/* tui/field.c: the line editor. */
#include "tui/field.h"

#include <string.h>

#include "engine/term/width.h"
#include "vmm/base/utf8.h"

void field_set(struct field *f, const char *text)
{
    f->len = f->cursor = 0;
    f->text[0] = '\0';
    f->preset = false;
    field_insert(f, text, strlen(text));
}

void field_preset(struct field *f, const char *text)
{
    field_set(f, text);
    f->preset = f->len > 0;
}

void field_insert(struct field *f, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t len = utf8_valid_length(bytes + i, n - i);
        char c = bytes[i];
        if (!len) {
            i++;
            continue;
        }
        if (len == 1 && (c == '\n' || c == '\t' || c == '\r'))
            c = ' ';
        if (len == 1 && ((unsigned char)c < ' ' || c == 0x7f)) {
            i++;
            continue;
        }
        if (f->len + len > FIELD_MAX)
            return;
        memmove(f->text + f->cursor + len, f->text + f->cursor, f->len - f->cursor + 1);
        if (len == 1)
            f->text[f->cursor] = c;
        else
            memcpy(f->text + f->cursor, bytes + i, len);
        f->cursor += len, f->len += len;
        i += len;
    }
}

static void cut(struct field *f, size_t from, size_t to)
{
    memmove(f->text + from, f->text + to, f->len - to + 1);
    f->len -= to - from;
    f->cursor = from;
}

/* Whether the character at a byte is a combining mark: never separated from its base. */
static bool is_mark(const struct field *f, size_t at)
{
    size_t used = 0;

    return at < f->len && term_width(term_decode(f->text + at, &used)) == 0;
}

static size_t before(const struct field *f, size_t at)
{
    do {
        while (at && (f->text[--at] & 0xc0) == 0x80)
            ;
    } while (at && is_mark(f, at));
    return at;
}

static size_t after(const struct field *f, size_t at)
{
    do {
        if (at < f->len)
            at++;
        while (at < f->len && (f->text[at] & 0xc0) == 0x80)
            at++;
    } while (is_mark(f, at));
    return at;
}

static size_t word_before(const struct field *f, size_t at)
{
    while (at && f->text[at - 1] == ' ')
        at--;
    while (at && f->text[at - 1] != ' ')
        at--;
    return at;
}

static size_t word_after(const struct field *f, size_t at)
{
    while (at < f->len && f->text[at] == ' ')
        at++;
    while (at < f->len && f->text[at] != ' ')
        at++;
    return at;
}

/* What is typed or pasted. */
static void type(struct field *f, const char *bytes, size_t n)
{
    if (f->preset)
        field_set(f, "");
    field_insert(f, bytes, n);
}

static bool control_event(struct field *f, uint32_t code)
{
    switch (code) {
    case 'a':
        f->cursor = 0;
        return true;
    case 'e':
        f->cursor = f->len;
        return true;
    case 'b':
        f->cursor = before(f, f->cursor);
        return true;
    case 'f':
        f->cursor = after(f, f->cursor);
        return true;
    case 'd':
        cut(f, f->cursor, after(f, f->cursor));
        return true;
    case 'u':
        cut(f, 0, f->cursor);
        return true;
    case 'k':
        cut(f, f->cursor, f->len);
        return true;
    case 'w':
        cut(f, word_before(f, f->cursor), f->cursor);
        return true;
    case K_LEFT:
        f->cursor = word_before(f, f->cursor);
        return true;
    case K_RIGHT:
        f->cursor = word_after(f, f->cursor);
        return true;
    default:
        return false;
    }
}

static bool plain_event(struct field *f, const struct key_event *e)
{
    switch (e->code) {
    case K_LEFT:
        f->cursor = before(f, f->cursor);
        return true;
    case K_RIGHT:
        f->cursor = after(f, f->cursor);
        return true;
    case K_HOME:
        f->cursor = 0;
        return true;
    case K_END:
        f->cursor = f->len;
        return true;
    case K_BACKSPACE:
        cut(f, before(f, f->cursor), f->cursor);
        return true;
    case K_DELETE:
        cut(f, f->cursor, after(f, f->cursor));
        return true;
    default:
        if (e->code >= K_UP)
            return false;
        type(f, e->raw, e->raw_len);
        return true;
    }
}

static bool key_event(struct field *f, const struct key_event *e)
{
    if (e->mods == MOD_CTRL)
        return control_event(f, e->code);
    if (e->mods == MOD_ALT && (e->code == 'b' || e->code == 'f'))
        return control_event(f, e->code == 'b' ? K_LEFT : K_RIGHT);
    return !(e->mods & ~(unsigned)MOD_SHIFT) && plain_event(f, e);
}

bool field_event(struct field *f, const struct key_event *e)
{
    bool taken = e->kind == EVENT_PASTE;

    if (e->kind == EVENT_PASTE)
        type(f, e->text, e->text_len);
    else if (e->kind == EVENT_KEY)
        taken = key_event(f, e);
    f->preset = f->preset && !taken;
    return taken;
}

/* The columns from byte `from` to byte `to`. */
static int columns(const struct field *f, size_t from, size_t to)
{
    char piece[FIELD_MAX + 1];

    memcpy(piece, f->text + from, to - from);
    piece[to - from] = '\0';
    return draw_width(piece);
}

/* The signs up to the cursor are in sight. */
static void draw_masked(struct field *f, WINDOW *win, struct area a, struct style style)
{
    int count = 0, before = 0, first;

    for (size_t i = 0; i < f->len; i = after(f, i), count++)
        before += i < f->cursor;
    first = before > a.cols - 1 ? before - a.cols + 1 : 0;
    for (int i = 0; i < a.cols && first + i < count; i++)
        draw_text(win, a.top, a.left + i, 1, style, "•");
    f->cursor_col = before - first;
}

void field_draw(struct field *f, WINDOW *win, struct area a, struct style style, struct style dim,
                const char *placeholder)
{
    size_t first = 0;

    draw_fill(win, a.top, a.left, a.cols, style);
    f->cursor_col = 0;
    if (!f->len) {
        draw_text(win, a.top, a.left, a.cols, dim, placeholder ? placeholder : "");
        return;
    }
    if (f->masked) {
        draw_masked(f, win, a, style);
        return;
    }
    while (first < f->cursor && columns(f, first, f->cursor) > a.cols - 1)
        first = after(f, first);
    draw_text(win, a.top, a.left, a.cols, style, f->text + first);
    f->cursor_col = columns(f, first, f->cursor);
}
