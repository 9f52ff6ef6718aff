/* engine/term/replay.c: output without its questions or anything unknown. */
#include "engine/term/replay.h"

#include <stdio.h>

#include "engine/term/query.h"
#include "engine/term/vtparse.h"

static void put(struct replay *r, const char *bytes, size_t n)
{
    r->full = r->full || !buf_append(r->out, bytes, n);
}

static void replay_on_text(void *user, const char *utf8, size_t n)
{
    put(user, utf8, n);
}

static void replay_on_control(void *user, unsigned char c)
{
    char byte = (char)c;

    if (c == 0x05 || (c == 0x07 && !((struct replay *)user)->bells)) /* ENQ asks */
        return;
    put(user, &byte, 1);
}

static void replay_on_escape(void *user, char mid, char final)
{
    char text[3] = { 0x1b, mid, final };

    if (query_of_escape(mid, final) != QUERY_NONE)
        return;
    if (((struct replay *)user)->mute && !mid && (final == '=' || final == '>'))
        return;
    if (!mid)
        text[1] = final;
    put(user, text, mid ? 3 : 2);
}

/* Whether a private mode changes what keys, mouse or window send. */
static bool is_input_mode(int32_t mode)
{
    return mode == 1 || mode == 9 || mode == 66 || mode == 67 || mode == 2004 ||
           (mode >= 1000 && mode <= 1007) || (mode >= 1015 && mode <= 1016) ||
           (mode >= 1034 && mode <= 1036);
}

/* Of a muted one: the sequence without those modes; false when nothing is left of it. */
static bool mute(struct vt_csi *csi)
{
    unsigned kept = 0;

    if (csi->lead != '?')
        return !csi->lead && csi->final != 't' &&
               csi->final != 'i'; /* the window's size; printing */
    if (csi->final != 'h' && csi->final != 'l')
        return csi->final == 'J' || csi->final == 'K';
    for (unsigned i = 0; i < csi->count; i++)
        if (!is_input_mode(csi->arg[i]))
            csi->arg[kept++] = csi->arg[i];
    csi->count = kept;
    return kept > 0;
}

static void replay_on_csi(void *user, const struct vt_csi *of)
{
    char text[16 + VT_ARGS_MAX * (VT_DIGITS_MAX + 1)];
    struct vt_csi muted = *of;
    const struct vt_csi *csi = &muted;
    int n = 0;

    if (query_of_csi(csi) != QUERY_NONE || (((struct replay *)user)->mute && !mute(&muted)))
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

/* Titles and hyperlinks. */
static void replay_on_string(void *user, char kind, const char *s, size_t n)
{
    bool title = n >= 2 && (s[0] == '0' || s[0] == '1' || s[0] == '2') && s[1] == ';';
    bool link = n >= 2 && s[0] == '8' && s[1] == ';';

    if (kind != ']' || !(title || link))
        return;
    put(user, "\x1b]", 2);
    put(user, s, n);
    put(user, "\x1b\\", 2);
}

void replay_init(struct replay *r, bool bells)
{
    static const struct vt_handler handler = { .text = replay_on_text,
                                               .control = replay_on_control,
                                               .escape = replay_on_escape,
                                               .csi = replay_on_csi,
                                               .string = replay_on_string };

    r->out = NULL;
    r->full = r->mute = false;
    r->bells = bells;
    vtparse_init(&r->parse, &handler, r);
}

bool replay_feed(struct replay *r, const char *bytes, size_t n, struct buf *ret)
{
    r->out = ret;
    r->full = false;
    vtparse_feed(&r->parse, bytes, n);
    return !r->full;
}
