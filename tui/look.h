/*
 * What a workspace is doing, at a glance: the mark before its name, the counts in the list's first
 * line, and the words of `state:` in a filter.
 */
#ifndef PYRO_TUI_LOOK_H
#define PYRO_TUI_LOOK_H

#include "tui/model.h"
#include "tui/theme.h"

/* In the order in which an operator wants to know of them. */
enum look {
    LOOK_ASKS,
    LOOK_FAILED,
    LOOK_FINISHED,
    LOOK_RUNS,
    LOOK_WAITS,   /* its shells are at their prompts */
    LOOK_IDLE,    /* started, and nothing runs in it */
    LOOK_CHANGES, /* it is being created, started, stopped, reset or deleted */
    LOOK_SUSPENDED,
    LOOK_STOPPED,
    LOOK_COUNT
};

struct look_row {
    const char *glyph, *word;
    enum role role;
};
extern const struct look_row looks[LOOK_COUNT];

enum look look_of(const struct watched_workspace *w);
/* The operator ought to see to it. */
bool look_needs_eye(enum look look);

#endif
