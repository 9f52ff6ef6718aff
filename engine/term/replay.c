/* engine/term/replay.c: output without its questions. */
#include "engine/term/replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/term/vtparse.h"

struct replay {
    struct buf *out;
    bool full;
};

static void put(struct replay *r, const char *bytes, size_t n)
{
    r->full = r->full || !buf_append(r->out, bytes, n);
}

static void on_text(void *user, const char *utf8, size_t n)
{
    put(user, utf8, n);
}

static void on_control(void *user, unsigned char c)
{
    char byte = (char)c;

    if (c != 0x05 && c != 0x07) /* ENQ asks; an old bell need not ring again */
        put(user, &byte, 1);
}

static void on_escape(void *user, char mid, char final)
{
    char text[3] = { 0x1b, mid, final };

    if (!mid && final == 'Z') /* DECID asks */
        return;
    if (!mid)
        text[1] = final;
    put(user, text, mid ? 3 : 2);
}

/* ECMA-48 and xterm's list: DSR, DA, window reports, DECREQTPARM, DECRQM, XTVERSION, keyboard
 * queries. */
static bool asks(const struct vt_csi *csi)
{
    switch (csi->final) {
    case 'n':
    case 'c':
    case 't':
    case 'x':
        return true;
    case 'p':
        return csi->mid == '$';
    case 'q':
        return csi->lead == '>';
    case 'u':
        return csi->lead == '?';
    default:
        return false;
    }
}

static void on_csi(void *user, const struct vt_csi *csi)
{
    char text[16 + VT_ARGS_MAX * (VT_DIGITS_MAX + 1)];
    int n = 0;

    if (asks(csi))
        return;
    n += snprintf(text, sizeof(text), "\x1b[");
    if (csi->lead)
        text[n++] = csi->lead;
    for (unsigned i = 0; i < csi->count; i++) {
        if (i)
            text[n++] = csi->sub >> i & 1 ? ':' : ';';
        if (csi->arg[i] != VT_MISSING)
            n += snprintf(text + n, sizeof(text) - (size_t)n, "%d", (int)csi->arg[i]);
    }
    if (csi->mid)
        text[n++] = csi->mid;
    text[n++] = csi->final;
    put(user, text, (size_t)n);
}

/* Titles and hyperlinks; any other string may be a question (colours, clipboard, terminfo). */
static void on_string(void *user, char kind, const char *s, size_t n)
{
    bool title = n >= 2 && (s[0] == '0' || s[0] == '1' || s[0] == '2') && s[1] == ';';
    bool link = n >= 2 && s[0] == '8' && s[1] == ';';

    if (kind != ']' || !(title || link))
        return;
    put(user, "\x1b]", 2);
    put(user, s, n);
    put(user, "\x1b\\", 2);
}

bool term_replay(const char *bytes, size_t n, struct buf *ret)
{
    static const struct vt_handler handler = { .text = on_text,
                                               .control = on_control,
                                               .escape = on_escape,
                                               .csi = on_csi,
                                               .string = on_string };
    struct vtparse *parser = malloc(sizeof(*parser));
    struct replay r = { .out = ret };

    if (!parser)
        return false;
    vtparse_init(parser, &handler, &r);
    vtparse_feed(parser, bytes, n);
    free(parser);
    return !r.full;
}
