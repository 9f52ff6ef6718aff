/* engine/mcp/tool.c: the marks in the command table, as tools. */
#include "engine/mcp/tool.h"

#include <string.h>

#include "engine/cmd/json_schema.h"
#include "vmm/base/json.h"

const char *const mcp_profiles[] = { "vm-run", "workspace-core", "workspace-full", NULL };

static bool is_in(const struct cmd_spec *cmd, enum mcp_profile profile)
{
    const struct cmd_tool *t = cmd->tool;

    return t && (profile == MCP_FULL || (profile == MCP_CORE && t->hints & TOOL_CORE) ||
                 (profile == MCP_VM_RUN && t->hints & TOOL_VM_RUN));
}

const struct cmd_spec *mcp_tool_find(enum mcp_profile profile, const char *name)
{
    for (const struct cmd_spec *const *c = cmd_table; *c; c++)
        if (is_in(*c, profile) && !strcmp((*c)->tool->name, name))
            return *c;
    return NULL;
}

/* ---- arguments ---- */

/* What a row may be at most, and is when it is not given, where that is another number here. */
static const struct limit {
    const char *name;
    int64_t def, max;
    const char *tool; /* NULL: of each */
} limits[] = {
    { "max_wait_ms", MCP_WAIT_MS_MAX, MCP_WAIT_MS_MAX, "workspace_exec" },
    { "limit", 20, 100, "workspace_logs" },
    { "max_chars", MCP_TEXT_DEFAULT, MCP_TEXT_MAX, NULL },
    { "max_bytes", MCP_TEXT_DEFAULT, MCP_TEXT_MAX, NULL },
    { "limit", 100, 500, NULL },
    { "max_wait_ms", 30000, MCP_WAIT_MS_MAX, NULL },
    { "wait_for_idle_ms", ARG_UNSET, MCP_WAIT_MS_MAX / 2, NULL },
};

static const struct limit *limit_of(const struct cmd_spec *cmd, const struct arg_spec *row)
{
    for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
        if (!strcmp(limits[i].name, row->name) &&
            (!limits[i].tool || !strcmp(limits[i].tool, cmd->tool->name)))
            return &limits[i];
    return NULL;
}

static json_t *argument_schema(const struct cmd_spec *cmd, const struct arg_spec *row)
{
    json_t *schema = json_schema_of_arg(row);
    const struct limit *limit = limit_of(cmd, row);

    json_object_del(schema, "multipleOf");
    json_object_del(schema, "minItems");
    if (json_is_false(json_object_get(schema, "default")))
        json_object_del(schema, "default");
    if (json_integer_value(json_object_get(schema, "minimum")) <= 1)
        json_object_del(schema, "minimum");
    if (json_integer_value(json_object_get(schema, "maximum")) >= INT32_MAX)
        json_object_del(schema, "maximum");
    if (limit) {
        json_object_set_new(schema, "maximum", json_integer(limit->max));
        if (limit->def != ARG_UNSET)
            json_object_set_new(schema, "default", json_integer(limit->def));
    }
    if (*row->agent)
        json_object_set_new(schema, "description", json_string(row->agent));
    else
        json_object_del(schema, "description");
    return schema;
}

static json_t *input_schema(const struct cmd_spec *cmd)
{
    json_t *properties = json_object(), *required = json_array(), *schema;

    for (const struct arg_spec *a = cmd->args; arg_more(a); a++) {
        if (!a->agent)
            continue;
        json_object_set_new(properties, a->name, argument_schema(cmd, a));
        if (arg_is_required(a))
            json_array_append_new(required, json_string(a->name));
    }
    schema = json_pack("{s:s, s:o, s:o, s:b}", "type", "object", "properties", properties,
                       "required", required, "additionalProperties", false);
    if (!json_array_size(required))
        json_object_del(schema, "required");
    return schema;
}

static const struct arg_spec *agent_row(const struct cmd_spec *cmd, const char *name)
{
    for (const struct arg_spec *a = cmd->args; arg_more(a); a++)
        if (a->agent && !strcmp(a->name, name))
            return a;
    return NULL;
}

static bool apply_limits(const struct cmd_spec *cmd, json_t *given, struct pyro_error *err)
{
    for (const struct arg_spec *a = cmd->args; arg_more(a); a++) {
        const struct limit *limit = a->agent ? limit_of(cmd, a) : NULL;
        const json_t *value = limit ? json_object_get(given, a->name) : NULL;

        if (!limit)
            continue;
        if ((!value || json_is_null(value)) && limit->def != ARG_UNSET)
            json_object_set_new(given, a->name, json_integer(limit->def));
        else if (json_integer_value(value) > limit->max)
            return pyro_fail(err, PYRO_INVALID_ARGUMENT, "%s: at most %lld", a->name,
                             (long long)limit->max);
    }
    return true;
}

/* Nothing but the workspace, whose secrets an error must not have. */
static void read_workspace(struct json_args *ret, const struct cmd_spec *cmd, const json_t *given)
{
    scoped_json json_t *alone =
        json_pack("{s:O*}", "workspace_id", json_object_get(given, "workspace_id"));

    (void)!json_args_read(ret, cmd, alone, NULL);
}

bool mcp_tool_args(struct json_args *ret, const struct cmd_spec *cmd, const json_t *arguments,
                   struct pyro_error *err)
{
    scoped_json json_t *given =
        arguments ? json_copy((json_t *)(uintptr_t)arguments) : json_object();
    const char *name;
    json_t *value;

    *ret = (struct json_args){ 0 };
    json_object_foreach (given, name, value)
        if (!agent_row(cmd, name)) {
            read_workspace(ret, cmd, given);
            pyro_fail(err, PYRO_USAGE, "unknown argument '%.64s'", name);
            return pyro_hint(err, "see the inputSchema of %s", cmd->tool->name);
        }
    return apply_limits(cmd, given, err) && json_args_read(ret, cmd, given, err);
}

/* ---- results ---- */

/* Goes through the words of cmd->tool->gives: "member" or "member.member". */
struct giving {
    const char *at;
    char member[64], inner[64]; /* inner "": all of it */
};

static bool next_given(struct giving *g)
{
    size_t n = strcspn(g->at, " ");
    size_t dot = strcspn(g->at, ". ");

    if (!n)
        return false;
    BUG_ON(n >= sizeof(g->member));
    snprintf(g->member, sizeof(g->member), "%.*s", (int)dot, g->at);
    snprintf(g->inner, sizeof(g->inner), "%.*s", dot < n ? (int)(n - dot - 1) : 0,
             g->at + dot + (dot < n));
    g->at += n + (g->at[n] == ' ');
    return true;
}

/* Names and types, and nothing else: it is read by models. */
static json_t *terse_schema(const struct row_spec *row)
{
    static const char *const types[] = {
        [ROW_TYPE_STR] = "string",    [ROW_TYPE_INT] = "integer",   [ROW_TYPE_NUM] = "number",
        [ROW_TYPE_BOOL] = "boolean",  [ROW_TYPE_OBJECT] = "object", [ROW_TYPE_OBJECTS] = "array",
        [ROW_TYPE_STRINGS] = "array", [ROW_TYPE_MAP] = "object",    [ROW_TYPE_ANY] = NULL,
    };

    return types[row->type] ? json_pack("{s:s}", "type", types[row->type]) : json_object();
}

/* The properties of what an object or the items of an array have in the schema. */
static json_t *inner_properties(json_t *schema, const struct row_spec *row)
{
    json_t *object = schema;

    if (row->type == ROW_TYPE_OBJECTS) {
        object = json_object_get(schema, "items");
        if (!object) {
            object = json_pack("{s:s}", "type", "object");
            json_object_set_new(schema, "items", object);
        }
    }
    if (!json_object_get(object, "properties"))
        json_object_set_new(object, "properties", json_object());
    return json_object_get(object, "properties");
}

static json_t *output_schema(const struct cmd_spec *cmd)
{
    json_t *properties = json_object();
    struct giving g = { .at = cmd->tool->gives };

    while (next_given(&g)) {
        const struct row_spec *row = rows_find(cmd->result, g.member), *inner;
        json_t *schema = json_object_get(properties, g.member);

        BUG_ON(!row);
        if (!schema) {
            schema = terse_schema(row);
            json_object_set_new(properties, g.member, schema);
        }
        if (!*g.inner)
            continue;
        inner = rows_find(row->fields, g.inner);
        BUG_ON(!inner);
        json_object_set_new(inner_properties(schema, row), g.inner, terse_schema(inner));
    }
    return json_pack("{s:s, s:o}", "type", "object", "properties", properties);
}

static void add_inner(json_t *to, const json_t *from, const char *name)
{
    json_t *value = json_object_get(from, name);

    if (value && !json_is_null(value))
        json_object_set(to, name, value);
}

static void add_given(json_t *to, const json_t *result, const struct giving *g)
{
    json_t *from = json_object_get(result, g->member), *mine = json_object_get(to, g->member);

    if (!from || json_is_null(from))
        return;
    if (!*g->inner) {
        json_object_set(to, g->member, from);
        return;
    }
    if (!mine) {
        mine = json_is_array(from) ? json_array() : json_object();
        json_object_set_new(to, g->member, mine);
        for (size_t i = 0; i < json_array_size(from); i++)
            json_array_append_new(mine, json_object());
    }
    for (size_t i = 0; i < json_array_size(from); i++)
        add_inner(json_array_get(mine, i), json_array_get(from, i), g->inner);
    if (json_is_object(from))
        add_inner(mine, from, g->inner);
}

json_t *mcp_tool_result(const struct cmd_spec *cmd, const json_t *result)
{
    json_t *given = json_object();
    struct giving g = { .at = cmd->tool->gives };

    while (next_given(&g))
        add_given(given, result, &g);
    return given;
}

/* ---- the list ---- */

static json_t *describe(const struct cmd_spec *cmd)
{
    const struct cmd_tool *t = cmd->tool;
    bool reads = cmd->traits & CMD_READ_ONLY;

    return json_pack(
        "{s:s, s:s, s:s, s:o, s:o, s:{s:b, s:b, s:b, s:b}}", "name", t->name, "title", t->title,
        "description", t->text, "inputSchema", input_schema(cmd), "outputSchema",
        output_schema(cmd), "annotations", "readOnlyHint", reads, "destructiveHint",
        !reads && (cmd->traits & CMD_DESTRUCTIVE || t->hints & TOOL_DESTRUCTIVE), "idempotentHint",
        reads || t->hints & TOOL_IDEMPOTENT, "openWorldHint", (t->hints & TOOL_OPEN_WORLD) != 0);
}

json_t *mcp_tools(enum mcp_profile profile)
{
    json_t *list = json_array();

    for (const struct cmd_spec *const *c = cmd_table; *c; c++)
        if (is_in(*c, profile))
            json_array_append_new(list, describe(*c));
    return list;
}
