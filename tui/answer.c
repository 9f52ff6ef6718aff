/* tui/answer.c: a line for the shells that ask. */
#include "tui/answer.h"

#include <stdlib.h>

#include "tui/ask.h"
#include "tui/batch.h"
#include "tui/confirm.h"
#include "tui/format.h"
#include "vmm/base/fs.h"

struct answer {
    struct app *app;
    struct batch *batch;
    char *about;          /* the workspaces' ids */
    char *names, *silent; /* silent: those whose shell asks nothing; "": none */
    bool many;
};

bool answer_is_possible(const struct watched_workspace *w)
{
    return model_asking_shell(w) != NULL;
}

static void answer_free(void *arg)
{
    struct answer *a = arg;

    batch_free(a->batch);
    free(a->about);
    free(a->names);
    free(a->silent);
    free(a);
}

static void answer_send(void *arg)
{
    struct answer *a = arg;

    batch_start(take_ptr(&a->batch));
    answer_free(a);
}

static void answer_typed(void *arg, const char *text)
{
    struct answer *a = arg;
    scoped_free char *question = str_printf("Type this into a shell of each of %s?\n\n%s%s%s",
                                            a->names, *text ? text : "(only Enter)",
                                            *a->silent ? "\n\nNothing asks in: " : "", a->silent);
    struct confirm_spec spec = { .title = "answer",
                                 .text = question,
                                 .about = a->about,
                                 .yes = answer_send,
                                 .arg = a,
                                 .free_arg = answer_free };

    batch_set_input(a->batch, text);
    if (a->many)
        confirm_ask(a->app, &spec);
    else
        answer_send(a);
}

/* What the one shell says, or whom the line is for. */
static char *label_of(struct watched_workspace *w, const struct watched_shell *shell)
{
    char line[160];

    watched_shell_last_line(w, shell, line, sizeof(line));
    return str_printf("%s/%s: %s%s%s", model_name(w), shell->record.id,
                      format_program(shell->record.foreground), *line ? " — " : "", line);
}

/* Adds its name if nothing asks in the shell. */
static bool note_silent(struct buf *names, struct watched_workspace *w,
                        const struct watched_shell *shell)
{
    return shell_attention_state(&shell->record) == ATTENTION_ASKS ||
           buf_printf(names, "%s%s", names->len ? ", " : "", model_name(w));
}

void answer_ask(struct app *app, struct watched_workspace *const *list, size_t count,
                const char *shell)
{
    struct answer *a = calloc(1, sizeof(*a));
    scoped_buf names = BUF_INIT(6000), ids = BUF_INIT(6000), silent = BUF_INIT(6000);
    scoped_free char *label = NULL, *title = NULL;
    const struct watched_shell *to = NULL;
    size_t used = 0;

    BUG_ON(!a);
    a->app = app;
    a->batch = batch_new(app, "answer", list, 0);
    for (size_t i = 0; i < count; i++) {
        to = shell ? watched_shell_find(list[i], shell) : model_asking_shell(list[i]);
        if (!to || !buf_printf(&names, "%s%s", used ? ", " : "", model_name(list[i])) ||
            !buf_printf(&ids, "%s%s", used ? " " : "", list[i]->record.id) ||
            !note_silent(&silent, list[i], to))
            continue;
        free(label);
        label = label_of(list[i], to);
        batch_add(a->batch, list[i], to->record.id);
        used++;
    }
    if (!used) {
        answer_free(a);
        return;
    }
    a->many = used > 1;
    a->names = str_printf("%s", names.data);
    a->silent = str_printf("%s", silent.len ? silent.data : "");
    a->about = str_printf("%s", ids.data);
    title = a->many ? str_printf("answer %zu workspaces", used) : str_printf("answer %s", a->names);
    ask_line(app, &(struct ask_spec){ .title = title,
                                      .label = a->many ? a->names : label,
                                      .hint = "one line; Enter types it",
                                      .empty_too = true,
                                      .about = a->about,
                                      .answered = answer_typed,
                                      .arg = a,
                                      .free_arg = answer_free });
}
