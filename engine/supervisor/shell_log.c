/* engine/supervisor/shell_log.c: writing a shell's files. */
#include "engine/supervisor/shell_log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/supervisor/line_file.h"
#include "vmm/base/fs.h"

#define MARK_MS 10          /* output within this time is one mark */
#define MARK_SPARSE_MS 1000 /* … and once the file is large */
#define TIMES_DENSE_MAX (4 * 1024 * 1024)
#define RESCAN_BYTES (1024 * 1024) /* of the log's end, to find out what it is in */

static void on_track(void *user, const struct track_event *e)
{
    struct shell_log *log = user;
    char kind[2] = { e->string_kind, '\0' };

    switch (e->kind) {
    case TRACK_ALT_ENTER:
    case TRACK_ALT_EXIT:
        guest_log_event(&log->file, "alt", e->offset,
                        json_pack("{s:b}", "on", e->kind == TRACK_ALT_ENTER));
        break;
    case TRACK_STRING_START:
        guest_log_event(&log->file, "string", e->offset,
                        json_pack("{s:s, s:I}", "kind", kind, "from", (json_int_t)e->offset));
        break;
    case TRACK_STRING_END:
        guest_log_event(&log->file, "string_end", e->offset, NULL);
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
    if (from + RESCAN_BYTES < log->file.size)
        from = log->file.size - RESCAN_BYTES;
    if (from < log->record->first)
        from = log->record->first;
    if (from > log->file.size)
        from = log->file.size;
    track_init(&log->track, from, on_track, log);
    log->track.alternate = r.alt_screen;
    if (r.in_string) {
        vtparse_enter_string(&log->track.parse, r.in_string);
        log->track.in_long_string = true;
    }
    while (from < log->file.size) {
        ssize_t n = pread(log->file.fd, chunk, sizeof(chunk), (off_t)from);
        if (n <= 0)
            return pyro_fail_errno(err, "read the log of shell '%s'", log->record->id);
        track_feed(&log->track, chunk, (size_t)n);
        from += (uint64_t)n;
    }
    return true;
}

static void mark_time(struct shell_log *log, uint64_t offset)
{
    int64_t now = clock_ms();
    int64_t every = log->times_size < TIMES_DENSE_MAX ? MARK_MS : MARK_SPARSE_MS;
    char line[64];
    int n;

    if (log->mark_ms && now - log->mark_ms < every)
        return;
    log->mark_ms = now;
    n = snprintf(line, sizeof(line), "%llu %lld\n", (unsigned long long)offset,
                 (long long)((clock_wall() - log->record->started_at) * 1000));
    if (line_file_add(log->times_fd, line, (size_t)n))
        log->times_size += n;
}

static void on_wrote(void *arg, const void *bytes, size_t n)
{
    struct shell_log *log = arg;

    mark_time(log, log->file.size - n);
    track_feed(&log->track, bytes, n);
}

static bool publish(void *arg)
{
    struct shell_log *log = arg;

    log->record->first = log->file.first;
    return shell_record_save(log->workspace_fd, log->record, NULL);
}

bool shell_log_open(struct shell_log *log, int workspace_fd, struct shell_record *record,
                    bool secrets, struct pyro_error *err)
{
    const int flags = O_RDWR | O_CREAT | O_APPEND;
    int fd, events_fd = -1, marks_fd = -1;
    struct stat st;

    *log = (struct shell_log){ .file = { .fd = -1,
                                         .events_fd = -1,
                                         .marks_fd = -1,
                                         .first = record->first,
                                         .publish = publish,
                                         .wrote = on_wrote,
                                         .arg = log },
                               .workspace_fd = workspace_fd,
                               .record = record };
    snprintf(log->file.what, sizeof(log->file.what), "shell '%s'", record->id);
    log->times_fd = shell_open_file(workspace_fd, record->id, "times", flags, err);
    if (log->times_fd < 0)
        return false;
    if (!line_file_mend(log->times_fd)) {
        pyro_fail_errno(err, "mend the times of %s", log->file.what);
        shell_log_close(log);
        return false;
    }
    log->times_size = fstat(log->times_fd, &st) == 0 ? st.st_size : 0;
    fd = shell_open_file(workspace_fd, record->id, "log", flags, err);
    if (fd >= 0)
        events_fd = shell_open_file(workspace_fd, record->id, "events", flags, err);
    if (events_fd >= 0 && secrets) {
        marks_fd = shell_open_file(workspace_fd, record->id, "marks", O_RDWR | O_CREAT, err);
        if (marks_fd < 0)
            close(take_fd(&events_fd));
    }
    if (guest_log_open(&log->file, fd, events_fd, marks_fd, err) && rescan(log, err))
        return true;
    shell_log_close(log);
    return false;
}

void shell_log_close(struct shell_log *log)
{
    guest_log_close(&log->file);
    if (log->times_fd >= 0)
        close(take_fd(&log->times_fd));
}
