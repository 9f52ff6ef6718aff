/*
 * Input for a shell, until the guest has credit for it: whole pieces in order, each announced to
 * the guest (docs/wire.md) right before its first byte, unless it is of keys.
 */
#ifndef PYRO_SHELL_INPUT_H
#define PYRO_SHELL_INPUT_H

#include "engine/supervisor/typed.h"

enum typed_as {
    TYPED_KEYS,  /* bytes as they are */
    TYPED_LINES, /* a newline is Enter */
    TYPED_PASTE  /* one bracketed paste, if the program takes any */
};

struct shell_input {
    struct stream *guest; /* borrowed */
    struct buf bytes, pieces;
    struct typed *typed; /* what is told of it; borrowed, NULL: nothing */
};

void shell_input_init(struct shell_input *in, struct stream *guest, struct typed *typed);
void shell_input_release(struct shell_input *in);
/* Queues one piece, typed by `by` (a constant), and sends what can be sent. End-of-paste marks inside
 * a paste are left out. `token` comes back with the guest's answer to a paste. False: no room. */
bool shell_input_add(struct shell_input *in, enum typed_as as, const char *by, const void *bytes,
                     size_t n, int64_t token) MUST_CHECK;
/* The guest has credit again. */
void shell_input_pump(struct shell_input *in);
/* Bytes waiting. */
size_t shell_input_waiting(const struct shell_input *in);

#endif
