/* engine/cmd/json_args.c: from the members of an object to the fields of a command's struct. */
#include "engine/cmd/json_args.h"

#include <string.h>

#include "engine/cmd/text.h"
#include "vmm/base/json.h"

#define ROWS_MAX 48

static const struct arg_spec *find_row(const struct cmd_spec *cmd, const char *name)
{
    for (const struct arg_spec *a = cmd->args; arg_more(a); a++)
        if (!a->hidden && !strcmp(a->name, name))
            return a;
    return NULL;
}

static bool fail_unknown(const struct cmd_spec *cmd, const char *name, struct pyro_error *err)
{
    const char *names[ROWS_MAX + 1];
    const char *best;
    size_t n = 0;

    for (const struct arg_spec *a = cmd->args; arg_more(a) && n < ROWS_MAX; a++)
        if (!a->hidden)
            names[n++] = a->name;
    names[n] = NULL;
    best = text_nearest(name, names);
    pyro_fail(err, PYRO_USAGE, "unknown argument '%.64s'", name);
    if (best)
        pyro_hint(err, "did you mean '%s'?", best);
    return false;
}

static bool fail_type(const char *wanted, struct pyro_error *err)
{
    return pyro_fail(err, PYRO_INVALID_ARGUMENT, "is not %s", wanted);
}

static bool add_items(const struct arg_spec *row, void *args, const json_t *list,
                      struct pyro_error *err)
{
    size_t n = json_array_size(list);

    if (!json_is_array(list))
        return fail_type("an array of strings", err);
    if (!n && row->type == ARG_TYPE_COMMAND && !row->optional)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "is empty");
    for (size_t i = 0; i < n; i++) {
        const char *item = json_string_value(json_array_get(list, i));

        if (!item)
            return fail_type("an array of strings", err);
        if (!args_set_text(row, args, item, err))
            return false;
    }
    return true;
}

/* Each member becomes the text that a command line has, which is kept beside the object. */
static bool add_pairs(struct json_args *to, const struct arg_spec *row, json_t *object,
                      struct pyro_error *err)
{
    const char *name;
    json_t *value, *text;

    if (!json_is_object(object))
        return fail_type("an object whose members are strings", err);
    json_object_foreach (object, name, value) {
        if (!json_is_string(value))
            return fail_type("an object whose members are strings", err);
        if (strchr(name, '='))
            return pyro_fail(err, PYRO_INVALID_ARGUMENT, "a name in it has a '='");
        text = json_sprintf("%s=%s", name, json_string_value(value));
        if (!text || json_array_append_new(to->pairs, text) != 0)
            return pyro_no_memory(err, NULL);
        if (!args_set_text(row, to->args, json_string_value(text), err))
            return false;
    }
    return true;
}

static bool set_row(struct json_args *to, const struct arg_spec *row, json_t *value,
                    struct pyro_error *err)
{
    switch (row->type) {
    case ARG_TYPE_STR:
    case ARG_TYPE_CHOICE:
        return json_is_string(value) ? args_set_text(row, to->args, json_string_value(value), err)
                                     : fail_type("a string", err);
    case ARG_TYPE_INT:
        return json_is_integer(value) ? args_set_int(row, to->args, json_integer_value(value), err)
                                      : fail_type("a whole number", err);
    case ARG_TYPE_FLAG:
        if (!json_is_boolean(value))
            return fail_type("true or false", err);
        args_set_flag(row, to->args, json_is_true(value));
        return true;
    case ARG_TYPE_LIST:
        return row->pairs ? add_pairs(to, row, value, err) : add_items(row, to->args, value, err);
    case ARG_TYPE_COMMAND:
        return add_items(row, to->args, value, err);
    case ARG_TYPE_END:
        break;
    }
    BUG_ON(true);
    return false;
}

static bool set_members(struct json_args *to, struct pyro_error *err)
{
    const char *name;
    json_t *value;

    json_object_foreach (to->object, name, value) {
        const struct arg_spec *row = find_row(to->cmd, name);

        if (!row)
            return fail_unknown(to->cmd, name, err);
        if (!json_is_null(value) && !set_row(to, row, value, err))
            return pyro_wrap(err, "%s", name);
    }
    for (const struct arg_spec *a = to->cmd->args; arg_more(a); a++) {
        const json_t *given = json_object_get(to->object, a->name);

        if (arg_is_required(a) && (!given || json_is_null(given)))
            return pyro_fail(err, PYRO_USAGE, "%s is missing", a->name);
    }
    return true;
}

bool json_args_read(struct json_args *ret, const struct cmd_spec *cmd, json_t *object,
                    struct pyro_error *err)
{
    BUG_ON(cmd->args_size > sizeof(ret->args));
    *ret = (struct json_args){ .cmd = cmd, .object = json_incref(object), .pairs = json_array() };
    args_set_defaults(cmd->args, ret->args);
    if (object && !json_is_object(object))
        pyro_fail(err, PYRO_INVALID_ARGUMENT, "the arguments are not an object");
    else if (set_members(ret, err))
        return true;
    return pyro_wrap(err, "%s", cmd->path);
}

void json_args_release(struct json_args *a)
{
    if (a->cmd)
        args_release(a->cmd->args, a->args);
    json_decref(a->object);
    json_decref(a->pairs);
    *a = (struct json_args){ 0 };
}
