/* engine/commands/file_list.c: lists a directory of a workspace. */
#include <inttypes.h>
#include <string.h>

#include "engine/cmd/io.h"
#include "engine/cmd/page.h"
#include "engine/cmd/text.h"
#include "engine/commands/file_rows.h"
#include "engine/commands/table.h"
#include "engine/file/file.h"
#include "vmm/base/file_name.h"
#include "vmm/base/json.h"

struct file_list_args {
    const char *workspace, *path;
    bool recursive;
    struct page_args page;
};

static const struct arg_spec file_list_rows[] = {
    ARG_WORKSPACE(file_list_args, workspace),
    ARG_WORKSPACE_PATH(file_list_args, path, .agent = "", .optional = true, .def_str = "/workspace",
                       .help = "A directory below /workspace, or one file"),
    ARG_FLAG(file_list_args, recursive, .agent = "",
             .help = "Also list what is below its directories"),
    ARG_PAGE_ROWS(file_list_args),
    ARG_END,
};

const char *const artifact_types[] = { "file", "directory", "symlink", "other", NULL };

const struct row_spec file_entry_rows[] = {
    RES_STR("path", .help = "Quoted as git does it, if it is not UTF-8"),
    RES_STR("artifact_type", .choices = artifact_types,
            .help = "other: a device, a socket or a FIFO"),
    RES_STR("mode", .help = "Octal, with the type: 100644"),
    RES_NUM("modified_at"),
    RES_INT("size_bytes"),
    RES_STR("link_target", .nullable = true, .help = "Of a symlink"),
    ROW_END,
};

const struct row_spec file_list_result[] = {
    RES_STR("workspace_id"),
    RES_STR("path"),
    RES_STR("artifact_type", .choices = artifact_types),
    RES_BOOL("recursive"),
    RES_OBJECTS("entries", file_entry_rows, .help = "Sorted by the bytes of their paths"),
    RES_PAGE_ROWS,
    ROW_END,
};

static char *file_list_cursor_of(const json_t *entry)
{
    char *path = strdup(json_string_or(entry, "path", ""));

    BUG_ON(!path);
    return path;
}

static bool file_list_is_after(const json_t *entry, const char *cursor)
{
    scoped_free char *path = name_from_text(json_string_or(entry, "path", ""));
    scoped_free char *last = name_from_text(cursor);

    return strcmp(path ? path : "", last) > 0;
}

static bool file_list_check_cursor(const char *cursor, struct pyro_error *err)
{
    scoped_free char *path = name_given(cursor, err);

    return path != NULL;
}

const struct page_order file_list_order = { file_list_cursor_of, file_list_is_after,
                                            file_list_check_cursor };

static json_t *file_list_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct file_list_args *a = args;

    return page_cut(file_list(a->workspace, a->path, a->recursive, err), "entries", &a->page,
                    &file_list_order, io, err);
}

void file_list_show(const json_t *result, FILE *out)
{
    const json_t *list = json_object_get(result, "entries");

    fputs("Workspace path: ", out);
    text_print(out, json_string_or(result, "path", ""));
    fprintf(out, " (recursive=%s)\n", json_bool_or(result, "recursive", false) ? "yes" : "no");
    if (!json_array_size(list))
        fputs("No workspace entries found.\n", out);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *e = json_array_get(list, i);
        const char *target = json_string_or(e, "link_target", NULL);

        text_print(out, json_string_or(e, "path", ""));
        fprintf(out, " [%s] size=%" PRId64, json_string_or(e, "artifact_type", ""),
                json_int_or(e, "size_bytes", 0));
        if (target) {
            fputs(" -> ", out);
            text_print(out, target);
        }
        fputc('\n', out);
    }
    page_show(result, out);
}

const struct cmd_spec cmd_file_list = {
    .path = "workspace file list",
    .summary = "List files of a running workspace",
    .details = "Links are shown and never followed: a path that leads through one is refused.",
    .example = "pyro workspace file list demo src --recursive",
    .traits = CMD_READ_ONLY,
    .tool =
        TOOL("workspace_file_list", "List files", "List a directory in /workspace.", TOOL_CORE,
             "path truncated next_cursor entries.path entries.artifact_type entries.size_bytes"),
    .args = file_list_rows,
    .args_size = sizeof(struct file_list_args),
    .result = file_list_result,
    .run = file_list_run,
    .print = file_list_show,
};
