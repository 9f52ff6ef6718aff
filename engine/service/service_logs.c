/*
 * engine/service/service_logs.c: reading what a service printed: its last lines, all of it, or as
 * it comes.
 *
 * Only files are read. Following sleeps on their change notification (lookout.h).
 */
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "engine/client/connect.h"
#include "engine/client/handle.h"
#include "engine/client/lookout.h"
#include "engine/service/service.h"
#include "vmm/base/fs.h"

#define CHUNK_BYTES 65536
#define OUTPUT_MAX (256ll * 1024 * 1024) /* more than a log keeps */

void service_logs_release(struct service_logs *l)
{
    json_decref(l->view);
    buf_release(&l->output[0]);
    buf_release(&l->output[1]);
}

/* Where the last n lines begin, not before `first`. A last line without its newline counts. */
static uint64_t find_tail(int fd, uint64_t first, uint64_t size, int64_t lines)
{
    char chunk[CHUNK_BYTES];
    uint64_t at = size;

    if (!lines)
        return size;
    while (at > first) {
        uint64_t from = at - first > sizeof(chunk) ? at - sizeof(chunk) : first;
        ssize_t n = fs_pread_full(fd, chunk, (size_t)(at - from), (off_t)from);
        if (n != (ssize_t)(at - from))
            break;
        for (; at > from; at--)
            if (chunk[at - from - 1] == '\n' && at != size && --lines == 0)
                return at;
    }
    return first;
}

struct reading {
    const struct workspace_handle *o;
    const char *name;
    const struct service_logs_spec *spec;
    struct service_logs *logs;
    struct service_record record;
    int fds[2];
    struct lookout lookout;
    uint64_t at[2];
};

static bool look_at_record(struct reading *r, struct pyro_error *err)
{
    struct service_record now;

    if (!service_record_load(r->o->dir_fd, r->name, &now, err))
        return false;
    service_record_release(&r->record);
    r->record = now;
    return true;
}

static bool write_out(struct reading *r, int i, const char *bytes, size_t n, struct pyro_error *err)
{
    if (r->spec->sink)
        return r->spec->sink(r->spec->arg, (enum service_output)i, bytes, n, err);
    return buf_append(&r->logs->output[i], bytes, n) || pyro_no_memory(err, "the log");
}

/* Reads what one log has beyond what was read. The record is looked at after each read: what was
 * dropped meanwhile reads as NULs, and is skipped. */
static bool read_log(struct reading *r, int i, struct pyro_error *err)
{
    char chunk[CHUNK_BYTES];

    for (;;) {
        ssize_t n = pread(r->fds[i], chunk, sizeof(chunk), (off_t)r->at[i]);
        uint64_t skip = 0;
        if (n < 0)
            return pyro_fail_errno(err, "read the log of service '%s'", r->name);
        if (!n)
            return true;
        if (!look_at_record(r, err))
            return false;
        if (r->record.first[i] > r->at[i])
            skip = r->record.first[i] - r->at[i];
        if (r->spec->tail_lines < 0)
            r->logs->dropped[i] += skip;
        if (skip >= (uint64_t)n) {
            r->at[i] += skip;
            continue;
        }
        r->at[i] += (uint64_t)n;
        if (!write_out(r, i, chunk + skip, (size_t)n - (size_t)skip, err))
            return false;
    }
}

static bool open_logs(struct reading *r, struct pyro_error *err)
{
    if (!look_at_record(r, err))
        return false;
    for (int i = 0; i < 2; i++) {
        struct stat st;
        r->fds[i] =
            service_open_file(r->o->dir_fd, r->name, (enum service_output)i, "log", O_RDONLY, err);
        if (r->fds[i] < 0 || fstat(r->fds[i], &st) != 0)
            return false;
        r->at[i] = 0;
        if (r->spec->tail_lines >= 0)
            r->at[i] =
                find_tail(r->fds[i], r->record.first[i], (uint64_t)st.st_size, r->spec->tail_lines);
    }
    return true;
}

static bool watch(struct reading *r, struct pyro_error *err)
{
    scoped_free char *directory = str_printf(SERVICES_DIR "/%s", r->name);

    return lookout_open(&r->lookout, err) &&
           lookout_add(&r->lookout, directory, IN_MODIFY | IN_MOVED_TO, err);
}

/* It was seen to run, and ended: an error when that is its failure, or its machine's. */
static bool check_end(const struct reading *r, struct pyro_error *err)
{
    return r->record.state != SERVICE_FAILED ||
           pyro_fail(err, PYRO_SERVICE_FAILED, "service '%s' failed: %s", r->name,
                     r->record.stop_reason ? r->record.stop_reason : "the reason is not known");
}

/* Until it has ended, or was started again under its name. */
static bool follow(struct reading *r, struct pyro_error *err)
{
    double run = r->record.started_at;
    bool ran = false;

    for (;;) {
        bool live;
        if (!look_at_record(r, err))
            return false;
        live = service_is_live(&r->record);
        if (r->record.started_at > run || r->record.started_at < run)
            return true;
        for (int i = 0; i < 2; i++)
            if (!read_log(r, i, err))
                return false;
        if (!live)
            return !ran || check_end(r, err);
        ran = true;
        if (!lookout_sleep(&r->lookout, INT64_MAX, err))
            return false;
    }
}

bool service_logs(const char *ref, const char *name, const struct service_logs_spec *spec,
                  struct service_logs *ret, struct pyro_error *err)
{
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    struct service_logs logs = { .output = { BUF_INIT(OUTPUT_MAX), BUF_INIT(OUTPUT_MAX) } };
    struct reading r = { .o = &o,
                         .name = name,
                         .spec = spec,
                         .logs = &logs,
                         .fds = { -1, -1 },
                         .lookout = LOOKOUT_INIT(&o, spec->progress) };
    bool ok = workspace_open(ref, &o, err) && workspace_recover(&o, err) &&
              (!spec->sink || look_at_record(&r, err)) && (!spec->sink || watch(&r, err)) &&
              open_logs(&r, err) &&
              (spec->sink ? follow(&r, err) : read_log(&r, 0, err) && read_log(&r, 1, err));

    if (ok)
        logs.view = service_record_to_view(&r.record, o.id);
    cleanup_close(&r.fds[0]);
    cleanup_close(&r.fds[1]);
    lookout_close(&r.lookout);
    service_record_release(&r.record);
    if (ok)
        *ret = logs;
    else
        service_logs_release(&logs);
    return ok;
}
