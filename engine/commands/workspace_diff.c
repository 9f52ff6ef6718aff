/* engine/commands/workspace_diff.c: prints the changes in a workspace since it was created. */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "engine/cmd/io.h"
#include "engine/cmd/page.h"
#include "engine/cmd/summary.h"
#include "engine/cmd/text.h"
#include "engine/commands/diff_part.h"
#include "engine/commands/file_rows.h"
#include "engine/commands/table.h"
#include "engine/file/diff.h"
#include "vmm/base/json.h"

#define BOLD "\033[1m"
#define RED "\033[31m"
#define GREEN "\033[32m"
#define CYAN "\033[36m"
#define PLAIN "\033[m"

struct workspace_diff_args {
    const char *workspace;
    bool stat, name_status;
    struct arg_list path;
    struct diff_part_args part;
};

static const struct arg_spec workspace_diff_rows[] = {
    ARG_WORKSPACE(workspace_diff_args, workspace),
    ARG_FLAG(workspace_diff_args, stat, .help = "Before the patch, a line for each changed path"),
    ARG_FLAG(workspace_diff_args, name_status,
             .help = "Only which paths changed and how, without patches"),
    ARG_LIST(workspace_diff_args, path, .agent = "", .metavar = "PATH",
             .help = "Only this file or directory below /workspace"),
    { ARG_ROW_NAMED_("cursor", workspace_diff_args, part.cursor, ARG_TYPE_STR, const char *),
      .agent = "", .help = "Where to go on: the next_cursor of the last answer" },
    { ARG_ROW_NAMED_("max_chars", workspace_diff_args, part.max_chars, ARG_TYPE_INT, int64_t),
      .agent = "", .min = 1, .max = INT32_MAX, .def = ARG_UNSET,
      .help = "Characters of paths and patches at most" },
    ARG_END,
};

static const char *const statuses[] = { "added", "modified", "deleted", "type_changed", NULL };

static const struct row_spec summary_rows[] = {
    RES_INT("total"),
    RES_INT("added"),
    RES_INT("modified"),
    RES_INT("deleted"),
    RES_INT("type_changed"),
    RES_INT("text_patched"),
    RES_INT("non_text", .help = "With --name-status 0, as what is text is not known"),
    ROW_END,
};

static const struct row_spec entry_rows[] = {
    RES_STR("path"),
    RES_STR("status", .choices = statuses),
    RES_STR("artifact_type", .choices = artifact_types),
    RES_STR("text_patch", .nullable = true, .cut_by = "cut",
            .help =
                "Null for what is not UTF-8 text, is over 8 MiB, or cannot be said in a patch: a "
                "directory, permissions other than the executable bit, and what is in a .git. With "
                "--name-status always"),
    RES_BOOL("cut", .help = "The text_patch goes on in the next part"),
    RES_STR("old_mode", .nullable = true, .help = "Octal, with the type: 100644; null when added"),
    RES_STR("new_mode", .nullable = true, .help = "Null when deleted"),
    ROW_END,
};

static const struct row_spec workspace_diff_result[] = {
    RES_STR("workspace_id"),
    RES_BOOL("changed"),
    RES_OBJECT("summary", summary_rows),
    RES_OBJECTS("entries", entry_rows,
                .help = "Directories only when they are empty or their mode changed"),
    RES_STRINGS("left_out", .help = "Paths that were not compared, nor what is below them: over "
                                    "4,095 bytes long, or over 512 directories deep; the first "
                                    "1,000"),
    RES_INT("left_out_count"),
    RES_STR("patch", .cut_by = "truncated", .help = "All text_patches together, for git apply"),
    RES_BOOL("truncated", .help = "There is more, beyond --max-chars"),
    RES_STR("next_cursor", .nullable = true, .help = "Null when there is no more"),
    ROW_END,
};

/* A line's colour, within a patch as this program writes them. */
static const char *colour_of(const char *line, bool in_hunk)
{
    if (!strncmp(line, "@@ ", 3))
        return CYAN;
    if (!in_hunk)
        return BOLD;
    return *line == '+' ? GREEN : *line == '-' ? RED : "";
}

static void print_coloured(const char *text, FILE *out)
{
    bool in_hunk = false;

    while (*text) {
        size_t n = strcspn(text, "\n");
        scoped_free char *line = strndup(text, n);
        const char *colour;
        if (!line)
            return;
        if (!strncmp(line, "diff --git ", 11) || !strncmp(line, "@@ ", 3))
            in_hunk = line[0] == '@';
        colour = colour_of(line, in_hunk);
        fputs(colour, out);
        text_print_lines(out, line);
        fputs(*colour ? PLAIN "\n" : "\n", out);
        text += n + (text[n] == '\n');
    }
}

static void print_patch(const json_t *patch, FILE *out)
{
    const char *text = json_string_value(patch);
    const char *no_colour = getenv("NO_COLOR");

    if (!isatty(fileno(out)))
        fwrite(text, 1, json_string_length(patch), out);
    else if (no_colour && *no_colour)
        text_print_lines(out, text);
    else
        print_coloured(text, out);
}

/* What is printed: the patch and what it cannot say, all paths and the patch, or paths alone. */
enum shown { SHOWN_PATCH, SHOWN_STAT, SHOWN_NAMES };

/* How many lines a patch adds and takes away. */
static void count_lines(const char *patch, size_t *ret_added, size_t *ret_deleted)
{
    bool in_hunk = false;

    *ret_added = *ret_deleted = 0;
    for (const char *line = patch; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (!strncmp(line, "diff --git ", 11) || !strncmp(line, "@@ ", 3))
            in_hunk = *line == '@';
        *ret_added += in_hunk && *line == '+';
        *ret_deleted += in_hunk && *line == '-';
    }
}

/* A line for each changed path, or only for those that the patch cannot show; git-apply(1) passes
 * over such lines. */
static void print_entries(const json_t *entries, enum shown shown, FILE *out)
{
    for (size_t i = 0; i < json_array_size(entries); i++) {
        const json_t *e = json_array_get(entries, i);
        const char *patch = json_string_or(e, "text_patch", NULL),
                   *old = json_string_or(e, "old_mode", NULL),
                   *new = json_string_or(e, "new_mode", NULL);
        size_t added, deleted;

        if (patch && shown == SHOWN_PATCH)
            continue;
        count_lines(patch, &added, &deleted);
        fprintf(out, " %-12s ", json_string_or(e, "status", ""));
        text_print(out, json_string_or(e, "path", ""));
        if (added || deleted)
            fprintf(out, "  +%zu -%zu", added, deleted);
        else if (!patch && shown != SHOWN_NAMES)
            fprintf(out, "  (%s, no text)", json_string_or(e, "artifact_type", ""));
        if (old && new && strcmp(old, new) != 0)
            fprintf(out, "  mode %s → %s", old, new);
        fputc('\n', out);
    }
    if (shown == SHOWN_STAT)
        fputc('\n', out);
}

static void warn_left_out(struct cmd_io *io, const json_t *result)
{
    const json_t *paths = json_object_get(result, "left_out");
    int64_t more = json_int_or(result, "left_out_count", 0) - (int64_t)json_array_size(paths);

    for (size_t i = 0; i < json_array_size(paths); i++)
        cmd_io_warn(io, "not compared, too long or too deep: %s",
                    json_string_value(json_array_get(paths, i)));
    if (more > 0)
        cmd_io_warn(io, "not compared, too long or too deep: %" PRId64 " more", more);
}

static void print_diff(const json_t *result, enum shown shown, FILE *out)
{
    const char *text = json_string_or(result, "patch", "");
    size_t n = strlen(text);

    if (!json_bool_or(result, "changed", false)) {
        fputs("No workspace changes.\n", out);
        return;
    }
    summary_answer(out, &cmd_workspace_diff, result);
    print_entries(json_object_get(result, "entries"), shown, out);
    print_patch(json_object_get(result, "patch"), out);
    if (n && text[n - 1] != '\n' && json_bool_or(result, "truncated", false))
        fputc('\n', out);
    page_show(result, out);
}

static void workspace_diff_print(const json_t *result, FILE *out)
{
    print_diff(result, SHOWN_PATCH, out);
}

static void workspace_diff_print_with_stat(const json_t *result, FILE *out)
{
    print_diff(result, SHOWN_STAT, out);
}

static void workspace_diff_print_names(const json_t *result, FILE *out)
{
    print_diff(result, SHOWN_NAMES, out);
}

static json_t *workspace_diff_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct workspace_diff_args *a = args;
    scoped_json json_t *diff =
        workspace_diff(a->workspace, a->path.items, a->path.count, a->name_status, err);

    if (!diff || !diff_part_cut(diff, &a->part, io, err))
        return NULL;
    if (a->name_status)
        io->print = workspace_diff_print_names;
    else if (a->stat)
        io->print = workspace_diff_print_with_stat;
    warn_left_out(io, diff);
    return take_ptr(&diff);
}

const struct cmd_spec cmd_workspace_diff = {
    .path = "workspace diff",
    .summary = "Show what changed in /workspace since the workspace was created",
    .details =
        "The patch applies with 'git apply' to a copy of what the workspace was created with. "
        "Files with unchanged content are not listed, whatever their times and owner. The "
        "workspace may be running or stopped.",
    .example = "pyro workspace diff demo",
    .traits = CMD_READ_ONLY,
    .tool =
        TOOL("workspace_diff", "Show changes", "A unified diff of /workspace since its creation.",
             TOOL_CORE, "changed summary truncated next_cursor entries.path entries.status patch"),
    .args = workspace_diff_rows,
    .args_size = sizeof(struct workspace_diff_args),
    .result = workspace_diff_result,
    .told = "workspace-diff workspace_id summary.total summary.added summary.modified "
            "summary.deleted summary.type_changed summary.text_patched summary.non_text",
    .run = workspace_diff_run,
    .print = workspace_diff_print,
};
