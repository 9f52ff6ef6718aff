/* Which workspaces a list shows. */
#ifndef PYRO_TUI_FILTER_H
#define PYRO_TUI_FILTER_H

#include "tui/model.h"

/*
 * Whether all words of the filter fit: `state:X` the state that begins with X, `label:X` a label,
 * any other word a part of the name, the id, the environment or a label. Case does not matter.
 */
bool filter_matches(const struct watched_workspace *w, const char *filter);

#endif
