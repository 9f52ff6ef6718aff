/*
 * Which refusals of a guard are noted. A guest can have anything refused, as often as it likes: each
 * target is noted once a minute, and of all no more than REFUSALS_A_MINUTE, after which it is said
 * once that there were more.
 */
#ifndef PYRO_NETWORK_REFUSALS_H
#define PYRO_NETWORK_REFUSALS_H

#include "engine/network/frame.h"

#define REFUSALS_A_MINUTE 20
#define REFUSAL_TEXT_BYTES 128

/* Zeroed: none was noted yet. */
struct refusals {
    struct {
        struct frame_refusal what;
        int64_t at_ms;
    } noted[REFUSALS_A_MINUTE]; /* the last ones */
    size_t count, next;         /* `next` is the oldest, once there are all */
    int64_t more_at_ms;
    bool more; /* was said, at more_at_ms */
};

/* At now_ms, which never goes back. False: nothing is to be noted; else the text for it. */
bool refusals_take(struct refusals *r, const struct frame_refusal *what, int64_t now_ms,
                   char ret_text[REFUSAL_TEXT_BYTES]);

#endif
