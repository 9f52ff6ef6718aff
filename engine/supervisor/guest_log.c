/* engine/supervisor/guest_log.c: appending to a log, and keeping it below its cap. */
#include "engine/supervisor/guest_log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/base/fs.h"
#include "vmm/base/redact.h"

/*
 * The mark: u64 a place in the file, u64 the guest's offset of it, u64 how many of the guest's
 * bytes REDACTED replaces there; 0: it is not there.
 */
#define MARK_BYTES 24

static bool write_mark(const struct guest_log *log, uint64_t place, uint64_t offset,
                       uint64_t guest_bytes)
{
    uint8_t mark[MARK_BYTES];

    put_u64(mark, place);
    put_u64(mark + 8, offset);
    put_u64(mark + 16, guest_bytes);
    return fs_pwrite_all(log->marks_fd, mark, sizeof(mark), 0);
}

bool guest_log_keep_marks(const struct guest_log *log, int dirfd, const char *name,
                          struct pyro_error *err)
{
    scoped_close int fd =
        openat(dirfd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    const struct guest_log copy = { .marks_fd = fd };

    return (fd >= 0 && write_mark(&copy, log->redacted_size, log->redacted_offset, 0) &&
            fsync(fd) == 0) ||
           pyro_fail_errno(err, "write '%s'", name);
}

static bool read_mark(struct guest_log *log)
{
    uint8_t bytes[MARK_BYTES];
    struct reader r = reader_of(bytes, sizeof(bytes));
    uint64_t place, offset, length;
    ssize_t n = log->marks_fd < 0 ? 0 : fs_pread_full(log->marks_fd, bytes, sizeof(bytes), 0);

    if (n != sizeof(bytes)) /* none was written, or only a part of the first one */
        return n >= 0;
    if (!rd_u64(&r, &place) || !rd_u64(&r, &offset) || !rd_u64(&r, &length))
        return false;
    if (length && log->size < place + REDACTED_BYTES) { /* a crash came between */
        if (log->size > place && ftruncate(log->fd, (off_t)place) != 0)
            return false;
        if (log->size > place)
            log->size = place;
        length = 0;
        if (!write_mark(log, place, offset, 0))
            return false;
    }
    log->redacted_size = place + (length ? REDACTED_BYTES : 0);
    log->redacted_offset = offset + length;
    return true;
}

bool guest_log_open(struct guest_log *log, int fd, int events_fd, int marks_fd,
                    struct pyro_error *err)
{
    struct stat st;

    log->fd = fd;
    log->events = (struct line_file){ .fd = events_fd };
    log->marks_fd = marks_fd;
    if (fd < 0 || events_fd < 0 || fstat(fd, &st) != 0 ||
        !line_file_open(&log->events, events_fd, LOG_EVENTS_SPARE)) {
        if (fd >= 0 && events_fd >= 0)
            pyro_fail_errno(err, "open the log of %s", log->what);
        guest_log_close(log);
        return false;
    }
    log->size = (uint64_t)st.st_size;
    if (read_mark(log))
        return true;
    pyro_fail_errno(err, "read the marks of %s", log->what);
    guest_log_close(log);
    return false;
}

void guest_log_close(struct guest_log *log)
{
    if (log->fd >= 0)
        close(take_fd(&log->fd));
    line_file_close(&log->events);
    if (log->marks_fd >= 0)
        close(take_fd(&log->marks_fd));
}

uint64_t guest_log_offset(const struct guest_log *log)
{
    return log->redacted_offset + (log->size - log->redacted_size);
}

uint64_t guest_log_place(const struct guest_log *log, uint64_t offset)
{
    if (offset >= log->redacted_offset)
        return log->redacted_size + (offset - log->redacted_offset);
    return log->redacted_size > REDACTED_BYTES ? log->redacted_size - REDACTED_BYTES : 0;
}

bool guest_log_event(struct guest_log *log, const char *type, uint64_t offset, json_t *members)
{
    scoped_json json_t *line = members ? members : json_object();
    scoped_free char *text = NULL, *whole = NULL;

    json_object_set_new(line, "t", json_real(clock_wall()));
    json_object_set_new(line, "offset", json_integer((json_int_t)offset));
    json_object_set_new(line, "type", json_string(type));
    text = json_compact(line);
    whole = text ? str_printf("%s\n", text) : NULL;
    if (!whole || !(strcmp(type, LOG_EVENT_END) == 0
                        ? line_file_add_last(&log->events, whole, strlen(whole))
                        : line_file_add(&log->events, log->size, whole, strlen(whole))))
        return false;
    log->unsynced = true;
    return true;
}

/* Frees the head in steps; `first` is published first, so that no reader takes the hole for
 * output. */
static void keep_cap(struct guest_log *log)
{
    uint64_t old = log->first;

    while (log->size - log->first > (uint64_t)LOG_BYTES_MAX)
        log->first += (uint64_t)LOG_STEP_BYTES;
    if (log->first == old)
        return;
    if (!log->publish(log->arg) || fallocate(log->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                                             (off_t)old, (off_t)(log->first - old)) != 0)
        log->first = old; /* no room for the record: the next step tries again */
}

bool guest_log_redact(struct guest_log *log, size_t guest_bytes, struct pyro_error *err)
{
    uint64_t place = log->size, offset = guest_log_offset(log);
    size_t written = 0;

    if (!write_mark(log, place, offset, guest_bytes))
        return pyro_fail_errno(err, "write the marks of %s", log->what);
    if (!guest_log_add(log, REDACTED, REDACTED_BYTES, &written, err)) {
        /* A partial REDACTED is useless; truncating needs no room. */
        if (written && ftruncate(log->fd, (off_t)place) == 0)
            log->size = place;
        return false;
    }
    log->redacted_size = log->size;
    log->redacted_offset = offset + guest_bytes;
    return true;
}

bool guest_log_add(struct guest_log *log, const void *bytes, size_t n, size_t *ret_written,
                   struct pyro_error *err)
{
    size_t done = 0;

    while (done < n) {
        const char *at = (const char *)bytes + done;
        ssize_t w = write(log->fd, at, n - done);
        if (w < 0 && errno == EINTR)
            continue;
        if (w <= 0) {
            pyro_fail_errno(err, "write the log of %s", log->what);
            break;
        }
        done += (size_t)w;
        log->size += (uint64_t)w;
        if (log->wrote)
            log->wrote(log->arg, at, (size_t)w);
    }
    log->unsynced = true;
    *ret_written = done;
    keep_cap(log);
    return done == n;
}

void guest_log_sync(struct guest_log *log)
{
    if (!log->unsynced)
        return;
    log->unsynced = false;
    fdatasync(log->fd);
    fdatasync(log->events.fd);
}
