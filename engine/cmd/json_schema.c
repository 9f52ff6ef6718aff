/* engine/cmd/json_schema.c: rows as schemas. */
#include "engine/cmd/json_schema.h"

json_t *json_schema_choices(const char *const *choices)
{
    json_t *list = json_array();

    for (; *choices; choices++)
        json_array_append_new(list, json_string(*choices));
    return list;
}

/* ---- arguments ---- */

static json_t *type_of(const struct arg_spec *a)
{
    switch (a->type) {
    case ARG_TYPE_INT:
        return json_pack("{s:s}", "type", "integer");
    case ARG_TYPE_FLAG:
        return json_pack("{s:s}", "type", "boolean");
    case ARG_TYPE_LIST:
    case ARG_TYPE_COMMAND:
        if (a->pairs)
            return json_pack("{s:s, s:{s:s}}", "type", "object", "additionalProperties", "type",
                             "string");
        return json_pack("{s:s, s:{s:s}}", "type", "array", "items", "type", "string");
    default:
        return json_pack("{s:s}", "type", "string");
    }
}

static void add_bounds(json_t *schema, const struct arg_spec *a)
{
    json_object_set_new(schema, "minimum", json_integer(a->min));
    /* The host's own limits are not part of the table. */
    if (!a->max_of && a->max < INT64_MAX)
        json_object_set_new(schema, "maximum", json_integer(a->max));
    if (a->step)
        json_object_set_new(schema, "multipleOf", json_integer(a->step));
    if (a->def != ARG_UNSET && !arg_is_required(a))
        json_object_set_new(schema, "default", json_integer(a->def));
}

json_t *json_schema_of_arg(const struct arg_spec *row)
{
    json_t *schema = type_of(row);

    if (row->type == ARG_TYPE_INT)
        add_bounds(schema, row);
    if (row->type == ARG_TYPE_COMMAND && !row->optional)
        json_object_set_new(schema, "minItems", json_integer(1));
    if (row->choices)
        json_object_set_new(schema, "enum", json_schema_choices(row->choices));
    if (row->def_str)
        json_object_set_new(schema, "default", json_string(row->def_str));
    if (row->type == ARG_TYPE_FLAG)
        json_object_set_new(schema, "default", json_false());
    if (row->help)
        json_object_set_new(schema, "description", json_string(row->help));
    return schema;
}

json_t *json_schema_of_args(const struct cmd_spec *cmd)
{
    json_t *properties = json_object(), *required = json_array(), *schema;

    for (const struct arg_spec *a = cmd->args; arg_more(a); a++) {
        if (a->hidden)
            continue;
        json_object_set_new(properties, a->name, json_schema_of_arg(a));
        if (arg_is_required(a))
            json_array_append_new(required, json_string(a->name));
    }
    schema = json_pack("{s:s, s:o, s:b}", "type", "object", "properties", properties,
                       "additionalProperties", false);
    if (json_array_size(required))
        json_object_set_new(schema, "required", required);
    else
        json_decref(required);
    return schema;
}

/* ---- results ---- */

static json_t *type_of_row(const struct row_spec *row)
{
    switch (row->type) {
    case ROW_TYPE_STR:
        return json_pack("{s:s}", "type", "string");
    case ROW_TYPE_INT:
        return json_pack("{s:s}", "type", "integer");
    case ROW_TYPE_NUM:
        return json_pack("{s:s}", "type", "number");
    case ROW_TYPE_BOOL:
        return json_pack("{s:s}", "type", "boolean");
    case ROW_TYPE_OBJECT:
        return row->fields ? json_schema_of_result(row->fields)
                           : json_pack("{s:s}", "type", "object");
    case ROW_TYPE_OBJECTS:
        return json_pack("{s:s, s:o}", "type", "array", "items",
                         row->fields ? json_schema_of_result(row->fields)
                                     : json_pack("{s:s}", "type", "object"));
    case ROW_TYPE_STRINGS:
        return json_pack("{s:s, s:{s:s}}", "type", "array", "items", "type", "string");
    case ROW_TYPE_MAP:
        return json_pack("{s:s, s:{s:s}}", "type", "object", "additionalProperties", "type",
                         "string");
    case ROW_TYPE_ANY:
    case ROW_TYPE_END:
        break;
    }
    return json_object();
}

static json_t *schema_of_row(const struct row_spec *row)
{
    json_t *schema = type_of_row(row), *type = json_object_get(schema, "type");

    if (row->choices)
        json_object_set_new(schema, "enum", json_schema_choices(row->choices));
    if (row->nullable && type) {
        json_object_set_new(schema, "type", json_pack("[O, s]", type, "null"));
        if (row->choices)
            json_array_append_new(json_object_get(schema, "enum"), json_null());
    }
    if (row->help)
        json_object_set_new(schema, "description", json_string(row->help));
    return schema;
}

json_t *json_schema_of_result(const struct row_spec *rows)
{
    json_t *properties = json_object(), *required = json_array();

    for (const struct row_spec *r = rows_shown(rows); r; r = rows_shown(r + 1)) {
        json_object_set_new(properties, row_shown_name(r), schema_of_row(r));
        json_array_append_new(required, json_string(row_shown_name(r)));
    }
    return json_pack("{s:s, s:o, s:o, s:b}", "type", "object", "properties", properties, "required",
                     required, "additionalProperties", false);
}
