/*
 * What is typed into a shell, as lines in the workspace's timeline. A byte is kept once the guest has
 * said that the terminal shows it (guest/echo.h); the rest is counted only. A line is the text that
 * was typed: Backspace, Ctrl-U and Ctrl-W are applied to it, other keys that edit are left out.
 *
 * Until the guest has said so a copy of the bytes is here, PENDING_MAX at most: of more than that
 * nothing is kept.
 */
#ifndef PYRO_SUPERVISOR_TYPED_H
#define PYRO_SUPERVISOR_TYPED_H

#include "engine/state/shell_files.h"
#include "engine/supervisor/supervisor.h"

struct typed {
    struct supervisor *supervisor;
    const struct shell_record *shell; /* borrowed */
    const uint64_t *log_size;         /* borrowed */
    struct buf pending, runs;         /* typed, and not told of; by whom */
    uint64_t reached;                 /* bytes of this attachment that were told of */
    struct buf line;                  /* so far */
    const char *by;                   /* who typed it; NULL: nobody yet */
    int64_t place;                    /* the log's cursor, as it began */
    enum { TYPED_TEXT, TYPED_ESCAPE, TYPED_CSI, TYPED_SS3 } state;
    bool cut, in_secret, hidden;
};

void typed_init(struct typed *t, struct supervisor *s, const struct shell_record *shell,
                const uint64_t *log_size);
void typed_release(struct typed *t);
/* One piece, on its way to the guest. `by` is a constant. */
void typed_add(struct typed *t, const char *by, const char *bytes, size_t n);
/* The guest's message {"typed": END, "bytes": N, "shown": K}: see guest/input.h. Not to be trusted. */
void typed_reached(struct typed *t, const json_t *message);

#endif
