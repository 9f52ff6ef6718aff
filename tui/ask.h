/* One line of text asked for: a name, a path. */
#ifndef PYRO_TUI_ASK_H
#define PYRO_TUI_ASK_H

#include "tui/prompt.h"

/* Ends by one of the three that prompt.h has for it. */
typedef void ask_fn(struct prompt *p, void *arg, const char *text);

struct ask_spec {
    const char *title, *label; /* label: a sentence above the field; wrapped */
    bool keeps_end;            /* of a label that does not fit the end is shown */
    const char *head;        /* a line above the label, where there is room for both; NULL: none */
    const char *note;        /* a warning below the label; NULL: none */
    const char *text, *hint; /* what the field begins with; what it shows while it is empty */
    bool offered;            /* the text is: what is typed takes its place */
    bool empty_too;          /* "" is an answer as well */
    bool masked;             /* a password: it is not shown */
    const char *about, *about_shell; /* as screen_about() takes them */
    ask_fn *answered;
    void *arg;
    void (*free_arg)(void *arg); /* unless the prompt was closed by prompt_close(); NULL: none */
};

/* Opens the question; all texts are copied. */
void ask_line(struct app *app, const struct ask_spec *spec);

extern const struct screen_ops ask_ops;

#endif
