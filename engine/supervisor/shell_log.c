/* engine/supervisor/shell_log.c: writing a shell's files. */
#include "engine/supervisor/shell_log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/base/fs.h"

#define MARK_MS 10          /* output within this time is one mark */
#define MARK_SPARSE_MS 1000 /* … and once the file is large */
#define TIMES_DENSE_MAX (4 * 1024 * 1024)
#define RESCAN_BYTES (1024 * 1024) /* of the log's end, to find out what it is in */

void shell_log_event(struct shell_log *log, const char *type, uint64_t offset, json_t *members)
{
    scoped_json json_t *line = members ? members : json_object();
    scoped_free char *text = NULL;

    json_object_set_new(line, "t", json_real(clock_wall()));
    json_object_set_new(line, "offset", json_integer((json_int_t)offset));
    json_object_set_new(line, "type", json_string(type));
    text = json_compact(line);
    if (text && dprintf(log->events_fd, "%s\n", text) > 0)
        log->unsynced = true;
}

static void on_track(void *user, const struct track_event *e)
{
    struct shell_log *log = user;
    char kind[2] = { e->string_kind, '\0' };

    switch (e->kind) {
    case TRACK_ALT_ENTER:
    case TRACK_ALT_EXIT:
        shell_log_event(log, "alt", e->offset,
                        json_pack("{s:b}", "on", e->kind == TRACK_ALT_ENTER));
        break;
    case TRACK_STRING_START:
        shell_log_event(log, "string", e->offset,
                        json_pack("{s:s, s:I}", "kind", kind, "from", (json_int_t)e->offset));
        break;
    case TRACK_STRING_END:
        shell_log_event(log, "string_end", e->offset, NULL);
        break;
    }
}

/* What the notes say of the log's end. */
struct recovered {
    bool alt_screen;
    char in_string;
    uint64_t offset; /* of the last note */
};

static void recover_event(void *arg, const struct shell_event *e)
{
    struct recovered *r = arg;

    if (e->type == EVENT_ALT)
        r->alt_screen = e->on;
    else if (e->type == EVENT_STRING)
        r->in_string = e->kind;
    else if (e->type == EVENT_STRING_END)
        r->in_string = 0;
    else
        return;
    /* A string is noted where it began: two bytes on one is inside. */
    uint64_t known = e->type == EVENT_STRING ? e->offset + 2 : e->offset;
    if (known > r->offset)
        r->offset = known;
}

/* Reads the log again from the last note on: what was written just before a crash may lack its
 * note. */
static bool rescan(struct shell_log *log, struct pyro_error *err)
{
    struct recovered r = { 0 };
    uint64_t from;
    char chunk[65536];

    if (!shell_events_each(log->workspace_fd, log->record->id, recover_event, &r, err))
        return false;
    from = r.offset;
    if (from + RESCAN_BYTES < log->size)
        from = log->size - RESCAN_BYTES;
    if (from < log->record->first)
        from = log->record->first;
    if (from > log->size)
        from = log->size;
    track_init(&log->track, from, on_track, log);
    log->track.alternate = r.alt_screen;
    if (r.in_string) {
        vtparse_enter_string(&log->track.parse, r.in_string);
        log->track.in_long_string = true;
    }
    while (from < log->size) {
        ssize_t n = pread(log->fd, chunk, sizeof(chunk), (off_t)from);
        if (n <= 0)
            return pyro_fail_errno(err, "read the log of shell '%s'", log->record->id);
        track_feed(&log->track, chunk, (size_t)n);
        from += (uint64_t)n;
    }
    return true;
}

bool shell_log_open(struct shell_log *log, int workspace_fd, struct shell_record *record,
                    struct pyro_error *err)
{
    const int flags = O_RDWR | O_CREAT | O_APPEND;
    struct stat st;

    *log = (struct shell_log){
        .workspace_fd = workspace_fd, .fd = -1, .events_fd = -1, .times_fd = -1, .record = record
    };
    log->fd = shell_open_file(workspace_fd, record->id, "log", flags, err);
    if (log->fd >= 0)
        log->events_fd = shell_open_file(workspace_fd, record->id, "events", flags, err);
    if (log->events_fd >= 0)
        log->times_fd = shell_open_file(workspace_fd, record->id, "times", flags, err);
    if (log->times_fd < 0 || fstat(log->times_fd, &st) != 0) {
        shell_log_close(log);
        return false;
    }
    log->times_size = st.st_size;
    if (fstat(log->fd, &st) != 0) {
        pyro_fail_errno(err, "open the log of shell '%s'", record->id);
        shell_log_close(log);
        return false;
    }
    log->size = (uint64_t)st.st_size;
    if (!rescan(log, err)) {
        shell_log_close(log);
        return false;
    }
    return true;
}

void shell_log_close(struct shell_log *log)
{
    int *fds[] = { &log->fd, &log->events_fd, &log->times_fd };

    for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
        if (*fds[i] >= 0)
            close(take_fd(fds[i]));
}

static void mark_time(struct shell_log *log)
{
    int64_t now = clock_ms();
    int64_t every = log->times_size < TIMES_DENSE_MAX ? MARK_MS : MARK_SPARSE_MS;
    int n;

    if (log->mark_ms && now - log->mark_ms < every)
        return;
    log->mark_ms = now;
    n = dprintf(log->times_fd, "%llu %lld\n", (unsigned long long)log->size,
                (long long)((clock_wall() - log->record->started_at) * 1000));
    if (n > 0)
        log->times_size += n;
}

/* Frees the head in steps; published first, so that no reader takes the hole for output. */
static void keep_cap(struct shell_log *log)
{
    struct shell_record *r = log->record;
    uint64_t old = r->first;

    while (log->size - r->first > (uint64_t)SHELL_LOG_MAX)
        r->first += (uint64_t)SHELL_LOG_STEP;
    if (r->first == old)
        return;
    if (!shell_record_save(log->workspace_fd, r, NULL) ||
        fallocate(log->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)old,
                  (off_t)(r->first - old)) != 0)
        r->first = old; /* no room for the record: the next step tries again */
}

bool shell_log_add(struct shell_log *log, const void *bytes, size_t n, size_t *ret_written,
                   struct pyro_error *err)
{
    size_t done = 0;

    mark_time(log);
    while (done < n) {
        ssize_t w = write(log->fd, (const char *)bytes + done, n - done);
        if (w < 0 && errno == EINTR)
            continue;
        if (w <= 0) {
            pyro_fail_errno(err, "write the log of shell '%s'", log->record->id);
            break;
        }
        track_feed(&log->track, (const char *)bytes + done, (size_t)w);
        done += (size_t)w;
        log->size += (uint64_t)w;
    }
    log->unsynced = true;
    *ret_written = done;
    keep_cap(log);
    return done == n;
}

void shell_log_sync(struct shell_log *log)
{
    if (!log->unsynced)
        return;
    log->unsynced = false;
    fdatasync(log->fd);
    fdatasync(log->events_fd);
}
