/* engine/shell/recording.c: from log, marks in time and events to stretches of one time each. */
#include "engine/shell/recording.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/base/array.h"
#include "vmm/base/fs.h"

#define MARKS_MAX ((size_t)1 << 20)
#define MS_MAX ((int64_t)1000 * 3600 * 24 * 3660)
#define CHUNK 65536

/* ---- the marks ---- */

/* Every second one goes, where there are too many. */
static void thin_out(struct recording *r)
{
    size_t kept = 0;

    for (size_t i = 0; i < r->mark_count; i += 2)
        r->marks[kept++] = r->marks[i];
    r->mark_count = kept;
}

static bool add_mark(struct recording *r, uint64_t offset, int64_t ms)
{
    struct recording_mark *last = r->mark_count ? &r->marks[r->mark_count - 1] : NULL;
    struct recording_mark *more;

    if (offset < r->first)
        offset = r->first;
    if (offset >= r->end || ms > MS_MAX)
        return true;
    if (last && ms < last->ms)
        ms = last->ms;
    if (last && offset <= last->offset) {
        last->ms = ms;
        return true;
    }
    if (r->mark_count == MARKS_MAX)
        thin_out(r);
    more = array_grown(r->marks, sizeof(*r->marks), r->mark_count, &r->mark_room);
    if (!more)
        return false;
    r->marks = more;
    r->marks[r->mark_count++] = (struct recording_mark){ offset, ms };
    return true;
}

/* A line of times, "OFFSET MILLISECONDS", being read. */
struct times_line {
    uint64_t number[2];
    unsigned count; /* numbers begun */
    bool digits;    /* of the one being read there are any */
    bool broken;
};

/* One byte of the times; true when it completes a good line. */
static bool take_byte(struct times_line *l, char c)
{
    if (c >= '0' && c <= '9') {
        uint64_t *n = &l->number[l->count ? l->count - 1 : 0];
        if (!l->digits) {
            if (l->count == 2)
                l->broken = true;
            else
                n = &l->number[l->count++];
            *n = 0;
        }
        l->digits = true;
        if (*n > UINT64_MAX / 10 - 1)
            l->broken = true;
        else
            *n = 10 * *n + (uint64_t)(c - '0');
        return false;
    }
    l->digits = false;
    if (c != ' ' && c != '\n')
        l->broken = true;
    return c == '\n' && !l->broken && l->count == 2;
}

static bool read_marks(struct recording *r, int times_fd, uint64_t from, struct pyro_error *err)
{
    scoped_free char *chunk = malloc(CHUNK);
    struct times_line line = { 0 };
    bool ok = chunk && add_mark(r, r->first, 0);
    ssize_t n;

    while (ok && (n = fs_pread_full(times_fd, chunk, CHUNK, (off_t)from)) > 0) {
        for (ssize_t i = 0; ok && i < n; i++) {
            if (take_byte(&line, chunk[i]))
                ok = add_mark(r, line.number[0],
                              line.number[1] > (uint64_t)MS_MAX ? MS_MAX : (int64_t)line.number[1]);
            if (chunk[i] == '\n')
                line = (struct times_line){ 0 };
        }
        from += (uint64_t)n;
    }
    return ok || pyro_no_memory(err, "reading a recording");
}

/* The last mark at or before a place. */
static size_t mark_before(const struct recording *r, uint64_t offset)
{
    size_t low = 0, high = r->mark_count;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (r->marks[middle].offset <= offset)
            low = middle;
        else
            high = middle;
    }
    return low;
}

int64_t recording_ms_at(const struct recording *r, uint64_t offset)
{
    return r->mark_count ? r->marks[mark_before(r, offset)].ms : 0;
}

uint64_t recording_offset_at(const struct recording *r, int64_t ms)
{
    size_t low = 0, high = r->mark_count;

    while (low < high) { /* the first mark that is later */
        size_t middle = low + (high - low) / 2;
        if (r->marks[middle].ms <= ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low < r->mark_count ? r->marks[low].offset : r->end;
}

uint64_t recording_line_after(const struct recording *r, uint64_t offset)
{
    char bytes[RECORDING_LINE_MAX];
    ssize_t n = offset < r->end ? fs_pread_full(r->log_fd, bytes, sizeof(bytes), (off_t)offset) : 0;
    const char *newline = n > 0 ? memchr(bytes, '\n', (size_t)n) : NULL;
    uint64_t after = offset + (newline ? (uint64_t)(newline + 1 - bytes) : sizeof(bytes));

    return after < r->end ? after : r->end;
}

uint64_t recording_line_before(const struct recording *r, uint64_t offset)
{
    char bytes[RECORDING_LINE_MAX];
    uint64_t from = offset > r->first + sizeof(bytes) ? offset - sizeof(bytes) : r->first;
    ssize_t n =
        offset > from ? fs_pread_full(r->log_fd, bytes, (size_t)(offset - from), (off_t)from) : 0;
    const char *newline = n > 1 ? memrchr(bytes, '\n', (size_t)n - 1) : NULL;

    return newline ? from + (uint64_t)(newline + 1 - bytes) : from;
}

int64_t recording_length_ms(const struct recording *r)
{
    return r->mark_count ? r->marks[r->mark_count - 1].ms : 0;
}

int64_t recording_playing_ms(const struct recording *r)
{
    int64_t ms = 0, last = 0;

    for (size_t i = 0; i < r->mark_count; i++) {
        int64_t gap = r->marks[i].ms - last;
        ms += gap < RECORDING_GAP_MAX_MS ? gap : RECORDING_GAP_MAX_MS;
        last = r->marks[i].ms;
    }
    return ms;
}

int64_t recording_ms_of(const struct recording *r, double wall)
{
    double ms = (wall - r->started_at) * 1000;

    return ms <= 0 ? 0 : ms >= (double)MS_MAX ? MS_MAX : (int64_t)ms;
}

/* ---- life ---- */

static bool load(struct recording *r, int workspace_fd, const char *shell, struct pyro_error *err)
{
    scoped_close int times_fd = shell_open_file(workspace_fd, shell, "times", O_RDONLY, err);
    scoped_close int states_fd =
        times_fd < 0 ? -1 : shell_open_file(workspace_fd, shell, "states", O_RDONLY, NULL);
    struct shell_state s;
    struct stat st;

    if (times_fd < 0)
        return false;
    r->log_fd = shell_open_file(workspace_fd, shell, "log", O_RDONLY, err);
    if (r->log_fd < 0)
        return false;
    if (fstat(r->log_fd, &st) != 0)
        return pyro_fail_errno(err, "read the log of shell '%s'", shell);
    r->end = (uint64_t)st.st_size;
    if (r->end < r->first)
        r->end = r->first;
    shell_state_before(states_fd, r->first, &s); /* the marks of what was dropped are dropped too */
    return read_marks(r, times_fd, s.times_at, err) &&
           shell_notes_load(workspace_fd, shell, r->first, UINT64_MAX, &r->notes, err);
}

bool recording_open(int workspace_fd, const char *shell, struct recording *ret,
                    struct pyro_error *err)
{
    scoped_shell_record struct shell_record record = { 0 };
    struct recording r = { .log_fd = -1 };

    if (!shell_record_load(workspace_fd, shell, &record, err))
        return false;
    r.started_at = record.started_at;
    r.first = record.first;
    if (!load(&r, workspace_fd, shell, err)) {
        recording_release(&r);
        return false;
    }
    *ret = r;
    return true;
}

void recording_release(struct recording *r)
{
    cleanup_close(&r->log_fd);
    shell_notes_release(&r->notes);
    free(r->marks);
    *r = (struct recording){ .log_fd = -1 };
}

/* ---- stretch by stretch ---- */

/* Where the next resize and the next end of the alternate screen are. */
static uint64_t next_resize(const struct recording_walk *w)
{
    const struct shell_notes *n = &w->r->notes;

    return w->resize < n->resize_count ? n->start + n->resizes[w->resize].offset : UINT64_MAX;
}

static uint64_t next_exit(const struct recording_walk *w)
{
    const struct shell_notes *n = &w->r->notes;

    return w->exit < n->exit_count ? n->start + n->exits[w->exit] : UINT64_MAX;
}

void recording_walk_part(struct recording_walk *w, const struct recording *r, uint64_t from,
                         uint64_t until)
{
    *w = (struct recording_walk){ .r = r, .at = from, .until = until };
    if (r->mark_count)
        w->mark = mark_before(r, from);
    while (from > r->first && next_resize(w) <= from)
        w->resize++;
    while (from > r->first && next_exit(w) <= from)
        w->exit++;
}

void recording_walk_init(struct recording_walk *w, const struct recording *r)
{
    recording_walk_part(w, r, r->first, r->end);
}

bool recording_walk_next(struct recording_walk *w, struct recording_step *ret)
{
    const struct recording *r = w->r;
    uint64_t resize = next_resize(w), leave = next_exit(w), to = w->until;

    while (w->mark + 1 < r->mark_count && r->marks[w->mark + 1].offset <= w->at)
        w->mark++;
    *ret = (struct recording_step){ .ms = r->mark_count ? r->marks[w->mark].ms : 0 };
    if (leave <= w->at && leave <= resize) {
        w->exit++;
        ret->kind = STEP_LEAVE_ALTERNATE;
        return true;
    }
    if (resize <= w->at) {
        const struct plain_resize *size = &r->notes.resizes[w->resize++];
        ret->kind = STEP_RESIZE;
        ret->rows = size->rows;
        ret->cols = size->cols;
        return true;
    }
    if (w->at >= w->until)
        return false;
    if (w->mark + 1 < r->mark_count && r->marks[w->mark + 1].offset < to)
        to = r->marks[w->mark + 1].offset;
    to = resize < to ? resize : to;
    to = leave < to ? leave : to;
    to = to - w->at > RECORDING_STEP_MAX ? w->at + RECORDING_STEP_MAX : to;
    ret->from = w->at;
    ret->to = w->at = to;
    return true;
}

bool recording_read(const struct recording *r, const struct recording_step *step, char *ret,
                    struct pyro_error *err)
{
    size_t n = (size_t)(step->to - step->from);

    return fs_pread_full(r->log_fd, ret, n, (off_t)step->from) == (ssize_t)n ||
           pyro_fail_errno(err, "read the log");
}
