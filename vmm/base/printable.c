/* vmm/base/printable.c: which characters may reach a terminal, and how the rest are shown. */
#include "vmm/base/printable.h"

#include <stdio.h>
#include <string.h>

#include "vmm/base/utf8.h"

#define LINE_BYTES 160 /* of each of the last lines */
#define BETWEEN " | "

/* U+202A–202E, U+2066–2069, U+200E/F, U+061C reorder the text beside them; U+2028/9 break lines. */
static bool is_format_control(unsigned cp)
{
    return (cp >= 0x2028 && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069) || cp == 0x200e ||
           cp == 0x200f || cp == 0x61c || cp == 0xfeff;
}

static unsigned decode(const char *s, size_t n)
{
    static const unsigned char lead_mask[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
    unsigned cp = (unsigned char)s[0] & lead_mask[n];

    for (size_t i = 1; i < n; i++)
        cp = cp << 6 | ((unsigned char)s[i] & 0x3f);
    return cp;
}

bool printable_is_unsafe(const char *s, size_t n)
{
    unsigned cp = decode(s, n);

    return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || is_format_control(cp);
}

size_t printable_one(const char *s, size_t left, char ret[PRINTABLE_MAX])
{
    size_t n = utf8_valid_length(s, left);
    unsigned cp;

    if (!n) {
        snprintf(ret, PRINTABLE_MAX, "\\x%02x", (unsigned char)s[0]);
        return 1;
    }
    cp = decode(s, n);
    if (!printable_is_unsafe(s, n)) {
        memcpy(ret, s, n);
        ret[n] = '\0';
    } else if (cp == '\n' || cp == '\t' || cp == '\r') {
        snprintf(ret, PRINTABLE_MAX, "\\%c", cp == '\n' ? 'n' : cp == '\t' ? 't' : 'r');
    } else if (cp < 0x80) {
        snprintf(ret, PRINTABLE_MAX, "\\x%02x", cp);
    } else {
        snprintf(ret, PRINTABLE_MAX, "\\u%04x", cp);
    }
    return n;
}

/* n bytes of s, or as many of them as fit; returns the length written. */
static size_t copy(const char *s, size_t left, char *ret, size_t room)
{
    size_t used = 0;
    char one[PRINTABLE_MAX];

    while (left) {
        size_t n = printable_one(s, left, one), length = strlen(one);
        if (used + length >= room)
            break;
        memcpy(ret + used, one, length);
        used += length;
        s += n;
        left -= n;
    }
    ret[used] = '\0';
    return used;
}

void printable_copy(const char *s, char *ret, size_t room)
{
    copy(s, strlen(s), ret, room);
}

static bool is_blank(char c)
{
    return (unsigned char)c <= ' ' || c == 0x7f;
}

/* Cuts the last nonempty line off the text, of *n bytes; NULL when there is none. */
static const char *take_last_line(const char *text, size_t *n, size_t *ret_length)
{
    size_t end = *n, start;

    while (end && is_blank(text[end - 1]))
        end--;
    for (start = end; start && text[start - 1] != '\n';)
        start--;
    *n = start;
    while (start < end && is_blank(text[start]))
        start++;
    *ret_length = end - start;
    return end > start ? text + start : NULL;
}

/* Filled from its end: the oldest lines are dropped if they do not fit. */
void printable_last_lines(const char *text, size_t n, unsigned lines_max, char *ret, size_t room)
{
    size_t at = room - 1, length;
    char shown[LINE_BYTES];
    const char *line;

    ret[at] = '\0';
    while (lines_max-- && (line = take_last_line(text, &n, &length))) {
        size_t used = copy(line, length, shown, sizeof(shown));
        size_t between = ret[at] ? strlen(BETWEEN) : 0;
        if (used + between > at)
            break;
        memcpy(ret + at - between, BETWEEN, between);
        at -= between + used;
        memcpy(ret + at, shown, used);
    }
    memmove(ret, ret + at, room - at);
}
