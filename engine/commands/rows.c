/* engine/commands/rows.c: shared rows. */
#include "engine/commands/rows.h"

#include <string.h>
#include <unistd.h>

#include "engine/secret/secrets.h"
#include "engine/state/network_policy.h"

#define VCPUS_MAX 32
#define MIB (1024 * 1024)

int64_t limit_vcpus(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    return cores < 1 ? 1 : cores > VCPUS_MAX ? VCPUS_MAX : cores;
}

int64_t limit_mem_mib(void)
{
    int64_t mib = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE) / MIB;

    return mib < MEM_STEP_MIB ? MEM_STEP_MIB : mib - mib % MEM_STEP_MIB;
}

const char *const accelerators[] = { "kvm", "tcg", NULL };
static const char *const paused_reasons[] = { "host_disk_full", NULL };
const char *const execution_modes[] = { "guest_vm", "host_compat", NULL };
static const char *const states[] = { "created", "started", "stopped", "failed", NULL };
static const char *const seed_modes[] = { "empty", "directory", "tar_archive", NULL };
static const char *const secret_kinds[] = { "literal", "file", NULL };

static const struct result_spec seed_rows[] = {
    RES_STR("mode", .choices = seed_modes),
    RES_STR("seed_path", .nullable = true),
    RES_INT("entry_count"),
    RES_INT("bytes_written"),
    RES_END,
};

static const struct result_spec secret_rows[] = {
    RES_STR("name"),
    RES_STR("source_kind", .choices = secret_kinds),
    RES_END,
};

static const struct result_spec last_command_rows[] = {
    RES_STRINGS("command"),
    RES_INT("exit_code"),
    RES_END,
};

const struct result_spec workspace_rows[] = {
    RES_STR("workspace_id"),
    RES_STR("name", .nullable = true),
    RES_MAP("labels"),
    RES_STR("environment", .nullable = true, .help = "Null only when the record is unreadable"),
    RES_STR("state", .choices = states),
    RES_STR("workspace_path", .help = "In the guest"),
    RES_OBJECT("workspace_seed", seed_rows),
    RES_STR("execution_mode", .choices = execution_modes),
    RES_STR("accelerator", .nullable = true, .choices = accelerators,
            .help = "tcg is software emulation; null without a VM"),
    RES_INT("vcpu_count"),
    RES_INT("mem_mib"),
    RES_INT("ttl_seconds", .help = "0: never"),
    RES_NUM("created_at", .help = "Epoch seconds, like all times"),
    RES_NUM("expires_at", .nullable = true),
    RES_NUM("last_activity_at"),
    RES_STR("network_policy", .choices = network_policy_names),
    RES_STR("network_error", .nullable = true,
            .help = "Why the network is down; null when it is not"),
    RES_OBJECTS("secrets", secret_rows),
    RES_INT("shell_count"),
    RES_INT("service_count"),
    RES_INT("running_service_count"),
    RES_INT("command_count"),
    RES_OBJECT("last_command", last_command_rows, .nullable = true),
    RES_INT("reset_count"),
    RES_NUM("last_reset_at", .nullable = true),
    RES_STR("last_error", .nullable = true, .help = "Why it is failed"),
    RES_STR("paused_reason", .nullable = true, .choices = paused_reasons,
            .help = "Why a started machine stands still; it goes on by itself"),
    RES_END,
};

const struct result_spec environment_rows[] = {
    RES_STR("name"),
    RES_STR("version"),
    RES_STR("description"),
    RES_STRINGS("default_packages"),
    RES_STR("distribution"),
    RES_STR("platform"),
    RES_BOOL("installed"),
    RES_STR("install_dir", .nullable = true),
    RES_STR("source", .nullable = true, .help = "What served it"),
    RES_STR("source_digest", .nullable = true),
    RES_INT("size_bytes", .nullable = true, .help = "What it takes on the disk"),
    RES_END,
};

json_t *list_to_json(const struct arg_list *list)
{
    json_t *array = json_array();

    for (size_t i = 0; i < list->count; i++)
        json_array_append_new(array, json_stringn_nocheck(list->items[i], strlen(list->items[i])));
    return array;
}

json_t *secret_env_of(const struct arg_list *list, struct pyro_error *err)
{
    json_t *wanted = secrets_parse_env(list->items, list->count, err);

    if (!wanted)
        pyro_wrap(err, "--secret-env");
    return wanted;
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
