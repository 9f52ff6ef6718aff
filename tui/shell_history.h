/*
 * All that a shell has printed, from the oldest byte kept, as text to scroll and search: a pager
 * over the shell's view. It stays as it was read; the shell goes on below, and the pager says when
 * there is more.
 */
#ifndef PYRO_TUI_SHELL_HISTORY_H
#define PYRO_TUI_SHELL_HISTORY_H

#include "engine/shell/live.h"
#include "tui/app.h"

struct shell_history;

/* `live` tells how far the log has come; it is kept. */
struct shell_history *shell_history_new(struct app *app, const char *workspace_id,
                                        const char *shell, const struct live *live);
/* While none of its pagers is open. NULL is fine. */
void shell_history_free(struct shell_history *h);
/* Reads the log, then opens the pager at its end; nothing while one is being read. */
void shell_history_open(struct shell_history *h, bool searching);
/* Does not open it, after all. */
void shell_history_cancel(struct shell_history *h);
/* Whether it is being read. */
bool shell_history_is_reading(const struct shell_history *h);

#endif
