/*
 * A form for some arguments of a command, drawn from the command's own rows: limits, choices and
 * help are those of the command line. What it sends is a command line.
 */
#ifndef PYRO_TUI_FORM_H
#define PYRO_TUI_FORM_H

#include "engine/cmd/spec.h"
#include "tui/prompt.h"

#define FORM_FIELDS_MAX 10

/* The words, without "pyro", NULL-terminated; borrowed for the call. Ends by one of the three that
 * prompt.h has for it. */
typedef void form_fn(struct prompt *p, void *arg, const char *const *argv);

struct form_row {
    const char *name;  /* of the argument; NULL ends the list */
    const char *label; /* what the form calls it */
    const char *empty; /* what there is without a value; NULL: "none" */
};

struct form_spec {
    const char *title; /* copied */
    const char *note;  /* kept, as the others */
    const struct cmd_spec *cmd;
    const struct form_row *rows; /* the fields wanted, in order; kept */
    form_fn *send;
    void *arg;
    void (*free_arg)(void *arg); /* NULL: none */
    const char *about;           /* as screen_about() takes it */
};

void form_ask(struct app *app, const struct form_spec *spec);

extern const struct screen_ops form_ops;

#endif
