/* engine/supervisor/shell_log.c: writing a shell's files. */
#include "engine/supervisor/shell_log.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/state/shell_notes.h"
#include "vmm/base/fs.h"

#define MARK_MS 10          /* output within this time is one mark */
#define MARK_SPARSE_MS 1000 /* … and once the file is large */
#define TIMES_DENSE_MAX (4ull * 1024 * 1024)
#define TIMES_SPARE (8ull * 1024 * 1024)

/* ---- sizes ---- */

static void take_size(struct shell_log *log, uint64_t offset, int cols, int rows)
{
    if (offset <= log->track.offset && !log->ahead.cols) {
        log->state.cols = cols;
        log->state.rows = rows;
        return;
    }
    if (offset > log->ahead.offset)
        log->ahead.offset = offset;
    log->ahead.cols = cols;
    log->ahead.rows = rows;
}

void shell_log_resize(struct shell_log *log, uint64_t offset)
{
    int cols = (int)log->record->cols, rows = (int)log->record->rows;

    /* A state says that what is noted after it has later offsets. */
    if (offset < log->state.offset)
        offset = log->state.offset;
    if (guest_log_event(&log->file, "resize", offset,
                        json_pack("{s:i, s:i}", "cols", cols, "rows", rows)))
        take_size(log, offset, cols, rows);
}

void shell_log_alternate(struct shell_log *log, bool on)
{
    if (guest_log_event(&log->file, "alt", log->track.offset, json_pack("{s:b}", "on", on)))
        track_set_alternate(&log->track, on);
}

/* ---- states ---- */

static void write_state(struct shell_log *log)
{
    struct shell_state *s = &log->state;

    if (log->ahead.cols && log->ahead.offset <= log->track.offset) {
        s->cols = log->ahead.cols;
        s->rows = log->ahead.rows;
        log->ahead.cols = 0;
    }
    if (!log->ahead.cols) /* else a reader that starts from this state looks at it again */
        s->events_at = log->file.events.size;
    s->events_end = log->file.events.size;
    s->offset = log->track.offset;
    s->alternate = log->track.alternate;
    s->in_string = log->track.in_long_string ? track_string(&log->track) : 0;
    (void)!shell_state_write(log->states_fd, s->offset / SHELL_STATE_EVERY, s);
}

/* How far the track can go before a state must be written. */
static size_t step(const struct shell_log *log, size_t n)
{
    uint64_t next = (log->state.offset / SHELL_STATE_EVERY + 1) * SHELL_STATE_EVERY;

    if (log->track.offset >= next)
        return 1; /* in the middle of a sequence, which is short */
    return next - log->track.offset < n ? (size_t)(next - log->track.offset) : n;
}

static void write_state_if_due(struct shell_log *log)
{
    if (log->track.offset / SHELL_STATE_EVERY > log->state.offset / SHELL_STATE_EVERY &&
        track_is_settled(&log->track))
        write_state(log);
}

static void shell_log_on_track(void *user, const struct track_event *e)
{
    struct shell_log *log = user;

    if (e->kind == TRACK_QUERY && log->asked)
        log->asked(log->asked_arg, e, guest_log_offset(&log->file) - (log->file.size - e->offset));
    if (e->kind == TRACK_NOTICE && log->noticed)
        log->noticed(log->noticed_arg, e->text);
}

static void follow(struct shell_log *log, const char *bytes, size_t n)
{
    while (n) {
        size_t part = step(log, n);
        track_feed(&log->track, bytes, part);
        write_state_if_due(log);
        bytes += part;
        n -= part;
    }
}

/* ---- starting ---- */

static bool is_borne_out(const struct shell_log *log)
{
    return log->state.events_end <= log->file.events.size && log->state.times_at <= log->times.size;
}

/* The last state that agrees with the other files: a power cut may have kept it and not them. What
 * comes after it is written again. */
static void find_state(struct shell_log *log)
{
    uint64_t index;
    struct stat st;

    shell_state_before(log->states_fd, log->file.size, &log->state);
    while (log->state.offset && !is_borne_out(log))
        shell_state_before(log->states_fd, log->state.offset - 1, &log->state);
    if (log->state.offset < log->record->first)
        log->state.offset = log->record->first;
    index = log->state.offset / SHELL_STATE_EVERY;
    if (fstat(log->states_fd, &st) == 0 && st.st_size > (off_t)(index + 1) * SHELL_STATE_BYTES)
        (void)!ftruncate(log->states_fd, (off_t)(index + 1) * SHELL_STATE_BYTES);
    if (index)
        (void)!shell_state_write(log->states_fd, index, &log->state);
}

static void shell_log_recover_event(void *arg, const struct shell_event *e)
{
    if (e->type == EVENT_RESIZE)
        take_size(arg, e->offset, e->cols, e->rows);
}

/* Reads the log again from the last state on, for what was written just before a crash. */
static bool rescan(struct shell_log *log, struct pyro_error *err)
{
    const char *id = log->record->id;
    struct shell_event_range rest = SHELL_EVENTS_ALL;
    struct shell_notes notes;
    uint64_t size = log->file.size;

    find_state(log);
    rest.from = log->state.events_at;
    shell_state_resume(&log->track, &log->state, NULL, NULL);
    if (!shell_events_between(log->workspace_fd, id, rest, shell_log_recover_event, log, err) ||
        !shell_notes_load(log->workspace_fd, id, log->state.offset, size, &notes, err))
        return false;
    while (log->track.offset < size) {
        uint64_t from = log->track.offset;
        if (!shell_state_scan(log->file.fd, &log->track, from + step(log, (size_t)(size - from)),
                              &notes.alternations, err) ||
            log->track.offset == from)
            break;
        write_state_if_due(log);
    }
    shell_notes_release(&notes);
    return log->track.offset == size ||
           pyro_fail(err, PYRO_IO, "the log of %s cannot be read", log->file.what);
}

/* ---- output ---- */

static void mark_time(struct shell_log *log, uint64_t offset)
{
    int64_t now = clock_ms();
    int64_t every = log->times.size < TIMES_DENSE_MAX ? MARK_MS : MARK_SPARSE_MS;
    uint64_t at = log->times.size;
    char line[64];
    int n;

    if (log->mark_ms && now - log->mark_ms < every)
        return;
    log->mark_ms = now;
    n = snprintf(line, sizeof(line), "%llu %lld\n", (unsigned long long)offset,
                 (long long)((clock_wall() - log->record->started_at) * 1000));
    if (line_file_add(&log->times, log->file.size, line, (size_t)n))
        log->state.times_at = at;
}

static void shell_log_on_wrote(void *arg, const void *bytes, size_t n)
{
    struct shell_log *log = arg;

    mark_time(log, log->file.size - n);
    follow(log, bytes, n);
}

/* The log's head is about to be dropped: the state at its first byte is kept; what the other
 * files have only for that head is dropped with it. If the state cannot be determined nothing
 * is dropped. */
static bool shell_log_publish(void *arg)
{
    struct shell_log *log = arg;
    const char *id = log->record->id;
    uint64_t first = log->file.first, old = log->record->first;
    struct shell_state s;
    struct shell_notes notes;

    shell_state_before(log->states_fd, first, &s);
    if (!shell_notes_load(log->workspace_fd, id, first, first, &notes, NULL))
        return false;
    s.offset = first;
    s.alternate = notes.alt_screen;
    s.in_string = notes.in_string;
    s.cols = notes.cols;
    s.rows = notes.rows;
    shell_notes_release(&notes);
    log->record->first = first;
    if (!shell_record_save(log->workspace_fd, log->record, NULL) ||
        !shell_state_write(log->states_fd, 0, &s)) {
        log->record->first = old;
        return false;
    }
    line_file_drop(&log->file.events, s.events_at);
    line_file_drop(&log->times, s.times_at);
    if (first / SHELL_STATE_EVERY > 1)
        (void)!fallocate(log->states_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                         SHELL_STATE_BYTES,
                         (off_t)(first / SHELL_STATE_EVERY - 1) * SHELL_STATE_BYTES);
    return true;
}

/* The first size, or the last one again when a crash cut off its note. */
static void note_size(struct shell_log *log)
{
    bool ahead = log->ahead.cols > 0;

    if (log->record->cols != (ahead ? log->ahead.cols : log->state.cols) ||
        log->record->rows != (ahead ? log->ahead.rows : log->state.rows))
        shell_log_resize(log, log->file.size);
}

static bool open_side_files(struct shell_log *log, struct pyro_error *err)
{
    const char *id = log->record->id;
    int fd = shell_open_file(log->workspace_fd, id, "times", O_RDWR | O_CREAT | O_APPEND, err);

    if (fd < 0)
        return false;
    if (!line_file_open(&log->times, fd, TIMES_SPARE))
        return pyro_fail_errno(err, "mend the times of %s", log->file.what);
    log->states_fd = shell_open_file(log->workspace_fd, id, "states", O_RDWR | O_CREAT, err);
    return log->states_fd >= 0;
}

bool shell_log_open(struct shell_log *log, int workspace_fd, struct shell_record *record,
                    bool secrets, struct pyro_error *err)
{
    const int flags = O_RDWR | O_CREAT | O_APPEND;
    int fd, events_fd = -1, marks_fd = -1;

    *log = (struct shell_log){ .file = { .fd = -1,
                                         .events = { .fd = -1 },
                                         .marks_fd = -1,
                                         .first = record->first,
                                         .publish = shell_log_publish,
                                         .wrote = shell_log_on_wrote,
                                         .arg = log },
                               .times = { .fd = -1 },
                               .states_fd = -1,
                               .workspace_fd = workspace_fd,
                               .record = record };
    snprintf(log->file.what, sizeof(log->file.what), "shell '%s'", record->id);
    if (!open_side_files(log, err)) {
        shell_log_close(log);
        return false;
    }
    fd = shell_open_file(workspace_fd, record->id, "log", flags, err);
    if (fd >= 0)
        events_fd = shell_open_file(workspace_fd, record->id, "events", flags, err);
    if (events_fd >= 0 && secrets) {
        marks_fd = shell_open_file(workspace_fd, record->id, "marks", O_RDWR | O_CREAT, err);
        if (marks_fd < 0)
            close(take_fd(&events_fd));
    }
    if (guest_log_open(&log->file, fd, events_fd, marks_fd, err) && rescan(log, err)) {
        note_size(log);
        log->track.on_event = shell_log_on_track; /* earlier questions are not asked again */
        log->track.user = log;
        return true;
    }
    shell_log_close(log);
    return false;
}

void shell_log_close(struct shell_log *log)
{
    guest_log_close(&log->file);
    line_file_close(&log->times);
    if (log->states_fd >= 0)
        close(take_fd(&log->states_fd));
}
