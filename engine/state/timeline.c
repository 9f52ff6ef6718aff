/* engine/state/timeline.c: the lines of a timeline, written and read. */
#include "engine/state/timeline.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/base/fs.h"

#define LINE_BYTES_MAX 8192
#define NAMES_MAX 64                           /* of secrets in one entry */
#define NUMBER_MAX ((int64_t)1000000000000000) /* what is above is damage */
#define CUT_MARK "…"

static const struct {
    const char *name;
    int64_t bytes_max; /* it and its older part have twice that at most */
} files[] = { { TIMELINE_DIR "/entries", 2 * 1024 * 1024 }, { TIMELINE_DIR "/guest", 512 * 1024 } };

static const char *const event_names[] = {
    [TIMELINE_CREATED] = "created",
    [TIMELINE_STARTED] = "started",
    [TIMELINE_STOPPED] = "stopped",
    [TIMELINE_FAILED] = "failed",
    [TIMELINE_EXEC_STARTED] = "exec_started",
    [TIMELINE_EXEC_ENDED] = "exec_ended",
    [TIMELINE_SHELL_OPENED] = "shell_opened",
    [TIMELINE_SHELL_ENDED] = "shell_ended",
    [TIMELINE_INPUT] = "input",
    [TIMELINE_FILES] = "files",
    [TIMELINE_SERVICE] = "service",
    [TIMELINE_ATTENTION] = "attention",
    [TIMELINE_NETWORK] = "network",
    [TIMELINE_SNAPSHOT] = "snapshot",
    [TIMELINE_RESET] = "reset",
    [TIMELINE_FORKED] = "forked",
    [TIMELINE_COMMIT] = "commit",
    [TIMELINE_SUSPENDED] = "suspended",
    [TIMELINE_RESUMED] = "resumed",
    NULL,
};

/* The numbers that an entry of some events has. */
static const struct {
    bool offset, exit_code, duration_ms;
} numbers[TIMELINE_EVENTS] = {
    [TIMELINE_EXEC_ENDED] = { .exit_code = true, .duration_ms = true },
    [TIMELINE_SHELL_ENDED] = { .offset = true, .exit_code = true },
    [TIMELINE_INPUT] = { .offset = true },
    [TIMELINE_SERVICE] = { .exit_code = true },
};

const char *const timeline_callers[] = { CALLER_CLI, CALLER_INTERFACE, CALLER_MCP, CALLER_API,
                                         NULL };

const struct row_spec timeline_rows[] = {
    RES_INT("number", .help = "It only grows"),
    RES_NUM("time"),
    RES_STR("event", .choices = event_names),
    RES_STR("id", .nullable = true,
            .help = "Of the shell, service, snapshot, environment or other workspace; the sequence "
                    "of a command"),
    RES_STR("by", .nullable = true, .choices = timeline_callers, .help = "Who typed it"),
    RES_STR("state", .nullable = true, .help = "Of a service, of attention; what became of it"),
    RES_STR("text", .nullable = true,
            .help = "The command, what was typed, the path, the reason; null when it is not kept"),
    RES_STRINGS("secrets", .help = "The names of those that it was given"),
    RES_INT("offset", .nullable = true,
            .help = "The place in the shell's log: a cursor to read at"),
    RES_INT("exit_code", .nullable = true),
    RES_INT("duration_ms", .nullable = true),
    RES_BOOL("hidden",
             .help = "Something was typed that is not kept: the terminal did not show it"),
    ROW_END,
};

/* ---- an entry ---- */

const char *timeline_caller(const char *name)
{
    for (size_t i = 0; name && timeline_callers[i]; i++)
        if (!strcmp(timeline_callers[i], name))
            return timeline_callers[i];
    return NULL;
}

/* At a character's beginning. */
static size_t cut_at(const char *text, size_t n)
{
    while (n && ((unsigned char)text[n] & 0xc0) == 0x80)
        n--;
    return n;
}

static void set_text(json_t *j, const char *member, const char *text)
{
    size_t n = text ? strlen(text) : 0;
    scoped_free char *cut = NULL;

    if (!text)
        return;
    if (n > TIMELINE_TEXT_MAX)
        cut = str_printf("%.*s" CUT_MARK, (int)cut_at(text, TIMELINE_TEXT_MAX), text);
    text = cut ? cut : text;
    json_object_set_new(j, member, json_string_lossy(text, strlen(text)));
}

static bool add_word(struct buf *to, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_@%+=:,./-[]^~";
    bool ok = !to->len || buf_append(to, " ", 1);

    if (*word && !word[strspn(word, plain)])
        return ok && buf_append_str(to, word);
    ok = ok && buf_append(to, "'", 1);
    for (; ok && *word; word++)
        ok = *word == '\'' ? buf_append_str(to, "'\\''") : buf_append(to, word, 1);
    return ok && buf_append(to, "'", 1);
}

/* As much of a command line as is kept. */
static void set_command(json_t *j, const json_t *words)
{
    scoped_buf line = BUF_INIT(4 * TIMELINE_TEXT_MAX);
    const json_t *word;
    size_t i;

    json_array_foreach (words, i, word)
        if (line.len > TIMELINE_TEXT_MAX || !add_word(&line, json_string_value(word)))
            break;
    if (i < json_array_size(words) && line.len <= TIMELINE_TEXT_MAX) {
        if (!buf_append_str(&line, CUT_MARK))
            buf_consume(&line, line.len);
    }
    if (line.len)
        set_text(j, "text", line.data);
}

static void set_number(json_t *j, const char *member, bool has_it, int64_t number)
{
    if (has_it && number >= 0)
        json_object_set_new(j, member, json_integer((json_int_t)number));
}

static json_t *object_of(const struct timeline_entry *e)
{
    json_t *j = json_object(), *names = e->secrets && json_array_size(e->secrets) <= NAMES_MAX
                                            ? json_copy((json_t *)(uintptr_t)e->secrets)
                                            : NULL;

    json_object_set_new(j, "event", json_string(event_names[e->event]));
    json_object_set_new(j, "time", json_real(e->time > 0 ? e->time : clock_wall()));
    set_text(j, "id", e->id);
    set_text(j, "by", e->by);
    set_text(j, "state", e->state);
    if (e->command)
        set_command(j, e->command);
    else
        set_text(j, "text", e->text);
    if (json_array_size(names))
        json_object_set(j, "secrets", names);
    json_decref(names);
    set_number(j, "offset", numbers[e->event].offset, e->offset);
    set_number(j, "exit_code", numbers[e->event].exit_code, e->exit_code);
    set_number(j, "duration_ms", numbers[e->event].duration_ms, e->duration_ms);
    if (e->hidden)
        json_object_set_new(j, "hidden", json_true());
    return j;
}

/* ---- writing ---- */

static bool is_guests(enum timeline_event event)
{
    return event == TIMELINE_ATTENTION || event == TIMELINE_NETWORK;
}

static char *old_name(size_t file)
{
    return str_printf("%s.old", files[file].name);
}

/* The number of a line, and where its object begins; 0: it is not one. */
static int64_t number_of(const char *line, size_t n, size_t *ret_at)
{
    int64_t number = 0;
    size_t i = 0;

    while (i < n && i < 18 && line[i] >= '0' && line[i] <= '9')
        number = number * 10 + (line[i++] - '0');
    *ret_at = i + 1;
    return i && i + 1 < n && line[i] == ' ' && number <= NUMBER_MAX ? number : 0;
}

/* The number of the last whole line, and where the next one goes. */
static int64_t last_number(int fd, off_t *ret_end)
{
    char bytes[LINE_BYTES_MAX + 1];
    struct stat st;
    off_t from;
    ssize_t n;
    const char *end, *start;
    size_t at;

    *ret_end = 0;
    if (fd < 0 || fstat(fd, &st) != 0)
        return 0;
    from = st.st_size > (off_t)sizeof(bytes) ? st.st_size - (off_t)sizeof(bytes) : 0;
    n = fs_pread_full(fd, bytes, sizeof(bytes), from);
    end = n > 0 ? memrchr(bytes, '\n', (size_t)n) : NULL;
    if (!end)
        return 0;
    *ret_end = from + (end - bytes) + 1;
    start = memrchr(bytes, '\n', (size_t)(end - bytes));
    start = start ? start + 1 : bytes;
    return number_of(start, (size_t)(end - start), &at);
}

int64_t timeline_newest(int dirfd)
{
    int64_t highest = 0;

    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        scoped_free char *old = old_name(i);
        const char *const names[] = { files[i].name, old };
        for (size_t k = 0; k < ARRAY_SIZE(names); k++) {
            scoped_close int fd = openat(dirfd, names[k], O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
            off_t end;
            int64_t number = last_number(fd, &end);
            highest = number > highest ? number : highest;
        }
    }
    return highest;
}

/* Opens the file for one more line of n bytes, and cuts off what a crash left at its end. */
static int open_end(int dirfd, size_t file, size_t n, off_t *ret_end)
{
    scoped_close int fd = -1;

    if (mkdirat(dirfd, TIMELINE_DIR, 0700) != 0 && errno != EEXIST)
        return -1;
    for (bool rotated = false;; rotated = true) {
        scoped_free char *old = old_name(file);
        struct stat st;
        bool is_damaged;
        fd = openat(dirfd, files[file].name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0 || fstat(fd, &st) != 0)
            return -1;
        last_number(fd, ret_end);
        /* An end without a line is longer than any line: damage, which is put aside as it is. */
        is_damaged = !*ret_end && st.st_size > LINE_BYTES_MAX;
        if (rotated || (!is_damaged && *ret_end + (off_t)n <= files[file].bytes_max))
            return st.st_size == *ret_end || ftruncate(fd, *ret_end) == 0 ? take_fd(&fd) : -1;
        close(take_fd(&fd));
        if (renameat(dirfd, files[file].name, dirfd, old) != 0)
            return -1;
    }
}

void timeline_add(int dirfd, const struct timeline_entry *e)
{
    scoped_json json_t *object = object_of(e);
    scoped_free char *json = json_compact(object);
    scoped_free char *line = NULL;
    scoped_close int fd = -1;
    int64_t number;
    off_t end;
    size_t n;

    if (json && strlen(json) > LINE_BYTES_MAX - 32) { /* it is full of escapes */
        json_object_del(object, "text");
        free(json);
        json = json_compact(object);
    }
    if (!json || strlen(json) > LINE_BYTES_MAX - 32)
        return;
    number = timeline_newest(dirfd);
    line = str_printf("%" PRId64 " %s\n", number < NUMBER_MAX ? number + 1 : number, json);
    n = strlen(line);
    fd = open_end(dirfd, is_guests(e->event), n, &end);
    if (fd >= 0 && !fs_pwrite_all(fd, line, n, end))
        (void)!ftruncate(fd, end);
}

/* ---- reading ---- */

int64_t timeline_number(const json_t *entry)
{
    return json_int_or(entry, "number", 0);
}

enum timeline_event timeline_event_of(const json_t *entry)
{
    const char *name = json_string_or(entry, "event", "");
    unsigned event = 0;

    while (event_names[event] && strcmp(event_names[event], name) != 0)
        event++;
    return event;
}

/* Of what is asked for. */
struct range {
    int64_t after; /* a number */
    double since;
};

/* A line's object with its number; NULL: it is not sound. */
static json_t *object_in(const char *line, size_t n, struct range range)
{
    size_t at;
    int64_t number = number_of(line, n, &at);
    json_t *entry;

    if (number <= range.after)
        return NULL;
    entry = json_parse(line + at, n - at, LINE_BYTES_MAX, NULL);
    if (!json_is_object(entry) || !event_names[timeline_event_of(entry)] ||
        json_number_or(entry, "time", 0) < range.since) {
        json_decref(entry);
        return NULL;
    }
    json_object_set_new(entry, "number", json_integer((json_int_t)number));
    return entry;
}

static bool read_file(int dirfd, const char *name, struct range range, json_t *to,
                      struct pyro_error *err)
{
    scoped_buf bytes = BUF_INIT((size_t)TIMELINE_BYTES_MAX);
    struct pyro_error why = { 0 };
    const char *line, *end;

    if (!fs_read_file(dirfd, name, &bytes, &why))
        return why.sys_errno == ENOENT || pyro_copy(err, &why);
    line = bytes.data;
    end = line ? line + bytes.len : line;
    while (line < end) {
        const char *lf = memchr(line, '\n', (size_t)(end - line));
        json_t *entry = lf ? object_in(line, (size_t)(lf - line), range) : NULL;
        if (entry) {
            range.after = timeline_number(entry); /* numbers only grow */
            json_array_append_new(to, entry);
        }
        if (!lf)
            break;
        line = lf + 1;
    }
    return true;
}

/* Both by number, into one, each number once: while a file is rotated it may be read twice. New. */
static json_t *merge(const json_t *a, const json_t *b)
{
    json_t *all = json_array();
    size_t i = 0, k = 0;

    while (i < json_array_size(a) || k < json_array_size(b)) {
        json_t *x = json_array_get(a, i), *y = json_array_get(b, k);
        int64_t in_a = x ? timeline_number(x) : INT64_MAX,
                in_b = y ? timeline_number(y) : INT64_MAX;
        json_array_append(all, in_a <= in_b ? x : y);
        i += in_a <= in_b;
        k += in_b <= in_a;
    }
    return all;
}

/* Adds a file's entries; *entries is replaced. */
static bool add_file(int dirfd, const char *name, struct range range, json_t **entries,
                     struct pyro_error *err)
{
    scoped_json json_t *more = json_array(), *before = *entries;

    if (!read_file(dirfd, name, range, more, err)) {
        *entries = json_incref(before);
        return false;
    }
    *entries = merge(before, more);
    return true;
}

json_t *timeline_read(int dirfd, int64_t after, double since, struct pyro_error *err)
{
    const struct range range = { after, since };
    json_t *entries = json_array();

    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        scoped_free char *old = old_name(i);
        if (!add_file(dirfd, files[i].name, range, &entries, err) ||
            !add_file(dirfd, old, range, &entries, err)) { /* this order: see merge() */
            json_decref(entries);
            return NULL;
        }
    }
    return entries;
}

/* Notes in `running` what has begun and not ended yet, by its id; whether the entry is the end of
 * one, whose place comes back. */
static bool ends_one(json_t *running, const json_t *entry, size_t place, size_t *ret_began)
{
    const char *id = json_string_or(entry, "id", "");
    const json_t *began;

    switch (timeline_event_of(entry)) {
    case TIMELINE_RESET:
        json_object_clear(running);
        return false;
    case TIMELINE_EXEC_STARTED:
        json_object_set_new(running, id, json_integer((json_int_t)place));
        return false;
    case TIMELINE_EXEC_ENDED:
        began = json_object_get(running, id);
        *ret_began = (size_t)json_integer_value(began);
        return began && json_object_del(running, id) == 0;
    default:
        return false;
    }
}

void timeline_settle(json_t *entries)
{
    scoped_json json_t *running = json_object(), *kept = json_array();
    size_t count = json_array_size(entries), began;
    scoped_free bool *over = calloc(count + 1, sizeof(*over));

    BUG_ON(!over);
    for (size_t i = 0; i < count; i++)
        if (ends_one(running, json_array_get(entries, i), i, &began))
            over[began] = true;
    for (size_t i = 0; i < count; i++)
        if (!over[i])
            json_array_append(kept, json_array_get(entries, i));
    json_array_clear(entries);
    json_array_extend(entries, kept);
}

/* ---- showing ---- */

/* The member, new, as its row has it; null, false or an empty list when it is another or missing. */
static json_t *member_of(const struct row_spec *row, const json_t *value)
{
    bool fits = row->type == ROW_TYPE_STR    ? json_is_string(value)
                : row->type == ROW_TYPE_INT  ? json_is_integer(value)
                : row->type == ROW_TYPE_NUM  ? json_is_number(value)
                : row->type == ROW_TYPE_BOOL ? json_is_boolean(value)
                                             : json_is_array(value);
    const json_t *item;
    size_t i;

    if (fits && row->type == ROW_TYPE_STRINGS)
        json_array_foreach (value, i, item)
            fits = fits && json_is_string(item);
    return fits                            ? json_incref((json_t *)(uintptr_t)value)
           : row->type == ROW_TYPE_BOOL    ? json_false()
           : row->type == ROW_TYPE_STRINGS ? json_array()
                                           : json_null();
}

json_t *timeline_view(const json_t *entry)
{
    json_t *view = json_object();

    for (const struct row_spec *row = rows_shown(timeline_rows); row; row = rows_shown(row + 1))
        json_object_set_new(view, row_shown_name(row),
                            member_of(row, json_object_get(entry, row_shown_name(row))));
    return view;
}
