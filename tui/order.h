/* Which workspaces a list shows, and in which order. */
#ifndef PYRO_TUI_ORDER_H
#define PYRO_TUI_ORDER_H

#include "tui/model.h"

enum order {
    ORDER_ACTIVITY, /* the most recent first */
    ORDER_NAME,
    ORDER_STATE,
    ORDER_CPU,
    ORDER_MEMORY,
    ORDER_DISK,
    ORDER_AGE, /* the youngest first */
    ORDER_COUNT
};

const char *order_name(enum order order);
/*
 * Whether all words of the filter fit: `state:X` the state that begins with X, `label:X` a label,
 * any other word a part of the name, the id, the environment or a label. Case does not matter.
 */
bool order_matches(const struct watched_workspace *w, const char *filter);
void order_sort(const struct model *m, struct watched_workspace **rows, size_t count,
                enum order order);
/* When something last happened in it: epoch seconds. */
double order_activity(const struct watched_workspace *w);

#endif
