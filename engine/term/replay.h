/*
 * A guest's output on its way to a real terminal: sequences that draw or set modes are kept; those
 * that would make the terminal answer (query.h) are left out, because the answers would be typed
 * into the shell, and so are control strings except titles and hyperlinks, because they reach the
 * operator's clipboard and colours.
 */
#ifndef PYRO_TERM_REPLAY_H
#define PYRO_TERM_REPLAY_H

#include "engine/term/vtparse.h"
#include "vmm/base/buf.h"

/* Live output, in any split; an unfinished sequence waits for its rest. */
struct replay {
    struct vtparse parse;
    struct buf *out;
    bool bells; /* an old bell need not ring again */
    bool mute;  /* what makes the terminal say more than what is typed is left out too: the mouse,
                 * pastes, focus, other codes for keys */
    bool full;
};
void replay_init(struct replay *r, bool bells);
/* Appends the replay of n bytes; false when `ret` is full, and then some of it is lost. */
bool replay_feed(struct replay *r, const char *bytes, size_t n, struct buf *ret) MUST_CHECK;

#endif
