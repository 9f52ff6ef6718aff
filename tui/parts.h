/*
 * The smaller screens that any view may open: a question, a choice, help and the log.
 */
#ifndef PYRO_TUI_PARTS_H
#define PYRO_TUI_PARTS_H

#include "tui/app.h"

/*
 * A question. It owns `arg`, so that two questions cannot share what they are about: yes() takes
 * arg when the operator agrees, after the dialog is gone; otherwise free_arg() frees it. title and
 * text are copied; text is wrapped, and newlines separate paragraphs.
 */
struct confirm_spec {
    const char *title, *text;
    bool danger; /* something would be lost */
    void (*yes)(void *arg);
    void *arg;
    void (*free_arg)(void *arg);
};
void confirm_ask(struct app *app, const struct confirm_spec *spec);

/* A choice among words. It owns `arg` as a question does: chosen() takes it, with the index. */
#define CHOICE_MAX 64
struct choice_spec {
    const char *title;  /* copied, as are the words */
    char *const *words; /* at most CHOICE_MAX */
    size_t count;
    void (*chosen)(void *arg, size_t index);
    void *arg;
    void (*free_arg)(void *arg);
};
void choice_ask(struct app *app, const struct choice_spec *spec);

/* The keys of the screen on top. */
void help_open(struct app *app);
/* What was done and what went wrong. */
void log_view_open(struct app *app);

extern const struct screen_ops confirm_ops, choice_ops, help_ops, log_view_ops;

#endif
