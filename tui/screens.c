/* tui/screens.c: every screen, one line each. */

#include "tui/screens.h"

#include <string.h>

#include "tui/ask.h"
#include "tui/choice.h"
#include "tui/confirm.h"
#include "tui/files.h"
#include "tui/form.h"
#include "tui/help.h"
#include "tui/log_view.h"
#include "tui/model.h"
#include "tui/pager.h"
#include "tui/palette.h"
#include "tui/replay_view.h"
#include "tui/services.h"
#include "tui/shell_view.h"
#include "tui/snapshots.h"
#include "tui/spares.h"
#include "tui/timeline.h"
#include "tui/wall.h"
#include "tui/workspace_actions.h"
#include "tui/workspaces.h"
#include "vmm/base/fs.h"

const struct screen_ops *const screens[] = {
    &workspaces_ops, &shell_view_ops, &confirm_ops,     &form_ops,     &choice_ops,    &help_ops,
    &log_view_ops,   &ask_ops,        &files_ops,       &pager_ops,    &snapshots_ops, &palette_ops,
    &wall_ops,       &services_ops,   &replay_view_ops, &timeline_ops, &spares_ops,    NULL,
};

/* ---- the keys that all of them have ---- */

static void screens_help(struct screen *s, int arg UNUSED)
{
    help_open(s->app);
}

static void screens_palette(struct screen *s, int arg UNUSED)
{
    palette_open(s->app);
}

static void screens_log(struct screen *s, int arg UNUSED)
{
    log_view_open(s->app);
}

/* That was looked at last; from a shell: before it. */
static int last_shell(const struct screen *s)
{
    return s->ops == &shell_view_ops;
}

static bool screens_has_last(struct screen *s, int arg UNUSED)
{
    const struct app *app = s->app;

    return !s->ops->overlay && model_find(app->model, app->visited[last_shell(s)].workspace);
}

static void screens_last_shell(struct screen *s, int arg UNUSED)
{
    struct app *app = s->app;
    int at = last_shell(s);
    scoped_free char *workspace = str_printf("%s", app->visited[at].workspace),
                     *shell = str_printf("%s", app->visited[at].shell);

    if (s->beside) {
        app_focus_other(app);
        return;
    }
    if (at)
        app_pop(app);
    workspace_watch_shell(app, workspace, shell);
}

static void screens_redraw(struct screen *s, int arg UNUSED)
{
    app_redraw(s->app);
}

static void screens_quit(struct screen *s, int arg UNUSED)
{
    app_quit(s->app);
}

const struct key_binding app_keys[] = {
    { "help", "? F1", "help", "the keys of this screen", .act = screens_help },
    { "palette", ":", "command", "run any pyro command", .act = screens_palette },
    { "log", "L", NULL, "what was done, what failed", .act = screens_log, .group = KEYS_VIEW },
    { "last-shell", "Ctrl-o", NULL, "the shell looked at before", .act = screens_last_shell,
      .can = screens_has_last, .needs = "a shell that was looked at before",
      .group = KEYS_NAVIGATE },
    { "redraw", "Ctrl-l", NULL, "draw the screen again", .act = screens_redraw },
    { "quit", "q Ctrl-c", "quit", "leave; nothing stops", .act = screens_quit },
    { 0 },
};

/* ---- looking them up ---- */

static bool table_has(const struct key_binding *table, const char *action)
{
    for (; table && table->name; table++)
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
    for (const struct key_binding *b = table; b && b->name; b++)
        keymap_note("has", screen, b);
}

void screens_note_actions(void)
{
    note_table("global", app_keys);
    for (const struct screen_ops *const *s = screens; *s; s++)
        note_table((*s)->name, (*s)->keys);
}
