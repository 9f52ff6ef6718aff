/* engine/supervisor/guest_log.c: appending to a log, and keeping it below its cap. */
#include "engine/supervisor/guest_log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/supervisor/line_file.h"
#include "vmm/base/fs.h"

bool guest_log_open(struct guest_log *log, int fd, int events_fd, struct pyro_error *err)
{
    struct stat st;

    log->fd = fd;
    log->events_fd = events_fd;
    if (fd < 0 || events_fd < 0 || fstat(fd, &st) != 0 || !line_file_mend(events_fd)) {
        if (fd >= 0 && events_fd >= 0)
            pyro_fail_errno(err, "open the log of %s", log->what);
        guest_log_close(log);
        return false;
    }
    log->size = (uint64_t)st.st_size;
    return true;
}

void guest_log_close(struct guest_log *log)
{
    if (log->fd >= 0)
        close(take_fd(&log->fd));
    if (log->events_fd >= 0)
        close(take_fd(&log->events_fd));
}

uint64_t guest_log_offset(const struct guest_log *log)
{
    return log->size;
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
    if (!whole || !line_file_add(log->events_fd, whole, strlen(whole)))
        return false;
    log->unsynced = true;
    return true;
}

/* Frees the head in steps; published first, so that no reader takes the hole for output. */
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
    fdatasync(log->events_fd);
}
