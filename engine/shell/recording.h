/*
 * A shell's log in time: its bytes with the moments they came at, the sizes its terminal had, and
 * the ends of the alternate screen that no sequence causes. It is as the log was when it was opened;
 * a running shell goes on behind that.
 */
#ifndef PYRO_SHELL_RECORDING_H
#define PYRO_SHELL_RECORDING_H

#include "engine/state/shell_notes.h"

/* A longer pause is played as one of this. */
#define RECORDING_GAP_MAX_MS 2000

struct recording_mark {
    uint64_t offset; /* from here on … */
    int64_t ms;      /* … output came this long after the shell's start */
};

struct recording {
    int log_fd;
    double started_at;            /* epoch seconds */
    uint64_t first, end;          /* the oldest byte kept, and where the log ended */
    struct shell_notes notes;     /* from `first` on */
    struct recording_mark *marks; /* both members only grow; the first is at `first` */
    size_t mark_count, mark_room;
};

/* Release it on success. Bounded memory, whatever the log's files hold. */
bool recording_open(int workspace_fd, const char *shell, struct recording *ret,
                    struct pyro_error *err) MUST_CHECK;
void recording_release(struct recording *r);

/* When the byte at `offset` came, and how much had come by then: all up to the first byte that is
 * later. */
int64_t recording_ms_at(const struct recording *r, uint64_t offset);
uint64_t recording_offset_at(const struct recording *r, int64_t ms);
/* Where the line after the one at `offset` begins, and the one before it; at most
 * RECORDING_LINE_MAX away, because output may have no lines. */
#define RECORDING_LINE_MAX 4096
uint64_t recording_line_after(const struct recording *r, uint64_t offset);
uint64_t recording_line_before(const struct recording *r, uint64_t offset);
/* When the last byte came. */
int64_t recording_length_ms(const struct recording *r);
/* How long it takes to play, longer pauses cut. */
int64_t recording_playing_ms(const struct recording *r);
/* A point in time, in epoch seconds, as one of the recording: 0 when it is before it. */
int64_t recording_ms_of(const struct recording *r, double wall);

/* One stretch of it. */
struct recording_step {
    enum { STEP_OUTPUT, STEP_RESIZE, STEP_LEAVE_ALTERNATE } kind;
    int64_t ms;
    uint64_t from, to; /* output: the bytes, at most RECORDING_STEP_MAX, all of one time */
    int rows, cols;    /* resize: the new size */
};
#define RECORDING_STEP_MAX 65536

struct recording_walk {
    const struct recording *r;
    uint64_t at, until;
    size_t mark, resize, exit;
};
void recording_walk_init(struct recording_walk *w, const struct recording *r);
/* The part of these bytes, with what happens behind `from`, up to `until`. */
void recording_walk_part(struct recording_walk *w, const struct recording *r, uint64_t from,
                         uint64_t until);
/* False: it is at the end. */
bool recording_walk_next(struct recording_walk *w, struct recording_step *ret);
/* Reads the bytes of an output step. */
bool recording_read(const struct recording *r, const struct recording_step *step, char *ret,
                    struct pyro_error *err) MUST_CHECK;

/* What became of it as a file. */
struct record_result {
    uint64_t events; /* after the header: output, resizes; or frames */
    uint64_t bytes_written;
    uint64_t dropped_bytes; /* of the log's head, which is not kept any more */
    double duration_seconds;
    bool cut; /* the format's limit was reached: the rest is not in it */
};

#endif
