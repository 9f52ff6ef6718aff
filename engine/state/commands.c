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

#include "engine/state/record.h"
#include "engine/state/timeline.h"
#include "vmm/base/fs.h"

/* A byte of output may take three in JSON when it is not UTF-8, six when it is a control
 * character. */
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

static json_t *capture_text(const struct capture *c)
{
    return json_string_lossy(c->head.data ? c->head.data : "", c->head.len);
}

void capture_to_json(const struct capture *c, const char *name, json_t *into)
{
    char key[64];

    json_object_set_new(into, name, capture_text(c));
    snprintf(key, sizeof(key), "%s_bytes", name);
    json_object_set_new(into, key, json_integer((json_int_t)c->total_bytes));
    snprintf(key, sizeof(key), "%s_truncated", name);
    json_object_set_new(into, key, json_boolean(c->total_bytes > c->head.len));
}

/* ---- rows ---- */

struct command_record {
    int64_t sequence;
    json_t *command;
    char *cwd;
    const char *execution_mode;
    double recorded_at;
    int64_t timeout_seconds;
    bool running;
    /* Once it has ended; of stdout and stderr. */
    json_t *text[2];
    uint64_t bytes[2];
    bool truncated[2];
    int exit_code;
    bool timed_out;
    int64_t duration_ms;
    char *error;
};

#define HEAD_ROWS                                                                                  \
    ROW_INT(command_record, sequence, .required = true, .min = 1, .help = "From 1"),               \
        ROW_STRINGS(command_record, command, .required = true),                                    \
        ROW_TEXT(command_record, cwd, .value = "/workspace"),                                      \
        ROW_CHOICE(command_record, execution_mode, execution_modes, .value = "guest_vm"),          \
        ROW_NUM(command_record, recorded_at),                                                      \
        ROW_INT(command_record, timeout_seconds,                                                   \
                .help = "The limit that timed_out speaks of; 0: there was none")
#define OUTPUT_ROWS(NAME, I)                                                                       \
    ROW_STR(command_record, text[I], .kept = NAME, .shown = NAME, .value = "",                     \
            .help = "The first MiB"),                                                              \
        ROW_INT(command_record, bytes[I], .kept = NAME "_bytes", .shown = NAME "_bytes"),          \
        ROW_BOOL(command_record, truncated[I], .kept = NAME "_truncated",                          \
                 .shown = NAME "_truncated")

static const struct row_spec running_rows[] = {
    HEAD_ROWS,
    ROW_BOOL(command_record, running),
    ROW_END,
};

const struct row_spec command_rows[] = {
    HEAD_ROWS,
    ROW_INT(command_record, exit_code, .max = 255),
    ROW_BOOL(command_record, timed_out),
    ROW_INT(command_record, duration_ms),
    OUTPUT_ROWS("stdout", 0),
    OUTPUT_ROWS("stderr", 1),
    ROW_TEXT(command_record, error, .nullable = true, .help = "Why the command was cut short"),
    ROW_END,
};

/* Borrows from the entry. */
static struct command_record record_of(const struct command_entry *e)
{
    return (struct command_record){ .sequence = e->sequence,
                                    .command = e->command,
                                    .cwd = (char *)(uintptr_t)e->cwd,
                                    .execution_mode = execution_modes[e->host_compat],
                                    .recorded_at = e->recorded_at,
                                    .timeout_seconds = e->timeout_seconds };
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

static const char *mark_of(struct entry_name *space, int64_t sequence)
{
    snprintf(space->text, sizeof(space->text), "commands/%06" PRId64 ".running", sequence);
    return space->text;
}

/* Whether the supervisor that wrote it last had not seen its end. */
static bool is_marked(int dirfd, int64_t sequence)
{
    struct entry_name name;

    return faccessat(dirfd, mark_of(&name, sequence), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* An older pyro made no marks. */
static bool may_run(int dirfd, int64_t sequence, bool recent)
{
    return recent || is_marked(dirfd, sequence);
}

/* Disk space an entry takes, without its log; 0: it does not exist. */
static int64_t stored_bytes(int dirfd, int64_t sequence)
{
    struct entry_name name;
    struct stat st;

    if (fstatat(dirfd, name_of(&name, sequence), &st, AT_SYMLINK_NOFOLLOW) != 0)
        return 0;
    return (st.st_size / BLOCK_BYTES + 1) * BLOCK_BYTES;
}

static int commands_is_entry(const struct dirent *d)
{
    size_t digits = strspn(d->d_name, "0123456789");

    return digits >= 6 && digits <= 18 && !strcmp(d->d_name + digits, ".json");
}

static int commands_is_mark(const struct dirent *d)
{
    size_t digits = strspn(d->d_name, "0123456789");

    return digits >= 6 && digits <= 18 && !strcmp(d->d_name + digits, ".running");
}

bool commands_any_running(int dirfd)
{
    struct dirent **names = NULL;
    int n = scandirat(dirfd, "commands", &names, commands_is_mark, NULL);

    for (int i = 0; i < n; i++)
        free(names[i]);
    free(names);
    return n > 0;
}

int64_t *commands_sequences(int dirfd, size_t *ret_count, struct pyro_error *err)
{
    struct dirent **names = NULL;
    int n = scandirat(dirfd, "commands", &names, commands_is_entry, versionsort);
    int64_t *list;

    if (n < 0 && errno == ENOENT)
        n = 0; /* a reset is about to make it again */
    if (n < 0)
        return pyro_fail_errno(err, "read the command history");
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
    const struct row_spec *rows = command_rows;
    struct command_record r = { 0 };
    scoped_json json_t *j = NULL;
    json_t *sound = NULL;
    struct entry_name name;

    if (!fs_read_file(dirfd, name_of(&name, sequence), &text, NULL))
        return NULL;
    j = json_parse(text.data, text.len, ENTRY_BYTES_MAX, NULL);
    if (json_bool_or(j, "running", false))
        rows = running_rows;
    if (rows_load(rows, j, &r, NULL))
        sound = rows_save(rows, &r);
    rows_release(rows, &r);
    return sound;
}

bool command_is_running(int dirfd, int64_t sequence, bool recent)
{
    scoped_json json_t *entry =
        may_run(dirfd, sequence, recent) ? command_read(dirfd, sequence) : NULL;

    return json_bool_or(entry, "running", false);
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

/* Frees room after `newest` was written. What runs stays. */
static void keep_budget(struct command_history *h, int64_t newest)
{
    struct entry_name name;

    if (!h->oldest || newest < h->oldest)
        h->oldest = newest;
    for (; h->bytes > h->max && h->oldest < newest; h->oldest++) {
        int64_t bytes = stored_bytes(h->dirfd, h->oldest);
        if (!bytes || is_marked(h->dirfd, h->oldest))
            continue;
        bytes += command_log_stored(h->dirfd, h->oldest);
        if (unlinkat(h->dirfd, name_of(&name, h->oldest), 0) != 0)
            continue;
        command_log_remove(h->dirfd, h->oldest);
        h->bytes -= bytes;
    }
}

static bool mark(const struct command_history *h, int64_t sequence, struct pyro_error *err)
{
    struct entry_name name;
    scoped_close int fd = openat(h->dirfd, mark_of(&name, sequence),
                                 O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    return fd >= 0 || pyro_fail_errno(err, "record a command");
}

bool command_write(struct command_history *h, const json_t *entry, struct pyro_error *err)
{
    scoped_free char *text = json_dumps(entry, JSON_COMPACT | JSON_SORT_KEYS);
    int64_t sequence = json_int_or(entry, "sequence", 0);
    int64_t before = stored_bytes(h->dirfd, sequence);
    struct entry_name name;

    if (!text)
        return pyro_no_memory(err, "record a command");
    if (!fs_replace(h->dirfd, name_of(&name, sequence), text, strlen(text), 0600, err))
        return false;
    if (!json_bool_or(entry, "running", false))
        unlinkat(h->dirfd, mark_of(&name, sequence), 0);
    h->bytes += stored_bytes(h->dirfd, sequence) - before;
    keep_budget(h, sequence);
    return true;
}

bool command_begin(struct command_history *h, const struct command_entry *e, struct pyro_error *err)
{
    struct command_record r = record_of(e);
    scoped_json json_t *j = NULL;
    struct entry_name name;

    r.running = true;
    j = rows_save(running_rows, &r);
    if (!mark(h, e->sequence, err))
        return false;
    h->newest = e->sequence;
    if (command_write(h, j, err))
        return true;
    unlinkat(h->dirfd, mark_of(&name, e->sequence), 0);
    return false;
}

size_t command_print(struct command_history *h, struct command_log *log, bool is_error,
                     const void *bytes, size_t n)
{
    int64_t before = command_log_kept(log);
    size_t done = command_log_add(log, is_error, bytes, n);

    h->bytes += command_log_kept(log) - before;
    keep_budget(h, h->newest);
    return done;
}

json_t *command_ended(const struct command_entry *e, const struct command_outcome *how)
{
    struct command_record r = record_of(e);
    json_t *j;

    for (int i = 0; i < 2; i++) {
        const struct capture *c = how->outputs[i];
        r.text[i] = c ? capture_text(c) : json_string("");
        r.bytes[i] = c ? c->total_bytes : 0;
        r.truncated[i] = c && c->total_bytes > c->head.len;
    }
    r.exit_code = how->exit_code;
    r.timed_out = how->timed_out;
    r.duration_ms = how->duration_ms;
    r.error = (char *)(uintptr_t)how->error;
    j = rows_save(command_rows, &r);
    json_decref(r.text[0]);
    json_decref(r.text[1]);
    return j;
}

static bool commands_capture_stretch(void *arg, bool is_error, const char *bytes, size_t n,
                                     struct pyro_error *err UNUSED)
{
    capture_add(&((struct capture *)arg)[is_error], bytes, n);
    return true;
}

/* What the log of a detached command still has, into the captures of both outputs. */
static void capture_log(int dirfd, int64_t sequence, struct capture captures[2])
{
    uint64_t cursor = 0;
    bool exists = true, more = true;

    while (more && exists) {
        struct command_part part;

        if (!command_log_read(dirfd, sequence, cursor, COMMAND_OUTPUT_MAX, &part, &exists, NULL))
            return;
        more = part.text.len &&
               command_part_each(&part, part.text.len, commands_capture_stretch, captures, NULL);
        cursor = part.start + part.text.len;
        command_part_release(&part);
    }
}

static void note_cut(int dirfd, const struct command_entry *e, const struct command_outcome *how)
{
    char id[32];

    snprintf(id, sizeof(id), "%" PRId64, e->sequence);
    timeline_add(dirfd, TIMELINE_ENTRY(TIMELINE_EXEC_ENDED, .id = id, .command = e->command,
                                       .state = how->error, .exit_code = how->exit_code,
                                       .duration_ms = how->duration_ms));
}

static void cut_short(struct command_history *h, json_t *entry, const char *reason)
{
    struct capture captures[2];
    struct command_entry e = { .sequence = json_int_or(entry, "sequence", 0),
                               .command = json_object_get(entry, "command"),
                               .cwd = json_string_or(entry, "cwd", "/workspace"),
                               .host_compat = !strcmp(json_string_or(entry, "execution_mode", ""),
                                                      "host_compat"),
                               .recorded_at = json_number_or(entry, "recorded_at", 0),
                               .timeout_seconds = json_int_or(entry, "timeout_seconds", 0) };
    struct command_outcome how = { .outputs = { &captures[0], &captures[1] },
                                   .exit_code = 125,
                                   .error = reason };
    scoped_json json_t *ended = NULL;

    if (e.sequence <= 0 || !json_is_array(e.command))
        return;
    how.duration_ms = (int64_t)((clock_wall() - e.recorded_at) * 1000);
    capture_init(&captures[0]);
    capture_init(&captures[1]);
    capture_log(h->dirfd, e.sequence, captures);
    ended = command_ended(&e, &how);
    note_cut(h->dirfd, &e, &how);
    capture_release(&captures[0]);
    capture_release(&captures[1]);
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

    *h = (struct command_history){
        .dirfd = dirfd, .oldest = count ? list[0] : 0, .newest = highest, .max = COMMANDS_BYTES_MAX
    };
    for (size_t i = 0; i < count; i++)
        h->bytes += stored_bytes(dirfd, list[i]) + command_log_stored(dirfd, list[i]);
    for (size_t i = 0; i < count; i++) {
        scoped_json json_t *entry = may_run(dirfd, list[i], i + COMMANDS_RUNNING_MAX >= count)
                                        ? command_read(dirfd, list[i])
                                        : NULL;
        if (json_bool_or(entry, "running", false))
            cut_short(h, entry, reason);
    }
    if (highest)
        keep_budget(h, highest);
    return highest;
}
