/*
 * What running workspaces take of the host: processor, memory, disk. Looked at once a second, only
 * for the workspaces that are asked for and only while there are any; from /proc and stat(2), no
 * other process takes part.
 */
#ifndef PYRO_WORKSPACE_FIGURES_H
#define PYRO_WORKSPACE_FIGURES_H

#include "engine/workspace/watch.h"

struct workspace_figures;

struct figures {
    double cpu; /* share of one processor since the look before; below 0: not known yet */
    uint64_t memory_bytes; /* resident and its own: pages that clones of a template share are not
                              counted */
    uint64_t disk_bytes;   /* allocated by its disk and layers */
};

/* `fn` is called after each look. */
struct workspace_figures *workspace_figures_new(struct loop *loop, loop_call_fn *fn, void *arg);
void workspace_figures_free(struct workspace_figures *f);
/*
 * From now on these (copied from what they point to; call it again when one's record changes). The
 * first look at new ones is at once, from the loop.
 */
void workspace_figures_show(struct workspace_figures *f,
                            struct watched_workspace *const *workspaces, size_t count);
/* NULL before the first look, and for one that is not asked for. */
const struct figures *workspace_figures_of(const struct workspace_figures *f, const char *id);

#endif
