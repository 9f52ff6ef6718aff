/* tui/workspaces.c: the list of workspaces. */
#include <stdlib.h>
#include <string.h>

#include "engine/workspace/workspace.h"
#include "tui/screens.h"

struct workspaces {
    struct screen screen;
    json_t *list;
    size_t selected;
};

enum action { DOWN = 1, UP };

static const struct key_binding keys[] = {
    { DOWN, "down", "Down j", NULL, "next workspace" },
    { UP, "up", "Up k", NULL, "previous workspace" },
    { 0 },
};

static void draw(struct screen *s, WINDOW *win)
{
    struct workspaces *w = (struct workspaces *)s;
    size_t i;
    json_t *item;

    draw_clear(win, theme_style(ROLE_TEXT));
    draw_cell(win, 0, 0, s->cols, theme_style(ROLE_TITLE), " pyro");
    json_array_foreach (json_object_get(w->list, "workspaces"), i, item) {
        struct style style = theme_style(i == w->selected ? ROLE_SELECTED : ROLE_TEXT);
        draw_fill(win, 2 + (int)i, 0, s->cols, style);
        draw_text(win, 2 + (int)i, 1, 20, style, json_string_or(item, "workspace_id", ""));
        draw_text(win, 2 + (int)i, 22, 20, style, json_string_or(item, "state", ""));
    }
}

static void action(struct screen *s, int a)
{
    struct workspaces *w = (struct workspaces *)s;
    size_t count = json_array_size(json_object_get(w->list, "workspaces"));

    if (a == DOWN && w->selected + 1 < count)
        w->selected++;
    if (a == UP && w->selected)
        w->selected--;
}

static void destroy(struct screen *s)
{
    struct workspaces *w = (struct workspaces *)s;

    json_decref(w->list);
    free(w);
}

const struct screen_ops workspaces_ops = {
    .name = "workspaces",
    .title = "Workspaces",
    .keys = keys,
    .action = action,
    .draw = draw,
    .free = destroy,
};

struct screen *workspaces_new(struct app *app UNUSED)
{
    struct workspaces *w = calloc(1, sizeof(*w));

    BUG_ON(!w);
    w->screen.ops = &workspaces_ops;
    w->list = workspace_list(NULL);
    return &w->screen;
}

void workspaces_select(struct screen *s, const char *workspace_id)
{
    struct workspaces *w = (struct workspaces *)s;
    json_t *item;
    size_t i;

    json_array_foreach (json_object_get(w->list, "workspaces"), i, item)
        if (strcmp(json_string_or(item, "workspace_id", ""), workspace_id) == 0)
            w->selected = i;
}
