/*
 * The clipboard of the operator's own terminal, by OSC 52 (xterm's control sequences, "Manipulate
 * Selection Data"): the terminal decides whether it allows that. `clipboard = off` in the
 * configuration never asks it.
 */
#ifndef PYRO_TUI_CLIPBOARD_H
#define PYRO_TUI_CLIPBOARD_H

#include "tui/app.h"

/* As much as every terminal that knows the sequence takes. */
#define CLIPBOARD_MAX ((size_t)48 * 1024)

/* Copies; the operator is told when that is not done. */
bool clipboard_copy(struct app *app, const char *bytes, size_t n);
void clipboard_allow(bool allowed);

#endif
