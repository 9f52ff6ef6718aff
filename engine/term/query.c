/* engine/term/query.c: the queries of ECMA-48 and xterm, and a terminal's answers. */
#include "engine/term/query.h"

#include <stdio.h>
#include <string.h>

#define FOREGROUND "rgb:cccc/cccc/cccc"
#define BACKGROUND "rgb:0000/0000/0000"

static enum term_query of_status(const struct vt_csi *csi)
{
    int n = vt_arg(csi, 0, 0);

    if (csi->count == 1 && !csi->mid && !csi->lead && n == 5)
        return QUERY_STATUS;
    if (csi->count == 1 && !csi->mid && n == 6)
        return !csi->lead ? QUERY_CURSOR : csi->lead == '?' ? QUERY_DEC_CURSOR : QUERY_OTHER;
    return QUERY_OTHER;
}

static enum term_query of_attributes(const struct vt_csi *csi)
{
    if (csi->count == 1 && !csi->mid && vt_arg(csi, 0, 0) == 0)
        return !csi->lead ? QUERY_ATTRIBUTES : csi->lead == '>' ? QUERY_VERSION : QUERY_OTHER;
    return QUERY_OTHER;
}

enum term_query query_of_csi(const struct vt_csi *csi)
{
    switch (csi->final) {
    case 'n': /* DSR */
        return of_status(csi);
    case 'c': /* DA */
        return of_attributes(csi);
    case 't': /* window reports */
    case 'x': /* DECREQTPARM */
        return QUERY_OTHER;
    case 'p': /* DECRQM */
        return csi->mid == '$' ? QUERY_OTHER : QUERY_NONE;
    case 'q': /* XTVERSION */
        return csi->lead == '>' ? QUERY_OTHER : QUERY_NONE;
    case 'u': /* how keys are sent */
        return csi->lead == '?' ? QUERY_OTHER : QUERY_NONE;
    default:
        return QUERY_NONE;
    }
}

enum term_query query_of_escape(char mid, char final)
{
    return !mid && final == 'Z' ? QUERY_ATTRIBUTES : QUERY_NONE; /* DECID */
}

/* Colours, clipboard, terminfo: anything with a question mark, or a DCS request. */
/* A title and a hyperlink may end with a question mark and ask nothing. */
static bool is_title_or_link(const char *s, size_t n)
{
    return n >= 2 && memchr("0128", s[0], 4) && s[1] == ';';
}

enum term_query query_of_string(char kind, const char *s, size_t n)
{
    if (kind == ']' && n == 4 && !memcmp(s, "10;?", 4))
        return QUERY_FOREGROUND;
    if (kind == ']' && n == 4 && !memcmp(s, "11;?", 4))
        return QUERY_BACKGROUND;
    if (kind == ']' && n && s[n - 1] == '?' && !is_title_or_link(s, n))
        return QUERY_OTHER;
    if (kind == 'P' && n >= 2 && (s[0] == '+' || s[0] == '$') && s[1] == 'q')
        return QUERY_OTHER;
    return QUERY_NONE;
}

const char *query_answer(enum term_query query, int row, int col, bool bell,
                         char buffer[QUERY_ANSWER_MAX])
{
    switch (query) {
    case QUERY_CURSOR:
    case QUERY_DEC_CURSOR:
        snprintf(buffer, QUERY_ANSWER_MAX, "\x1b[%s%d;%dR", query == QUERY_CURSOR ? "" : "?",
                 row + 1, col + 1);
        return buffer;
    case QUERY_STATUS:
        return "\x1b[0n";
    case QUERY_ATTRIBUTES:
        return "\x1b[?1;2c";
    case QUERY_VERSION:
        return "\x1b[>0;100;0c";
    case QUERY_FOREGROUND:
        return bell ? "\x1b]10;" FOREGROUND "\a" : "\x1b]10;" FOREGROUND "\x1b\\";
    case QUERY_BACKGROUND:
        return bell ? "\x1b]11;" BACKGROUND "\a" : "\x1b]11;" BACKGROUND "\x1b\\";
    case QUERY_NONE:
    case QUERY_OTHER:
        break;
    }
    return NULL;
}
