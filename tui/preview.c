/* tui/preview.c: a shell in a pane that only shows it. */
#include "tui/preview.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "tui/app.h"
#include "tui/shell_paint.h"
#include "vmm/base/fs.h"

#define OPEN_MS 80
#define INTERVAL_MS 100

static void preview_on_changed(void *arg)
{
    app_damage_soon(((struct preview *)arg)->app);
}

static void preview_on_time(void *arg)
{
    static const struct live_ops ops = { .changed = preview_on_changed };
    struct preview *p = arg;
    struct watched_workspace *w = model_find(p->app->model, p->id);
    scoped_close int dir_fd = w ? open(w->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    struct pyro_error err = { 0 };

    if (dir_fd >= 0)
        p->live = live_new(p->app->loop, dir_fd, p->shell, &ops, p, &err);
    if (p->live)
        live_set_interval(p->live, INTERVAL_MS);
    app_damage(p->app);
}

void preview_init(struct preview *p, struct app *app)
{
    memset(p, 0, sizeof(*p));
    p->app = app;
}

void preview_close(struct preview *p)
{
    loop_timer_cancel(p->app->loop, &p->timer);
    live_free(p->live);
    p->live = NULL;
    p->id[0] = p->shell[0] = '\0';
}

/* The beginnings of the lines around the cursor. */
static bool follow(struct preview *p, const struct area *place)
{
    struct pane_rect rect = p->rect;

    rect.rows = place->rows;
    rect.cols = place->cols;
    rect = shell_rect_of_lines(live_view(p->live), rect);
    if (memcmp(&rect, &p->rect, sizeof(rect)) == 0)
        return true;
    p->rect = rect;
    return live_set_rect(p->live, &rect);
}

void preview_draw(struct preview *p, WINDOW *win, const struct area *place,
                  const struct watched_workspace *w, const struct watched_shell *shell)
{
    const struct pyro_error *why;

    if (strcmp(p->id, w->record.id) != 0 || strcmp(p->shell, shell->record.id) != 0) {
        preview_close(p);
        memset(&p->rect, 0, sizeof(p->rect));
        memcpy(p->id, w->record.id, sizeof(p->id));
        memcpy(p->shell, shell->record.id, sizeof(p->shell));
        loop_timer_set(p->app->loop, &p->timer, OPEN_MS, preview_on_time, p);
    }
    if (!p->live)
        return;
    why = live_failure(p->live);
    if (why)
        draw_wrapped(win, *place, theme_style(ROLE_BAD), why->message);
    else if (follow(p, place) && live_is_shown(p->live))
        shell_paint(win, place, live_view(p->live), true);
    live_drawn(p->live);
}
