/* The keys of a screen. */
#ifndef PYRO_TUI_HELP_H
#define PYRO_TUI_HELP_H

#include "tui/app.h"

/* Of the screen on top. */
void help_open(struct app *app);

extern const struct screen_ops help_ops;

#endif
