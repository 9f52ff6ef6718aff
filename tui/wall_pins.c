/* tui/wall_pins.c: a map of "WORKSPACE/SHELL". */
#include "tui/wall_pins.h"

#include <string.h>

#include "tui/model.h"
#include "tui/state.h"

struct wall_pin {
    const struct model *model;
    char key[WORKSPACE_ID_LENGTH + 1 + SHELL_ID_MAX + 1];
};

static struct wall_pin pin_of(const struct model *model, const char *workspace_id,
                              const char *shell)
{
    struct wall_pin pin = { .model = model };

    snprintf(pin.key, sizeof(pin.key), "%s/%s", workspace_id, shell);
    return pin;
}

bool wall_pins_has(const char *workspace_id, const char *shell)
{
    struct wall_pin pin = pin_of(NULL, workspace_id, shell);

    return json_object_get(state_get()->pins, pin.key) != NULL;
}

static bool is_gone(const struct model *model, const char *key)
{
    char id[WORKSPACE_ID_LENGTH + 1];

    snprintf(id, sizeof(id), "%.*s", (int)strcspn(key, "/"), key);
    return !model_find(model, id);
}

static void wall_pins_on_change(struct state *state, void *arg)
{
    const struct wall_pin *pin = arg;
    bool was = json_object_get(state->pins, pin->key) != NULL;
    const char *key;
    json_t *value;
    void *next;

    if (!state->pins)
        state->pins = json_object();
    json_object_foreach_safe (state->pins, next, key, value)
        if (is_gone(pin->model, key))
            json_object_del(state->pins, key);
    if (was)
        json_object_del(state->pins, pin->key);
    else
        json_object_set_new(state->pins, pin->key, json_string("wall"));
}

void wall_pins_toggle(struct app *app, const char *workspace_id, const char *shell)
{
    struct wall_pin pin = pin_of(app->model, workspace_id, shell);

    state_change(app, wall_pins_on_change, &pin);
}
