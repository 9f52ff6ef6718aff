/* engine/cmd/schema.c: the command table for programs (JSON). */
#include "engine/cmd/schema.h"

#include "engine/cmd/json_schema.h"

static const char *const arg_type_names[] = {
    [ARG_TYPE_STR] = "string",    [ARG_TYPE_INT] = "integer",  [ARG_TYPE_FLAG] = "boolean",
    [ARG_TYPE_CHOICE] = "string", [ARG_TYPE_LIST] = "strings", [ARG_TYPE_COMMAND] = "strings",
};
static const char *const result_type_names[] = {
    [ROW_TYPE_STR] = "string",      [ROW_TYPE_INT] = "integer",   [ROW_TYPE_NUM] = "number",
    [ROW_TYPE_BOOL] = "boolean",    [ROW_TYPE_OBJECT] = "object", [ROW_TYPE_OBJECTS] = "objects",
    [ROW_TYPE_STRINGS] = "strings", [ROW_TYPE_MAP] = "map",       [ROW_TYPE_ANY] = "any",
};

static void set_text(json_t *object, const char *key, const char *value)
{
    json_object_set_new(object, key, value ? json_string(value) : json_null());
}

static json_t *default_of(const struct arg_spec *a)
{
    if (a->type == ARG_TYPE_INT && a->def != ARG_UNSET && !a->required && !a->positional)
        return json_integer(a->def);
    if (a->type == ARG_TYPE_FLAG)
        return json_false();
    return a->def_str ? json_string(a->def_str) : json_null();
}

static json_t *arg_json(const struct arg_spec *a)
{
    json_t *object = json_object();
    char flag[64], name[80];

    arg_flag_name(a, flag);
    snprintf(name, sizeof(name), "--%s", flag);
    set_text(object, "name", a->name);
    set_text(object, "type", arg_type_names[a->type]);
    set_text(object, "flag", arg_is_flag(a) ? name : NULL);
    set_text(object, "help", a->help);
    json_object_set_new(object, "positional", json_boolean(a->positional));
    json_object_set_new(object, "required", json_boolean(arg_is_required(a)));
    json_object_set_new(object, "default", default_of(a));
    if (a->type == ARG_TYPE_INT) {
        json_object_set_new(object, "minimum", json_integer(a->min));
        /* The host's own limits are not part of the table. */
        if (!a->max_of)
            json_object_set_new(object, "maximum", json_integer(a->max));
        if (a->step)
            json_object_set_new(object, "multiple_of", json_integer(a->step));
        set_text(object, "unit", a->unit);
    }
    if (a->choices)
        json_object_set_new(object, "choices", json_schema_choices(a->choices));
    return object;
}

static json_t *result_json(const struct row_spec *rows)
{
    json_t *list = json_array();

    for (const struct row_spec *row = rows_shown(rows); row; row = rows_shown(row + 1)) {
        json_t *object = json_object();

        set_text(object, "name", row_shown_name(row));
        set_text(object, "type", result_type_names[row->type]);
        set_text(object, "help", row->help);
        json_object_set_new(object, "nullable", json_boolean(row->nullable));
        if (row->choices)
            json_object_set_new(object, "choices", json_schema_choices(row->choices));
        if (row->fields)
            json_object_set_new(object, "fields", result_json(row->fields));
        json_array_append_new(list, object);
    }
    return list;
}

json_t *schema_command(const struct cmd_spec *cmd)
{
    json_t *object = json_object(), *args = json_array();

    for (const struct arg_spec *a = cmd->args; arg_more(a); a++)
        if (!a->hidden)
            json_array_append_new(args, arg_json(a));
    set_text(object, "path", cmd->path);
    set_text(object, "summary", cmd->summary);
    set_text(object, "details", cmd->details);
    set_text(object, "example", cmd->example);
    json_object_set_new(object, "read_only", json_boolean(cmd->traits & CMD_READ_ONLY));
    json_object_set_new(object, "destructive", json_boolean(cmd->traits & CMD_DESTRUCTIVE));
    json_object_set_new(object, "streaming", json_boolean(cmd->traits & CMD_STREAMING));
    json_object_set_new(object, "interactive", json_boolean(cmd->traits & CMD_INTERACTIVE));
    json_object_set_new(object, "arguments", args);
    json_object_set_new(object, "result", result_json(cmd->result));
    return object;
}

json_t *schema_table(void)
{
    json_t *list = json_array();

    for (const struct cmd_spec *const *c = cmd_table; *c; c++)
        if (!((*c)->traits & CMD_HIDDEN))
            json_array_append_new(list, schema_command(*c));
    return json_pack("{s:s, s:I, s:o}", "version", PYRO_VERSION, "count",
                     (json_int_t)json_array_size(list), "commands", list);
}
