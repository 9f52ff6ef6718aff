/* engine/state/record.c: the record of a workspace, to and from JSON. */
#include "engine/state/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/secret/secrets.h"
#include "engine/state/base.h"
#include "vmm/base/fs.h"

#define RECORD_BYTES_MAX (1024 * 1024)

static const char *const state_names[] = { "created", "started", "stopped", "failed" };

const char *workspace_state_name(enum workspace_state state)
{
    return state_names[state];
}

void record_set_string(char **field, const char *value)
{
    char *copy = value ? str_printf("%s", value) : NULL;

    free(*field);
    *field = copy;
}

void record_init(struct workspace_record *r)
{
    unsigned char bytes[WORKSPACE_ID_LENGTH / 2], machine_id[16];

    *r = (struct workspace_record){ .labels = json_object() };
    disk_layers_init(&r->disk);
    random_bytes(bytes, sizeof(bytes));
    hex_encode(bytes, sizeof(bytes), r->id);
    random_bytes(machine_id, sizeof(machine_id));
    hex_encode(machine_id, sizeof(machine_id), r->machine_id);
    r->created_at = r->last_activity_at = clock_wall();
}

void record_release(struct workspace_record *r)
{
    free(r->name);
    free(r->environment);
    free(r->environment_digest);
    free(r->base_path);
    free(r->accelerator);
    free(r->last_error);
    free(r->network_error);
    disk_layers_release(&r->disk);
    json_decref(r->labels);
    json_decref(r->last_command);
    json_decref(r->seed);
    json_decref(r->secrets);
    *r = (struct workspace_record){ 0 };
}

static bool parse_state(const json_t *j, enum workspace_state *ret, struct pyro_error *err)
{
    const char *name;

    if (!json_get_string(j, "state", &name, err))
        return false;
    for (unsigned i = 0; i < ARRAY_SIZE(state_names); i++) {
        if (!strcmp(state_names[i], name)) {
            *ret = (enum workspace_state)i;
            return true;
        }
    }
    return pyro_fail(err, PYRO_RECORD_INVALID, "state '%s' is unknown", name);
}

static bool parse_network_policy(const json_t *j, enum network_policy *ret, struct pyro_error *err)
{
    const char *name = json_string_or(j, "network_policy", network_policy_names[NETWORK_OFF]);

    return network_policy_parse(name, ret) ||
           pyro_fail(err, PYRO_RECORD_INVALID, "network policy '%s' is unknown", name);
}

static bool check_version(const json_t *j, struct workspace_record *r, struct pyro_error *err)
{
    int64_t version;

    if (!json_get_int(j, "version", 1, INT32_MAX, &version, err))
        return false;
    if (version <= RECORD_VERSION)
        return true;
    r->newer = true;
    pyro_fail(err, PYRO_RECORD_INVALID, "written by a newer pyro (record version %d)",
              (int)version);
    return pyro_hint(err, "use the pyro that made it, or a newer one");
}

static bool parse_numbers(const json_t *j, struct workspace_record *r, struct pyro_error *err)
{
    int64_t pid;

    if (!json_get_int(j, "vcpu_count", 1, 1024, &r->vcpu_count, err) ||
        !json_get_int(j, "mem_mib", 1, INT32_MAX, &r->mem_mib, err) ||
        !json_get_int(j, "ttl_seconds", 0, INT32_MAX, &r->ttl_seconds, err) ||
        !json_get_int(j, "command_count", 0, INT32_MAX, &r->command_count, err) ||
        !json_get_int(j, "vm_pid", 0, INT32_MAX, &pid, err))
        return false;
    r->vm_pid = (pid_t)pid;
    r->vm_start_time = (uint64_t)json_int_or(j, "vm_start_time", 0);
    r->shell_count = json_int_or(j, "shell_count", 0);
    r->service_count = json_int_or(j, "service_count", 0);
    r->running_service_count = json_int_or(j, "running_service_count", 0);
    r->created_at = json_number_or(j, "created_at", 0);
    r->last_activity_at = json_number_or(j, "last_activity_at", 0);
    r->expires_at = json_number_or(j, "expires_at", 0);
    return true;
}

static bool is_machine_id(const char *s)
{
    return strlen(s) == 32 && strspn(s, "0123456789abcdef") == 32;
}

static bool parse_record(const json_t *j, const char *id, struct workspace_record *r,
                         struct pyro_error *err)
{
    const char *written_id, *environment;
    const json_t *labels = json_object_get(j, "labels");

    if (!check_version(j, r, err) || !json_get_string(j, "id", &written_id, err) ||
        !json_get_string(j, "environment", &environment, err) || !parse_state(j, &r->state, err) ||
        !parse_numbers(j, r, err) || !parse_network_policy(j, &r->network_policy, err))
        return false;
    if (strcmp(written_id, id) != 0)
        return pyro_fail(err, PYRO_RECORD_INVALID, "it is of workspace '%s'", written_id);
    if (!json_is_object(labels))
        return pyro_fail(err, PYRO_RECORD_INVALID, "'labels' is missing or no object");
    json_decref(r->labels);
    r->labels = json_deep_copy(labels);
    record_set_string(&r->environment, environment);
    if (is_machine_id(json_string_or(j, "machine_id", "")))
        snprintf(r->machine_id, sizeof(r->machine_id), "%s", json_string_or(j, "machine_id", ""));
    record_set_string(&r->environment_digest, json_string_or(j, "environment_digest", NULL));
    record_set_string(&r->base_path, json_string_or(j, "base_path", NULL));
    record_set_string(&r->name, json_string_or(j, "name", NULL));
    record_set_string(&r->accelerator, json_string_or(j, "accelerator", NULL));
    record_set_string(&r->last_error, json_string_or(j, "last_error", NULL));
    record_set_string(&r->network_error, json_string_or(j, "network_error", NULL));
    if (!strcmp(json_string_or(j, "paused_reason", ""), PAUSED_HOST_DISK_FULL))
        r->paused_reason = PAUSED_HOST_DISK_FULL;
    if (json_is_object(json_object_get(j, "last_command")))
        r->last_command = json_deep_copy(json_object_get(j, "last_command"));
    r->seed = record_seed_of(json_object_get(j, "workspace_seed"));
    r->secrets = secrets_described(json_object_get(j, "secrets"));
    r->host_compat = json_bool_or(j, "host_compat", false);
    r->ephemeral = json_bool_or(j, "ephemeral", false);
    r->throw_away = json_bool_or(j, "throw_away", false);
    r->used = json_bool_or(j, "used", true);
    r->stopping = json_bool_or(j, "stopping", false);
    r->clearing = json_bool_or(j, "clearing", false);
    r->reset_count = json_int_or(j, "reset_count", 0);
    r->last_reset_at = json_number_or(j, "last_reset_at", 0);
    if (!r->throw_away)
        base_settle(&r->base_path, r->environment_digest);
    disk_layers_release(&r->disk);
    return disk_layers_parse(json_object_get(j, "disk"), &r->disk, err);
}

json_t *record_read(int dirfd, const char *file, struct pyro_error *err)
{
    scoped_buf text = BUF_INIT(RECORD_BYTES_MAX);

    return fs_read_file(dirfd, file, &text, err)
               ? json_parse(text.data, text.len, RECORD_BYTES_MAX, err)
               : NULL;
}

static bool load_file(int dirfd, const char *file, const char *id, struct workspace_record *r,
                      struct pyro_error *err)
{
    scoped_json json_t *j = record_read(dirfd, file, err);

    record_init(r);
    snprintf(r->id, sizeof(r->id), "%s", id);
    if (!j || !parse_record(j, id, r, err))
        return pyro_wrap(err, "the record of workspace '%s'", id);
    return true;
}

static bool load(int dirfd, const char *id, struct workspace_record *r, struct pyro_error *err)
{
    struct workspace_record copy;

    if (load_file(dirfd, RECORD_FILE, id, r, err))
        return true;
    if (r->newer || !load_file(dirfd, RECORD_COPY, id, &copy, NULL)) {
        if (!r->newer) {
            r->newer = copy.newer;
            record_release(&copy);
        }
        return false;
    }
    record_release(r);
    *r = copy;
    return true;
}

bool record_load(int dirfd, const char *id, struct workspace_record *ret, struct pyro_error *err)
{
    struct workspace_record r;

    if (!load(dirfd, id, &r, err)) {
        record_release(&r);
        return false;
    }
    *ret = r;
    return true;
}

void record_load_any(int dirfd, const char *id, struct workspace_record *ret)
{
    struct pyro_error err = { 0 };
    bool newer;

    if (load(dirfd, id, ret, &err))
        return;
    newer = ret->newer;
    record_release(ret);
    record_init(ret);
    snprintf(ret->id, sizeof(ret->id), "%s", id);
    ret->created_at = ret->last_activity_at = 0;
    ret->state = WORKSPACE_FAILED;
    ret->broken = true;
    ret->newer = newer;
    record_set_string(&ret->environment, "unknown");
    record_set_string(&ret->last_error, err.message);
}

bool record_save(int dirfd, const struct workspace_record *r, bool durable, struct pyro_error *err)
{
    scoped_json json_t *j = json_pack(
        "{s:i, s:s, s:s?, s:O, s:s, s:s?, s:s?, s:s, s:b, s:b, s:b, s:b, s:s?, s:I, s:I, s:I, s:f, "
        "s:f, "
        "s:f, s:I, s:O?, s:s?, s:I, s:I, s:I, s:s, s:b, s:o, s:b, s:I, s:f, s:I, s:I, s:s, s:s?}",
        "version", RECORD_VERSION, "id", r->id, "name", r->name, "labels", r->labels, "environment",
        r->environment, "environment_digest", r->environment_digest, "base_path", r->base_path,
        "state", state_names[r->state], "host_compat", r->host_compat, "ephemeral", r->ephemeral,
        "throw_away", r->throw_away, "used", r->used, "accelerator", r->accelerator, "vcpu_count",
        (json_int_t)r->vcpu_count, "mem_mib", (json_int_t)r->mem_mib, "ttl_seconds",
        (json_int_t)r->ttl_seconds, "created_at", r->created_at, "last_activity_at",
        r->last_activity_at, "expires_at", r->expires_at, "command_count",
        (json_int_t)r->command_count, "last_command", r->last_command, "last_error", r->last_error,
        "vm_pid", (json_int_t)r->vm_pid, "vm_start_time", (json_int_t)r->vm_start_time,
        "shell_count", (json_int_t)r->shell_count, "machine_id", r->machine_id, "stopping",
        r->stopping, "disk", disk_layers_to_json(&r->disk), "clearing", r->clearing, "reset_count",
        (json_int_t)r->reset_count, "last_reset_at", r->last_reset_at, "service_count",
        (json_int_t)r->service_count, "running_service_count", (json_int_t)r->running_service_count,
        "network_policy", network_policy_names[r->network_policy], "network_error",
        r->network_error);
    scoped_free char *text = NULL;

    if (j && r->paused_reason)
        json_object_set_new(j, "paused_reason", json_string(r->paused_reason));
    if (j && r->seed)
        json_object_set(j, "workspace_seed", r->seed);
    if (j && r->secrets)
        json_object_set(j, "secrets", r->secrets);
    text = j ? json_dumps(j, JSON_INDENT(2) | JSON_SORT_KEYS) : NULL;
    if (!text)
        return pyro_fail(err, PYRO_NO_MEMORY, "write the record: out of memory");
    /* First, so that it is never the older one; one that cannot be written says nothing any more.
     */
    if (!fs_replace(dirfd, RECORD_COPY, text, strlen(text), 0600, NULL))
        unlinkat(dirfd, RECORD_COPY, 0);
    return durable ? fs_write_atomic(dirfd, RECORD_FILE, text, strlen(text), 0600, err)
                   : fs_replace(dirfd, RECORD_FILE, text, strlen(text), 0600, err);
}

json_t *record_seed_of(const json_t *j)
{
    const char *mode = json_string_or(j, "mode", "");

    if (strcmp(mode, "directory") != 0 && strcmp(mode, "tar_archive") != 0)
        return NULL;
    return json_pack("{s:s, s:s, s:I, s:I}", "mode", mode, "seed_path",
                     json_string_or(j, "seed_path", ""), "entry_count",
                     (json_int_t)json_int_or(j, "entry_count", 0), "bytes_written",
                     (json_int_t)json_int_or(j, "bytes_written", 0));
}

json_t *record_to_view(const struct workspace_record *r)
{
    json_t *v = json_pack("{s:s, s:o, s:O, s:o, s:s, s:s, s:{s:s, s:n, s:i, s:i}, s:s, s:o}",
                          "workspace_id", r->id, "name", json_string_or_null(r->name), "labels",
                          r->labels, "environment", json_string_or_null(r->environment), "state",
                          state_names[r->state], "workspace_path", "/workspace", "workspace_seed",
                          "mode", "empty", "seed_path", "entry_count", 0, "bytes_written", 0,
                          "execution_mode", r->host_compat ? "host_compat" : "guest_vm",
                          "accelerator", json_string_or_null(r->accelerator));
    scoped_json json_t *rest = json_pack(
        "{s:I, s:I, s:I, s:f, s:o, s:f, s:s, s:[], s:I, s:I, s:I, s:I, s:O?, s:I, s:o, s:o}",
        "vcpu_count", (json_int_t)r->vcpu_count, "mem_mib", (json_int_t)r->mem_mib, "ttl_seconds",
        (json_int_t)r->ttl_seconds, "created_at", r->created_at, "expires_at",
        r->expires_at > 0 ? json_real(r->expires_at) : json_null(), "last_activity_at",
        r->last_activity_at, "network_policy", network_policy_names[r->network_policy], "secrets",
        "shell_count", (json_int_t)r->shell_count, "service_count", (json_int_t)r->service_count,
        "running_service_count", (json_int_t)r->running_service_count, "command_count",
        (json_int_t)r->command_count, "last_command", r->last_command, "reset_count",
        (json_int_t)r->reset_count, "last_reset_at",
        r->last_reset_at > 0 ? json_real(r->last_reset_at) : json_null(), "last_error",
        json_string_or_null(r->last_error));

    json_object_set_new(v, "network_error", json_string_or_null(r->network_error));
    json_object_set_new(v, "paused_reason", json_string_or_null(r->paused_reason));
    json_object_update(v, rest);
    if (r->seed)
        json_object_set(v, "workspace_seed", r->seed);
    if (r->secrets)
        json_object_set(v, "secrets", r->secrets);
    return v;
}
