/* engine/cmd/markdown.c: docs/commands.md, drawn from the table. */

#include "engine/cmd/help.h"
#include "engine/cmd/schema.h"

/* Text inside a table cell. */
static bool cell(struct buf *ret, const char *text)
{
    for (; *text; text++)
        if ((*text == '|' && !buf_append_str(ret, "\\")) || !buf_append(ret, text, 1))
            return false;
    return true;
}

static bool arg_row(struct buf *ret, const struct arg_spec *a)
{
    scoped_buf limits = BUF_INIT(1024);

    return buf_append_str(ret, "| `") && help_row_name(a, ret) && buf_append_str(ret, "` | ") &&
           cell(ret, a->help) && buf_append_str(ret, " | ") && help_row_limits(a, &limits) &&
           cell(ret, limits.data ? limits.data : "") && buf_append_str(ret, " |\n");
}

static bool arguments(struct buf *ret, const struct cmd_spec *cmd)
{
    bool titled = false;

    for (const struct arg_spec *a = cmd->args; arg_more(a); a++) {
        if (a->hidden)
            continue;
        if (!titled && !buf_append_str(ret, "\n| argument | meaning | limits |\n|---|---|---|\n"))
            return false;
        titled = true;
        if (!arg_row(ret, a))
            return false;
    }
    return true;
}

static bool result_rows(struct buf *ret, const struct row_spec *rows, int depth)
{
    static const char *const names[] = {
        [ROW_TYPE_STR] = "string",
        [ROW_TYPE_INT] = "integer",
        [ROW_TYPE_NUM] = "number",
        [ROW_TYPE_BOOL] = "boolean",
        [ROW_TYPE_OBJECT] = "object",
        [ROW_TYPE_OBJECTS] = "array of objects",
        [ROW_TYPE_STRINGS] = "array of strings",
        [ROW_TYPE_MAP] = "object of strings",
        [ROW_TYPE_ANY] = "any",
    };

    for (const struct row_spec *row = rows_shown(rows); row; row = rows_shown(row + 1)) {
        if (!buf_printf(ret, "%*s- `%s`: %s%s", depth * 2, "", row_shown_name(row),
                        names[row->type], row->nullable ? " or null" : ""))
            return false;
        for (const char *const *c = row->choices; c && *c; c++)
            if (!buf_printf(ret, "%s`%s`", c == row->choices ? ", one of " : ", ", *c))
                return false;
        if ((row->help && !buf_printf(ret, ". %s", row->help)) || !buf_append_str(ret, "\n") ||
            (row->fields && !result_rows(ret, row->fields, depth + 1)))
            return false;
    }
    return true;
}

static bool command_section(struct buf *ret, const struct cmd_spec *cmd)
{
    if (!buf_printf(ret, "\n## pyro %s\n\n%s.", cmd->path, cmd->summary) ||
        (cmd->details && !buf_printf(ret, " %s", cmd->details)) ||
        !buf_append_str(ret, "\n\n    ") || !help_usage(cmd, ret) || !buf_append_str(ret, "\n") ||
        !arguments(ret, cmd) || !buf_printf(ret, "\nExample: `%s`\n", cmd->example))
        return false;
    return !rows_shown(cmd->result) ||
           (buf_append_str(ret, "\nWith `--json`:\n\n") && result_rows(ret, cmd->result, 0));
}

static bool error_codes(struct buf *ret)
{
    if (!buf_append_str(ret, "\n## Error codes\n\nWith `--json` a failure prints `{\"error\": "
                             "{\"code\": …, \"message\": …, \"hint\": …}}`. The codes are:\n\n"))
        return false;
    for (unsigned code = PYRO_OK + 1; code < PYRO_CODE_COUNT; code++) {
        struct pyro_error err = { .code = (enum pyro_code)code };
        const char *hint = pyro_error_hint(&err);

        if (!buf_printf(ret, "- `%s`%s%s\n", pyro_code_name(err.code), *hint ? ": " : "", hint))
            return false;
    }
    return true;
}

bool schema_markdown(struct buf *ret)
{
    if (!buf_append_str(
            ret,
            "# Commands\n\nThis page is made from the command table by `make docs`; `make "
            "check` fails when it is stale.\n\nEvery command takes `-h`/`--help`, and all that "
            "print a result take `--json`, which prints it as one JSON object (two-space indent, "
            "sorted keys). Options may appear anywhere before `--`.\n\nExit status: 0 done, 1 "
            "failed, "
            "2 wrong usage. `run` and `workspace exec` exit with the guest command's own "
            "status, 124 when it ran out of time, 128+N when signal N ended it, 125 when pyro "
            "itself failed.\n"))
        return false;
    for (const struct cmd_spec *const *c = cmd_table; *c; c++)
        if (!((*c)->traits & CMD_HIDDEN) && !command_section(ret, *c))
            return false;
    return error_codes(ret);
}
