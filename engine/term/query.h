/*
 * Questions that a program asks its terminal by printing them. One list, for all code that meets
 * them: the tracker notes them for the code that answers (engine/supervisor/shell_query.c), and
 * everything else drops them, because a second terminal's answer would be typed into the shell.
 */
#ifndef PYRO_TERM_QUERY_H
#define PYRO_TERM_QUERY_H

#include "engine/term/vtparse.h"

enum term_query {
    QUERY_NONE,
    QUERY_CURSOR,     /* CSI 6 n */
    QUERY_DEC_CURSOR, /* CSI ? 6 n */
    QUERY_STATUS,     /* CSI 5 n */
    QUERY_ATTRIBUTES, /* CSI c, ESC Z */
    QUERY_VERSION,    /* CSI > c */
    QUERY_FOREGROUND, /* OSC 10 ; ? */
    QUERY_BACKGROUND, /* OSC 11 ; ? */
    QUERY_OTHER       /* one that nobody answers here */
};

enum term_query query_of_csi(const struct vt_csi *csi);
enum term_query query_of_escape(char mid, char final);
/* A control string of the kinds of vtparse. */
enum term_query query_of_string(char kind, const char *s, size_t n);
/*
 * The answer: NUL-terminated text, of at most QUERY_ANSWER_MAX; NULL: none. `row` and `col` are the
 * cursor's, from 0; the buffer is used for these only. `bell`: the question's string ended with
 * BEL, and so does the answer's.
 */
#define QUERY_ANSWER_MAX 48
const char *query_answer(enum term_query query, int row, int col, bool bell,
                         char buffer[QUERY_ANSWER_MAX]);

#endif
