/*
 * What the bytes behind a cursor changed in the text: the answer of a read from there, given the
 * text before and after them. docs/rendering.md states the rule.
 */
#ifndef PYRO_TERM_PLAIN_CHANGE_H
#define PYRO_TERM_PLAIN_CHANGE_H

#include <stdbool.h>

#include "vmm/base/buf.h"

struct plain_change {
    struct buf before, after; /* both with SGR sequences, or neither */
    bool cleared;             /* the text before was dropped */
    bool rewrites;            /* what was printed first stands among it, not behind it */
};

void plain_change_release(struct plain_change *c);
/* Takes the colours out of both. */
void plain_change_strip(struct plain_change *c);
/*
 * Leaves in `after` only what was changed: all of it if what came before was cleared; what follows
 * the text before, if that was only appended to; else the lines from the first that differs on.
 * False when out of memory.
 */
bool plain_change_cut(struct plain_change *c) MUST_CHECK;

#endif
