/* tui/screen.c: what screens have in common. */
#include <stdlib.h>

#include "tui/app.h"
#include "vmm/base/error.h"
#include "vmm/base/fs.h"

void *screen_new(struct app *app, const struct screen_ops *ops, size_t size)
{
    struct screen *s = calloc(1, size);

    BUG_ON(!s);
    s->ops = ops;
    s->app = app;
    return s;
}

void screen_close(struct screen *s, int arg UNUSED)
{
    app_pop(s->app);
}

bool screen_is_aside(const struct screen *s)
{
    const struct screen *at = s->app->top;

    while (at && at != s)
        at = at->below;
    return !at;
}

/* ---- what it is about ---- */

void screen_about(struct screen *s, const char *workspace_ids, const char *shell)
{
    s->about = workspace_ids ? str_printf("%s", workspace_ids) : NULL;
    s->about_shell = shell ? str_printf("%s", shell) : NULL;
}

void screen_views(struct screen *s, const char *workspace_id, const char *source)
{
    free(s->views_workspace);
    free(s->views);
    s->views_workspace = workspace_id ? str_printf("%s", workspace_id) : NULL;
    s->views = source ? str_printf("%s", source) : NULL;
}

/* ---- its keys ---- */

bool screen_passes(const struct screen *s, const struct key_binding *global,
                   const struct key_event *e)
{
    return keymap_passes(s->ops->text_does, global, e);
}

/* ---- its filter ---- */

void screen_refit_find(struct screen *s)
{
    if (s->ops->size)
        app_refit(s);
}

void screen_filter(struct screen *s, int arg UNUSED)
{
    s->find->typing = true;
    screen_refit_find(s);
}

void screen_show_all(struct screen *s, int arg UNUSED)
{
    list_find_set(s->find, "");
    screen_refit_find(s);
}

bool screen_is_filtered(struct screen *s, int arg UNUSED)
{
    return list_find_is_shown(s->find);
}

bool screen_captures(struct screen *s)
{
    return (s->find && s->find->typing) || (s->ops->captures && s->ops->captures(s));
}
