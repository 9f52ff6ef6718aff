/*
 * tui/input.c: the decoder. ECMA-48 sequences as xterm sends them (ctlseqs), the CSI u form that
 * kitty, foot and others use for keys the classic forms cannot tell, SGR mouse (1006), bracketed
 * paste (2004) and focus (1004).
 */
#include "tui/input.h"

#include <string.h>

#include "engine/term/width.h"
#include "vmm/base/utf8.h"

#define ESC '\x1b'
#define PARAMS_MAX 8

static const char paste_end[] = "\x1b[201~";

struct letter_key {
    char letter;
    uint32_t code;
    unsigned mods;
};
/* CSI … letter, and SS3 letter. */
static const struct letter_key letter_keys[] = {
    { 'A', K_UP, 0 },      { 'B', K_DOWN, 0 },   { 'C', K_RIGHT, 0 }, { 'D', K_LEFT, 0 },
    { 'H', K_HOME, 0 },    { 'F', K_END, 0 },    { 'P', K_F1, 0 },    { 'Q', K_F1 + 1, 0 },
    { 'R', K_F1 + 2, 0 },  { 'S', K_F1 + 3, 0 }, { 'M', K_ENTER, 0 }, { 'Z', K_TAB, MOD_SHIFT },
    { 'E', K_UNKNOWN, 0 },
};
/* CSI number ~ */
static const struct {
    int number;
    uint32_t code;
} tilde_keys[] = {
    { 1, K_HOME },    { 2, K_INSERT },  { 3, K_DELETE },  { 4, K_END },      { 5, K_PGUP },
    { 6, K_PGDN },    { 7, K_HOME },    { 8, K_END },     { 11, K_F1 },      { 12, K_F1 + 1 },
    { 13, K_F1 + 2 }, { 14, K_F1 + 3 }, { 15, K_F1 + 4 }, { 17, K_F1 + 5 },  { 18, K_F1 + 6 },
    { 19, K_F1 + 7 }, { 20, K_F1 + 8 }, { 21, K_F1 + 9 }, { 23, K_F1 + 10 }, { 24, K_F1 + 11 },
};

void input_init(struct input *in)
{
    memset(in, 0, sizeof(*in));
    buf_init(&in->paste, INPUT_PASTE_MAX);
}

void input_release(struct input *in)
{
    buf_release(&in->paste);
}

static void emit_key(const struct input *in, uint32_t code, unsigned mods, input_event_fn *fn,
                     void *arg)
{
    struct key_event e = { .kind = EVENT_KEY,
                           .code = code,
                           .mods = mods,
                           .raw = in->pending,
                           .raw_len = in->pending_len };

    fn(arg, &e);
}

/* A byte below 0x20, or DEL, as a key. */
static void control_key(unsigned char c, uint32_t *ret_code, unsigned *ret_mods)
{
    switch (c) {
    case '\r':
        *ret_code = K_ENTER;
        return;
    case '\t':
        *ret_code = K_TAB;
        return;
    case '\b':
    case 0x7f:
        *ret_code = K_BACKSPACE;
        return;
    case ESC:
        *ret_code = K_ESC;
        return;
    default:
        *ret_mods |= MOD_CTRL;
        *ret_code = c == 0 ? ' ' : c <= 0x1a ? (uint32_t)c + 0x60 : (uint32_t)c + 0x40;
    }
}

/* The modifiers in a parameter: 1 + a bit mask. */
static unsigned mods_of(int param)
{
    unsigned bits = param > 1 ? (unsigned)(param - 1) : 0;

    return (bits & 1 ? MOD_SHIFT : 0) | (bits & (2 | 8) ? MOD_ALT : 0) | (bits & 4 ? MOD_CTRL : 0);
}

/* Numbers between ';' (a ':' sub-parameter is passed over), missing ones 0. */
static int parse_params(const char *s, const char *end, int params[PARAMS_MAX])
{
    int count = 0;
    bool sub = false;

    memset(params, 0, PARAMS_MAX * sizeof(*params));
    for (; s < end; s++) {
        if (*s == ';') {
            count++, sub = false;
            if (count == PARAMS_MAX)
                return count;
        } else if (*s == ':') {
            sub = true;
        } else if (*s >= '0' && *s <= '9' && !sub && params[count] < 10000000) {
            params[count] = params[count] * 10 + (*s - '0');
        }
    }
    return count + 1;
}

static void emit_mouse(const struct input *in, const int p[PARAMS_MAX], bool release,
                       input_event_fn *fn, void *arg)
{
    int b = p[0];
    struct key_event e = { .kind = EVENT_MOUSE,
                           .mods = (b & 4 ? MOD_SHIFT : 0) | (b & 8 ? MOD_ALT : 0) |
                                   (b & 16 ? MOD_CTRL : 0),
                           .col = p[1] > 0 ? p[1] - 1 : 0,
                           .row = p[2] > 0 ? p[2] - 1 : 0,
                           .raw = in->pending,
                           .raw_len = in->pending_len };

    if (b >= 128 || p[1] > 32767 || p[2] > 32767)
        return;
    if (b & 64) {
        if ((b & 3) > 1 || release)
            return; /* a wheel's sides */
        e.mouse = b & 1 ? MOUSE_WHEEL_DOWN : MOUSE_WHEEL_UP;
    } else {
        e.button = (b & 3) == 3 ? 0 : (b & 3) + 1;
        e.mouse = b & 32 ? (e.button ? MOUSE_DRAG : MOUSE_MOVE)
                         : (release || !e.button ? MOUSE_RELEASE : MOUSE_PRESS);
    }
    fn(arg, &e);
}

/* A key given by its code point: CSI code;mods u, and CSI 27;mods;code ~. */
static void emit_code(const struct input *in, int code, int mods_param, input_event_fn *fn,
                      void *arg)
{
    unsigned mods = mods_of(mods_param);
    uint32_t key = (uint32_t)code;

    if (code < 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ||
        (code >= 0x80 && code < 0xa0) || (code >= 57344 && code <= 63743))
        key = K_UNKNOWN; /* kitty names media keys and the like in the private area */
    else if (code < 0x20 || code == 0x7f)
        control_key((unsigned char)code, &key, &mods);
    emit_key(in, key, mods, fn, arg);
}

static void emit_csi(struct input *in, input_event_fn *fn, void *arg)
{
    const char *s = in->pending + 2, *end = in->pending + in->pending_len - 1;
    char final = *end;
    int p[PARAMS_MAX];
    int count;

    if (s < end && *s == '<' && (final == 'M' || final == 'm')) {
        if (parse_params(s + 1, end, p) == 3)
            emit_mouse(in, p, final == 'm', fn, arg);
        return;
    }
    count = parse_params(s, end, p);
    if (s == end && (final == 'I' || final == 'O')) {
        fn(arg, &(struct key_event){ .kind = EVENT_FOCUS,
                                     .focused = final == 'I',
                                     .raw = in->pending,
                                     .raw_len = in->pending_len });
        return;
    }
    if (s < end && (*s < '0' || *s > ';')) { /* private: an answer, no key */
        emit_key(in, K_UNKNOWN, 0, fn, arg);
        return;
    }
    if (final == 'u') {
        emit_code(in, p[0], p[1], fn, arg);
        return;
    }
    if (final == '~') {
        if (p[0] == 200 && count == 1) {
            in->pasting = true;
            return;
        }
        if (p[0] == 27 && count == 3) {
            emit_code(in, p[2], p[1], fn, arg);
            return;
        }
        for (size_t i = 0; i < ARRAY_SIZE(tilde_keys); i++)
            if (tilde_keys[i].number == p[0]) {
                emit_key(in, tilde_keys[i].code, mods_of(p[1]), fn, arg);
                return;
            }
    } else {
        for (size_t i = 0; i < ARRAY_SIZE(letter_keys); i++)
            if (letter_keys[i].letter == final && final != 'M') {
                emit_key(in, letter_keys[i].code, letter_keys[i].mods | mods_of(p[1]), fn, arg);
                return;
            }
    }
    emit_key(in, K_UNKNOWN, 0, fn, arg);
}

static void emit_ss3(const struct input *in, input_event_fn *fn, void *arg)
{
    char letter = in->pending[in->pending_len - 1];

    for (size_t i = 0; i < ARRAY_SIZE(letter_keys); i++)
        if (letter_keys[i].letter == letter) {
            emit_key(in, letter_keys[i].code, letter_keys[i].mods, fn, arg);
            return;
        }
    emit_key(in, K_UNKNOWN, 0, fn, arg);
}

/* The whole UTF-8 character or control at `at`, with `mods` already there. */
static void emit_character(const struct input *in, size_t at, unsigned mods, input_event_fn *fn,
                           void *arg)
{
    const char *s = in->pending + at;
    size_t used = 0;
    uint32_t code;

    if ((unsigned char)*s < 0x20 || *s == 0x7f) {
        control_key((unsigned char)*s, &code, &mods);
    } else {
        code = utf8_valid_length(s, in->pending_len - at) ? term_decode(s, &used) : 0xfffd;
        if (code >= 0x80 && code < 0xa0)
            code = K_UNKNOWN;
    }
    emit_key(in, code, mods, fn, arg);
}

/* Bytes that a UTF-8 sequence starting with c has; 0 when none does. */
static size_t utf8_want(unsigned char c)
{
    return c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
}

enum verdict { NEEDS_MORE, WHOLE, BROKEN };

/* Whether a character that starts at `at` is all there. */
static enum verdict character_state(const struct input *in, size_t at)
{
    size_t want = utf8_want((unsigned char)in->pending[at]), have = in->pending_len - at;

    if (!want)
        return WHOLE; /* shown as a replacement */
    for (size_t i = 1; i < have && i < want; i++)
        if ((in->pending[at + i] & 0xc0) != 0x80)
            return BROKEN;
    return have < want ? NEEDS_MORE : WHOLE;
}

static enum verdict csi_state(const struct input *in)
{
    size_t n = in->pending_len;
    unsigned char c;

    if (n == 2)
        return NEEDS_MORE;
    c = (unsigned char)in->pending[n - 1];
    if (in->pending[2] == '[') /* the Linux console's F1 to F5: CSI [ letter */
        return n == 3 ? NEEDS_MORE : c >= 0x20 && c < 0x7f ? WHOLE : BROKEN;
    if (c < 0x20 || c >= 0x7f)
        return BROKEN;
    return c >= 0x40 ? WHOLE : NEEDS_MORE;
}

/* The kind of the pending bytes. BROKEN: the last byte does not belong to what came before. */
static enum verdict pending_state(const struct input *in)
{
    if (in->pending[0] != ESC)
        return character_state(in, 0);
    if (in->pending_len == 1)
        return NEEDS_MORE;
    if (in->pending[1] == ESC)
        return BROKEN;
    if (in->pending[1] == '[')
        return csi_state(in);
    if (in->pending[1] == 'O') {
        if (in->pending_len == 2)
            return NEEDS_MORE;
        return in->pending[2] >= 0x20 && in->pending[2] < 0x7f ? WHOLE : BROKEN;
    }
    return character_state(in, 1);
}

static void emit_linux_function_key(const struct input *in, input_event_fn *fn, void *arg)
{
    char letter = in->pending[3];

    emit_key(in, letter >= 'A' && letter <= 'E' ? K_F1 + (uint32_t)(letter - 'A') : K_UNKNOWN, 0,
             fn, arg);
}

static void emit_whole(struct input *in, input_event_fn *fn, void *arg)
{
    if (in->pending[0] != ESC)
        emit_character(in, 0, 0, fn, arg);
    else if (in->pending[1] == '[' && in->pending[2] == '[')
        emit_linux_function_key(in, fn, arg);
    else if (in->pending[1] == '[')
        emit_csi(in, fn, arg);
    else if (in->pending[1] == 'O')
        emit_ss3(in, fn, arg);
    else
        emit_character(in, 1, MOD_ALT, fn, arg);
    in->pending_len = 0;
}

void input_flush(struct input *in, input_event_fn *fn, void *arg)
{
    if (!input_waits(in))
        return;
    if (in->pending[0] != ESC)
        emit_key(in, 0xfffd, 0, fn, arg);
    else if (in->pending_len == 1)
        emit_key(in, K_ESC, 0, fn, arg);
    else if (in->pending_len == 2 && (in->pending[1] == '[' || in->pending[1] == 'O'))
        emit_key(in, (uint32_t)in->pending[1], MOD_ALT, fn, arg);
    else
        emit_key(in, K_UNKNOWN, 0, fn, arg);
    in->pending_len = 0;
}

bool input_waits(const struct input *in)
{
    return in->pending_len > 0 && !in->pasting;
}

static void emit_paste(struct input *in, bool more, input_event_fn *fn, void *arg)
{
    struct key_event e = { .kind = EVENT_PASTE,
                           .text = in->paste.data ? in->paste.data : "",
                           .text_len = in->paste.len,
                           .more = more,
                           .raw = "" };

    fn(arg, &e);
    buf_clear(&in->paste);
}

static void paste_bytes(struct input *in, const char *bytes, size_t n, input_event_fn *fn,
                        void *arg)
{
    if (in->paste.len + n > INPUT_PASTE_MAX)
        emit_paste(in, true, fn, arg);
    if (!buf_append(&in->paste, bytes, n))
        buf_clear(&in->paste); /* out of memory: a paste is lost, nothing else */
}

/* One byte of a paste; `pending` holds what may be the beginning of its end. */
static void paste_byte(struct input *in, char c, input_event_fn *fn, void *arg)
{
    if (c != paste_end[in->pending_len] && in->pending_len) {
        paste_bytes(in, in->pending, in->pending_len, fn, arg);
        in->pending_len = 0;
    }
    if (c != paste_end[in->pending_len]) {
        paste_bytes(in, &c, 1, fn, arg);
        return;
    }
    in->pending[in->pending_len++] = c;
    if (in->pending_len == sizeof(paste_end) - 1) {
        in->pending_len = 0;
        in->pasting = false;
        emit_paste(in, false, fn, arg);
    }
}

static void key_byte(struct input *in, char c, input_event_fn *fn, void *arg)
{
    enum verdict verdict;

    in->pending[in->pending_len++] = c;
    verdict = pending_state(in);
    if (verdict == BROKEN) {
        in->pending_len--;
        input_flush(in, fn, arg);
        in->pending[in->pending_len++] = c;
        verdict = pending_state(in);
    }
    if (verdict == WHOLE)
        emit_whole(in, fn, arg);
    else if (in->pending_len == INPUT_PENDING_MAX)
        input_flush(in, fn, arg);
}

void input_feed(struct input *in, const char *bytes, size_t n, input_event_fn *fn, void *arg)
{
    for (size_t i = 0; i < n; i++)
        if (in->pasting)
            paste_byte(in, bytes[i], fn, arg);
        else
            key_byte(in, bytes[i], fn, arg);
}
