/*
 * What a terminal's output leaves it in, as far as input and a waiting program are judged by it:
 * whether pastes are bracketed (DEC private mode 2004), and whether the cursor is where a question
 * leaves it. Of text only the column matters, so most of it is skipped.
 */
#ifndef PYRO_GUEST_MODES_H
#define PYRO_GUEST_MODES_H

#include <stdbool.h>
#include <stddef.h>

struct modes {
    enum { MODES_TEXT, MODES_ESCAPE, MODES_CSI, MODES_STRING, MODES_SKIP } state;
    char lead;        /* of a control sequence: '?', another, or 0 */
    bool odd;         /* it has an intermediate byte: not one of ours */
    unsigned number;  /* the parameter being read */
    unsigned args[2]; /* the first two, 0 when left out, and how many of them there are */
    unsigned count;
    unsigned named; /* which of our private modes it names, a mask */
    size_t string;  /* bytes of a control string so far */
    bool paste;
    bool alternate, hidden; /* the screen, the cursor */
    unsigned column, saved; /* of the cursor, from 0; not wrapped at the right margin */
};

/* The next n bytes of output, in any split. */
void modes_feed(struct modes *m, const char *bytes, size_t n);
/* Whether the cursor is shown on the main screen, behind something: as after a question. */
bool modes_ends_in_line(const struct modes *m);

#endif
