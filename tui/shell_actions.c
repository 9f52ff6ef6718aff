/* tui/shell_actions.c: signal and close. */
#include "tui/shell_actions.h"

#include <stdlib.h>
#include <string.h>

#include "tui/job.h"
#include "tui/parts.h"
#include "vmm/base/fs.h"

/* What is asked about: one question at a time. */
static struct {
    struct app *app;
    char *workspace_id, *shell;
} asked;

static const char *const signals[] = { "INT", "TERM", "HUP", "KILL", NULL };

static void ask_about(struct app *app, const char *workspace_id, const char *shell)
{
    free(asked.workspace_id);
    free(asked.shell);
    asked.app = app;
    asked.workspace_id = str_printf("%s", workspace_id);
    asked.shell = str_printf("%s", shell);
}

static void send_signal(void *arg UNUSED, size_t index)
{
    const char *const argv[] = { "workspace", "shell",    "signal",       asked.workspace_id,
                                 asked.shell, "--signal", signals[index], NULL };
    scoped_free char *what = str_printf("signal %s to %s", signals[index], asked.shell);

    job_start(asked.app, what, argv, false, NULL, NULL);
}

void shell_ask_signal(struct app *app, const char *workspace_id, const char *shell)
{
    scoped_free char *title = str_printf("signal to %s", shell);
    char interrupt[] = "INT   interrupt what runs, as Ctrl-C does", term[] = "TERM  ask it to end",
         hup[] = "HUP   as if its terminal had gone", killed[] = "KILL  end the whole shell";
    char *const words[] = { interrupt, term, hup, killed };

    ask_about(app, workspace_id, shell);
    choice_ask(app, title, words, ARRAY_SIZE(words), send_signal, NULL);
}

static void close_it(void *arg UNUSED)
{
    const char *const argv[] = { "workspace",        "shell",     "close",
                                 asked.workspace_id, asked.shell, NULL };
    scoped_free char *what = str_printf("close %s", asked.shell);

    job_start(asked.app, what, argv, false, NULL, NULL);
}

void shell_ask_close(struct app *app, const char *workspace_id, const char *shell, const char *runs)
{
    scoped_free char *title = str_printf("close %s", shell);
    scoped_free char *text = str_printf(
        "Close %s?\n\n%s%s%sAll that runs in it ends. What it has printed stays readable.", shell,
        runs && *runs ? "It runs " : "", runs ? runs : "", runs && *runs ? ". " : "");

    ask_about(app, workspace_id, shell);
    confirm_ask(app, title, text, true, close_it, NULL);
}
