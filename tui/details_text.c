/* tui/details_text.c: a command's output in a pane. */
#include "tui/details_text.h"

#include <stdlib.h>
#include <string.h>

#include "vmm/base/fs.h"

#define RUN_MS 200
#define WORDS_MAX 8

static void details_text_done(void *arg, const struct job_end *end)
{
    struct details_text *t = arg;

    t->job = NULL;
    free(t->text);
    t->said = end->ok;
    t->text = str_printf("%s", end->ok ? end->output : end->error.message);
    app_damage(t->app);
}

static void details_text_on_time(void *arg)
{
    struct details_text *t = arg;
    struct watched_workspace *w = model_find(t->app->model, t->id);
    const char *argv[WORDS_MAX + 2];
    scoped_free char *what = NULL;
    size_t n = 0;

    if (!w)
        return;
    for (; t->words[n]; n++)
        argv[n] = strcmp(t->words[n], "ID") != 0 ? t->words[n] : t->id;
    argv[n] = NULL;
    what = str_printf("%s of %s", t->words[1], model_name(w));
    t->job = job_start_quietly(t->app, what, argv, true, details_text_done, t);
}

void details_text_init(struct details_text *t, struct app *app)
{
    memset(t, 0, sizeof(*t));
    t->app = app;
}

void details_text_close(struct details_text *t)
{
    loop_timer_cancel(t->app->loop, &t->timer);
    if (t->job)
        job_forget(t->job);
    t->job = NULL;
    free(t->text);
    t->text = NULL;
    t->id[0] = '\0';
}

static void draw_lines(WINDOW *win, const struct area *place, const char *at)
{
    for (int row = 0; row < place->rows && *at; row++) {
        size_t n = strcspn(at, "\n");
        scoped_free char *line = strndup(at, n);
        draw_text(win, place->top + row, place->left, place->cols, theme_style(ROLE_TEXT), line);
        at += n + (at[n] == '\n');
    }
}

void details_text_draw(struct details_text *t, WINDOW *win, const struct area *place,
                       const struct watched_workspace *w, const char *const *words,
                       details_text_draw_fn *draw)
{
    if (strcmp(t->id, w->record.id) != 0 || t->words != words) {
        details_text_close(t);
        memcpy(t->id, w->record.id, sizeof(t->id));
        t->words = words;
        loop_timer_set(t->app->loop, &t->timer, RUN_MS, details_text_on_time, t);
    }
    if (!t->text || !*t->text)
        draw_text(win, place->top, place->left, place->cols, theme_style(ROLE_DIM),
                  t->text ? "Nothing." : "reading…");
    else if (draw && t->said)
        draw(win, place, t->text);
    else if (!t->said)
        draw_wrapped(win, *place, theme_style(ROLE_DIM), t->text);
    else
        draw_lines(win, place, t->text);
}
