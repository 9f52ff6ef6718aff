/* engine/commands/patch_apply.c: a unified diff on the files of a workspace. */
#include "engine/cmd/io.h"
#include "engine/cmd/summary.h"
#include "engine/cmd/text.h"
#include "engine/commands/rows.h"
#include "engine/commands/table.h"
#include "engine/commands/text_input.h"
#include "engine/file/file.h"
#include "engine/file/patch.h"
#include "vmm/base/json.h"

struct patch_apply_args {
    const char *workspace, *patch, *patch_file;
};

static const struct arg_spec patch_apply_rows[] = {
    ARG_WORKSPACE(patch_apply_args, workspace),
    ARG_STR(patch_apply_args, patch, .agent = "", .metavar = "TEXT",
            .help = "The patch itself: UTF-8, at most 8 MiB"),
    ARG_STR(patch_apply_args, patch_file, .metavar = "FILE", .complete = COMPLETE_FILE,
            .help = "A file on this host that holds it; -: standard input"),
    ARG_END,
};

static const char *const statuses[] = { "added", "modified", "deleted", NULL };

static const struct row_spec summary_rows[] = {
    RES_INT("total"), RES_INT("added"), RES_INT("modified"), RES_INT("deleted"), ROW_END,
};

static const struct row_spec entry_rows[] = {
    RES_STR("path"),
    RES_STR("status", .choices = statuses, .help = "A renamed file is deleted and added"),
    ROW_END,
};

static const struct row_spec patch_apply_result[] = {
    RES_STR("workspace_id"),
    RES_BOOL("changed"),
    RES_OBJECT("summary", summary_rows),
    RES_OBJECTS("entries", entry_rows, .help = "Sorted by the bytes of their paths"),
    RES_STR("execution_mode", .choices = execution_modes),
    ROW_END,
};

static json_t *patch_apply_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct patch_apply_args *a = args;
    scoped_buf text = BUF_INIT(FILE_TEXT_MAX);

    if (!text_input(io, "patch", a->patch, a->patch_file, &text, err))
        return NULL;
    return patch_apply(a->workspace, text.len ? text.data : "", text.len, err);
}

static void patch_apply_print(const json_t *result, FILE *out)
{
    const json_t *list = json_object_get(result, "entries");

    summary_answer(out, &cmd_patch_apply, result);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *e = json_array_get(list, i);

        text_print(out, json_string_or(e, "path", ""));
        fprintf(out, " [%s]\n", json_string_or(e, "status", ""));
    }
}

const struct cmd_spec cmd_patch_apply = {
    .path = "workspace patch apply",
    .summary = "Apply a unified diff to the files of a running workspace",
    .details =
        "All of it is applied or nothing. It may come from git (new, deleted, renamed and copied "
        "files, modes, links) or from diff -u; names are relative to /workspace, behind a/ and b/. "
        "As with 'git apply', every line of a hunk must be in the file as the patch has it, at the "
        "line that the hunk names or at another one; none is guessed. Binary patches are refused.",
    .example = "pyro workspace patch apply demo --patch-file fix.patch",
    .traits = CMD_DESTRUCTIVE,
    .tool = TOOL("workspace_patch_apply", "Apply a patch",
                 "Apply a unified diff to /workspace, all or nothing.",
                 TOOL_CORE | TOOL_DESTRUCTIVE, "changed summary entries.path entries.status"),
    .args = patch_apply_rows,
    .args_size = sizeof(struct patch_apply_args),
    .result = patch_apply_result,
    .told = "workspace-patch workspace_id summary.total summary.added summary.modified "
            "summary.deleted execution_mode",
    .run = patch_apply_run,
    .print = patch_apply_print,
};
