/* engine/shell/shell_times.c: one time a second is enough, and the last of a line counts. */
#include "engine/shell/shell_times.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/state/shell_state.h"
#include "vmm/base/fs.h"

void shell_times_release(struct shell_times *t)
{
    free(t->offsets);
    free(t->seconds);
    *t = (struct shell_times){ 0 };
}

static void add(struct shell_times *t, size_t offset, int64_t second)
{
    if (t->count && t->seconds[t->count - 1] >= second)
        return;
    if (t->count && t->offsets[t->count - 1] == offset)
        t->count--; /* of the same byte only the last one counts */
    if (t->count == t->room) {
        t->room = t->room ? 2 * t->room : 64;
        t->offsets = realloc(t->offsets, t->room * sizeof(*t->offsets));
        t->seconds = realloc(t->seconds, t->room * sizeof(*t->seconds));
        BUG_ON(!t->offsets || !t->seconds);
    }
    t->offsets[t->count] = offset;
    t->seconds[t->count++] = second;
}

bool shell_times_load(int workspace_fd, const struct shell_record *r,
                      struct shell_event_range stretch, struct shell_times *ret,
                      struct pyro_error *err)
{
    scoped_close int states_fd = shell_open_file(workspace_fd, r->id, "states", O_RDONLY, NULL);
    int fd = shell_open_file(workspace_fd, r->id, "times", O_RDONLY, err);
    scoped_file FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
    unsigned long long offset;
    struct shell_state state;
    char line[64], lf;
    long long ms;

    *ret = (struct shell_times){ 0 };
    if (fd < 0)
        return false;
    shell_state_before(states_fd, stretch.from, &state);
    if (!file || fseeko(file, (off_t)state.times_at, SEEK_SET) != 0)
        return pyro_fail_errno(err, "read the times of shell '%s'", r->id);
    while (fgets(line, sizeof(line), file)) {
        if (sscanf(line, "%llu %lld%c", &offset, &ms, &lf) != 3 || lf != '\n')
            continue; /* one that a crash cut */
        if (offset >= stretch.to)
            break;
        add(ret, offset > stretch.from ? (size_t)(offset - stretch.from) : 0,
            (int64_t)(r->started_at + (double)ms / 1000));
    }
    return true;
}

/* Of the marks those after which no other is in the same line or above: they are in order, of time
 * and of lines. Their numbers. */
static size_t *last_of_lines(const struct shell_times *t, const int64_t *lines, size_t *ret_count)
{
    size_t *marks = calloc(t->count + 1, sizeof(*marks)), count = 0;
    int64_t above = INT64_MAX;

    BUG_ON(!marks);
    for (size_t i = t->count; i-- > 0;)
        if (lines[i] < above) {
            above = lines[i];
            marks[count++] = i;
        }
    for (size_t i = 0; i < count / 2; i++) {
        size_t other = marks[i];
        marks[i] = marks[count - 1 - i];
        marks[count - 1 - i] = other;
    }
    *ret_count = count;
    return marks;
}

static void format(int64_t second, char *ret)
{
    time_t time = (time_t)second;
    struct tm tm;

    memset(ret, ' ', SHELL_TIME_BYTES);
    if (second && gmtime_r(&time, &tm) &&
        strftime(ret, SHELL_TIME_BYTES, "%Y-%m-%dT%H:%M:%SZ", &tm) == SHELL_TIME_BYTES - 1)
        ret[SHELL_TIME_BYTES - 1] = ' ';
}

bool shell_times_put(const struct shell_times *t, const int64_t *lines, bool in_line,
                     struct buf *text)
{
    struct buf out = BUF_INIT(text->max);
    scoped_free size_t *marks = NULL;
    size_t count = 0, next = 0, at = 0;
    char stamp[SHELL_TIME_BYTES + 1];
    bool ok = true;

    if (lines)
        marks = last_of_lines(t, lines, &count);
    format(0, stamp);
    for (int64_t line = 0; ok && at < text->len; line++) {
        const char *end = memchr(text->data + at, '\n', text->len - at);
        size_t n = end ? (size_t)(end - text->data) + 1 - at : text->len - at;
        bool other = false;
        for (; next < count && lines[marks[next]] <= line; next++)
            other = true;
        if (other)
            format(t->seconds[marks[next - 1]], stamp);
        ok = ((in_line && !line) || buf_append(&out, stamp, SHELL_TIME_BYTES)) &&
             buf_append(&out, text->data + at, n);
        at += n;
    }
    if (ok && text->len) {
        buf_release(text);
        *text = out;
    } else {
        buf_release(&out);
    }
    return ok;
}
