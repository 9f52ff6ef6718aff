/* engine/workspace/watch_details.c: details of a watched workspace that are read on demand: its
 * last commands, the last line of a shell. */
#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/term/plain.h"
#include "engine/workspace/watch.h"
#include "vmm/base/fs.h"
#include "vmm/base/utf8.h"

#define ENTRY_HEAD_BYTES (256 * 1024)
#define TAIL_BYTES 8192
#define NUMBERS_AHEAD 4 /* entries may be there before the record counts them */
#define NUMBERS_GAP 64  /* entries that may be missing in a row */

/* The entry without its outputs. They are last in the file, since its keys are sorted, and no
 * string can hold the text searched for: its quotation marks would be escaped. */
static json_t *read_entry_head(int dir_fd, int64_t sequence)
{
    static const char outputs[] = ",\"stderr\":";
    char name[64], *text, *cut;
    scoped_close int fd = -1;
    json_t *entry = NULL;
    ssize_t n;

    snprintf(name, sizeof(name), "commands/%06" PRId64 ".json", sequence);
    fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    text = fd < 0 ? NULL : malloc(ENTRY_HEAD_BYTES);
    n = text ? fs_read_full(fd, text, ENTRY_HEAD_BYTES) : -1;
    if (n > 0) {
        cut = memmem(text, (size_t)n, outputs, sizeof(outputs) - 1);
        if (cut) {
            *cut = '}';
            n = cut + 1 - text;
        }
        entry = json_parse(text, (size_t)n, ENTRY_HEAD_BYTES, NULL);
    }
    free(text);
    return entry;
}

static void set_if_missing(json_t *entry, const char *key, json_t *value)
{
    if (json_object_get(entry, key))
        json_decref(value);
    else
        json_object_set_new(entry, key, value);
}

json_t *workspace_watch_commands(const struct watched_workspace *w, size_t max)
{
    scoped_close int dir_fd = open(w->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int64_t sequence = w->record.command_count + NUMBERS_AHEAD;
    json_t *list = json_array();
    unsigned gap = 0;

    while (dir_fd >= 0 && sequence > 0 && gap < NUMBERS_GAP && json_array_size(list) < max) {
        json_t *entry = read_entry_head(dir_fd, sequence--);
        gap = entry ? 0 : gap + 1;
        if (!json_is_array(json_object_get(entry, "command"))) {
            json_decref(entry);
            continue;
        }
        set_if_missing(entry, "running", json_false());
        set_if_missing(entry, "exit_code", json_null());
        set_if_missing(entry, "duration_ms", json_null());
        json_array_append_new(list, entry);
    }
    return list;
}

/* ---- the last line ---- */

/* Appends the part of a text between from and to, without control characters. */
static size_t copy_line(const char *from, const char *to, char *ret, size_t size)
{
    size_t used = 0;

    while (from < to) {
        size_t n = utf8_valid_length(from, (size_t)(to - from));
        bool control = !n || (unsigned char)*from < 0x20 || *from == 0x7f ||
                       (n == 2 && (unsigned char)from[0] == 0xc2 && (unsigned char)from[1] < 0xa0);
        if (!n)
            n = 1;
        if (!control || *from == '\t') {
            if (used + n >= size)
                break;
            if (*from == '\t')
                ret[used++] = ' ';
            else
                memcpy(ret + used, from, n), used += n;
        }
        from += n;
    }
    ret[used] = '\0';
    return used;
}

static bool is_blank(const char *from, const char *to)
{
    while (from < to && isspace((unsigned char)*from))
        from++;
    return from == to;
}

static void last_line_of(const char *text, size_t n, char *ret, size_t size)
{
    const char *end = text + n;

    while (end > text) {
        const char *start = memrchr(text, '\n', (size_t)(end - text));
        start = start ? start + 1 : text;
        if (!is_blank(start, end) && copy_line(start, end, ret, size))
            return;
        end = start > text ? start - 1 : text;
    }
}

void watched_shell_last_line(const struct watched_workspace *w, const struct watched_shell *shell,
                             char *ret, size_t size)
{
    struct plain_options options = { .rows = (int)shell->record.rows,
                                     .cols = (int)shell->record.cols,
                                     .ended = true };
    scoped_close int dir_fd = open(w->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    scoped_close int fd =
        dir_fd < 0 ? -1 : shell_open_file(dir_fd, shell->record.id, "log", O_RDONLY, NULL);
    uint64_t from = shell->size > TAIL_BYTES ? shell->size - TAIL_BYTES : 0;
    struct plain_result plain = { 0 };
    char tail[TAIL_BYTES], *start = tail, *newline;
    ssize_t n;

    *ret = '\0';
    if (from < shell->record.first)
        from = shell->record.first;
    n = fd < 0 ? -1 : fs_pread_full(fd, tail, sizeof(tail), (off_t)from);
    if (n <= 0)
        return;
    if (from > shell->record.first && (newline = memchr(tail, '\n', (size_t)n)))
        start = newline + 1; /* the text before may begin within a sequence */
    if (!plain_render(start, (size_t)(tail + n - start), &options, &plain, NULL))
        return;
    last_line_of(plain.text.data ? plain.text.data : "", plain.text.len, ret, size);
    buf_release(&plain.text);
}
