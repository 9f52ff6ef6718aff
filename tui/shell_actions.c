/* tui/shell_actions.c: signal and close. */
#include "tui/shell_actions.h"

#include <stdlib.h>
#include <string.h>

#include "tui/choice.h"
#include "tui/confirm.h"
#include "tui/job.h"
#include "vmm/base/fs.h"

/* The shell that a signal is chosen for. */
struct target {
    struct app *app;
    char *workspace_id, *shell;
};

static const char *const signals[] = { "INT", "TERM", "HUP", "KILL", NULL };

static void shell_actions_target_free(void *arg)
{
    struct target *target = arg;

    free(target->workspace_id);
    free(target->shell);
    free(target);
}

/* Asks once more: after KILL nothing can be saved. */
static void ask_kill(const struct target *to, const char *what, const char *const *argv)
{
    scoped_free char *text =
        str_printf("Kill %s?\n\nAll that runs in it ends at once, and can save "
                   "nothing. What it has printed stays readable.",
                   to->shell);
    struct confirm_spec spec = { .title = what,
                                 .text = text,
                                 .about = to->workspace_id,
                                 .about_shell = to->shell,
                                 .danger = true,
                                 .yes = job_request_start,
                                 .arg = job_request_new(to->app, what, argv, false, NULL),
                                 .free_arg = job_request_free };

    confirm_ask(to->app, &spec);
}

static void shell_actions_send_signal(void *arg, size_t index)
{
    struct target *to = arg;
    const char *const argv[] = { "workspace", "shell",    "signal",       to->workspace_id,
                                 to->shell,   "--signal", signals[index], NULL };
    scoped_free char *what = str_printf("signal %s to %s", signals[index], to->shell);

    if (!strcmp(signals[index], "KILL"))
        ask_kill(to, what, argv);
    else
        job_start(to->app, what, argv, false, NULL, NULL);
    shell_actions_target_free(to);
}

void shell_ask_signal(struct app *app, const char *workspace_id, const char *shell)
{
    scoped_free char *title = str_printf("signal to %s", shell);
    char interrupt[] = "INT   interrupt what runs, as Ctrl-C does", term[] = "TERM  ask it to end",
         hup[] = "HUP   as if its terminal had gone", killed[] = "KILL  end the whole shell";
    char *const words[] = { interrupt, term, hup, killed };
    struct target *to = calloc(1, sizeof(*to));
    struct choice_spec spec = { .title = title,
                                .words = words,
                                .count = ARRAY_SIZE(words),
                                .about = workspace_id,
                                .about_shell = shell,
                                .chosen = shell_actions_send_signal,
                                .arg = to,
                                .free_arg = shell_actions_target_free };

    BUG_ON(!to);
    *to = (struct target){ .app = app,
                           .workspace_id = str_printf("%s", workspace_id),
                           .shell = str_printf("%s", shell) };
    choice_ask(app, &spec);
}

void shell_ask_close(struct app *app, const char *workspace_id, const char *shell, const char *runs)
{
    scoped_free char *title = str_printf("close %s", shell);
    scoped_free char *text = str_printf(
        "Close %s?\n\n%s%s%sAll that runs in it ends. What it has printed stays readable.", shell,
        runs && *runs ? "It runs " : "", runs ? runs : "", runs && *runs ? ". " : "");
    const char *const argv[] = { "workspace", "shell", "close", workspace_id, shell, NULL };
    struct confirm_spec spec = { .title = title,
                                 .text = text,
                                 .about = workspace_id,
                                 .about_shell = shell,
                                 .danger = true,
                                 .yes = job_request_start,
                                 .arg = job_request_new(app, title, argv, false, NULL),
                                 .free_arg = job_request_free };

    confirm_ask(app, &spec);
}
