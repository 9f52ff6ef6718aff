/*
 * What the keeper of a shell's log notes beside it while the output passes: where the alternate
 * screen began and ended, and where control strings lay that were too long to be held back: with
 * these a read may start anywhere. And what a program asks its terminal, for whoever answers. Text
 * is skipped, not looked at: this costs next to nothing.
 */
#ifndef PYRO_TERM_TRACK_H
#define PYRO_TERM_TRACK_H

#include <stdint.h>

#include "engine/term/query.h"
#include "engine/term/vtparse.h"

enum track_kind {
    TRACK_ALT_ENTER,    /* a read from `offset` on starts on the alternate screen */
    TRACK_ALT_EXIT,     /* a read from `offset` on starts on the main screen */
    TRACK_STRING_START, /* a control string that passed VT_SEQUENCE_MAX bytes began at `offset` */
    TRACK_STRING_END,   /* and a read that starts inside it is to start at `offset` */
    TRACK_QUERY         /* the program has asked something; `offset` is behind it */
};

struct track_event {
    enum track_kind kind;
    uint64_t offset;       /* in the stream */
    char string_kind;      /* of TRACK_STRING_*: ] P _ ^ X k */
    enum term_query query; /* of TRACK_QUERY: what, never QUERY_NONE, */
    uint64_t from;         /* where it begins, */
    bool bell;             /* and whether it is a string that BEL ended */
};

struct track {
    struct vtparse parse;
    uint64_t offset;     /* of the next byte */
    uint64_t sequence;   /* where the sequence that is under way began */
    uint64_t closing_at; /* the last ESC inside a string */
    char byte;           /* that is being fed */
    bool alternate;
    bool in_long_string; /* its start was reported */
    void (*on_event)(void *user, const struct track_event *event);
    void *user;
};

/* `offset` is the stream's first byte's; on_event may be NULL; `user` is kept. */
void track_init(struct track *t, uint64_t offset,
                void (*on_event)(void *user, const struct track_event *event), void *user);
/* Goes on from what was in force there: right after track_init(). */
void track_resume(struct track *t, bool alternate, char in_string);
/* Whether the place that it has come to is told by `alternate` and track_string() alone. */
bool track_is_settled(const struct track *t);
/* The alternate screen began or ended here without a sequence; told as one that has. */
void track_set_alternate(struct track *t, bool on);
/* The next n bytes of the stream, in any split; events come in the order of what they tell of. */
void track_feed(struct track *t, const char *bytes, size_t n);
/* The kind of the control string that a read from the next byte on would start inside; 0: none. */
char track_string(const struct track *t);

#endif
