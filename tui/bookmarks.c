/* tui/bookmarks.c: which workspace has which bookmark. */
#include "tui/bookmarks.h"

#include <string.h>

#include "tui/model.h"
#include "tui/state.h"

bool bookmarks_can_be(uint32_t key)
{
    return (key >= '1' && key <= '9') || (key >= 'a' && key <= 'z');
}

char bookmarks_on(const char *workspace_id)
{
    const char *key;
    json_t *value;

    json_object_foreach (state_get()->bookmarks, key, value)
        if (!strcmp(json_string_value(value), workspace_id) && bookmarks_can_be((uint8_t)*key))
            return *key;
    return 0;
}

const char *bookmarks_find(char bookmark)
{
    return json_string_value(
        json_object_get(state_get()->bookmarks, (const char[]){ bookmark, '\0' }));
}

struct setting {
    const struct model *model;
    const char *id;
    char bookmark;
};

static void bookmarks_on_change(struct state *state, void *arg)
{
    const struct setting *set = arg;
    const char *key;
    json_t *value;
    void *next;

    if (!state->bookmarks)
        state->bookmarks = json_object();
    json_object_foreach_safe (state->bookmarks, next, key, value)
        if (!strcmp(json_string_value(value), set->id) ||
            !model_find(set->model, json_string_value(value)))
            json_object_del(state->bookmarks, key);
    json_object_set_new(state->bookmarks, (const char[]){ set->bookmark, '\0' },
                        json_string(set->id));
}

void bookmarks_set(struct app *app, const char *workspace_id, char bookmark)
{
    struct setting set = { app->model, workspace_id, bookmark };

    state_change(app, bookmarks_on_change, &set);
}
