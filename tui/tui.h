/* `pyro tui`: the frame, its configuration and the first screens. */
#ifndef PYRO_TUI_H
#define PYRO_TUI_H

#include "vmm/base/error.h"

/* Runs until the operator leaves. `target`: a workspace, or WORKSPACE/SHELL, to begin with; NULL:
 * the list. Blocks. */
bool tui_run(const char *target, struct pyro_error *err) MUST_CHECK;

#endif
