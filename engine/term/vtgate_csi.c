/*
 * The allow-list of control sequences. Each is composed again from its numbers; anything not named
 * here does not get through.
 */
#include <stdio.h>
#include <string.h>

#include "engine/term/vtgate_parts.h"
#include "engine/term/width.h"

/* ---- colours and attributes ---- */

struct sgr {
    char text[120];
    size_t len;
    unsigned count;
};

static void sgr_send(struct vtgate *g, struct sgr *s)
{
    if (s->count)
        vtgate_send(g, "\033[%sm", s->text);
    s->len = s->count = 0;
}

static void sgr_add(struct sgr *s, const char *prefix, int value)
{
    int n;

    if (s->len && s->len < sizeof s->text - 1)
        s->text[s->len++] = ';';
    n = snprintf(s->text + s->len, sizeof s->text - s->len, "%s%d", prefix, value);
    if (n > 0 && (size_t)n < sizeof s->text - s->len)
        s->len += (size_t)n;
    s->count++;
}

/* A colour that began at parameter i (38 or 48, or 58, which libvterm does not know); returns the
 * next one. */
static unsigned sgr_colour(struct sgr *s, const struct vt_csi *csi, unsigned i)
{
    int what = csi->arg[i], kind = vt_arg(csi, i + 1, 0);
    unsigned end = i + 1, at, need = kind == 2 ? 3 : kind == 5 ? 1 : 0;

    if (end < csi->count && (csi->sub & 1u << end)) { /* 38:2:SPACE:R:G:B, 38:2:R:G:B or 38:5:N */
        while (end < csi->count && (csi->sub & 1u << end))
            end++;
        at = i + 2 + (kind == 2 && end - i >= 6);
    } else {
        at = i + 2;
        end = at + need;
    }
    if (!need || at + need > csi->count || at + need > end || what == 58)
        return end > i ? end : i + 1;
    sgr_add(s, "", what);
    sgr_add(s, "", kind);
    for (unsigned k = 0; k < need; k++) {
        int v = vt_arg(csi, at + k, 0);
        sgr_add(s, "", v > 255 ? 255 : v);
    }
    return end;
}

/* Faint and concealed, see VTGATE_FONT_DIM; whether v is about them or about fonts. */
static bool sgr_font(struct vtgate *g, struct sgr *s, int v)
{
    int font = g->now.font;

    switch (v) {
    case 0:
        g->now.font = 0;
        return false;
    case 2:
        font |= VTGATE_FONT_DIM;
        break;
    case 22: /* neither bold nor faint */
        font &= ~VTGATE_FONT_DIM;
        sgr_add(s, "", v);
        break;
    case 8:
        font |= VTGATE_FONT_CONCEAL;
        break;
    case 28:
        font &= ~VTGATE_FONT_CONCEAL;
        break;
    default:
        return v >= 10 && v <= 20;
    }
    if (font != g->now.font)
        sgr_add(s, "", 10 + font);
    g->now.font = font;
    return true;
}

static void vtgate_csi_on_sgr(struct vtgate *g, const struct vt_csi *csi)
{
    struct sgr s = { .len = 0 };

    for (unsigned i = 0; i < csi->count;) {
        int v = vt_arg(csi, i, 0);
        bool has_sub = i + 1 < csi->count && (csi->sub & 1u << (i + 1));

        if (s.count > 10)
            sgr_send(g, &s);
        if (v == 38 || v == 48 || v == 58) {
            i = sgr_colour(&s, csi, i);
            continue;
        }
        if (sgr_font(g, &s, v)) {
            /* done */
        } else if (v == 4 && has_sub) {
            int style = vt_arg(csi, i + 1, 1);
            if (style == 0)
                sgr_add(&s, "", 24);
            else
                sgr_add(&s, "4:", style > 3 ? 1 : style);
        } else if (v <= 107) {
            sgr_add(&s, "", v);
        }
        for (i++; i < csi->count && (csi->sub & 1u << i);)
            i++;
    }
    sgr_send(g, &s);
}

/* ---- modes ---- */

/* libvterm has one place for a saved cursor, and on the alternate screen it may have been used. */
static void leave_alternate(struct vtgate *g)
{
    vtgate_take_kept(g, g->alternate ? &g->entry : &g->saved);
    if (g->alternate && !g->now.origin)
        vtgate_send(g, "\033[%d;%dH", g->entry_row + 1, g->entry_col + 1);
}

static void alternate_mode(struct vtgate *g, int mode, bool on)
{
    if (on && g->alternate)
        return; /* libvterm would save the cursor once more */
    if (mode == 1049 && on) {
        VTermPos pos = vtgate_cursor(g);
        g->entry = g->saved = g->now;
        g->entry_row = pos.row;
        g->entry_col = pos.col;
    }
    vtgate_send(g, "\033[?%d%c", mode, on ? 'h' : 'l');
    if (mode == 1049 && !on)
        leave_alternate(g);
    g->alternate = on;
    g->pending = false;
}

void vtgate_end_alternate(struct vtgate *g)
{
    if (!g->alternate)
        return;
    alternate_mode(g, 1049, false);
    vtgate_flush(g);
}

/* Modes that only concern the sender of the program's input. */
static void note_mode(struct vtgate_modes *m, int mode, bool on)
{
    switch (mode) {
    case 1:
        m->app_cursor = on;
        break;
    case 66:
        m->app_keypad = on;
        break;
    case 9:
    case 1000:
    case 1002:
    case 1003:
        if (on)
            m->mouse = mode;
        else if (m->mouse == mode || mode != 9)
            m->mouse = 0;
        break;
    case 1004:
        m->focus = on;
        break;
    case 1005:
        m->mouse_encoding = on ? VTGATE_MOUSE_UTF8 : VTGATE_MOUSE_X10;
        break;
    case 1006:
        m->mouse_encoding = on ? VTGATE_MOUSE_SGR : VTGATE_MOUSE_X10;
        break;
    case 1015:
        m->mouse_encoding = on ? VTGATE_MOUSE_URXVT : VTGATE_MOUSE_X10;
        break;
    case 2004:
        m->paste = on;
        break;
    default:
        break;
    }
}

static void private_mode(struct vtgate *g, int mode, bool on)
{
    note_mode(&g->modes, mode, on);
    switch (mode) {
    case 7:
        g->wrap = on;
        break;
    case 6:
        g->now.origin = on;
        g->pending = false;
        break;
    case 1:
    case 5:
    case 12:
    case 25:
    case 1000:
    case 1002:
    case 1003:
    case 1004:
    case 1005:
    case 1006:
    case 1015:
    case 2004:
        break;
    case 47:
    case 1047:
        alternate_mode(g, 1047, on);
        return;
    case 1049:
        alternate_mode(g, 1049, on);
        return;
    case 1048:
        if (on)
            vtgate_save_cursor(g);
        else
            vtgate_restore_cursor(g);
        return;
    default:
        return;
    }
    vtgate_send(g, "\033[?%d%c", mode, on ? 'h' : 'l');
}

static void vtgate_csi_on_modes(struct vtgate *g, const struct vt_csi *csi)
{
    for (unsigned i = 0; i < csi->count; i++) {
        if (csi->lead == '?')
            private_mode(g, csi->arg[i], csi->final == 'h');
        else if (!csi->lead && (csi->arg[i] == 4 || csi->arg[i] == 20))
            vtgate_send(g, "\033[%d%c", csi->arg[i], csi->final);
    }
}

/* DECSTR, which libvterm 0.1.4 does not recognise. */
static void soft_reset(struct vtgate *g)
{
    vtgate_reset_margins(g);
    vtgate_send(g, "\033[4l\033[20l\033[?7h\033[?25h\033[m\033[0\"q\033>");
    g->now = (struct vtgate_kept){ .font = 0 };
    g->modes.app_cursor = g->modes.app_keypad = false;
    g->wrap = true;
    g->pending = false;
}

/* ---- erasing, movement ---- */

/* ED from a pending wrap on: the line stays, the rows below go. */
static void erase_below(struct vtgate *g, const char *lead)
{
    VTermPos before = vtgate_cursor(g), below;

    vtgate_send(g, "\033[B\r");
    below = vtgate_cursor(g);
    if (below.row > before.row)
        vtgate_send(g, "\033[%sJ\033[A", lead);
    vtgate_restore_pending(g);
}

static void vtgate_csi_on_erase(struct vtgate *g, const struct vt_csi *csi)
{
    const char *lead = csi->lead ? "?" : ""; /* selective: spares what DECSCA protects */
    int what = vt_arg(csi, 0, 0);

    if (what > 2)
        return;
    if (!g->pending || what)
        vtgate_send(g, "\033[%s%d%c", lead, what, csi->final);
    else if (csi->final == 'J')
        erase_below(g, lead);
}

static void vtgate_csi_on_repeat(struct vtgate *g, int n)
{
    uint32_t c;
    size_t unused = 0;
    int room;

    c = vtgate_character(term_decode(g->last, &unused));
    room = g->pending ? 0 : g->cols - vtgate_cursor(g).col;
    for (n = n > room ? room : n; n > 0; n--)
        vtgate_put(g, c);
}

/* Sequences of one number whose meaning a pending wrap does not change, except by ending it. */
static void vtgate_csi_on_movement(struct vtgate *g, const struct vt_csi *csi, int n)
{
    switch (csi->final) {
    case 'D':
        if (g->pending)
            vtgate_send(g, "\033[%dG", n > g->cols - 1 ? 1 : g->cols - n + 1);
        else
            vtgate_send(g, "\033[%dD", n);
        break;
    case 'H':
    case 'f':
        vtgate_send(g, "\033[%d;%dH", n, vt_arg(csi, 1, 1) > 0 ? vt_arg(csi, 1, 1) : 1);
        break;
    case 'r':
        if (vt_arg(csi, 1, 0) > 0)
            vtgate_send(g, "\033[%d;%dr", n, csi->arg[1]);
        else
            vtgate_send(g, "\033[%dr", n);
        break;
    case 'T':
        if (csi->count == 1)
            vtgate_send(g, "\033[%dT", n);
        return;
    case 'S':
    case 'L':
    case 'M':
        vtgate_send(g, "\033[%d%c", n, csi->final);
        return;
    case 's':
        vtgate_save_cursor(g);
        return;
    case 'u':
        vtgate_restore_cursor(g);
        return;
    case 'I':
    case 'Z':
        if (g->pending)
            vtgate_send(g, "\033[%dG", g->cols);
        vtgate_send(g, "\033[%d%c", n, csi->final);
        break;
    default:
        vtgate_send(g, "\033[%d%c", n, csi->final);
        break;
    }
    g->pending = false;
}

/* DECSCA */
static void protect(struct vtgate *g, int n)
{
    if (n > 2)
        return;
    g->now.protect = n == 1;
    vtgate_send(g, "\033[%d\"q", n);
}

static void vtgate_csi_on_private(struct vtgate *g, const struct vt_csi *csi)
{
    int n = vt_arg(csi, 0, 0);

    if (csi->lead == '?' && !csi->mid && (csi->final == 'J' || csi->final == 'K'))
        vtgate_csi_on_erase(g, csi);
    else if (!csi->lead && csi->mid == '!' && csi->final == 'p')
        soft_reset(g);
    else if (!csi->lead && csi->mid == '"' && csi->final == 'q')
        protect(g, n);
    else if (!csi->lead && csi->mid == ' ' && csi->final == 'q' && n <= 6)
        vtgate_send(g, "\033[%d q", n);
}

void vtgate_on_csi(void *user, const struct vt_csi *csi)
{
    struct vtgate *g = user;
    int n = vt_arg(csi, 0, 1);
    bool can_repeat = g->can_repeat;

    g->can_repeat = false;
    if (csi->final != 'm') /* a mark still joins the character before it */
        g->after_glyph = false;
    if (n < 1)
        n = 1;
    if (!csi->mid && (csi->final == 'h' || csi->final == 'l')) {
        vtgate_csi_on_modes(g, csi);
    } else if (csi->lead || csi->mid) {
        vtgate_csi_on_private(g, csi);
    } else if (csi->final == 'm') {
        vtgate_csi_on_sgr(g, csi);
    } else if (csi->final == 'J' || csi->final == 'K') {
        vtgate_csi_on_erase(g, csi);
    } else if (csi->final == 'b') {
        if (can_repeat)
            vtgate_csi_on_repeat(g, n);
        g->can_repeat = false;
    } else if (csi->final == 'g') {
        int v = vt_arg(csi, 0, 0);
        if (v == 0 || v == 3)
            vtgate_send(g, "\033[%dg", v);
    } else if (strchr("@PX", csi->final)) {
        if (!g->pending)
            vtgate_send(g, "\033[%d%c", n, csi->final);
    } else if (strchr("ABCDEFGHIZLMST`adefrsu", csi->final)) {
        vtgate_csi_on_movement(g, csi, n);
    }
}
