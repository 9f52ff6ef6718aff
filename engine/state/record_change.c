/* engine/state/record_change.c: changing a record's name, labels, variables and news, all or nothing. */
#include "engine/state/record_change.h"

#include "engine/state/names.h"
#include "engine/state/news.h"
#include "vmm/base/command_request.h"
#include "vmm/base/fs.h"

#define LABELS_MAX 64
#define ENV_BYTES_MAX ((size_t)64 * 1024) /* of all names and values, each with its end */

static bool set_labels(json_t *labels, const json_t *set, struct pyro_error *err)
{
    const char *key;
    json_t *value;

    json_object_foreach ((json_t *)(uintptr_t)set, key, value) {
        if (!workspace_check_name("label key", key, err))
            return false;
        if (!json_is_string(value))
            return pyro_fail(err, PYRO_INVALID_ARGUMENT, "label '%s' is not a string", key);
        if (!workspace_check_label_value(json_string_value(value), err))
            return pyro_wrap(err, "label '%s'", key);
        json_object_set(labels, key, value);
    }
    if (json_object_size(labels) > LABELS_MAX)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "more than %d labels", LABELS_MAX);
    return true;
}

static bool set_env(json_t *env, const json_t *set, struct pyro_error *err)
{
    const char *name;
    json_t *value;
    size_t bytes = 0;

    if (!command_variables_check(set, err))
        return false;
    json_object_foreach ((json_t *)(uintptr_t)set, name, value) {
        if (!json_is_string(value))
            return pyro_fail(err, PYRO_INVALID_ARGUMENT, "variable '%.64s' is not a string", name);
        json_object_set(env, name, value);
    }
    json_object_foreach (env, name, value)
        bytes += strlen(name) + json_string_length(value) + 2;
    if (bytes <= ENV_BYTES_MAX)
        return true;
    pyro_fail(err, PYRO_INVALID_ARGUMENT,
              "the variables of the workspace take %zu bytes, and may take %zu", bytes,
              ENV_BYTES_MAX);
    return pyro_hint(err, "keep what is large in a file of the workspace");
}

static bool clear_labels(json_t *labels, const json_t *keys, struct pyro_error *err)
{
    json_t *key;
    size_t i;

    json_array_foreach ((json_t *)(uintptr_t)keys, i, key)
        if (!json_is_string(key) || json_object_del(labels, json_string_value(key)) != 0)
            return pyro_fail(err, PYRO_LABEL_NOT_FOUND, "there is no label '%s' to clear",
                             json_is_string(key) ? json_string_value(key) : "?");
    return true;
}

static bool acknowledge(json_t **news, const json_t *sources, struct pyro_error *err)
{
    const json_t *source;
    size_t i;

    json_array_foreach (sources, i, source)
        if (!news_acknowledge(news, json_is_string(source) ? json_string_value(source) : "", err))
            return false;
    return true;
}

/* Who acknowledges has looked, no more. */
static bool is_activity(const json_t *change)
{
    return json_object_get(change, "name") || json_object_get(change, "suspend_after_idle") ||
           json_object_size(json_object_get(change, "labels")) ||
           json_object_size(json_object_get(change, "env")) ||
           json_array_size(json_object_get(change, "clear_labels"));
}

bool workspace_check_suspend_after_idle(int64_t seconds, struct pyro_error *err)
{
    return seconds == 0 || seconds >= SUSPEND_AFTER_IDLE_MIN ||
           pyro_fail(err, PYRO_INVALID_ARGUMENT,
                     "a workspace is suspended after at least %d idle seconds, not %d",
                     SUSPEND_AFTER_IDLE_MIN, (int)seconds);
}

bool workspace_apply_change(struct workspace_record *r, const json_t *change,
                            struct pyro_error *err)
{
    const json_t *name = json_object_get(change, "name");
    scoped_json json_t *labels = json_deep_copy(r->labels), *env = json_copy(r->env),
                       *news = json_copy(r->news);
    int64_t idle = r->suspend_after_idle;

    if (json_object_get(change, "suspend_after_idle") &&
        (!json_get_int(change, "suspend_after_idle", 0, INT32_MAX, &idle, err) ||
         !workspace_check_suspend_after_idle(idle, err)))
        return false;
    if (json_is_string(name) && !workspace_check_name("name", json_string_value(name), err))
        return false;
    if (!clear_labels(labels, json_object_get(change, "clear_labels"), err) ||
        !set_labels(labels, json_object_get(change, "labels"), err) ||
        !set_env(env, json_object_get(change, "env"), err) ||
        !acknowledge(&news, json_object_get(change, "acknowledge"), err))
        return false;
    if (name)
        record_set_string(&r->name, json_string_value(name));
    r->suspend_after_idle = idle;
    json_decref(r->labels);
    r->labels = take_ptr(&labels);
    json_decref(r->env);
    r->env = take_ptr(&env);
    json_decref(r->news);
    r->news = take_ptr(&news);
    if (is_activity(change))
        r->last_activity_at = clock_wall();
    return true;
}
