/* The machines that wait for the next create or run, and what they cost. */
#ifndef PYRO_TUI_SPARES_H
#define PYRO_TUI_SPARES_H

#include "tui/app.h"

/* Pushes the screen. */
void spares_open(struct app *app);
/* The same, as what a key does. */
void spares_show(struct screen *s, int arg);

extern const struct screen_ops spares_ops;

#endif
