/* One line of text asked for: a name, a path. */
#ifndef PYRO_TUI_ASK_H
#define PYRO_TUI_ASK_H

#include "tui/app.h"

typedef void ask_fn(void *arg, const char *text);

struct ask_spec {
    const char *title, *label; /* label: a sentence above the field; wrapped */
    const char *text, *hint;   /* what the field begins with; what it shows while it is empty */
    ask_fn *answered;          /* with a text that is not "" */
    void *arg;
};

/* Opens the question; all texts are copied. */
void ask_line(struct app *app, const struct ask_spec *spec);

extern const struct screen_ops ask_ops;

#endif
