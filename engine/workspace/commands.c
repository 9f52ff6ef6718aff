/* engine/workspace/commands.c: the history of a workspace's commands. */
#include "engine/workspace/commands.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/base/fs.h"

/* A byte of output may take three in JSON when it is no UTF-8, six when it is a control character.
 */
#define ENTRY_BYTES_MAX (16 * COMMAND_OUTPUT_MAX)

void capture_init(struct capture *c)
{
    *c = (struct capture){ .head = BUF_INIT(COMMAND_OUTPUT_MAX) };
}

void capture_release(struct capture *c)
{
    buf_release(&c->head);
}

void capture_add(struct capture *c, const void *bytes, size_t n)
{
    size_t room = c->head.max - c->head.len;
    size_t part = n < room ? n : room;

    if (part && !buf_append(&c->head, bytes, part))
        c->head.max = c->head.len; /* out of memory: what is there is the head */
    c->total_bytes += n;
}

void capture_to_json(const struct capture *c, const char *name, json_t *into)
{
    char key[64];

    json_object_set_new(into, name,
                        json_string_lossy(c->head.data ? c->head.data : "", c->head.len));
    snprintf(key, sizeof(key), "%s_bytes", name);
    json_object_set_new(into, key, json_integer((json_int_t)c->total_bytes));
    snprintf(key, sizeof(key), "%s_truncated", name);
    json_object_set_new(into, key, json_boolean(c->total_bytes > c->head.len));
}

static json_t *entry_json(const struct command_entry *e)
{
    return json_pack("{s:I, s:O, s:s, s:s, s:f}", "sequence", (json_int_t)e->sequence, "command",
                     e->command, "cwd", e->cwd, "execution_mode",
                     e->host_compat ? "host_compat" : "guest_vm", "recorded_at", e->recorded_at);
}

static bool entry_write(int dirfd, int64_t sequence, const json_t *entry, struct pyro_error *err)
{
    scoped_free char *text = json_dumps(entry, JSON_COMPACT | JSON_SORT_KEYS);
    char name[64];

    if (!text)
        return pyro_fail(err, PYRO_NO_MEMORY, "record a command: out of memory");
    snprintf(name, sizeof(name), "commands/%06" PRId64 ".json", sequence);
    return fs_replace(dirfd, name, text, strlen(text), 0600, err);
}

bool command_begin(int dirfd, const struct command_entry *e, struct pyro_error *err)
{
    scoped_json json_t *j = entry_json(e);

    json_object_set_new(j, "running", json_true());
    return entry_write(dirfd, e->sequence, j, err);
}

bool command_end(int dirfd, const struct command_entry *e, const struct capture *out,
                 const struct capture *errors, int exit_code, bool timed_out, int64_t duration_ms,
                 const char *error, struct pyro_error *err)
{
    scoped_json json_t *j = entry_json(e);

    capture_to_json(out, "stdout", j);
    capture_to_json(errors, "stderr", j);
    json_object_set_new(j, "exit_code", json_integer(exit_code));
    json_object_set_new(j, "timed_out", json_boolean(timed_out));
    json_object_set_new(j, "duration_ms", json_integer((json_int_t)duration_ms));
    json_object_set_new(j, "error", json_string_or_null(error));
    return entry_write(dirfd, e->sequence, j, err);
}

static json_t *entry_read(int dirfd, const char *file)
{
    scoped_buf text = BUF_INIT(ENTRY_BYTES_MAX);
    scoped_free char *path = str_printf("commands/%s", file);

    if (!fs_read_file(dirfd, path, &text, NULL))
        return NULL;
    return json_parse(text.data, text.len, ENTRY_BYTES_MAX, NULL);
}

static int is_entry(const struct dirent *d)
{
    size_t digits = strspn(d->d_name, "0123456789");

    return digits >= 6 && digits <= 18 && !strcmp(d->d_name + digits, ".json");
}

/* The entries' file names in the order of their sequences; returns the count, -1 with errno. */
static int entry_names(int dirfd, struct dirent ***ret)
{
    return scandirat(dirfd, "commands", ret, is_entry, versionsort);
}

static void entry_cut_short(int dirfd, json_t *entry, const char *reason)
{
    struct command_entry e = { .sequence = json_int_or(entry, "sequence", 0),
                               .command = json_object_get(entry, "command"),
                               .cwd = json_string_or(entry, "cwd", "/workspace"),
                               .host_compat = !strcmp(json_string_or(entry, "execution_mode", ""),
                                                      "host_compat"),
                               .recorded_at = json_number_or(entry, "recorded_at", 0) };
    struct capture nothing;

    capture_init(&nothing);
    if (e.sequence > 0 && json_is_array(e.command) &&
        !command_end(dirfd, &e, &nothing, &nothing, 125, false,
                     (int64_t)((clock_wall() - e.recorded_at) * 1000), reason, NULL))
        return; /* it stays as it is; the next start tries again */
}

int64_t commands_settle(int dirfd, const char *reason)
{
    struct dirent **names = NULL;
    int n = entry_names(dirfd, &names);
    int64_t highest = 0;

    for (int i = 0; i < n; i++) {
        int64_t sequence = strtoll(names[i]->d_name, NULL, 10);
        scoped_json json_t *entry = i + 64 >= n ? entry_read(dirfd, names[i]->d_name) : NULL;
        if (sequence > highest)
            highest = sequence;
        if (json_bool_or(entry, "running", false))
            entry_cut_short(dirfd, entry, reason);
        free(names[i]);
    }
    free(names);
    return highest;
}

json_t *commands_list(int dirfd, struct pyro_error *err)
{
    struct dirent **names = NULL;
    int n = entry_names(dirfd, &names);
    json_t *list = json_array();

    if (n < 0)
        pyro_fail_errno(err, "read the command history");
    for (int i = 0; i < n; i++) {
        json_t *entry = entry_read(dirfd, names[i]->d_name);
        if (entry && !json_bool_or(entry, "running", false))
            json_array_append_new(list, entry);
        else
            json_decref(entry);
        free(names[i]);
    }
    free(names);
    if (n < 0) {
        json_decref(list);
        return NULL;
    }
    return list;
}
