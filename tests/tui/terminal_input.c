/* tests/tui/terminal_input.c: what is typed, pasted and clicked, as xterm sends it. */
#include <ctype.h>
#include <string.h>

#include "tests/tui/terminal.h"
#include "vmm/base/error.h"

void terminal_type(struct terminal *t, const char *bytes, size_t n)
{
    BUG_ON(!buf_append(&t->typed, bytes, n));
}

static void type_text(struct terminal *t, const char *text)
{
    terminal_type(t, text, strlen(text));
}

static const struct {
    const char *name, *bytes;
} keys[] = {
    { "Enter", "\r" },       { "Tab", "\t" },          { "BTab", "\033[Z" },  { "Esc", "\033" },
    { "Space", " " },        { "BSpace", "\177" },     { "Up", "\033[A" },    { "Down", "\033[B" },
    { "Right", "\033[C" },   { "Left", "\033[D" },     { "Home", "\033[H" },  { "End", "\033[F" },
    { "Ins", "\033[2~" },    { "Del", "\033[3~" },     { "PgUp", "\033[5~" }, { "PgDn", "\033[6~" },
    { "F1", "\033OP" },      { "F2", "\033OQ" },       { "F3", "\033OR" },    { "F4", "\033OS" },
    { "F5", "\033[15~" },    { "F6", "\033[17~" },     { "F7", "\033[18~" },  { "F8", "\033[19~" },
    { "F9", "\033[20~" },    { "F10", "\033[21~" },    { "F11", "\033[23~" }, { "F12", "\033[24~" },
    { "FocusIn", "\033[I" }, { "FocusOut", "\033[O" },
};

void terminal_key(struct terminal *t, const char *key)
{
    size_t n = strlen(key);

    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        if (!strcmp(keys[i].name, key)) {
            bool arrow = strlen(keys[i].bytes) == 3 && keys[i].bytes[1] == '[' &&
                         strchr("ABCDHF", keys[i].bytes[2]);
            if (arrow && terminal_mode_is_set(t, 1)) { /* DECCKM */
                type_text(t, "\033O");
                type_text(t, keys[i].bytes + 2);
            } else {
                type_text(t, keys[i].bytes);
            }
            return;
        }
    }
    if (n == 3 && !strncmp(key, "C-", 2)) {
        char c = (char)(key[2] == '?' ? 127 : toupper((unsigned char)key[2]) & 31);
        terminal_type(t, &c, 1);
    } else if (n > 2 && !strncmp(key, "M-", 2)) {
        type_text(t, "\033");
        terminal_key(t, key + 2);
    } else {
        type_text(t, key);
    }
}

void terminal_paste(struct terminal *t, const char *text)
{
    bool bracketed = terminal_mode_is_set(t, 2004);

    if (bracketed)
        type_text(t, "\033[200~");
    type_text(t, text);
    if (bracketed)
        type_text(t, "\033[201~");
}

bool terminal_mouse(struct terminal *t, int button, int col, int row, bool press)
{
    scoped_buf text = BUF_INIT(64);

    if (!terminal_mode_is_set(t, 1000) && !terminal_mode_is_set(t, 1002) &&
        !terminal_mode_is_set(t, 1003))
        return false;
    BUG_ON(!terminal_mode_is_set(t, 1006));
    BUG_ON(!buf_printf(&text, "\033[<%d;%d;%d%c", button, col, row, press ? 'M' : 'm'));
    terminal_type(t, text.data, text.len);
    return true;
}
