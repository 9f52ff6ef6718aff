/* engine/commands/env_prune.c: frees what no workspace needs. */
#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>

#include "engine/cmd/io.h"
#include "engine/cmd/text.h"
#include "engine/commands/show.h"
#include "engine/commands/table.h"
#include "engine/environment/environment.h"
#include "engine/state/base.h"
#include "engine/state/paths.h"
#include "engine/workspace/workspace.h"
#include "vmm/template.h"

struct env_prune_args {
    bool dry_run;
};

static const struct arg_spec env_prune_rows[] = {
    ARG_FLAG(env_prune_args, dry_run, .help = "Remove nothing; only say what would be removed"),
    ARG_END,
};

static const struct row_spec removed_rows[] = {
    RES_STR("name"),
    RES_STR("path"),
    RES_INT("size_bytes"),
    ROW_END,
};

static const struct row_spec env_prune_result[] = {
    RES_OBJECTS("removed", removed_rows, .help = "Or would be, under --dry-run"),
    RES_INT("freed_bytes"),
    RES_BOOL("dry_run"),
    ROW_END,
};

/* While there are workspaces, a kernel to start them with is kept. */
static bool keep_kernels(json_t *used, struct pyro_error *err)
{
    scoped_free char *boot = paths_boot(err);
    scoped_dir DIR *dir = boot ? opendir(boot) : NULL;
    struct dirent *entry;

    while (dir && json_array_size(used) && (entry = readdir(dir)))
        if (entry->d_name[0] != '.')
            json_array_append_new(used, json_sprintf("%s/%s", boot, entry->d_name));
    return boot != NULL;
}

/* A template is a cache: one that nobody runs is built again in seconds when it is wanted. */
static bool prune_templates(json_t *result, bool dry_run, const struct progress *progress,
                            struct pyro_error *err)
{
    scoped_free char *dir = paths_templates(err);
    int64_t freed;

    if (!dir)
        return false;
    freed = template_prune(dir, 0, dry_run, progress_tell, (void *)(uintptr_t)progress, err);
    if (freed < 0)
        return false;
    if (freed > 0)
        json_array_append_new(json_object_get(result, "removed"),
                              json_pack("{s:s, s:s, s:I}", "name", "templates", "path", dir,
                                        "size_bytes", (json_int_t)freed));
    json_object_set_new(result, "freed_bytes",
                        json_integer(json_int_or(result, "freed_bytes", 0) + freed));
    return true;
}

static json_t *env_prune_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct env_prune_args *a = args;
    scoped_close int bases = base_lock(progress_tell, &io->progress, err);
    scoped_json json_t *used = bases < 0 ? NULL : workspace_used_environments(err), *result = NULL;
    scoped_free const char **paths = NULL;
    size_t count;

    if (!used || !keep_kernels(used, err))
        return NULL;
    count = json_array_size(used);
    paths = calloc(count + 1, sizeof(*paths));
    if (!paths)
        return pyro_no_memory(err, NULL);
    for (size_t i = 0; i < count; i++)
        paths[i] = json_string_value(json_array_get(used, i));
    result = environment_prune(paths, count, a->dry_run, err);
    if (!result || !prune_templates(result, a->dry_run, &io->progress, err))
        return NULL;
    json_object_set_new(result, "dry_run", json_boolean(a->dry_run));
    return take_ptr(&result);
}

static void env_prune_print(const json_t *result, FILE *out)
{
    const json_t *list = json_object_get(result, "removed");
    bool dry_run = json_bool_or(result, "dry_run", false);

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *e = json_array_get(list, i);

        fputs(dry_run ? "Would remove: " : "Removed: ", out);
        text_print(out, json_string_or(e, "name", ""));
        fprintf(out, " (%" PRId64 " bytes)\n", json_int_or(e, "size_bytes", 0));
    }
    if (!json_array_size(list))
        fputs("Nothing to remove.\n", out);
    show_number(out, dry_run ? "Would free bytes" : "Freed bytes",
                json_int_or(result, "freed_bytes", 0));
}

const struct cmd_spec cmd_env_prune = {
    .path = "env prune",
    .summary = "Remove environments, layers, kernels and templates that no workspace needs",
    .details =
        "Workspaces keep what their disks are built on. Nothing is asked first: what is removed is "
        "pulled or built again when it is needed.",
    .example = "pyro env prune --dry-run",
    .traits = CMD_DESTRUCTIVE,
    .args = env_prune_rows,
    .args_size = sizeof(struct env_prune_args),
    .result = env_prune_result,
    .run = env_prune_run,
    .print = env_prune_print,
};
