/*
 * Notes kept beside a shell's log as the output passes: where the alternate screen began and ended,
 * and where control strings were that were too long to hold back: with these a read may start
 * anywhere. Also a program's queries to its terminal, for the code that answers, and what it wants
 * someone to notice; of bells in a row, without a sequence in between, one. Text is skipped, not
 * looked at: this costs next to nothing.
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
    TRACK_STRING_END,   /* and a read that starts inside it must start at `offset` */
    TRACK_QUERY,        /* the program has asked something; `offset` is after it */
    TRACK_NOTICE        /* it wants attention (notice.h); `offset` is at or after it */
};

struct track_event {
    enum track_kind kind;
    uint64_t offset;       /* in the stream */
    char string_kind;      /* of TRACK_STRING_*: ] P _ ^ X k */
    enum term_query query; /* of TRACK_QUERY: what, never QUERY_NONE, */
    uint64_t from;         /* where it begins, */
    bool bell;             /* and whether it is a string that BEL ended */
    const char *text;      /* of TRACK_NOTICE: foreign; "" for a bell */
};

struct track {
    struct vtparse parse;
    uint64_t offset;     /* of the next byte */
    uint64_t sequence;   /* where the current sequence began */
    uint64_t closing_at; /* the last ESC inside a string */
    char byte;           /* being fed */
    bool alternate;
    bool in_long_string; /* its start was reported */
    void (*on_event)(void *user, const struct track_event *event);
    void *user;
};

/* `offset` is the stream's first byte's; on_event may be NULL; `user` is kept. */
void track_init(struct track *t, uint64_t offset,
                void (*on_event)(void *user, const struct track_event *event), void *user);
/* Continues from the state there; call it right after track_init(). */
void track_resume(struct track *t, bool alternate, char in_string);
/* Whether `alternate` and track_string() alone describe the current place. */
bool track_is_settled(const struct track *t);
/* The alternate screen began or ended here without a sequence; reported like one with a
 * sequence. */
void track_set_alternate(struct track *t, bool on);
/* The next n bytes of the stream, in any split; events come in stream order. */
void track_feed(struct track *t, const char *bytes, size_t n);
/* The kind of the control string that a read from the next byte on would start inside; 0: none. */
char track_string(const struct track *t);

#endif
