/* What happened in a workspace, the newest last, as it comes (engine/state/timeline.h). */
#ifndef PYRO_TUI_TIMELINE_H
#define PYRO_TUI_TIMELINE_H

#include "engine/workspace/watch.h"
#include "tui/app.h"

void timeline_open(struct app *app, const struct watched_workspace *w);

extern const struct screen_ops timeline_ops;

#endif
