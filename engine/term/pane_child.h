/*
 * A pane's renderer: a confined child of its own that is fed a guest's output and paints the
 * screen. pane.h is the other side, and the interface.
 */
#ifndef PYRO_TERM_PANE_CHILD_H
#define PYRO_TERM_PANE_CHILD_H

#include <stdbool.h>

struct pane_child_start {
    int rows, cols;
    bool alternate; /* the output starts on the alternate screen */
    char in_string; /* the control string it starts inside, or 0 */
};

/* A sandbox_job: serves descriptors 0 and 1 until the other side closes. `arg` is the start. */
bool pane_child_job(void *arg);

#endif
