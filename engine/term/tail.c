/* engine/term/tail.c: output that only prints lines. */
#include "engine/term/tail.h"

#include <stdbool.h>
#include <string.h>

/* Modes of `CSI ? … h` that exchange the screen, move the cursor or change what lines are. */
static bool mode_is_harmless(int mode)
{
    return mode != 3 && mode != 6 && mode != 47 && mode != 1047 && mode != 1048 && mode != 1049;
}

/* Whether a control sequence, s[0..n) after its CSI, leaves rows alone. */
static bool csi_is_harmless(const char *s, size_t n)
{
    bool private = n > 0 && s[0] == '?';
    size_t i = private ? 1 : 0;
    bool modes = true;
    int value = 0;

    for (; i < n && s[i] >= 0x20 && s[i] < 0x40; i++) {
        if (s[i] >= '0' && s[i] <= '9') {
            value = value < 10000 ? 10 * value + s[i] - '0' : value;
        } else {
            modes = modes && mode_is_harmless(value);
            value = 0;
        }
    }
    if (i < n && (s[i] == 'h' || s[i] == 'l'))
        return private && modes && mode_is_harmless(value);
    return i == n || strchr("mKncq", s[i]);
}

/*
 * Whether the sequence at the ESC s[0] leaves rows alone. One that is cut off by the end of the
 * bytes does, because the parser will see the rest of it.
 */
static bool is_harmless(const char *s, size_t n)
{
    if (n < 2 || strchr("()=>]\\", s[1]))
        return true;
    return s[1] == '[' && csi_is_harmless(s + 2, n - 2);
}

/* The last ESC whose sequence may move between rows or erase them; NULL: none. */
static const char *last_harm(const char *bytes, size_t n)
{
    for (size_t end = n; end > 0;) {
        const char *esc = memrchr(bytes, 0x1b, end);
        if (!esc)
            break;
        if (!is_harmless(esc, n - (size_t)(esc - bytes)))
            return esc;
        end = (size_t)(esc - bytes);
    }
    return NULL;
}

size_t term_find_tail(const char *bytes, size_t n, size_t lines)
{
    size_t count = 0;

    for (size_t end = n; end > 0;) {
        const char *lf = memrchr(bytes, '\n', end);
        if (!lf)
            break;
        end = (size_t)(lf - bytes);
        if (end > 0 && lf[-1] == '\r' && ++count > lines) {
            size_t start = end + 1;
            const char *harm = last_harm(bytes + start, n - start);
            return harm ? n : start;
        }
    }
    return n;
}
