/* tui/screens.c: every screen, one line each. */
#include "tui/screens.h"

#include <string.h>

#include "tui/ask.h"
#include "tui/files.h"
#include "tui/form.h"
#include "tui/pager.h"
#include "tui/palette.h"
#include "tui/parts.h"
#include "tui/services.h"
#include "tui/snapshots.h"
#include "tui/wall.h"

const struct screen_ops *const screens[] = {
    &workspaces_ops, &shell_view_ops, &confirm_ops, &form_ops,     &choice_ops,
    &help_ops,       &log_view_ops,   &ask_ops,     &files_ops,    &pager_ops,
    &snapshots_ops,  &palette_ops,    &wall_ops,    &services_ops, NULL,
};

static bool table_has(const struct key_binding *table, const char *action)
{
    for (; table && table->action; table++)
        if (!strcmp(table->name, action))
            return true;
    return false;
}

bool screens_have_action(const char *screen, const char *action)
{
    if (!strcmp(screen, "global"))
        return table_has(app_keys, action);
    for (const struct screen_ops *const *s = screens; *s; s++)
        if (!strcmp((*s)->name, screen))
            return table_has((*s)->keys, action);
    return false;
}

static void note_table(const char *screen, const struct key_binding *table)
{
    for (const struct key_binding *b = table; b && b->action; b++)
        keymap_note("has", screen, table, b->action);
}

void screens_note_actions(void)
{
    note_table("global", app_keys);
    for (const struct screen_ops *const *s = screens; *s; s++)
        note_table((*s)->name, (*s)->keys);
}
