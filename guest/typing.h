/*
 * How much of a shell's input its terminal can take now without loss. A terminal that edits lines
 * itself holds 4095 bytes of one, and silently drops the rest of a longer one, as it does with
 * input typed before bash is at its prompt, where there is no such limit. So a longer line waits
 * for the terminal to leave that mode. A program that stays in it gets what a terminal gives it
 * after a while, and at once when the next input interrupts it.
 */
#ifndef PYRO_GUEST_TYPING_H
#define PYRO_GUEST_TYPING_H

#include <stdint.h>
#include <sys/types.h>

struct typing {
    size_t line;     /* bytes since the last line began */
    int64_t held_ms; /* clock_ms() since when a line waits; 0: none does */
};

/* How many of the n bytes (n > 0) may be written; 0: ask again when the terminal has printed
 * something, and in TYPING_HELD_MS. */
#define TYPING_HELD_MS 10000
size_t typing_room(struct typing *t, int pty_fd, const char *bytes, size_t n);
/* These were written. */
void typing_wrote(struct typing *t, const char *bytes, size_t n);

#endif
