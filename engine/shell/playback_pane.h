/*
 * A recording in a pane: the screen that a shell had at some place of its log. Forward it is drawn
 * from where it is; for any other move, and one far forward, from the last point before the place at
 * which the whole screen was known, so a move's cost does not grow with the log.
 */
#ifndef PYRO_SHELL_PLAYBACK_PANE_H
#define PYRO_SHELL_PLAYBACK_PANE_H

#include "engine/shell/recording.h"
#include "engine/term/pane.h"

struct playback_pane;

struct playback_pane_spec {
    int workspace_fd; /* this and all that follows is kept */
    const char *shell;
    const struct recording *recording;
    void (*changed)(void *arg); /* it was painted, or has failed; must not free the pane */
    void *arg;
};

/* Blank until it is told a place. */
struct playback_pane *playback_pane_new(struct loop *loop, const struct playback_pane_spec *spec);
/* NULL is fine. */
void playback_pane_free(struct playback_pane *p);
/* Draws all output below `offset`, with a new process where one has failed. */
void playback_pane_show(struct playback_pane *p, uint64_t offset);
/* The part of the screen that is wanted; false when out of memory. */
bool playback_pane_set_rect(struct playback_pane *p, const struct pane_rect *rect) MUST_CHECK;

const struct pane_view *playback_pane_view(const struct playback_pane *p);
/* Call this after drawing the view. */
void playback_pane_drawn(struct playback_pane *p);
bool playback_pane_is_shown(const struct playback_pane *p);
/* Why it is not drawn; NULL while all is well. */
const struct pyro_error *playback_pane_failure(const struct playback_pane *p);

#endif
