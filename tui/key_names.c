/* tui/key_names.c: the names of keys, in the help screen, the key bar and the configuration. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "engine/term/width.h"
#include "tui/input.h"
#include "vmm/base/utf8.h"

static const struct {
    const char *name;
    uint32_t code;
} names[] = {
    { "Up", K_UP },       { "Down", K_DOWN },
    { "Right", K_RIGHT }, { "Left", K_LEFT },
    { "Home", K_HOME },   { "End", K_END },
    { "PgUp", K_PGUP },   { "PgDn", K_PGDN },
    { "Ins", K_INSERT },  { "Delete", K_DELETE },
    { "Del", K_DELETE },  /* the last is what is shown */ { "Enter", K_ENTER },
    { "Tab", K_TAB },     { "Backspace", K_BACKSPACE },
    { "Esc", K_ESC },     { "Space", ' ' },
};
static const struct {
    const char *prefix;
    unsigned mod;
} prefixes[] = { { "Ctrl-", MOD_CTRL }, { "Alt-", MOD_ALT }, { "Shift-", MOD_SHIFT } };

bool key_parse(const char *name, size_t n, uint32_t *ret_code, unsigned *ret_mods)
{
    unsigned mods = 0;
    size_t used = 0;

    for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
        size_t len = strlen(prefixes[i].prefix);
        if (n > len && !strncasecmp(name, prefixes[i].prefix, len))
            name += len, n -= len, mods |= prefixes[i].mod;
    }
    *ret_mods = mods;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (strlen(names[i].name) == n && !strncasecmp(name, names[i].name, n))
            return *ret_code = names[i].code, true;
    if (n >= 2 && n <= 3 && (*name == 'F' || *name == 'f')) {
        int number = 0;
        for (size_t i = 1; i < n; i++)
            number = name[i] >= '0' && name[i] <= '9' ? number * 10 + name[i] - '0' : 99;
        if (number >= 1 && number <= 12)
            return *ret_code = K_F1 + (uint32_t)number - 1, true;
    }
    if (!n || utf8_valid_length(name, n) != n)
        return false;
    *ret_code = term_decode(name, &used);
    return *ret_code > ' ' && *ret_code != 0x7f;
}

void key_label(uint32_t code, unsigned mods, char ret[32])
{
    char text[16] = "?";

    if (code >= K_F1 && code <= K_F12) {
        snprintf(text, sizeof(text), "F%u", code - K_F1 + 1);
    } else if (code > ' ' && code < 0x110000) {
        text[term_encode(code, text)] = '\0';
    } else {
        for (size_t i = 0; i < ARRAY_SIZE(names); i++)
            if (names[i].code == code)
                snprintf(text, sizeof(text), "%s", names[i].name);
    }
    snprintf(ret, 32, "%s%s%s%s", mods & MOD_CTRL ? "Ctrl-" : "", mods & MOD_ALT ? "Alt-" : "",
             mods & MOD_SHIFT ? "Shift-" : "", text);
}

bool key_is_text(const struct key_event *e)
{
    return e->kind == EVENT_KEY && !(e->mods & ~(unsigned)MOD_SHIFT) && e->code >= ' ' &&
           e->code < 0x110000;
}
