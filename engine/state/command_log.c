/* engine/state/command_log.c: the log of a detached command. */
#include "engine/state/command_log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/base/fs.h"

#define STEPS 16 /* the cap has so many */
#define RUN_BYTES 8
#define BLOCK_BYTES 4096 /* whole ones are punched out of the runs */
#define PUNCHED_TRIES 16

struct file_name {
    char text[48];
};

static const char *name_of(struct file_name *space, int64_t sequence, const char *kind)
{
    snprintf(space->text, sizeof(space->text), "commands/%06" PRId64 ".%s", sequence, kind);
    return space->text;
}

/* ---- runs ---- */

/* Number `i`, or of one that is punched out 0, which is right for what is punched out. */
static uint64_t run_at(int runs_fd, uint64_t i)
{
    uint8_t bytes[RUN_BYTES] = { 0 };
    struct reader r = reader_of(bytes, sizeof(bytes));
    uint64_t run = 0;

    if (pread(runs_fd, bytes, sizeof(bytes), (off_t)(i * RUN_BYTES)) != sizeof(bytes) ||
        !rd_u64(&r, &run))
        return 0;
    return run;
}

/* The last of `count` that begins at or before a place; there is one. */
static uint64_t find_run(int runs_fd, uint64_t count, uint64_t place)
{
    uint64_t low = 0, high = count;

    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;

        if (run_at(runs_fd, middle) / 2 <= place)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* ---- writing ---- */

bool command_log_make(struct command_log *log, int dirfd, int64_t sequence, struct pyro_error *err)
{
    const int flags = O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
    struct file_name name;

    *log = (struct command_log)COMMAND_LOG_INIT;
    log->fd = openat(dirfd, name_of(&name, sequence, "log"), flags, 0600);
    if (log->fd >= 0)
        log->runs_fd = openat(dirfd, name_of(&name, sequence, "runs"), flags, 0600);
    return (log->fd >= 0 && log->runs_fd >= 0) ||
           pyro_fail_errno(err, "make the log of command %" PRId64, sequence);
}

void command_log_close(struct command_log *log)
{
    cleanup_close(&log->fd);
    cleanup_close(&log->runs_fd);
    log->fd = log->runs_fd = -1;
}

int64_t command_log_kept(const struct command_log *log)
{
    return (int64_t)(log->size - log->first + (log->runs - log->first_run) * RUN_BYTES);
}

static bool punch(int fd, uint64_t from, uint64_t to)
{
    return from == to || fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)from,
                                   (off_t)(to - from)) == 0;
}

static void keep_cap(struct command_log *log)
{
    uint64_t step = (uint64_t)log->max / STEPS;

    while (command_log_kept(log) > log->max && log->size - log->first > step) {
        uint64_t first = log->first + step;
        uint64_t run = find_run(log->runs_fd, log->runs, first) * RUN_BYTES / BLOCK_BYTES *
                       (BLOCK_BYTES / RUN_BYTES);

        if (!punch(log->fd, log->first, first))
            return; /* the next step tries again */
        log->first = first;
        if (run > log->first_run &&
            punch(log->runs_fd, log->first_run * RUN_BYTES, run * RUN_BYTES))
            log->first_run = run;
    }
}

static bool begin_run(struct command_log *log, int whose)
{
    uint8_t run[RUN_BYTES];

    if (log->whose == whose)
        return true;
    put_u64(run, log->size * 2 + (uint64_t)whose);
    if (write(log->runs_fd, run, sizeof(run)) != sizeof(run)) {
        /* A part of one would shift all that follow. */
        (void)!ftruncate(log->runs_fd, (off_t)(log->runs * RUN_BYTES));
        return false;
    }
    log->runs++;
    log->whose = whose;
    return true;
}

size_t command_log_add(struct command_log *log, bool is_error, const void *bytes, size_t n)
{
    size_t done = 0;

    if (!n || !begin_run(log, is_error))
        return 0;
    while (done < n) {
        ssize_t w = write(log->fd, (const char *)bytes + done, n - done);

        if (w < 0 && errno == EINTR)
            continue;
        if (w <= 0)
            break;
        done += (size_t)w;
        log->size += (uint64_t)w;
        keep_cap(log);
    }
    return done;
}

/* ---- by name ---- */

int64_t command_log_stored(int dirfd, int64_t sequence)
{
    static const char *const kinds[] = { "log", "runs" };
    struct file_name name;
    int64_t bytes = 0;
    struct stat st;

    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
        if (fstatat(dirfd, name_of(&name, sequence, kinds[i]), &st, AT_SYMLINK_NOFOLLOW) == 0)
            bytes += (int64_t)st.st_blocks * 512;
    return bytes;
}

int64_t command_log_size(int dirfd, int64_t sequence)
{
    struct file_name name;
    struct stat st;

    if (fstatat(dirfd, name_of(&name, sequence, "log"), &st, AT_SYMLINK_NOFOLLOW) != 0)
        return 0;
    return st.st_size;
}

void command_log_remove(int dirfd, int64_t sequence)
{
    struct file_name name;

    unlinkat(dirfd, name_of(&name, sequence, "log"), 0);
    unlinkat(dirfd, name_of(&name, sequence, "runs"), 0);
}

/* ---- reading ---- */

void command_part_release(struct command_part *part)
{
    buf_release(&part->text);
    buf_release(&part->runs);
}

/* What comes before is punched out. */
static uint64_t first_kept(int fd, uint64_t size)
{
    off_t at = lseek(fd, 0, SEEK_DATA);

    return at < 0 ? size : (uint64_t)at;
}

/* Bytes from the cursor on, none of them punched out meanwhile. */
static bool read_text(int fd, uint64_t cursor, size_t n, struct command_part *ret,
                      struct pyro_error *err)
{
    for (int i = 0; i < PUNCHED_TRIES; i++) {
        struct stat st;
        uint64_t first, left;
        ssize_t got;

        if (fstat(fd, &st) != 0)
            return pyro_fail_errno(err, "read the log of a command");
        ret->size = (uint64_t)st.st_size;
        first = first_kept(fd, ret->size);
        ret->start = first > cursor ? first : cursor;
        left = ret->size > ret->start ? ret->size - ret->start : 0;
        buf_clear(&ret->text);
        if (!buf_reserve(&ret->text, left < n ? (size_t)left : n))
            return pyro_no_memory(err, "the log of a command");
        got = fs_pread_full(fd, ret->text.data, left < n ? (size_t)left : n, (off_t)ret->start);
        if (got < 0)
            return pyro_fail_errno(err, "read the log of a command");
        ret->text.len = (size_t)got;
        if (first_kept(fd, ret->size) <= ret->start)
            return true;
    }
    return pyro_fail(err, PYRO_IO, "a command drops its oldest output faster than it can be read");
}

static bool read_runs(int runs_fd, struct command_part *ret, struct pyro_error *err)
{
    uint64_t end = ret->start + ret->text.len, count;
    struct stat st;

    if (!ret->text.len)
        return true;
    if (fstat(runs_fd, &st) != 0)
        return pyro_fail_errno(err, "read the log of a command");
    count = (uint64_t)st.st_size / RUN_BYTES;
    for (uint64_t i = count ? find_run(runs_fd, count, ret->start) : 0; i < count; i++) {
        uint64_t value = run_at(runs_fd, i);
        struct command_run run = { value / 2, value & 1 };

        if (run.at >= end)
            break;
        if (!buf_append(&ret->runs, &run, sizeof(run)))
            return pyro_no_memory(err, "the log of a command");
    }
    return true;
}

bool command_log_read(int dirfd, int64_t sequence, uint64_t cursor, size_t n,
                      struct command_part *ret, bool *ret_exists, struct pyro_error *err)
{
    struct file_name name;
    scoped_close int fd =
        openat(dirfd, name_of(&name, sequence, "log"), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    scoped_close int runs_fd =
        openat(dirfd, name_of(&name, sequence, "runs"), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    *ret = (struct command_part){ .text = BUF_INIT(SIZE_MAX / 2), .runs = BUF_INIT(SIZE_MAX / 2) };
    *ret_exists = fd >= 0 && runs_fd >= 0;
    if (!*ret_exists)
        return true;
    if (read_text(fd, cursor, n, ret, err) && read_runs(runs_fd, ret, err))
        return true;
    command_part_release(ret);
    return false;
}

bool command_part_each(const struct command_part *part, size_t n, command_stretch_fn *fn, void *arg,
                       struct pyro_error *err)
{
    const struct command_run *runs = (const void *)part->runs.data;
    size_t count = part->runs.len / sizeof(*runs);

    for (size_t i = 0, at = 0; at < n; i++) {
        uint64_t next = i + 1 < count ? runs[i + 1].at - part->start : n;
        size_t end = next < n ? (size_t)next : n;

        if (end > at &&
            !fn(arg, i < count && runs[i].is_error, part->text.data + at, end - at, err))
            return false;
        at = end;
    }
    return true;
}
