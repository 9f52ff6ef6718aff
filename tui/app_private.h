/* Shared by the frame's files: events and life are in app.c, windows and painting in paint.c. */
#ifndef PYRO_TUI_APP_PRIVATE_H
#define PYRO_TUI_APP_PRIVATE_H

#include "tui/app.h"

/* Gives a screen its window, or its window the size it ought to have. */
void app_place(struct app *app, struct screen *s);
/* The terminal has this size now. */
void app_resize(struct app *app, int rows, int cols);
/* Before each wait: paints when something was damaged. */
void app_paint(void *app);

#endif
