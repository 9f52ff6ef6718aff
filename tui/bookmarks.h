/* Bookmarks: a digit or a letter by which the operator finds a workspace again. Kept (state.h). */
#ifndef PYRO_TUI_BOOKMARKS_H
#define PYRO_TUI_BOOKMARKS_H

#include "tui/app.h"

/* Whether a key can be one: 1 to 9, a to z. */
bool bookmarks_can_be(uint32_t key);
/* The one on a workspace; 0: none. */
char bookmarks_on(const char *workspace_id);
/* The id of the workspace that has it; NULL: none. Borrowed, until the next change. */
const char *bookmarks_find(char bookmark);
/* Puts it on a workspace, in place of the one that this has. Those of workspaces that are gone are
 * dropped. */
void bookmarks_set(struct app *app, const char *workspace_id, char bookmark);

#endif
