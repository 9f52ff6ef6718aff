/*
 * The changes that the bytes after a cursor made to the text: the answer of a read from there,
 * given the text before and after them. docs/rendering.md states the rule.
 */
#ifndef PYRO_TERM_PLAIN_CHANGE_H
#define PYRO_TERM_PLAIN_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/base/buf.h"

struct plain_change {
    struct buf before, after; /* both with SGR sequences, or neither */
    bool cleared;             /* the text before was dropped */
    bool rewrites;            /* the first printed text is within it, not after it */
    int64_t *stamp_lines;     /* of `after`, see plain.h; NULL: none are wanted, or known */
    size_t stamp_count;
};

void plain_change_release(struct plain_change *c);
/* Takes the colours out of both. */
void plain_change_strip(struct plain_change *c);
/*
 * Leaves in `after` only the changes: all of it if the earlier text was cleared; the text after
 * `before`, if that was only appended to; else the lines from the first different one on. False
 * when out of memory.
 */
bool plain_change_cut(struct plain_change *c) MUST_CHECK;

#endif
