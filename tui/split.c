/* tui/split.c: the second of two shells. */
#include "tui/split.h"

#include <stdlib.h>
#include <string.h>

#include "tui/choice.h"
#include "tui/doing.h"
#include "tui/shell_view.h"
#include "tui/workspace_actions.h"
#include "vmm/base/array.h"
#include "vmm/base/fs.h"

#define BESIDE_COLS 140 /* from this width on the second is beside the first */

/* What was offered: first a new shell, then these. */
struct offered {
    struct app *app;
    struct {
        char workspace[WORKSPACE_ID_LENGTH + 1], shell[SHELL_ID_MAX + 1];
    } *of;
    char **words;
    size_t count, of_room, words_room;
};

static void split_free_offered(void *arg)
{
    struct offered *o = arg;

    for (size_t i = 0; i < o->count; i++)
        free(o->words[i]);
    free(o->words);
    free(o->of);
    free(o);
}

static enum part second_part(const struct app *app)
{
    return app->cols >= BESIDE_COLS ? PART_RIGHT : PART_LOWER;
}

/* The view of the second; NULL: it could not, which was told. */
static struct screen *show(struct app *app, const char *workspace, const char *shell)
{
    struct pyro_error err = { 0 };
    struct screen *second = shell_view_new(app, workspace, shell, &err);

    if (second)
        app_split(app, second, second_part(app));
    else
        app_error(app, &err);
    return second;
}

static void split_on_opened(void *arg UNUSED, const struct job_end *end)
{
    const char *id = json_string_or(end->result, "workspace_id", ""),
               *shell = json_string_or(end->result, "shell_id", "");

    if (!end->ok)
        return;
    if (app_may_open(end->app, end->from) && !end->app->top->beside)
        shell_view_take_control(show(end->app, id, shell));
    else
        app_message(end->app, ROLE_GOOD, "%s is open: Enter in the list watches it", shell);
}

static void split_on_chosen(void *arg, size_t index)
{
    struct offered *o = arg;
    struct watched_workspace *w = model_find(o->app->model, o->of[index].workspace);

    if (*o->of[index].shell)
        show(o->app, o->of[index].workspace, o->of[index].shell);
    else if (w)
        workspace_open_shell(o->app, w->record.id, model_name(w), second_part(o->app),
                             split_on_opened);
    split_free_offered(o);
}

static void offer(struct offered *o, const struct watched_workspace *w, const char *shell,
                  char *words)
{
    o->of = array_grown(o->of, sizeof(*o->of), o->count, &o->of_room);
    o->words = array_grown(o->words, sizeof(*o->words), o->count, &o->words_room);
    BUG_ON(!o->of || !o->words);
    snprintf(o->of[o->count].workspace, sizeof(o->of->workspace), "%s", w->record.id);
    snprintf(o->of[o->count].shell, sizeof(o->of->shell), "%s", shell);
    o->words[o->count++] = words;
}

/* The running shells of a workspace, the newest first, but the one that is shown. */
static void offer_shells(struct offered *o, const struct watched_workspace *w,
                         const struct screen *view)
{
    char source[NEWS_SLOT_MAX], words[160];

    for (size_t i = w->shell_count; i-- > 0;) {
        const struct shell_record *r = &w->shells[i].record;
        bool shown = !strcmp(w->record.id, view->views_workspace) &&
                     !strcmp(news_slot(NEWS_SHELL, r->id, source), view->views);
        if (!r->running || shown)
            continue;
        doing_in_shell(r, words, sizeof(words));
        offer(o, w, r->id, str_printf("%s/%s  %s", model_name(w), r->id, words));
    }
}

void split_ask(struct screen *view, int arg UNUSED)
{
    struct model *m = view->app->model;
    struct watched_workspace *own = model_find(m, view->views_workspace);
    struct offered *o = calloc(1, sizeof(*o));

    BUG_ON(!o);
    o->app = view->app;
    if (own) {
        offer(o, own, "", str_printf("a new shell in %s", model_name(own)));
        offer_shells(o, own, view);
    }
    for (size_t i = 0; i < model_count(m); i++)
        if (model_at(m, i) != own)
            offer_shells(o, model_at(m, i), view);
    if (!o->count) {
        app_message(view->app, ROLE_TEXT, "no other shell runs");
        split_free_offered(o);
        return;
    }
    choice_ask(view->app, &(struct choice_spec){ .title = "the second shell",
                                                 .words = o->words,
                                                 .count = o->count,
                                                 .chosen = split_on_chosen,
                                                 .arg = o,
                                                 .free_arg = split_free_offered });
}
