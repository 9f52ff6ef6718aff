/* One of a few, from a list that can be filtered. */
#ifndef PYRO_TUI_CHOICE_H
#define PYRO_TUI_CHOICE_H

#include "tui/app.h"

/* A choice among words. It owns `arg` as a question does: chosen() takes it, with the index. */
struct choice_spec {
    const char *title; /* copied, as are the words */
    char *const *words;
    size_t count;
    const char *about, *about_shell; /* as screen_about() takes them */
    void (*chosen)(void *arg, size_t index);
    void *arg;
    void (*free_arg)(void *arg);
};
void choice_ask(struct app *app, const struct choice_spec *spec);

extern const struct screen_ops choice_ops;

#endif
