/* engine/api/describe.c: the schema of all calls, from the table. */
#include "engine/api/api.h"
#include "engine/cmd/json_schema.h"

/* Literals that are JSON: they are part of the program. */
static json_t *parsed(const char *text)
{
    json_t *j = json_loads(text, 0, NULL);

    BUG_ON(!j);
    return j;
}

static const char id_schema[] = "{\"type\": [\"string\", \"integer\"]}";

static const char request_schema[] =
    "{\"oneOf\": ["
    "{\"type\": \"object\", \"properties\": {"
    "\"id\": {\"$ref\": \"#/$defs/id\"},"
    "\"call\": {\"type\": \"string\", \"description\": \"A name in commands\"},"
    "\"arguments\": {\"type\": \"object\", \"description\": \"As the command's arguments say\"},"
    "\"input\": {\"type\": \"string\", \"description\": \"The command's standard input\"},"
    "\"events\": {\"type\": \"boolean\", \"default\": true}},"
    "\"required\": [\"id\", \"call\"], \"additionalProperties\": false},"
    "{\"type\": \"object\", \"properties\": {\"cancel\": {\"$ref\": \"#/$defs/id\"}},"
    "\"required\": [\"cancel\"], \"additionalProperties\": false}]}";

static const char answer_schema[] =
    "{\"oneOf\": ["
    "{\"type\": \"object\", \"properties\": {\"id\": {\"$ref\": \"#/$defs/id\"},"
    "\"result\": {\"type\": \"object\"}}, \"required\": [\"id\", \"result\"]},"
    "{\"type\": \"object\", \"properties\": {"
    "\"id\": {\"type\": [\"string\", \"integer\", \"null\"]},"
    "\"error\": {\"type\": \"object\", \"properties\": {"
    "\"code\": {\"$ref\": \"#/$defs/code\"}, \"message\": {\"type\": \"string\"},"
    "\"hint\": {\"type\": \"string\"}}, \"required\": [\"code\", \"message\", \"hint\"]}},"
    "\"required\": [\"id\", \"error\"]}]}";

static const char event_schema[] =
    "{\"type\": \"object\", \"properties\": {"
    "\"id\": {\"$ref\": \"#/$defs/id\"},"
    "\"event\": {\"enum\": [\"hello\", \"output\", \"progress\", \"note\", \"entry\"]},"
    "\"version\": {\"type\": \"string\", \"description\": \"Of pyro, in hello\"},"
    "\"protocol\": {\"type\": \"integer\", \"description\": \"In hello\"},"
    "\"stream\": {\"enum\": [\"stdout\", \"stderr\"]},"
    "\"text\": {\"type\": \"string\"},"
    "\"phase\": {\"type\": [\"string\", \"null\"]},"
    "\"done\": {\"type\": [\"integer\", \"null\"]},"
    "\"total\": {\"type\": [\"integer\", \"null\"]},"
    "\"unit\": {\"type\": [\"string\", \"null\"]},"
    "\"message\": {\"type\": \"string\"},"
    "\"entry\": {\"type\": \"object\", \"description\": \"As the result's entries\"}},"
    "\"required\": [\"event\"]}";

static json_t *codes(void)
{
    json_t *list = json_array();

    for (int c = PYRO_OK + 1; c < PYRO_CODE_COUNT; c++)
        json_array_append_new(list, json_string(pyro_code_name((enum pyro_code)c)));
    return json_pack("{s:o}", "enum", list);
}

static json_t *describe_command(const struct cmd_spec *cmd)
{
    return json_pack("{s:s, s:s?, s:b, s:b, s:b, s:o, s:o}", "summary", cmd->summary, "details",
                     cmd->details, "read_only", (int)(cmd->traits & CMD_READ_ONLY), "destructive",
                     (int)(cmd->traits & CMD_DESTRUCTIVE), "streaming",
                     (int)(cmd->traits & CMD_STREAMING), "arguments", json_schema_of_args(cmd),
                     "result", json_schema_of_result(cmd->result));
}

json_t *api_describe(void)
{
    json_t *commands = json_object();

    for (const struct cmd_spec *const *c = cmd_table; *c; c++)
        if (cmd_is_callable(*c))
            json_object_set_new(commands, (*c)->path, describe_command(*c));
    return json_pack("{s:s, s:s, s:s, s:i, s:o, s:{s:o, s:o, s:o, s:o, s:o}}", "$schema",
                     "https://json-schema.org/draft/2020-12/schema", "title", "pyro api", "version",
                     PYRO_VERSION, "protocol", API_PROTOCOL, "commands", commands, "$defs", "id",
                     parsed(id_schema), "code", codes(), "request", parsed(request_schema),
                     "answer", parsed(answer_schema), "event", parsed(event_schema));
}
