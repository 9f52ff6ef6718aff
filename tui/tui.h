/* `pyro tui`: the frame, its configuration and the first screens. */
#ifndef PYRO_TUI_H
#define PYRO_TUI_H

#include "vmm/base/error.h"

/* Runs until the operator leaves. `word`: a workspace, or WORKSPACE/SHELL, to begin with; NULL: the
 * list. One that is not there is an error before the terminal is touched. Blocks. */
bool tui_run(const char *word, struct pyro_error *err) MUST_CHECK;

#endif
