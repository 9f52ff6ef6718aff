/* engine/state/shell_files.c: records, events and files of shells. */
#include "engine/state/shell_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmm/base/fs.h"

#define RECORD_BYTES_MAX 65536
#define EVENT_LINE_MAX 4096

const char *const shell_doing_states[] = { "runs", "waits", "asks", NULL };
const char *const shell_states[] = { "running", "stopped", NULL };
const struct row_spec shell_rows[] = { ROW_VERSION("version", 1), SHELL_ROWS, ROW_END };

json_t *shell_show_state(const void *record)
{
    return json_string(shell_states[!((const struct shell_record *)record)->running]);
}

enum attention_state shell_attention_state(const struct shell_record *r)
{
    return !r->running               ? ATTENTION_NONE
           : r->doing == SHELL_ASKS  ? ATTENTION_ASKS
           : r->doing == SHELL_WAITS ? ATTENTION_WAITS
                                     : ATTENTION_NONE;
}

json_t *shell_attention(const struct shell_record *r)
{
    enum attention_state state = shell_attention_state(r);

    if (state == ATTENTION_NONE)
        return attention_new(state, 0, NULL, NULL, NULL);
    return attention_new(state, r->doing_since, "shell", r->id, r->foreground);
}

json_t *shell_show_attention(const void *record)
{
    return shell_attention(record);
}

void shell_record_release(struct shell_record *r)
{
    rows_release(shell_rows, r);
    *r = (struct shell_record){ 0 };
}

static char *copy_text(const char *text)
{
    return text ? str_printf("%s", text) : NULL;
}

struct shell_record shell_record_copy(const struct shell_record *r)
{
    struct shell_record copy = *r;

    copy.cwd = copy_text(r->cwd);
    copy.cuts = json_incref(r->cuts);
    copy.foreground = copy_text(r->foreground);
    copy.notice = copy_text(r->notice);
    return copy;
}

bool shell_id_is_valid(const char *id)
{
    size_t digits = strncmp(id, "sh", 2) ? 0 : strspn(id + 2, "0123456789");

    return digits > 0 && digits <= 9 && id[2 + digits] == '\0';
}

static char *file_name(const char *id, const char *suffix)
{
    return str_printf(SHELLS_DIR "/%s.%s", id, suffix);
}

int shell_open_file(int workspace_fd, const char *id, const char *suffix, int flags,
                    struct pyro_error *err)
{
    scoped_free char *name = file_name(id, suffix);
    int fd = openat(workspace_fd, name, flags | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0)
        pyro_fail_errno(err, "open the %s of shell '%s'", suffix, id);
    return fd;
}

void shell_remove_files(int workspace_fd, const char *id)
{
    static const char *const suffixes[] = { "json", "log", "events", "states", "marks", "times" };

    for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
        scoped_free char *name = file_name(id, suffixes[i]);
        unlinkat(workspace_fd, name, 0);
    }
}

bool shell_record_load(int workspace_fd, const char *id, struct shell_record *ret,
                       struct pyro_error *err)
{
    scoped_free char *name = file_name(id, "json");
    struct pyro_error why = { 0 };
    struct shell_record r = { 0 };

    if (!shell_id_is_valid(id))
        return pyro_fail(err, PYRO_SHELL_NOT_FOUND, "no shell '%s'", id);
    snprintf(r.id, sizeof(r.id), "%s", id);
    if (rows_read(shell_rows, workspace_fd, name, RECORD_BYTES_MAX, &r, &why)) {
        *ret = r;
        return true;
    }
    shell_record_release(&r);
    if (why.sys_errno == ENOENT)
        return pyro_fail(err, PYRO_SHELL_NOT_FOUND, "no shell '%s'", id);
    pyro_copy(err, &why);
    return pyro_wrap(err, "the record of shell '%s'", id);
}

bool shell_exists(int workspace_fd, const char *id, struct pyro_error *err)
{
    scoped_shell_record struct shell_record r = { 0 };

    return shell_record_load(workspace_fd, id, &r, err);
}

bool shell_record_save(int workspace_fd, const struct shell_record *r, struct pyro_error *err)
{
    scoped_free char *name = file_name(r->id, "json");

    return rows_write(shell_rows, r, workspace_fd, name, err);
}

json_t *shell_record_to_view(const struct shell_record *r, const char *workspace_id)
{
    json_t *view = rows_view(shell_rows, r);

    json_object_set_new(view, "workspace_id", json_string(workspace_id));
    return view;
}

static int shell_files_is_record(const struct dirent *d)
{
    size_t n = strlen(d->d_name);
    char id[SHELL_ID_MAX + 1];

    if (n < 6 || n - 5 > SHELL_ID_MAX || strcmp(d->d_name + n - 5, ".json") != 0)
        return 0;
    snprintf(id, sizeof(id), "%.*s", (int)(n - 5), d->d_name);
    return shell_id_is_valid(id);
}

static int record_names(int workspace_fd, struct dirent ***ret)
{
    return scandirat(workspace_fd, SHELLS_DIR, ret, shell_files_is_record, versionsort);
}

bool shell_each(int workspace_fd, shell_each_fn *fn, void *arg, struct pyro_error *err)
{
    struct dirent **names = NULL;
    int n = record_names(workspace_fd, &names);

    if (n < 0 && errno != ENOENT)
        return pyro_fail_errno(err, "list the shells");
    for (int i = 0; i < n; i++) {
        struct shell_record r;
        *strrchr(names[i]->d_name, '.') = '\0';
        if (shell_record_load(workspace_fd, names[i]->d_name, &r, NULL)) {
            fn(arg, &r);
            shell_record_release(&r);
        }
        free(names[i]);
    }
    free(names);
    return true;
}

int64_t shell_highest_number(int workspace_fd)
{
    struct dirent **names = NULL;
    int n = record_names(workspace_fd, &names);
    int64_t highest = 0;

    for (int i = 0; i < n; i++) {
        int64_t number = strtoll(names[i]->d_name + 2, NULL, 10);
        if (number > highest)
            highest = number;
        free(names[i]);
    }
    free(names);
    return highest;
}

static bool parse_event(const json_t *j, struct shell_event *e)
{
    static const char *const types[] = { "resize", "alt", "input", "end" };
    const char *type = json_string_or(j, "type", "");
    int64_t offset = json_int_or(j, "offset", -1);
    unsigned i = 0;

    while (i < ARRAY_SIZE(types) && strcmp(types[i], type) != 0)
        i++;
    if (i == ARRAY_SIZE(types) || offset < 0)
        return false;
    *e = (struct shell_event){ .time = json_number_or(j, "t", 0),
                               .offset = (uint64_t)offset,
                               .type = (int)i,
                               .cols = (int)json_int_or(j, "cols", 80),
                               .rows = (int)json_int_or(j, "rows", 24),
                               .on = json_bool_or(j, "on", false) };
    return true;
}

bool shell_events_between(int workspace_fd, const char *id, struct shell_event_range range,
                          shell_event_fn *fn, void *arg, struct pyro_error *err)
{
    int fd = shell_open_file(workspace_fd, id, "events", O_RDONLY, err);
    scoped_file FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
    char line[EVENT_LINE_MAX];

    if (!file)
        return false;
    if (fseeko(file, (off_t)range.from, SEEK_SET) != 0)
        return pyro_fail_errno(err, "read the events of shell '%s'", id);
    while (range.from < range.to && fgets(line, sizeof(line), file)) {
        size_t n = strlen(line);
        scoped_json json_t *j = json_parse(line, n, sizeof(line), NULL);
        struct shell_event e;
        range.from += n;
        if (j && parse_event(j, &e))
            fn(arg, &e);
    }
    return true;
}

void shell_events_follow(int fd, uint64_t *position, shell_event_fn *fn, void *arg)
{
    char bytes[4 * EVENT_LINE_MAX];
    ssize_t n;

    while ((n = fs_pread_full(fd, bytes, sizeof(bytes), (off_t)*position)) > 0) {
        const char *at = bytes, *end = bytes + n, *lf;
        while ((lf = memchr(at, '\n', (size_t)(end - at)))) {
            scoped_json json_t *j = json_parse(at, (size_t)(lf - at), EVENT_LINE_MAX, NULL);
            struct shell_event e;
            if (j && parse_event(j, &e))
                fn(arg, &e);
            at = lf + 1;
        }
        if (at == bytes) {
            if ((size_t)n < sizeof(bytes))
                return;
            at = end; /* no line of ours is that long */
        }
        *position += (uint64_t)(at - bytes);
    }
}
