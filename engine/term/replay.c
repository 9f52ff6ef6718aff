/* engine/term/replay.c: what of a guest's output passes to a real terminal. */
#include "engine/term/replay.h"

#include <stdio.h>
#include <string.h>

#include "vmm/base/utf8.h"

/* Control sequences by what is before and behind their parameters; modes have a table of their own.
 */
static const struct {
    char lead, mid;
    const char *finals;
} sequences[] = {
    { 0, 0, "@ABCDEFGHIJKLMPSTXZ`abdefgmrsu" },
    { '?', 0, "JK" }, /* selective erase */
    { 0, '!', "p" },  /* soft reset */
    { 0, ' ', "q" },  /* the cursor's shape */
};

/* Private modes. Not the origin mode: ending it moves the cursor. */
static const struct {
    int number;
    bool input; /* it changes what the terminal sends */
} modes[] = {
    { 1, true },     { 5, false },    { 7, false },    { 9, true },    { 12, false },
    { 25, false },   { 47, false },   { 66, true },    { 1000, true }, { 1002, true },
    { 1003, true },  { 1004, true },  { 1005, true },  { 1006, true }, { 1015, true },
    { 1047, false }, { 1048, false }, { 1049, false }, { 2004, true }, { 2026, false },
};

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
    const struct replay *r = user;
    char byte = (char)c;

    if (c && (strchr("\b\t\n\v\f\r\x0e\x0f", c) || (c == '\a' && r->bells)))
        put(user, &byte, 1);
}

static void replay_on_escape(void *user, char mid, char final)
{
    const struct replay *r = user;
    const char text[] = { 0x1b, mid ? mid : final, final };
    bool passes;

    if (!final)
        return;
    if (mid == '(' || mid == ')') /* character sets */
        passes = strchr("0AB", final);
    else if (mid)
        passes = mid == '#' && final == '8';
    else
        passes = strchr("78DEHMc", final) || (strchr("=>", final) && !r->mute);
    if (passes)
        put(user, text, mid ? 3 : 2);
}

static bool mode_passes(const struct replay *r, const struct vt_csi *csi, int number)
{
    if (!csi->lead)
        return number == 4;
    for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
        if (modes[i].number == number)
            return !modes[i].input || !r->mute;
    return false;
}

/* Leaves those that pass; false: none. */
static bool keep_modes(const struct replay *r, struct vt_csi *csi)
{
    unsigned kept = 0;

    if (csi->mid || (csi->lead && csi->lead != '?'))
        return false;
    for (unsigned i = 0; i < csi->count; i++)
        if (mode_passes(r, csi, csi->arg[i]))
            csi->arg[kept++] = csi->arg[i];
    csi->count = kept;
    csi->sub = 0;
    return kept > 0;
}

static bool csi_passes(const struct vt_csi *csi)
{
    if (csi->final == 'J' && vt_arg(csi, 0, 0) > 2) /* the scrollback is the operator's */
        return false;
    if (csi->final == 'T' && csi->count > 1) /* the mouse */
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(sequences); i++)
        if (sequences[i].lead == csi->lead && sequences[i].mid == csi->mid)
            return csi->final && strchr(sequences[i].finals, csi->final);
    return false;
}

static void put_csi(struct replay *r, const struct vt_csi *csi)
{
    char text[16 + VT_ARGS_MAX * (VT_DIGITS_MAX + 1)];
    int n = snprintf(text, sizeof(text), "\x1b[");

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
    put(r, text, (size_t)n);
}

static void replay_on_csi(void *user, const struct vt_csi *csi)
{
    struct vt_csi kept = *csi;

    if (csi->final == 'h' || csi->final == 'l' ? keep_modes(user, &kept) : csi_passes(csi))
        put_csi(user, &kept);
}

/* Titles and hyperlinks, without any control character. */
static void replay_on_string(void *user, char kind, const char *s, size_t n)
{
    char text[VT_SEQUENCE_MAX + 1];

    if (kind != ']' || n < 2 || !memchr("0128", s[0], 4) || s[1] != ';')
        return;
    n = utf8_copy_printable(text, sizeof(text), s, n);
    put(user, "\x1b]", 2);
    put(user, text, n);
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
