/* A question before something is lost. */
#ifndef PYRO_TUI_CONFIRM_H
#define PYRO_TUI_CONFIRM_H

#include "tui/app.h"

/*
 * A question. It owns `arg`, so that two questions cannot share what they are about: yes() takes
 * arg when the operator agrees, after the dialog is gone; otherwise free_arg() frees it. title and
 * text are copied; text is wrapped, and newlines separate paragraphs. No key agrees to it in its
 * first CONFIRM_QUIET_MS: what was typed or pasted for something else must not.
 */
#define CONFIRM_QUIET_MS 150
struct confirm_spec {
    const char *title, *text;
    const char *about, *about_shell; /* as screen_about() takes them */
    bool danger;                     /* something would be lost */
    void (*yes)(void *arg);
    void *arg;
    void (*free_arg)(void *arg);
};
void confirm_ask(struct app *app, const struct confirm_spec *spec);

extern const struct screen_ops confirm_ops;

#endif
