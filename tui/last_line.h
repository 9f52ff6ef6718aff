/* The last line that shells have printed, read once for each state of their logs. */
#ifndef PYRO_TUI_LAST_LINE_H
#define PYRO_TUI_LAST_LINE_H

#include "engine/workspace/watch.h"

/* As watched_shell_last_line() has it; foreign text, borrowed until the next call. */
const char *last_line(const struct watched_workspace *w, const struct watched_shell *shell);

#endif
