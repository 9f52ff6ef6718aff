/*
 * tui/diff_line.c: the lines of a patch as `workspace diff` writes it. In a hunk every line begins
 * with a blank, '+', '-' or '\'; above the names of a file there is always a line that begins with
 * a small letter ("diff --git", "new file mode").
 */
#include "tui/diff_line.h"

#include <ctype.h>
#include <string.h>

static bool starts(const char *line, size_t n, const char *with)
{
    return n >= strlen(with) && memcmp(line, with, strlen(with)) == 0;
}

/* The beginning of the line that `at` is in. */
static const char *line_of(const char *text, const char *at)
{
    const char *newline = at > text ? memrchr(text, '\n', (size_t)(at - text)) : NULL;

    return newline ? newline + 1 : text;
}

/* Whether a line that looks like the name of a file is one. */
static bool is_name(const char *text, const char *line)
{
    const char *before = line > text ? line_of(text, line - 1) : line;

    if (*line == '+')
        return before < line && starts(before, (size_t)(line - before), "--- ") &&
               is_name(text, before);
    return before < line && islower((unsigned char)*before);
}

enum role diff_line_role(const char *text, const char *line, size_t n)
{
    const char *begin = line_of(text, line);

    n += (size_t)(line - begin);
    if (starts(begin, n, "@@ "))
        return ROLE_ACCENT;
    if (starts(begin, n, "diff --git "))
        return ROLE_KEY;
    if ((starts(begin, n, "--- ") || starts(begin, n, "+++ ")) && is_name(text, begin))
        return ROLE_DIM;
    return n && *begin == '+'   ? ROLE_ADDED
           : n && *begin == '-' ? ROLE_DELETED
           : n && *begin == ' ' ? ROLE_TEXT
                                : ROLE_DIM;
}
