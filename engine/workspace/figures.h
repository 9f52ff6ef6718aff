/*
 * Resources of the host that running workspaces use: processor, memory, disk. Read once a second,
 * only for the requested workspaces and only while there are any, from /proc and stat(2); no other
 * process is involved.
 */
#ifndef PYRO_WORKSPACE_FIGURES_H
#define PYRO_WORKSPACE_FIGURES_H

#include "engine/workspace/watch.h"

struct workspace_figures;

struct figures {
    double cpu;            /* share of one processor since the last look; below 0: not known yet */
    uint64_t memory_bytes; /* resident and its own: pages that clones of a template share are not
                              counted */
    uint64_t disk_bytes;   /* allocated by its disk and layers */
    pid_t stopped_pid;     /* of its supervisor, if a signal has stopped that; 0: it goes on */
};

/* `fn` is called after each look. */
struct workspace_figures *workspace_figures_new(struct loop *loop, loop_call_fn *fn, void *arg);
void workspace_figures_free(struct workspace_figures *f);
/*
 * Sets the workspaces (copied from what they point to; call again when a record changes). The first
 * look at new ones is at once, from the loop.
 */
void workspace_figures_show(struct workspace_figures *f,
                            struct watched_workspace *const *workspaces, size_t count);
/* NULL before the first look, and for one that was not requested. */
const struct figures *workspace_figures_of(const struct workspace_figures *f, const char *id);

#endif
