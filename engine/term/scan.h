/*
 * What has to be noted of a shell's output while it is written: where the alternate screen is
 * entered and left, and where control strings too long to be held back begin and end. A read that
 * starts anywhere learns from these notes what it is in.
 */
#ifndef PYRO_TERM_SCAN_H
#define PYRO_TERM_SCAN_H

#include "engine/term/vtparse.h"

enum scan_note {
    SCAN_ALT_ENTER, /* offset: just after the sequence */
    SCAN_ALT_LEAVE,
    SCAN_STRING_BEGIN, /* offset: of its ESC; told once the string is longer than VT_SEQUENCE_MAX */
    SCAN_STRING_END    /* offset: just after its end */
};

/* kind: of a string (] P _ ^ X k), else 0. */
typedef void scan_note_fn(void *arg, enum scan_note note, uint64_t offset, char kind);

struct term_scan {
    struct vtparse parser;
    uint64_t offset; /* of the next byte */
    bool alt_screen;
    bool in_long_string;
    uint64_t sequence_start;
    scan_note_fn *note;
    void *arg;
};

/* Starts at `offset`, on the alternate screen or not, inside a long string (its kind) or not (0).
 * Keeps itself inside; do not copy. */
void term_scan_init(struct term_scan *scan, uint64_t offset, bool alt_screen, char in_string,
                    scan_note_fn *note, void *arg);
void term_scan_feed(struct term_scan *scan, const void *bytes, size_t n);

#endif
