/* engine/commands/rows.c: shared rows. */
#include "engine/commands/rows.h"

#include <string.h>

#include "engine/helper/host_limits.h"

#define VCPUS_MAX 32
#define MIB (1024 * 1024)

int64_t limit_vcpus(void)
{
    int64_t cpus = host_cpus();

    return cpus > VCPUS_MAX ? VCPUS_MAX : cpus;
}

int64_t limit_mem_mib(void)
{
    int64_t mib = host_memory() / MIB;

    return mib < MEM_STEP_MIB ? MEM_STEP_MIB : mib - mib % MEM_STEP_MIB;
}

const struct arg_spec workspace_arg_rows[] = {
    ARG_WORKSPACE(workspace_args, workspace),
    ARG_END,
};

/* As oci_config_save() has it. */
static const struct row_spec config_rows[] = {
    RES_STRINGS("entrypoint"),
    RES_STRINGS("cmd"),
    RES_STRINGS("env", .help = "NAME=value"),
    RES_STR("user", .help = "As its passwd file names it; empty: root"),
    RES_STR("working_dir"),
    RES_STRINGS("ports", .help = "That it says it listens on, as 80/tcp"),
    RES_STRINGS("volumes"),
    RES_MAP("labels"),
    RES_STR("stop_signal"),
    RES_STR("created"),
    RES_STR("os"),
    RES_STR("architecture"),
    ROW_END,
};

static const struct row_spec layer_rows[] = {
    RES_STR("digest", .nullable = true, .help = "Of the blob; null when only the tar's is known"),
    RES_STR("diff_id", .help = "The digest of its tar"),
    RES_INT("size_bytes", .help = "Of the blob"),
    RES_STR("compression", .help = "none, gzip or zstd"),
    ROW_END,
};

static const struct row_spec passed_over_rows[] = {
    RES_STR("source"),
    RES_STR("reason"),
    ROW_END,
};

const struct row_spec environment_rows[] = {
    RES_STR("name"),
    RES_STR("version"),
    RES_STR("description"),
    RES_STRINGS("default_packages"),
    RES_STR("distribution", .nullable = true),
    RES_STR("platform"),
    RES_BOOL("installed"),
    RES_STR("install_dir", .nullable = true),
    RES_STR("source", .nullable = true, .help = "What served it"),
    RES_OBJECTS("passed_over", passed_over_rows, .nullable = true,
                .help = "The sources that were tried before it, and why they did not serve it"),
    RES_STR("source_digest", .nullable = true),
    RES_INT("size_bytes", .nullable = true, .help = "What it takes on the disk"),
    RES_NUM("installed_at", .nullable = true),
    RES_STRINGS("used_by", .help = "The workspaces that are based on it"),
    RES_STR("reference", .nullable = true, .help = "Of an image: what it is called"),
    RES_STR("reference_digest", .nullable = true,
            .help = "What that meant when it was pulled: the digest of a manifest or an index"),
    RES_STR("digest", .nullable = true, .help = "Of its manifest"),
    RES_STR("config_digest", .nullable = true),
    RES_OBJECT("config", config_rows, .nullable = true),
    RES_OBJECTS("layers", layer_rows, .nullable = true, .help = "The lowest first"),
    ROW_END,
};

json_t *list_to_json(const struct arg_list *list)
{
    json_t *array = json_array();

    for (size_t i = 0; i < list->count; i++)
        json_array_append_new(array, json_stringn_nocheck(list->items[i], strlen(list->items[i])));
    return array;
}

json_t *labels_to_json(const struct arg_list *list)
{
    json_t *object = list->count ? json_object() : NULL;

    for (size_t i = 0; i < list->count; i++) {
        const char *equals = strchr(list->items[i], '=');
        char key[80];

        snprintf(key, sizeof(key), "%.*s", (int)(equals - list->items[i]), list->items[i]);
        json_object_set_new(object, key, json_string(equals + 1));
    }
    return object;
}

bool take_secrets(const struct arg_list *secret, const struct arg_list *secret_file,
                  struct secrets *ret, struct pyro_error *err)
{
    for (size_t i = 0; i < secret->count; i++)
        if (!secrets_add_literal(ret, secret->items[i], err))
            return pyro_wrap(err, "--secret");
    for (size_t i = 0; i < secret_file->count; i++)
        if (!secrets_add_file(ret, secret_file->items[i], err))
            return pyro_wrap(err, "--secret-file");
    return true;
}
