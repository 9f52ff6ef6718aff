/* tui/answer.c: a line for the shells that ask. */
#include "tui/answer.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/shell/control.h"
#include "tui/ask.h"
#include "tui/batch.h"
#include "tui/confirm.h"
#include "tui/format.h"
#include "vmm/base/fs.h"

/* The bytes of a question; far more than are shown. */
#define QUESTION_MAX 8192
#define NOTHING_ASKS "nothing asks here: what you type goes to the shell as a line"

/* A shell that the line is for, and how much it had printed when the question was shown: what was
 * typed for that is not for what it says now. */
struct target {
    char *workspace, *shell;
    int64_t printed;
};

struct answer {
    struct app *app;
    struct batch *batch;
    struct target *targets;
    size_t count;
    char *shell;          /* that was chosen; NULL: those that ask */
    char *about;          /* the workspaces' ids */
    char *names, *silent; /* silent: those whose shell asks nothing; "": none */
    char *questions;      /* a line for each: its name, and what it says */
    char *text;           /* the line, once it is written */
    bool many;
    bool hides; /* one of them does not show what is typed */
};

bool answer_is_possible(const struct watched_workspace *w)
{
    return model_asking_shell(w) != NULL;
}

static void answer_free(void *arg)
{
    struct answer *a = arg;

    batch_free(a->batch);
    for (size_t i = 0; i < a->count; i++) {
        free(a->targets[i].workspace);
        free(a->targets[i].shell);
    }
    free(a->targets);
    free(a->shell);
    free(a->about);
    free(a->names);
    free(a->silent);
    free(a->questions);
    if (a->text)
        explicit_bzero(a->text, strlen(a->text));
    free(a->text);
    free(a);
}

/* The size of its log as it is, not as it was last seen; -1 when it cannot be read. */
static int64_t printed(const struct watched_workspace *w, const char *shell)
{
    scoped_free char *path = str_printf("%s/shells/%s.log", w->path, shell);
    struct stat st;

    return stat(path, &st) == 0 ? (int64_t)st.st_size : -1;
}

static bool is_as_shown(const struct answer *a, const struct target *t)
{
    const struct watched_workspace *w = model_find(a->app->model, t->workspace);

    return w && printed(w, t->shell) == t->printed;
}

static void ask(struct app *app, struct watched_workspace *const *list, size_t count,
                const char *shell, const char *text);

/* Shows what they say now, with the line as it was written; takes over a. */
static void ask_again(struct answer *a, const char *text)
{
    struct watched_workspace **list = calloc(a->count, sizeof(struct watched_workspace *));
    size_t count = 0;

    BUG_ON(!list);
    for (size_t i = 0; i < a->count; i++) {
        struct watched_workspace *w = model_find(a->app->model, a->targets[i].workspace);
        if (w && (a->shell || model_asking_shell(w)))
            list[count++] = w;
    }
    if (count) /* the new question may be of another kind */
        ask(a->app, list, count, a->shell, a->hides ? NULL : text);
    app_message(a->app, ROLE_WARN,
                count ? "it has printed something since: is this still the question?"
                      : "nothing was typed: there is no question any more");
    free(list);
    answer_free(a);
}

static bool asks_as_shown(const struct answer *a)
{
    for (size_t i = 0; i < a->count; i++)
        if (!is_as_shown(a, &a->targets[i]))
            return false;
    return true;
}

/* ---- a password ---- */

static void answer_on_lost(void *arg UNUSED, const struct pyro_error *why UNUSED)
{
}

static bool type_hidden(const struct answer *a, const struct target *t, struct pyro_error *err)
{
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    struct shell_control *c = NULL;
    bool ok;

    if (!workspace_open(t->workspace, &o, err))
        return false;
    c = shell_control_new(a->app->loop, &o, t->shell, answer_on_lost, NULL, err);
    if (!c)
        return false;
    ok = shell_control_type(c, a->text, strlen(a->text)) && shell_control_type(c, "\r", 1);
    shell_control_free(c);
    return ok || pyro_fail(err, PYRO_SHELL_STATE, "the shell takes no input");
}

/* Not by a command: its words are for all of this host's users to see. */
static void send_hidden(const struct answer *a)
{
    for (size_t i = 0; i < a->count; i++) {
        struct pyro_error err = { 0 };
        if (!type_hidden(a, &a->targets[i], &err)) {
            app_error(a->app, &err);
            return;
        }
    }
    app_message(a->app, ROLE_GOOD, "typed, and kept nowhere");
}

static void answer_send(void *arg)
{
    struct answer *a = arg;

    if (!asks_as_shown(a)) {
        ask_again(a, a->text);
        return;
    }
    if (a->hides)
        send_hidden(a);
    else
        batch_start(take_ptr(&a->batch));
    answer_free(a);
}

static void answer_typed(struct prompt *p, void *arg UNUSED, const char *text)
{
    struct answer *a = prompt_close(p);
    scoped_free char *question =
        str_printf("Type this into a shell of each of %s?\n\n%s\n\n%s%s%s", a->names,
                   !*text     ? "(only Enter)"
                   : a->hides ? "(what you wrote, which is not shown)"
                              : text,
                   a->questions, *a->silent ? "\n\nNothing asks in: " : "", a->silent);
    struct confirm_spec spec = { .title = "answer",
                                 .text = question,
                                 .about = a->about,
                                 .yes = answer_send,
                                 .arg = a,
                                 .free_arg = answer_free };

    if (!a->hides)
        batch_set_input(a->batch, text);
    a->text = str_printf("%s", text);
    if (a->many && asks_as_shown(a))
        confirm_ask(a->app, &spec);
    else
        answer_send(a);
}

/* Which shell it is, and the program in it. New. */
static char *head_of(const struct watched_workspace *w, const struct watched_shell *shell)
{
    const char *program = format_program(shell->record.foreground);

    return str_printf("%s/%s%s%s", model_name(w), shell->record.id, *program ? ": " : "", program);
}

/* What it says. New. */
static char *question_of(const struct watched_workspace *w, const struct watched_shell *shell)
{
    char line[QUESTION_MAX];

    watched_shell_last_line(w, shell, line, sizeof(line));
    return str_printf("%s", line);
}

/* Adds its name if nothing asks in the shell. */
static bool note_silent(struct buf *names, struct watched_workspace *w,
                        const struct watched_shell *shell)
{
    return shell_attention_state(&shell->record) == ATTENTION_ASKS ||
           buf_printf(names, "%s%s", names->len ? ", " : "", model_name(w));
}

static void add_target(struct answer *a, const struct watched_workspace *w,
                       const struct watched_shell *shell)
{
    batch_add(a->batch, w, shell->record.id);
    a->targets[a->count++] =
        (struct target){ str_printf("%s", w->record.id), str_printf("%s", shell->record.id),
                         printed(w, shell->record.id) };
}

static struct answer *answer_new(struct app *app, struct watched_workspace *const *list,
                                 size_t count, const char *shell)
{
    struct answer *a = calloc(1, sizeof(*a));

    BUG_ON(!a);
    a->app = app;
    a->batch = batch_new(app, "answer", list, 0);
    a->targets = calloc(count ? count : 1, sizeof(*a->targets));
    BUG_ON(!a->targets);
    a->shell = shell ? str_printf("%s", shell) : NULL;
    return a;
}

static void ask(struct app *app, struct watched_workspace *const *list, size_t count,
                const char *shell, const char *text)
{
    struct answer *a = answer_new(app, list, count, shell);
    scoped_buf names = BUF_INIT(6000), ids = BUF_INIT(6000), silent = BUF_INIT(6000);
    scoped_buf questions = BUF_INIT(6000); /* those that fit */
    scoped_free char *head = NULL, *label = NULL, *title = NULL;
    const struct watched_shell *to = NULL;

    for (size_t i = 0; i < count; i++) {
        to = shell ? watched_shell_find(list[i], shell) : model_asking_shell(list[i]);
        if (!to || !buf_printf(&names, "%s%s", a->count ? ", " : "", model_name(list[i])) ||
            !buf_printf(&ids, "%s%s", a->count ? " " : "", list[i]->record.id) ||
            !note_silent(&silent, list[i], to))
            continue;
        add_target(a, list[i], to);
        a->hides |= to->record.hides;
        free(head);
        free(label);
        /* After it was added: what it prints meanwhile is noticed. */
        head = head_of(list[i], to);
        label = question_of(list[i], to);
        (void)!buf_printf(&questions, "%s%s: %s", questions.len ? "\n" : "", model_name(list[i]),
                          label);
    }
    if (!a->count) {
        answer_free(a);
        return;
    }
    a->many = a->count > 1;
    a->names = str_printf("%s", names.data);
    a->silent = str_printf("%s", silent.len ? silent.data : "");
    a->questions = str_printf("%s", questions.len ? questions.data : "");
    a->about = str_printf("%s", ids.data);
    title =
        a->many ? str_printf("answer %zu workspaces", a->count) : str_printf("answer %s", a->names);
    ask_line(app, &(struct ask_spec){ .title = title,
                                      .head = a->many ? NULL : head,
                                      .label = a->many ? a->names : label,
                                      .keeps_end = !a->many,
                                      .note = a->many || !*a->silent ? NULL : NOTHING_ASKS,
                                      .text = text,
                                      .hint = a->hides ? "not shown; Enter types it"
                                                       : "one line; Enter types it",
                                      .masked = a->hides,
                                      .empty_too = true,
                                      .about = a->about,
                                      .answered = answer_typed,
                                      .arg = a,
                                      .free_arg = answer_free });
}

void answer_ask(struct app *app, struct watched_workspace *const *list, size_t count,
                const char *shell)
{
    ask(app, list, count, shell, NULL);
}
