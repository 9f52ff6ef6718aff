/*
 * A shell's screen, live: its log followed by inotify(7) and drawn in a pane's child.
 *
 * At first only what the screen at the log's end needs is drawn; when the log grows faster than it
 * can be drawn, output that would scroll away unseen is skipped. Sizes are those of the guest's
 * terminal, at the offsets at which they came into force: looking at a shell changes nothing about
 * it.
 *
 * One loop; nothing here blocks but for reading files. Callbacks must not call live_free().
 */
#ifndef PYRO_SHELL_LIVE_H
#define PYRO_SHELL_LIVE_H

#include "engine/state/shell_files.h"
#include "engine/term/pane.h"

struct live;

struct live_ops {
    /* The view was painted, or the record, or the state has changed. */
    void (*changed)(void *arg);
};

/* workspace_fd is duplicated. `ops` and `arg` are kept. Errors: PYRO_SHELL_NOT_FOUND, … */
struct live *live_new(struct loop *loop, int workspace_fd, const char *shell,
                      const struct live_ops *ops, void *arg, struct pyro_error *err) MUST_CHECK;
/* NULL is fine. */
void live_free(struct live *live);

/* The part of the screen that is wanted; false when out of memory. */
bool live_set_rect(struct live *live, const struct pane_rect *rect) MUST_CHECK;
/* How often it is painted at most, and how long output may gather: 10 ms at first. */
void live_set_interval(struct live *live, int64_t interval_ms);
/* One that nobody sees does nothing at all. */
void live_set_paused(struct live *live, bool paused);
/* Draws again with a new child, after one has failed. */
void live_restart(struct live *live);

const struct pane_view *live_view(const struct live *live);
/* Call this after drawing the view. */
void live_drawn(struct live *live);
const struct shell_record *live_record(const struct live *live);
/* Why nothing is drawn any more; NULL while all is well. */
const struct pyro_error *live_failure(const struct live *live);
/* The log's end as it was seen last. */
uint64_t live_size(const struct live *live);
/* The first screen was painted. */
bool live_is_shown(const struct live *live);

#endif
