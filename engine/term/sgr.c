/* engine/term/sgr.c: looks, and the sequences that express them. */
#include "engine/term/sgr.h"

#include <string.h>

/* ---- from sequences ---- */

static uint32_t byte_of(int v)
{
    return v < 0 ? 0 : v > 255 ? 255 : (uint32_t)v;
}

/*
 * The colour behind parameter i (38, 48 or 58), in either form: 38;5;N and 38;2;R;G;B, or with
 * colons, where an empty colour space may precede R. Returns the last parameter that is part of it;
 * *color stays when there is none.
 */
static unsigned take_color(const struct vt_csi *csi, unsigned i, uint32_t *color)
{
    unsigned kind_at = i + 1, rgb = i + 2, last = i;
    int kind = vt_arg(csi, kind_at, 0);

    if (kind_at < csi->count && (csi->sub & 1u << kind_at)) {
        for (last = kind_at; last + 1 < csi->count && (csi->sub & 1u << (last + 1));)
            last++;
        if (kind == 2 && last - i >= 5)
            rgb++;
    } else {
        last = i + (kind == 2 ? 4 : kind == 5 ? 2 : 0);
    }
    if (last >= csi->count)
        return csi->count - 1u;
    if (kind == 5 && last >= rgb)
        *color = TERM_COLOR_INDEX(byte_of(vt_arg(csi, rgb, 0)));
    else if (kind == 2 && last >= rgb + 2)
        *color = TERM_COLOR_RGB(byte_of(vt_arg(csi, rgb, 0)) << 16 |
                                byte_of(vt_arg(csi, rgb + 1, 0)) << 8 |
                                byte_of(vt_arg(csi, rgb + 2, 0)));
    return last;
}

static const struct {
    int on, off;
    unsigned attr;
} attributes[] = {
    { 1, 22, TERM_BOLD },  { 2, 22, TERM_DIM },     { 3, 23, TERM_ITALIC },  { 5, 25, TERM_BLINK },
    { 6, 25, TERM_BLINK }, { 7, 27, TERM_REVERSE }, { 8, 28, TERM_CONCEAL }, { 9, 29, TERM_STRIKE },
};

static unsigned set_attribute(unsigned attr, int v)
{
    for (size_t i = 0; i < ARRAY_SIZE(attributes); i++) {
        if (v == attributes[i].on)
            attr |= attributes[i].attr;
        else if (v == attributes[i].off)
            attr &= ~attributes[i].attr;
    }
    return attr;
}

static unsigned set_underline(unsigned attr, int style)
{
    attr &= ~TERM_UNDERLINE_MASK;
    return attr | (style > 3 ? 1u : (unsigned)style) << TERM_UNDERLINE_SHIFT;
}

static bool set_color(uint32_t *fg, uint32_t *bg, int v)
{
    if (v >= 30 && v <= 37)
        *fg = TERM_COLOR_INDEX(v - 30);
    else if (v >= 90 && v <= 97)
        *fg = TERM_COLOR_INDEX(v - 90 + 8);
    else if (v == 39)
        *fg = TERM_COLOR_DEFAULT;
    else if (v >= 40 && v <= 47)
        *bg = TERM_COLOR_INDEX(v - 40);
    else if (v >= 100 && v <= 107)
        *bg = TERM_COLOR_INDEX(v - 100 + 8);
    else if (v == 49)
        *bg = TERM_COLOR_DEFAULT;
    else
        return false;
    return true;
}

uint64_t sgr_apply(uint64_t look, const struct vt_csi *csi)
{
    uint32_t fg = SGR_FG(look), bg = SGR_BG(look), ignored = 0;
    unsigned attr = SGR_ATTR(look);

    for (unsigned i = 0; i < csi->count; i++) {
        int v = vt_arg(csi, i, 0);
        bool has_sub = i + 1 < csi->count && (csi->sub & 1u << (i + 1));
        if (v == 38 || v == 48 || v == 58) {
            i = take_color(csi, i, v == 38 ? &fg : v == 48 ? &bg : &ignored);
            continue;
        }
        if (v == 0)
            fg = bg = attr = 0;
        else if (v == 4)
            attr = set_underline(attr, has_sub ? vt_arg(csi, i + 1, 1) : 1);
        else if (v == 21 || v == 24)
            attr = set_underline(attr, v == 21 ? 2 : 0);
        else if (!set_color(&fg, &bg, v))
            attr = set_attribute(attr, v);
        while (i + 1 < csi->count && (csi->sub & 1u << (i + 1)))
            i++;
    }
    return SGR_LOOK(fg, bg, attr);
}

/* ---- to sequences ---- */

struct writer {
    char text[SGR_TEXT_MAX];
    size_t len;
    unsigned count; /* parameters of this sequence */
};

static void put_number(struct writer *w, char before, unsigned v)
{
    char digits[10];
    size_t n = 0;

    w->text[w->len++] = before;
    do
        digits[n++] = (char)('0' + v % 10);
    while (v /= 10);
    while (n)
        w->text[w->len++] = digits[--n];
}

static void put(struct writer *w, unsigned v)
{
    put_number(w, w->count++ ? ';' : '[', v);
}

static void put_color(struct writer *w, unsigned base, uint32_t color)
{
    unsigned n = color & 0xffffff;

    if (TERM_COLOR_KIND(color) == 2) {
        put(w, base + 8);
        put(w, 2);
        put(w, n >> 16);
        put(w, n >> 8 & 0xff);
        put(w, n & 0xff);
    } else if (TERM_COLOR_KIND(color) == 1 && n < 16) {
        put(w, n < 8 ? base + n : base + 60 + n - 8);
    } else if (TERM_COLOR_KIND(color) == 1) {
        put(w, base + 8);
        put(w, 5);
        put(w, n);
    }
}

/* Two sequences, since one may have no more than VT_ARGS_MAX parameters: attributes, then colours.
 */
bool sgr_put(struct buf *out, uint64_t before, uint64_t look)
{
    unsigned attr = SGR_ATTR(look),
             underline = (attr & TERM_UNDERLINE_MASK) >> TERM_UNDERLINE_SHIFT;
    struct writer w = { .len = 0 };

    w.text[w.len++] = '\x1b';
    if (!look)
        w.text[w.len++] = '[';
    else if (before)
        put(&w, 0);
    for (size_t i = 0; i < ARRAY_SIZE(attributes); i++)
        if (attr & attributes[i].attr && attributes[i].on != 6)
            put(&w, (unsigned)attributes[i].on);
    if (underline)
        put(&w, 4);
    if (underline > 1)
        put_number(&w, ':', underline);
    if (w.count > 4) {
        memcpy(w.text + w.len, "m\x1b", 2);
        w.len += 2;
        w.count = 0;
    }
    put_color(&w, 30, SGR_FG(look));
    put_color(&w, 40, SGR_BG(look));
    if (look && !w.count) /* only attributes, and many */
        w.len--;
    else
        w.text[w.len++] = 'm';
    return buf_append(out, w.text, w.len);
}

/* ---- text with them ---- */

size_t sgr_take(const char *s, size_t n, uint64_t *look)
{
    struct vt_csi csi = { .final = 'm', .count = 1, .arg = { VT_MISSING } };
    unsigned digits = 0;

    if (n < 3 || s[0] != '\x1b' || s[1] != '[')
        return 0;
    for (size_t i = 2; i < n; i++) {
        int32_t *arg = &csi.arg[csi.count - 1];
        if (s[i] == 'm') {
            *look = sgr_apply(*look, &csi);
            return i + 1;
        }
        if (s[i] >= '0' && s[i] <= '9') {
            if (++digits > VT_DIGITS_MAX)
                return 0;
            *arg = (*arg == VT_MISSING ? 0 : *arg) * 10 + (s[i] - '0');
        } else if ((s[i] == ';' || s[i] == ':') && csi.count < VT_ARGS_MAX) {
            if (s[i] == ':')
                csi.sub |= (uint16_t)(1u << csi.count);
            csi.arg[csi.count++] = VT_MISSING;
            digits = 0;
        } else {
            return 0;
        }
    }
    return 0;
}

size_t sgr_strip(const char *s, size_t n, char *text, uint64_t *looks)
{
    uint64_t look = 0;
    size_t len = 0;

    for (size_t i = 0, used; i < n;) {
        if (s[i] == '\x1b' && (used = sgr_take(s + i, n - i, &look))) {
            i += used;
            continue;
        }
        if (looks)
            looks[len] = look;
        text[len++] = s[i++];
    }
    return len;
}
