/*
 * A guest's output on its way to a real terminal. Only what is listed in replay.c passes: what
 * draws, and those modes of the terminal that REPLAY_UNDO ends without moving the cursor. Nothing
 * else does, so nothing can make the terminal answer (the answer would be typed into the shell),
 * print, change its size, lose its own scrollback, or send keys in another way once the shell is
 * left. Of control strings titles and hyperlinks pass.
 */
#ifndef PYRO_TERM_REPLAY_H
#define PYRO_TERM_REPLAY_H

#include "engine/term/vtparse.h"
#include "vmm/base/buf.h"

/* Ends all modes that pass, but for the alternate screen (track.h knows it). */
#define REPLAY_UNDO                                                                                \
    "\x1b[?9l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1004l\x1b[?1005l\x1b[?1006l\x1b[?1015l"        \
    "\x1b[?2004l\x1b[?2026l\x1b[?66l\x1b[?1l\x1b[?5l\x1b[?7h\x1b[?12l\x1b[?25h\x1b[4l\x1b[0 q"     \
    "\x1b"                                                                                         \
    "7\x1b[r\x1b" /* margins, which move the cursor */                                             \
    "8\x0f\x1b(B\x1b)B\x1b>\x1b[0m"

/* Live output, in any split; an unfinished sequence waits for its rest. */
struct replay {
    struct vtparse parse;
    struct buf *out;
    bool bells; /* an old bell need not ring again */
    bool mute;  /* what makes the terminal say more than what is typed does not pass either: the
                 * mouse, pastes, focus, other codes for keys */
    bool full;
};
void replay_init(struct replay *r, bool bells);
/* Appends the replay of n bytes; false when `ret` is full, and then some of it is lost. */
bool replay_feed(struct replay *r, const char *bytes, size_t n, struct buf *ret) MUST_CHECK;

#endif
