/* WORKSPACE or WORKSPACE/SHELL, as `pyro tui` is given it. */
#ifndef PYRO_TUI_TARGET_H
#define PYRO_TUI_TARGET_H

#include "engine/state/record.h"
#include "engine/state/shell_files.h"

struct target {
    char workspace_id[WORKSPACE_ID_LENGTH + 1];
    char shell[SHELL_ID_MAX + 1]; /* "": none of it runs */
};

/* Finds the workspace, by any reference, and the shell: the one that is named, or else the running
 * one that was opened last. An error says which of the two does not exist. */
bool target_find(const char *text, struct target *ret, struct pyro_error *err) MUST_CHECK;

#endif
