/*
 * All commands of the table, by name: a line with completion of commands, flags and values. What a
 * command says is shown when it is done; one that could lose something is asked about first.
 */
#ifndef PYRO_TUI_PALETTE_H
#define PYRO_TUI_PALETTE_H

#include "tui/app.h"

/* Opens it over the screen that is on top. */
void palette_open(struct app *app);

extern const struct screen_ops palette_ops;

#endif
