/* tui/workspaces_urgent.c: what needs the operator, and going there. */
#include <string.h>

#include "tui/workspaces_private.h"

bool workspaces_has_news(const struct watched_workspace *w)
{
    return (w->record.news || model_notice(w)) && !w->record.broken;
}

bool workspaces_needs_eye(const struct watched_workspace *w)
{
    return look_needs_eye(look_of(w)) || model_notice(w);
}

/* The place of a row among those that need someone: what asks comes first, then what failed, what
 * finished, and what only wants to be noticed; each in the order of the rows. */
static size_t urgency(const struct workspaces *w, size_t row)
{
    enum look look = look_of(w->rows[row]);
    size_t rank = look_needs_eye(look) ? (size_t)look : LOOK_COUNT;

    return rank * w->count + row;
}

/* The next by urgency behind the one at the cursor, or else the first, but `but`; false when there
 * is none. */
static bool go_to_next(struct workspaces *w, const struct watched_workspace *but)
{
    size_t at = SIZE_MAX, first = SIZE_MAX, next = SIZE_MAX;

    workspaces_gather(w);
    for (size_t i = 0; i < w->count; i++)
        if (!strcmp(w->rows[i]->record.id, w->selected) && workspaces_needs_eye(w->rows[i]))
            at = urgency(w, i);
    for (size_t i = 0; i < w->count; i++) {
        size_t place = urgency(w, i);
        if (w->rows[i] == but || !workspaces_needs_eye(w->rows[i]))
            continue;
        if (place < first)
            first = place;
        if (at != SIZE_MAX && place > at && place < next)
            next = place;
    }
    if (first == SIZE_MAX)
        return false;
    workspaces_reveal(w, w->rows[(next != SIZE_MAX ? next : first) % w->count]);
    memcpy(w->viewed, w->selected, sizeof(w->viewed));
    return true;
}

/* What it went to before is known when it goes on from there. One that the filter hides is shown. */
void workspaces_next_attention(struct screen *s, int arg UNUSED)
{
    struct workspaces *w = (struct workspaces *)s;
    struct watched_workspace *seen = workspaces_selected(w);

    if (seen && (strcmp(w->viewed, seen->record.id) != 0 || !workspaces_has_news(seen)))
        seen = NULL;
    if (seen)
        model_acknowledge(seen, NEWS_ALL);
    if (go_to_next(w, seen))
        return;
    for (size_t i = 0; i < model_count(s->app->model); i++)
        if (model_at(s->app->model, i) != seen &&
            workspaces_needs_eye(model_at(s->app->model, i))) {
            list_find_set(&w->find, "");
            go_to_next(w, seen);
            app_message(s->app, ROLE_TEXT, "all are shown again: the filter hid it");
            return;
        }
    app_message(s->app, ROLE_TEXT, "nothing here needs you");
}
