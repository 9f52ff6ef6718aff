/* tui/shell_keys.c: keys, pastes and the mouse as xterm would send them (ctlseqs). */
#include "tui/shell_keys.h"

#include <string.h>

#include "engine/term/width.h"

#define X10_MAX 222 /* the last column and row that its one byte can hold */

/* Keys that are CSI letter, or SS3 letter where the program asked for it. */
static char letter_of(uint32_t code, bool *ret_always_ss3)
{
    *ret_always_ss3 = code >= K_F1 && code <= K_F1 + 3;
    if (*ret_always_ss3)
        return (char)('P' + (code - K_F1));
    switch (code) {
    case K_UP:
        return 'A';
    case K_DOWN:
        return 'B';
    case K_RIGHT:
        return 'C';
    case K_LEFT:
        return 'D';
    case K_HOME:
        return 'H';
    case K_END:
        return 'F';
    default:
        return 0;
    }
}

static int tilde_number(uint32_t code)
{
    static const int functions[] = { 15, 17, 18, 19, 20, 21, 23, 24 }; /* F5 to F12 */

    if (code >= K_F1 + 4 && code <= K_F12)
        return functions[code - K_F1 - 4];
    switch (code) {
    case K_INSERT:
        return 2;
    case K_DELETE:
        return 3;
    case K_PGUP:
        return 5;
    case K_PGDN:
        return 6;
    default:
        return 0;
    }
}

/* The parameter for modifiers: 1 + a bit mask. */
static unsigned mods_param(unsigned mods)
{
    return 1 + (mods & MOD_SHIFT ? 1 : 0) + (mods & MOD_ALT ? 2 : 0) + (mods & MOD_CTRL ? 4 : 0);
}

/* A key of the keyboard's main part that came as a code (CSI u) or as its byte. */
static bool put_plain(struct buf *out, uint32_t code, unsigned mods)
{
    char bytes[8];
    size_t n = 1;

    if (code == K_TAB && mods & MOD_SHIFT)
        return buf_append_str(out, "\x1b[Z");
    if (mods & MOD_ALT && !buf_append_str(out, "\x1b"))
        return false;
    if (code == K_ENTER)
        bytes[0] = '\r';
    else if (code == K_TAB)
        bytes[0] = '\t';
    else if (code == K_ESC)
        bytes[0] = '\x1b';
    else if (code == K_BACKSPACE)
        bytes[0] = mods & MOD_CTRL ? '\b' : '\x7f';
    else if (mods & MOD_CTRL && (code == ' ' || (code >= '@' && code < 0x7f)))
        bytes[0] = (char)(code & 0x1f);
    else
        n = term_encode(code, bytes);
    return buf_append(out, bytes, n);
}

bool shell_keys_put_key(struct buf *out, const struct key_event *e,
                        const struct vtgate_modes *modes)
{
    bool always_ss3, sequence = e->raw_len > 1 && e->raw[0] == '\x1b' &&
                                (e->raw[1] == '[' || (e->raw[1] == 'O' && e->raw_len > 2));
    char letter = letter_of(e->code, &always_ss3);
    int number = tilde_number(e->code);

    if (e->code == K_UNKNOWN)
        return true;
    if (letter && e->mods)
        return buf_printf(out, "\x1b[1;%u%c", mods_param(e->mods), letter);
    if (letter)
        return buf_printf(out, "\x1b%c%c", always_ss3 || modes->app_cursor ? 'O' : '[', letter);
    if (number && e->mods)
        return buf_printf(out, "\x1b[%d;%u~", number, mods_param(e->mods));
    if (number)
        return buf_printf(out, "\x1b[%d~", number);
    if (!sequence)
        return buf_append(out, e->raw, e->raw_len);
    return put_plain(out, e->code, e->mods);
}

/* The bytes of a control character at s; 0: it is something else, or may be pasted. */
static size_t control_length(const char *s, size_t n)
{
    unsigned char c = (unsigned char)*s;

    if (c == '\t' || c == '\n' || c == '\r')
        return 0;
    if (c < 0x20 || c == 0x7f)
        return 1;
    /* The second set of controls, as UTF-8 writes it. */
    return c == 0xc2 && n > 1 && (unsigned char)s[1] >= 0x80 && (unsigned char)s[1] < 0xa0 ? 2 : 0;
}

bool shell_keys_put_paste(struct buf *out, const char *text, size_t n, bool first, bool last,
                          const struct vtgate_modes *modes)
{
    if (first && modes->paste && !buf_append_str(out, "\x1b[200~"))
        return false;
    for (size_t i = 0; i < n;) {
        size_t control = control_length(text + i, n - i), from = i;
        if (control) {
            i += control;
            continue;
        }
        while (i < n && !control_length(text + i, n - i))
            i++;
        if (!buf_append(out, text + from, i - from))
            return false;
    }
    return !last || !modes->paste || buf_append_str(out, "\x1b[201~");
}

/* The button's number on the wire; -1: an event that the program has not asked for. */
static int mouse_code(const struct key_event *e, int mode)
{
    int code = e->button > 0 ? e->button - 1 : 3;

    switch (e->mouse) {
    case MOUSE_PRESS:
        break;
    case MOUSE_RELEASE:
        if (mode == 9)
            return -1;
        break;
    case MOUSE_DRAG:
        if (mode < 1002)
            return -1;
        code += 32;
        break;
    case MOUSE_MOVE:
        if (mode < 1003)
            return -1;
        code += 32;
        break;
    default:
        code = e->mouse == MOUSE_WHEEL_UP ? 64 : 65;
    }
    if (mode == 9)
        return code;
    return code + (e->mods & MOD_SHIFT ? 4 : 0) + (e->mods & MOD_ALT ? 8 : 0) +
           (e->mods & MOD_CTRL ? 16 : 0);
}

bool shell_keys_put_mouse(struct buf *out, const struct key_event *e, int row, int col,
                          const struct vtgate_modes *modes)
{
    int code = modes->mouse ? mouse_code(e, modes->mouse) : -1;
    bool release = e->mouse == MOUSE_RELEASE;
    char bytes[16];
    size_t n = 3;

    if (code < 0)
        return true;
    if (modes->mouse_encoding == VTGATE_MOUSE_SGR)
        return buf_printf(out, "\x1b[<%d;%d;%d%c", code, col + 1, row + 1, release ? 'm' : 'M');
    if (release)
        code |= 3;
    if (modes->mouse_encoding == VTGATE_MOUSE_URXVT)
        return buf_printf(out, "\x1b[%d;%d;%dM", code + 32, col + 1, row + 1);
    if (modes->mouse_encoding == VTGATE_MOUSE_X10 && (col > X10_MAX || row > X10_MAX))
        return true;
    memcpy(bytes, "\x1b[M", 3);
    if (modes->mouse_encoding == VTGATE_MOUSE_UTF8) {
        n += term_encode((uint32_t)code + 32, bytes + n);
        n += term_encode((uint32_t)col + 33, bytes + n);
        n += term_encode((uint32_t)row + 33, bytes + n);
    } else {
        bytes[n++] = (char)(code + 32);
        bytes[n++] = (char)(col + 33);
        bytes[n++] = (char)(row + 33);
    }
    return buf_append(out, bytes, n);
}

bool shell_keys_put_wheel(struct buf *out, const struct key_event *wheel, int rows,
                          const struct vtgate_modes *modes)
{
    struct key_event arrow = { .kind = EVENT_KEY,
                               .code = wheel->mouse == MOUSE_WHEEL_UP ? K_UP : K_DOWN };

    for (int i = 0; i < rows; i++)
        if (!shell_keys_put_key(out, &arrow, modes))
            return false;
    return true;
}
