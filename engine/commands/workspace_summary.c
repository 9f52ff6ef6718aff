/* engine/commands/workspace_summary.c: what was done in a workspace, what changed, what runs. */
#include <inttypes.h>
#include <string.h>

#include "engine/cmd/text.h"
#include "engine/commands/show.h"
#include "engine/commands/summary_fit.h"
#include "engine/commands/table.h"
#include "engine/file/diff.h"
#include "engine/service/service.h"
#include "engine/shell/shell.h"
#include "engine/state/attention.h"
#include "engine/workspace/command.h"
#include "vmm/base/fs.h"
#include "vmm/base/json.h"

#define COMMANDS 5
#define CHANGED 12
#define RUNNING 10

struct workspace_summary_args {
    const char *workspace;
};

static const struct arg_spec workspace_summary_rows[] = {
    ARG_WORKSPACE(workspace_summary_args, workspace),
    ARG_END,
};

static const char *const kinds[] = { "command", "shell", "service", NULL };

static const struct row_spec done_rows[] = {
    RES_INT("sequence"),
    RES_INT("exit_code", .nullable = true, .help = "Null while it runs"),
    RES_STR("command", .help = "As a shell reads it"),
    ROW_END,
};

static const struct row_spec change_rows[] = {
    RES_INT("total"),   RES_INT("added"),        RES_INT("modified"),
    RES_INT("deleted"), RES_INT("type_changed"), ROW_END,
};

static const struct row_spec changed_rows[] = { RES_STR("status"), RES_STR("path"), ROW_END };

static const struct row_spec running_rows[] = {
    RES_STR("kind", .choices = kinds),
    RES_STR("id", .help = "The sequence, shell_id or service_name"),
    RES_STR("text", .help = "The command, or the shell's directory"),
    ROW_END,
};

static const struct row_spec workspace_summary_result[] = {
    RES_STR("workspace_id"),
    RES_STR("name", .nullable = true),
    RES_STR("environment", .nullable = true),
    RES_STR("state"),
    RES_STR("network_policy", .choices = network_policy_names),
    RES_STR("attention", .choices = attention_states),
    RES_STR("reason", .nullable = true, .help = "What asks, failed, finished or waits"),
    RES_STR("last_error", .nullable = true),
    RES_INT("command_count"),
    RES_OBJECTS("commands", done_rows, .help = "The last ones, the newest first"),
    RES_OBJECT("changes", change_rows, .nullable = true, .help = "In /workspace since create"),
    RES_STR("changes_error", .nullable = true, .help = "Why there are none"),
    RES_OBJECTS("changed", changed_rows, .help = "The first of them"),
    RES_INT("running_count"),
    RES_OBJECTS("running", running_rows, .help = "Some of them"),
    ROW_END,
};

static const char *const lists[] = { "commands", "changed", "running", NULL };

static void set_text(const struct cmd_io *io, json_t *to, const char *name, const json_t *from)
{
    json_object_set_new(to, name, summary_text(io, json_string_or(from, name, NULL)));
}

/* What asks, failed or finished: "exec 3: exit code 1: make". */
static void add_reason(const struct cmd_io *io, json_t *to, const json_t *attention)
{
    const json_t *source = json_object_get(attention, "source");
    scoped_free char *text =
        str_printf("%s %s: %s", json_string_or(source, "kind", ""),
                   json_string_or(source, "id", ""), json_string_or(attention, "text", ""));

    json_object_set_new(to, "reason",
                        json_is_string(json_object_get(source, "kind")) ? summary_text(io, text)
                                                                        : json_null());
}

static bool add_workspace(const char *ref, const struct cmd_io *io, json_t *to,
                          struct pyro_error *err)
{
    static const char *const same[] = { "workspace_id", "name", "state", "network_policy" };
    scoped_json json_t *w = workspace_status(ref, err);

    if (!w)
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(same); i++)
        json_object_set(to, same[i], json_object_get(w, same[i]));
    set_text(io, to, "environment", w);
    set_text(io, to, "last_error", w);
    json_object_set_new(
        to, "attention",
        json_string(attention_states[attention_state_of(json_object_get(w, "attention"))]));
    add_reason(io, to, json_object_get(w, "attention"));
    json_object_set(to, "command_count", json_object_get(w, "command_count"));
    return true;
}

static void add_running(json_t *to, const char *kind, const char *id, json_t *text)
{
    json_t *list = json_object_get(to, "running");
    int64_t count = json_int_or(to, "running_count", 0);

    json_object_set_new(to, "running_count", json_integer(count + 1));
    if (json_array_size(list) < RUNNING)
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:o}", "kind", kind, "id", id, "text", text));
    else
        json_decref(text);
}

static bool add_commands(const char *ref, const struct cmd_io *io, json_t *to,
                         struct pyro_error *err)
{
    scoped_json json_t *found = command_list(ref, COMMANDS, err);
    json_t *list = json_object_get(found, "commands"), *done = json_object_get(to, "commands");

    if (!found)
        return false;
    for (size_t i = json_array_size(list); i-- > 0;) {
        const json_t *c = json_array_get(list, i), *words = json_object_get(c, "command");
        struct number_text id;

        if (json_array_size(done) < COMMANDS)
            json_array_append_new(done, json_pack("{s:O, s:O, s:o}", "sequence",
                                                  json_object_get(c, "sequence"), "exit_code",
                                                  json_object_get(c, "exit_code"), "command",
                                                  summary_words(io, words)));
        if (!strcmp(json_string_or(c, "state", ""), command_states[0]))
            add_running(to, kinds[0], number_text(&id, json_int_or(c, "sequence", 0)),
                        summary_words(io, words));
    }
    return true;
}

static bool is_running(const json_t *object)
{
    const char *state = json_string_or(object, "state", "");

    return !strcmp(state, "running") || !strcmp(state, "starting");
}

static bool add_shells_and_services(const char *ref, const struct cmd_io *io, json_t *to,
                                    struct pyro_error *err)
{
    scoped_json json_t *shells = shell_list(ref, err), *services = NULL;
    size_t i;
    json_t *one;

    if (!shells || !(services = service_list(ref, err)))
        return false;
    json_array_foreach (json_object_get(shells, "shells"), i, one)
        if (is_running(one))
            add_running(to, kinds[1], json_string_or(one, "shell_id", ""),
                        summary_text(io, json_string_or(one, "cwd", "")));
    json_array_foreach (json_object_get(services, "services"), i, one)
        if (is_running(one))
            add_running(to, kinds[2], json_string_or(one, "service_name", ""),
                        summary_words(io, json_object_get(one, "command")));
    return true;
}

/* What changed is not always to be had: on the host, or of a disk that is damaged. */
static void add_changes(const char *ref, const struct cmd_io *io, json_t *to)
{
    struct pyro_error why = { 0 };
    scoped_json json_t *diff = workspace_diff(ref, NULL, 0, false, &why);
    json_t *changes = diff ? json_object() : json_null();
    const json_t *entries = json_object_get(diff, "entries");

    for (const struct row_spec *r = rows_shown(change_rows); diff && r; r = rows_shown(r + 1))
        json_object_set(changes, row_shown_name(r),
                        json_object_get(json_object_get(diff, "summary"), row_shown_name(r)));
    json_object_set_new(to, "changes", changes);
    json_object_set_new(to, "changes_error", diff ? json_null() : summary_text(io, why.message));
    for (size_t i = 0; i < json_array_size(entries) && i < CHANGED; i++) {
        const json_t *e = json_array_get(entries, i);

        json_array_append_new(json_object_get(to, "changed"),
                              json_pack("{s:O, s:o}", "status", json_object_get(e, "status"),
                                        "path", summary_text(io, json_string_or(e, "path", ""))));
    }
}

static json_t *workspace_summary_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct workspace_summary_args *a = args;
    scoped_json json_t *r =
        json_pack("{s:[], s:[], s:[], s:i}", "commands", "changed", "running", "running_count", 0);

    if (!add_workspace(a->workspace, io, r, err) || !add_commands(a->workspace, io, r, err) ||
        !add_shells_and_services(a->workspace, io, r, err))
        return NULL;
    add_changes(a->workspace, io, r);
    if (!summary_fit(&cmd_workspace_summary, io, r, lists, err))
        return NULL;
    return json_incref(r);
}

/* ---- for people ---- */

static void print_done(const json_t *list, FILE *out)
{
    size_t i;
    json_t *c;

    json_array_foreach (list, i, c) {
        fprintf(out, "  [%" PRId64 "] ", json_int_or(c, "sequence", 0));
        text_print(out, json_string_or(c, "command", ""));
        if (json_is_integer(json_object_get(c, "exit_code")))
            fprintf(out, " (exit_code=%" PRId64 ")", json_int_or(c, "exit_code", 0));
        fputc('\n', out);
    }
}

/* Two words a line, or three. */
static void print_list(const json_t *list, const char *const *members, FILE *out)
{
    size_t i;
    json_t *one;

    json_array_foreach (list, i, one) {
        fputc(' ', out);
        for (const char *const *m = members; *m; m++) {
            fputc(' ', out);
            text_print(out, json_string_or(one, *m, ""));
        }
        fputc('\n', out);
    }
}

static void print_changes(const json_t *r, FILE *out)
{
    const json_t *changes = json_object_get(r, "changes");

    show_line(out, "Changes", json_string_or(r, "changes_error", NULL));
    if (!json_is_object(changes))
        return;
    fprintf(out, "Changes: %" PRId64 " (", json_int_or(changes, "total", 0));
    for (const struct row_spec *row = rows_shown(change_rows + 1); row; row = rows_shown(row + 1))
        fprintf(out, "%s%s=%" PRId64, row == change_rows + 1 ? "" : " ", row_shown_name(row),
                json_int_or(changes, row_shown_name(row), 0));
    fputs(")\n", out);
    print_list(json_object_get(r, "changed"), (const char *[]){ "status", "path", NULL }, out);
}

static void workspace_summary_print(const json_t *r, FILE *out)
{
    show_line(out, "Workspace ID", json_string_or(r, "workspace_id", NULL));
    show_line(out, "Name", json_string_or(r, "name", NULL));
    show_line(out, "Environment", json_string_or(r, "environment", NULL));
    show_line(out, "State", json_string_or(r, "state", NULL));
    show_line(out, "Network policy", json_string_or(r, "network_policy", NULL));
    show_line(out, "Attention", json_string_or(r, "attention", NULL));
    show_line(out, "Reason", json_string_or(r, "reason", NULL));
    show_line(out, "Last error", json_string_or(r, "last_error", NULL));
    show_number(out, "Commands", json_int_or(r, "command_count", 0));
    print_done(json_object_get(r, "commands"), out);
    print_changes(r, out);
    show_number(out, "Running", json_int_or(r, "running_count", 0));
    print_list(json_object_get(r, "running"), (const char *[]){ "kind", "id", "text", NULL }, out);
}

const struct cmd_spec cmd_workspace_summary = {
    .path = "workspace summary",
    .summary = "Show what was done in a workspace, what changed and what runs, in at most 2 KB",
    .details = "The last commands, the first of the files that changed in /workspace, and the "
               "commands, shells and services that run: as many of them as fit, and how many there "
               "are. 'workspace logs', 'workspace diff' and the lists have all of it.",
    .example = "pyro workspace summary demo",
    .traits = CMD_READ_ONLY,
    .tool = TOOL("workspace_summary", "Sum up",
                 "What was done in a workspace, what changed and what runs, in 2 KB.", TOOL_CORE,
                 "workspace_id state attention reason last_error command_count commands changes "
                 "changes_error changed running_count running"),
    .args = workspace_summary_rows,
    .args_size = sizeof(struct workspace_summary_args),
    .result = workspace_summary_result,
    .run = workspace_summary_run,
    .print = workspace_summary_print,
};
