/* tui/tui.c: from the command line to the first screen, and out again. */
#include "tui/tui.h"

#include <signal.h>

#include "engine/client/caller.h"
#include "engine/client/spare_keeper.h"
#include "engine/state/timeline.h"
#include "tui/app.h"
#include "tui/config.h"
#include "tui/job.h"
#include "tui/model.h"
#include "tui/notify.h"
#include "tui/screens.h"
#include "tui/shell_view.h"
#include "tui/state.h"
#include "tui/target.h"
#include "tui/workspaces.h"

/* Dies of the signal that ended it, now that the terminal is restored. */
static void die_of(int number)
{
    sigset_t only;

    signal(number, SIG_DFL);
    sigemptyset(&only);
    sigaddset(&only, number);
    raise(number);
    sigprocmask(SIG_UNBLOCK, &only, NULL);
}

/* The list, and over it what the command line asked for. */
static void push_first(struct app *app, const struct target *target)
{
    struct screen *list = workspaces_new(app), *shell;
    struct pyro_error err = { 0 };

    app_push(app, list);
    if (*target->workspace_id)
        workspaces_select(list, target->workspace_id);
    if (!*target->shell)
        return;
    shell = shell_view_new(app, target->workspace_id, target->shell, &err);
    if (shell)
        app_push(app, shell);
    else
        app_error(app, &err);
}

bool tui_run(const char *word, struct pyro_error *err)
{
    struct target target = { 0 };
    struct app app;
    struct notify *notify = NULL;
    struct spare_keeper *spares = NULL;
    bool ok;

    caller_set(CALLER_INTERFACE);
    if (word && !target_find(word, &target, err))
        return false;
    ok = app_init(&app, err);
    if (ok)
        app.model = model_new(&app, err);
    ok = ok && app.model;
    if (ok) {
        size_t bad = config_load();

        state_init(&app);
        screens_note_actions();
        notify = notify_new(&app);
        spares = spare_keeper_new(app.loop);
        push_first(&app, &target);
        if (bad)
            app_message(&app, ROLE_WARN, "the configuration has %zu problem%s: L lists %s", bad,
                        bad == 1 ? "" : "s", bad == 1 ? "it" : "them");
        app_run(&app);
    }
    spare_keeper_free(spares);
    app_close(&app);
    job_release_all(&app);
    notify_free(notify);
    model_free(app.model);
    state_release();
    app_release(&app);
    if (app.exit_signal)
        die_of(app.exit_signal);
    return ok;
}
