/* engine/state/commands.c: the history of a workspace's commands. */
#include "engine/state/commands.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/base/fs.h"

/* A byte of output may take three in JSON when it is no UTF-8, six when it is a control character.
 */
#define ENTRY_BYTES_MAX (16 * COMMAND_OUTPUT_MAX)
#define BLOCK_BYTES 4096 /* of the host's disk, at least */

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

/* ---- files ---- */

struct entry_name {
    char text[40];
};

static const char *name_of(struct entry_name *space, int64_t sequence)
{
    snprintf(space->text, sizeof(space->text), "commands/%06" PRId64 ".json", sequence);
    return space->text;
}

/* What an entry takes of the disk; 0: it is not there. */
static int64_t stored_bytes(int dirfd, int64_t sequence)
{
    struct entry_name name;
    struct stat st;

    if (fstatat(dirfd, name_of(&name, sequence), &st, AT_SYMLINK_NOFOLLOW) != 0)
        return 0;
    return (st.st_size / BLOCK_BYTES + 1) * BLOCK_BYTES;
}

static int is_entry(const struct dirent *d)
{
    size_t digits = strspn(d->d_name, "0123456789");

    return digits >= 6 && digits <= 18 && !strcmp(d->d_name + digits, ".json");
}

int64_t *commands_sequences(int dirfd, size_t *ret_count, struct pyro_error *err)
{
    struct dirent **names = NULL;
    int n = scandirat(dirfd, "commands", &names, is_entry, versionsort);
    int64_t *list;

    if (n < 0 && errno == ENOENT)
        n = 0; /* a reset is about to make it again */
    if (n < 0) {
        pyro_fail_errno(err, "read the command history");
        return NULL;
    }
    list = calloc((size_t)n + 1, sizeof(*list));
    BUG_ON(!list);
    for (int i = 0; i < n; i++) {
        list[i] = strtoll(names[i]->d_name, NULL, 10);
        free(names[i]);
    }
    free(names);
    *ret_count = (size_t)n;
    return list;
}

json_t *command_read(int dirfd, int64_t sequence)
{
    scoped_buf text = BUF_INIT(ENTRY_BYTES_MAX);
    struct entry_name name;

    if (!fs_read_file(dirfd, name_of(&name, sequence), &text, NULL))
        return NULL;
    return json_parse(text.data, text.len, ENTRY_BYTES_MAX, NULL);
}

double command_written_at(int dirfd, int64_t sequence)
{
    struct entry_name name;
    struct stat st;

    if (fstatat(dirfd, name_of(&name, sequence), &st, AT_SYMLINK_NOFOLLOW) != 0)
        return 0;
    return (double)st.st_mtim.tv_sec + (double)st.st_mtim.tv_nsec / 1e9;
}

/* ---- writing ---- */

/* Makes room again after `newest` was written. */
static void keep_budget(struct command_history *h, int64_t newest)
{
    struct entry_name name;

    if (!h->oldest || newest < h->oldest)
        h->oldest = newest;
    for (; h->bytes > h->max && h->oldest < newest; h->oldest++) {
        int64_t bytes = stored_bytes(h->dirfd, h->oldest);
        if (bytes && unlinkat(h->dirfd, name_of(&name, h->oldest), 0) == 0)
            h->bytes -= bytes;
    }
}

bool command_write(struct command_history *h, const json_t *entry, struct pyro_error *err)
{
    scoped_free char *text = json_dumps(entry, JSON_COMPACT | JSON_SORT_KEYS);
    int64_t sequence = json_int_or(entry, "sequence", 0);
    int64_t before = stored_bytes(h->dirfd, sequence);
    struct entry_name name;

    if (!text)
        return pyro_fail(err, PYRO_NO_MEMORY, "record a command: out of memory");
    if (!fs_replace(h->dirfd, name_of(&name, sequence), text, strlen(text), 0600, err))
        return false;
    h->bytes += stored_bytes(h->dirfd, sequence) - before;
    keep_budget(h, sequence);
    return true;
}

bool command_begin(struct command_history *h, const struct command_entry *e, struct pyro_error *err)
{
    scoped_json json_t *j = entry_json(e);

    json_object_set_new(j, "running", json_true());
    return command_write(h, j, err);
}

json_t *command_ended(const struct command_entry *e, const struct capture *out,
                      const struct capture *errors, int exit_code, bool timed_out,
                      int64_t duration_ms, const char *error)
{
    json_t *j = entry_json(e);

    capture_to_json(out, "stdout", j);
    capture_to_json(errors, "stderr", j);
    json_object_set_new(j, "exit_code", json_integer(exit_code));
    json_object_set_new(j, "timed_out", json_boolean(timed_out));
    json_object_set_new(j, "duration_ms", json_integer((json_int_t)duration_ms));
    json_object_set_new(j, "error", json_string_or_null(error));
    return j;
}

bool command_end(struct command_history *h, const struct command_entry *e,
                 const struct capture *out, const struct capture *errors, int exit_code,
                 bool timed_out, int64_t duration_ms, const char *error, struct pyro_error *err)
{
    scoped_json json_t *j = command_ended(e, out, errors, exit_code, timed_out, duration_ms, error);

    return command_write(h, j, err);
}

static void cut_short(struct command_history *h, json_t *entry, const char *reason)
{
    struct command_entry e = { .sequence = json_int_or(entry, "sequence", 0),
                               .command = json_object_get(entry, "command"),
                               .cwd = json_string_or(entry, "cwd", "/workspace"),
                               .host_compat = !strcmp(json_string_or(entry, "execution_mode", ""),
                                                      "host_compat"),
                               .recorded_at = json_number_or(entry, "recorded_at", 0) };
    scoped_json json_t *ended = NULL;
    struct capture nothing;

    if (e.sequence <= 0 || !json_is_array(e.command))
        return;
    capture_init(&nothing);
    ended = command_ended(&e, &nothing, &nothing, 125, false,
                          (int64_t)((clock_wall() - e.recorded_at) * 1000), reason);
    if (command_write(h, ended, NULL))
        return;
    if (!h->unwritten)
        h->unwritten = json_array();
    json_array_append(h->unwritten, ended);
}

int64_t command_history_open(struct command_history *h, int dirfd, const char *reason)
{
    size_t count = 0;
    scoped_free int64_t *list = commands_sequences(dirfd, &count, NULL);
    int64_t highest = count ? list[count - 1] : 0;

    *h = (struct command_history){ .dirfd = dirfd,
                                   .oldest = count ? list[0] : 0,
                                   .max = COMMANDS_BYTES_MAX };
    for (size_t i = 0; i < count; i++)
        h->bytes += stored_bytes(dirfd, list[i]);
    for (size_t i = count > COMMANDS_RUNNING_MAX ? count - COMMANDS_RUNNING_MAX : 0; i < count;
         i++) {
        scoped_json json_t *entry = command_read(dirfd, list[i]);
        if (json_bool_or(entry, "running", false))
            cut_short(h, entry, reason);
    }
    if (highest)
        keep_budget(h, highest);
    return highest;
}
