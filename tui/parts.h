/*
 * The smaller screens that any view may open: a question, a choice, help and the log.
 */
#ifndef PYRO_TUI_PARTS_H
#define PYRO_TUI_PARTS_H

#include "tui/app.h"

typedef void confirm_fn(void *arg);

/* Asks; `text` is wrapped, newlines part paragraphs, and both are copied. yes() is called when the
 * operator agrees, after the dialog is gone. `danger`: something would be lost. */
void confirm_ask(struct app *app, const char *title, const char *text, bool danger, confirm_fn *yes,
                 void *arg);

/* A choice among words, which are copied; `chosen` gets the index. */
#define CHOICE_MAX 64
typedef void choice_fn(void *arg, size_t index);
void choice_ask(struct app *app, const char *title, char *const *words, size_t count,
                choice_fn *chosen, void *arg);

/* The keys of the screen on top. */
void help_open(struct app *app);
/* What was done and what went wrong. */
void log_view_open(struct app *app);

extern const struct screen_ops confirm_ops, choice_ops, help_ops, log_view_ops;

#endif
