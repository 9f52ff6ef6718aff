/*
 * The state of a shell's terminal at certain places of its log, so that events and log need not be
 * read from their beginning: shells/ID.states, written by the supervisor.
 *
 * There is a record every SHELL_STATE_EVERY bytes of the log, found by its number; record 0 is the
 * state at the oldest byte kept, once some were dropped. From the last one before a place on, the
 * log itself says whether the alternate screen is on and whether a long control string is open; the
 * events file has what the log cannot say. So the file is bounded by the log, and missing records
 * (the writer was killed, an older pyro wrote the log) only cost time.
 */
#ifndef PYRO_SHELL_STATE_H
#define PYRO_SHELL_STATE_H

#include "engine/term/track.h"
#include "vmm/base/error.h"

#define SHELL_STATE_EVERY 65536
#define SHELL_STATE_BYTES 64 /* of a record */

struct shell_state {
    uint64_t offset;     /* in the log: at or soon after the place the record is for */
    uint64_t events_at;  /* events before this position of their file are included … */
    uint64_t events_end; /* … and those after this one have later offsets */
    uint64_t times_at;   /* the last time mark before it */
    bool alternate;      /* the alternate screen is on */
    char in_string;      /* the kind of the long control string it is in, or 0 */
    int cols, rows;
};

/* Writes record `index`; false with errno. */
bool shell_state_write(int states_fd, uint64_t index, const struct shell_state *s) MUST_CHECK;
/* The last state at or before `offset`; the log's beginning when there is none. states_fd may be
 * -1. */
void shell_state_before(int states_fd, uint64_t offset, struct shell_state *ret);
/* The first one at or after it; false: there is none. */
bool shell_state_after(int states_fd, uint64_t offset, struct shell_state *ret) MUST_CHECK;

/* A start or end of the alternate screen that no sequence in the log causes. */
struct alt_note {
    uint64_t offset;
    bool on;
};
struct alt_notes {
    struct alt_note *items;
    size_t count, room;
};
bool alt_notes_add(struct alt_notes *notes, uint64_t offset, bool on) MUST_CHECK;
void alt_notes_release(struct alt_notes *notes);

/* Sets `t` up to continue from a state. */
void shell_state_resume(struct track *t, const struct shell_state *s,
                        void (*on_event)(void *user, const struct track_event *event), void *user);
/* Feeds the log up to `to`, with the events in their places. */
bool shell_state_scan(int log_fd, struct track *t, uint64_t to, const struct alt_notes *notes,
                      struct pyro_error *err) MUST_CHECK;

#endif
