/* The state machine behind vtparse.h. Ground text is passed on in runs straight from the caller's
 * bytes. */
#include "engine/term/vtparse.h"

#include <string.h>

#include "vmm/base/utf8.h"

#define CAN 0x18
#define SUB 0x1a
#define ESC 0x1b
#define DEL 0x7f

void vtparse_init(struct vtparse *p, const struct vt_handler *handler, void *user)
{
    memset(p, 0, offsetof(struct vtparse, string)); /* the string's bytes are written before read */
    p->handler = handler;
    p->user = user;
}

void vtparse_enter_string(struct vtparse *p, char kind)
{
    p->state = VT_STRING;
    p->kind = kind;
    p->bad = true;
    p->length = VT_SEQUENCE_MAX + 1;
    p->string_len = 0;
}

static void send_text(struct vtparse *p, const char *s, size_t n)
{
    if (n && p->handler->text)
        p->handler->text(p->user, s, n);
}

static void send_control(struct vtparse *p, unsigned char c)
{
    if (c && p->handler->control)
        p->handler->control(p->user, c);
}

static void start_escape(struct vtparse *p, bool closing)
{
    p->state = VT_ESCAPE;
    p->closing = closing;
    p->mid = 0;
    if (closing) {
        p->length++; /* still counts as part of the string */
        return;
    }
    p->bad = false;
    p->length = 1;
}

static void start_csi(struct vtparse *p)
{
    p->state = VT_CSI;
    p->bad = p->after_lead = false;
    p->digits = 0;
    p->csi.lead = p->csi.mid = 0;
    p->csi.count = 1;
    p->csi.arg[0] = VT_MISSING;
    p->csi.sub = 0;
}

/* ---- UTF-8 ---- */

static void partial_fail(struct vtparse *p)
{
    for (unsigned i = 0; i < p->partial_len; i++)
        send_text(p, UTF8_REPLACEMENT, 3);
    p->partial_len = p->partial_need = 0;
}

/* Bytes a sequence with this first byte has, or 0 when it starts none. */
static unsigned sequence_need(unsigned char c)
{
    if (c >= 0xc2 && c <= 0xdf)
        return 2;
    if (c >= 0xe0 && c <= 0xef)
        return 3;
    return c >= 0xf0 && c <= 0xf4 ? 4 : 0;
}

/* Whether c can be byte number `at` (1..3) of a sequence that starts with `first`. */
static bool continues(unsigned char first, unsigned at, unsigned char c)
{
    if (at == 1) {
        if (first == 0xe0)
            return c >= 0xa0 && c <= 0xbf;
        if (first == 0xed)
            return c >= 0x80 && c <= 0x9f;
        if (first == 0xf0)
            return c >= 0x90 && c <= 0xbf;
        if (first == 0xf4)
            return c >= 0x80 && c <= 0x8f;
    }
    return c >= 0x80 && c <= 0xbf;
}

/* Takes one byte >= 0x80, or finishes off a sequence that one below 0x80 broke. */
static void high_byte(struct vtparse *p, unsigned char c)
{
    if (p->partial_len) {
        if (continues((unsigned char)p->partial[0], p->partial_len, c)) {
            p->partial[p->partial_len++] = (char)c;
            if (p->partial_len < p->partial_need)
                return;
            /* C1 controls are dropped, in UTF-8 too */
            if ((unsigned char)p->partial[0] != 0xc2 || (unsigned char)p->partial[1] >= 0xa0)
                send_text(p, p->partial, p->partial_len);
            p->partial_len = p->partial_need = 0;
            return;
        }
        partial_fail(p);
    }
    p->partial_need = (uint8_t)sequence_need(c);
    if (!p->partial_need) {
        send_text(p, UTF8_REPLACEMENT, 3);
        return;
    }
    p->partial[0] = (char)c;
    p->partial_len = 1;
}

/* Length of the run of whole printable characters at s. */
static size_t text_run(const char *s, size_t n)
{
    size_t i = 0;

    while (i < n) {
        unsigned char c = (unsigned char)s[i];
        if (c >= 0x20 && c < DEL) {
            i++;
            continue;
        }
        if (c < 0x80)
            break;
        size_t len = utf8_valid_length(s + i, n - i);
        if (!len || (c == 0xc2 && (unsigned char)s[i + 1] < 0xa0))
            break;
        i += len;
    }
    return i;
}

static size_t feed_ground(struct vtparse *p, const char *s, size_t n)
{
    unsigned char c = (unsigned char)s[0];

    if (!p->partial_len) {
        size_t run = text_run(s, n);
        if (run) {
            send_text(p, s, run);
            return run;
        }
    }
    if (c >= 0x80) {
        high_byte(p, c);
        return 1;
    }
    if (p->partial_len) {
        partial_fail(p);
        return 0;
    }
    if (c == ESC)
        start_escape(p, false);
    else if (c != DEL)
        send_control(p, c);
    return 1;
}

/* ---- sequences ---- */

static void feed_escape(struct vtparse *p, unsigned char c)
{
    if (p->closing) {
        p->closing = false;
        p->length = 1;
        if (c == '\\') {
            p->state = VT_GROUND;
            if (!p->bad && p->handler->string)
                p->handler->string(p->user, p->kind, p->string, p->string_len);
            return;
        }
        p->bad = false;
    }
    p->length++;
    if (!p->mid && c == '[') {
        start_csi(p);
    } else if (!p->mid && vt_starts_string(c)) {
        p->state = VT_STRING;
        p->kind = (char)c;
        p->string_len = 0;
    } else if (c >= 0x20 && c <= 0x2f) {
        if (p->mid)
            p->bad = true;
        p->mid = (char)c;
    } else {
        p->state = VT_GROUND;
        if (!p->bad && p->handler->escape)
            p->handler->escape(p->user, p->mid, (char)c);
    }
}

static void csi_digit(struct vtparse *p, unsigned char c)
{
    int32_t *arg = &p->csi.arg[p->csi.count - 1];

    if (p->csi.mid || ++p->digits > VT_DIGITS_MAX) {
        p->digits = VT_DIGITS_MAX;
        p->bad = true;
        return;
    }
    *arg = (*arg == VT_MISSING ? 0 : *arg * 10) + (c - '0');
}

static void csi_separator(struct vtparse *p, unsigned char c)
{
    if (p->csi.mid || p->csi.count == VT_ARGS_MAX) {
        p->bad = true;
        return;
    }
    p->digits = 0;
    if (c == ':')
        p->csi.sub |= (uint16_t)(1u << p->csi.count);
    p->csi.arg[p->csi.count++] = VT_MISSING;
}

static void feed_csi(struct vtparse *p, unsigned char c)
{
    p->length++;
    if (c >= '0' && c <= '9') {
        csi_digit(p, c);
    } else if (c == ';' || c == ':') {
        csi_separator(p, c);
    } else if (c >= 0x3c && c <= 0x3f) {
        if (p->after_lead)
            p->bad = true;
        p->csi.lead = (char)c;
    } else if (c >= 0x20 && c <= 0x2f) {
        if (p->csi.mid)
            p->bad = true;
        p->csi.mid = (char)c;
    } else {
        p->csi.final = (char)c;
        p->state = VT_GROUND;
        if (!p->bad && p->handler->csi)
            p->handler->csi(p->user, &p->csi);
    }
    p->after_lead = true;
}

/* A byte inside ESC or CSI that is not part of the sequence; true when it was handled. */
static bool feed_inside(struct vtparse *p, unsigned char c)
{
    if (c == CAN || c == SUB) {
        p->state = VT_GROUND;
        p->closing = false;
        return true;
    }
    if (c == ESC) {
        start_escape(p, false);
        return true;
    }
    if (c < 0x20 || c == DEL) {
        if (p->closing) { /* the string is over, and this ESC begins something else */
            p->closing = p->bad = false;
            p->length = 1;
        }
        p->length++;
        if (c != DEL)
            send_control(p, c);
        return true;
    }
    return false;
}

static void feed_string(struct vtparse *p, unsigned char c)
{
    p->length++;
    if (c == ESC) {
        p->length--;
        start_escape(p, true);
    } else if (c == CAN || c == SUB) {
        p->state = VT_GROUND;
    } else if (c == 0x07 && p->kind == ']') {
        p->state = VT_GROUND;
        if (!p->bad && p->handler->string)
            p->handler->string(p->user, p->kind, p->string, p->string_len);
    } else if (c >= 0x20 && c != DEL) {
        if (p->string_len < VT_SEQUENCE_MAX)
            p->string[p->string_len++] = (char)c;
        else
            p->bad = true;
    }
}

void vtparse_feed(struct vtparse *p, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n;) {
        unsigned char c = (unsigned char)bytes[i];

        if (p->state == VT_GROUND) {
            i += feed_ground(p, bytes + i, n - i);
            continue;
        }
        i++;
        if (p->state == VT_STRING) {
            feed_string(p, c);
            continue;
        }
        if (feed_inside(p, c)) {
            if (p->state != VT_GROUND && !p->closing && p->length >= VT_SEQUENCE_MAX)
                p->state = VT_GROUND;
            continue;
        }
        if (c >= 0x80) { /* not part of any sequence: it ends here, and the byte is text */
            p->state = VT_GROUND;
            p->closing = false;
            i--;
            continue;
        }
        if (p->state == VT_ESCAPE)
            feed_escape(p, c);
        else
            feed_csi(p, c);
        if ((p->state == VT_ESCAPE || p->state == VT_CSI) && p->length >= VT_SEQUENCE_MAX)
            p->state = VT_GROUND;
    }
}

void vtparse_finish(struct vtparse *p)
{
    partial_fail(p);
    p->state = VT_GROUND;
    p->closing = false;
}

/* ---- held-back bytes ---- */

/* Bytes at the end of s that begin a UTF-8 sequence and do not finish it. */
static size_t partial_tail(const char *s, size_t n)
{
    for (size_t back = 1; back <= 3 && back <= n; back++) {
        unsigned char first = (unsigned char)s[n - back];
        unsigned need = sequence_need(first);
        if (!need) {
            if (first >= 0x80 && first <= 0xbf)
                continue;
            return 0;
        }
        if (need <= back)
            return 0;
        for (unsigned i = 1; i < back; i++) {
            if (!continues(first, i, (unsigned char)s[n - back + i]))
                return 0;
        }
        return back;
    }
    return 0;
}

size_t vtparse_held_back(const char *bytes, size_t n, char in_string)
{
    static const struct vt_handler nobody = { .text = NULL };
    struct vtparse p;
    const char *last = n ? memrchr(bytes, ESC, n) : NULL;
    size_t from;

    if (!last)
        return in_string ? 0 : partial_tail(bytes, n);
    from = (size_t)(last - bytes);
    vtparse_init(&p, &nobody, NULL);
    if (from == n - 1) { /* may be the first half of a string's end */
        const char *before = from ? memrchr(bytes, ESC, from) : NULL;
        if (before)
            from = (size_t)(before - bytes);
        else if (in_string) {
            from = 0;
            vtparse_enter_string(&p, in_string);
        }
    }
    for (size_t i = from; i < n; i++) {
        vtparse_feed(&p, bytes + i, 1);
        if (p.state == VT_GROUND) {
            if (last > bytes + i) { /* everything before the last ESC is complete */
                i = (size_t)(last - bytes) - 1;
                continue;
            }
            return partial_tail(last, n - (size_t)(last - bytes));
        }
    }
    if (p.state == VT_STRING)
        return p.length > VT_SEQUENCE_MAX ? 0 : p.length;
    if (p.closing)
        return p.length > VT_SEQUENCE_MAX ? 1 : p.length;
    return p.length;
}

bool vtparse_at_rest(const char *bytes, size_t n, char in_string)
{
    static const struct vt_handler nobody = { .text = NULL };
    const char *last = n ? memrchr(bytes, ESC, n) : NULL;
    size_t from = last ? (size_t)(last - bytes) : 0;
    struct vtparse p;

    if (!last && !in_string)
        return partial_tail(bytes, n) == 0;
    vtparse_init(&p, &nobody, NULL);
    if (!last)
        vtparse_enter_string(&p, in_string);
    vtparse_feed(&p, bytes + from, n - from);
    return p.state == VT_GROUND && !p.partial_len;
}
