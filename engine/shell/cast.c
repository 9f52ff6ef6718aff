/*
 * engine/shell/cast.c: from log, marks in time and resizes to asciicast v2.
 *
 * The marks cut the log into stretches of one time each; a resize cuts a stretch at its offset. An
 * unfinished UTF-8 sequence at the end of a stretch goes to the next one.
 */
#include "engine/shell/cast.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/state/shell_notes.h"

#define CHUNK 65536

struct cast {
    int log_fd;
    FILE *times;
    FILE *out;
    uint64_t at, end;         /* of the log */
    double time;              /* of the stretch that begins at `at`, seconds */
    struct shell_notes notes; /* from the first byte kept on */
    size_t resize_next;
    struct cast_result result;
    char carry[4]; /* an unfinished sequence */
    size_t carry_len;
};

static bool put_line(struct cast *c, double time, const char *kind, json_t *text,
                     struct pyro_error *err)
{
    scoped_json json_t *line = json_pack("[f, s, o]", time, kind, text);
    scoped_free char *s = line ? json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;

    if (!s || fprintf(c->out, "%s\n", s) < 0)
        return pyro_fail_errno(err, "write the recording");
    c->result.events++;
    if (time > c->result.duration_seconds)
        c->result.duration_seconds = time;
    return true;
}

/* Bytes at the end of `bytes` that begin a UTF-8 sequence and do not end it. */
static size_t unfinished(const char *bytes, size_t n)
{
    for (size_t back = 1; back <= 3 && back <= n; back++) {
        unsigned char b = (unsigned char)bytes[n - back];
        size_t need = b >= 0xf0 ? 4 : b >= 0xe0 ? 3 : b >= 0xc0 ? 2 : 0;
        if (need)
            return need > back ? back : 0;
        if (b < 0x80)
            return 0;
    }
    return 0;
}

/* The bytes from c->at up to `to`, all of one time. */
static bool put_output(struct cast *c, uint64_t to, struct pyro_error *err)
{
    char chunk[CHUNK + sizeof(c->carry)];

    while (c->at < to) {
        size_t want = to - c->at < CHUNK ? (size_t)(to - c->at) : CHUNK, n, held;
        ssize_t got;
        memcpy(chunk, c->carry, c->carry_len);
        got = pread(c->log_fd, chunk + c->carry_len, want, (off_t)c->at);
        if (got <= 0)
            return pyro_fail_errno(err, "read the log");
        c->at += (uint64_t)got;
        n = c->carry_len + (size_t)got;
        held = c->at < c->end ? unfinished(chunk, n) : 0;
        memcpy(c->carry, chunk + n - held, held);
        c->carry_len = held;
        if (n > held && !put_line(c, c->time, "o", json_string_lossy(chunk, n - held), err))
            return false;
    }
    return true;
}

/* Output up to `to`, with the resizes that lie on the way. */
static bool advance(struct cast *c, uint64_t to, struct pyro_error *err)
{
    while (c->resize_next < c->notes.resize_count) {
        const struct plain_resize *r = &c->notes.resizes[c->resize_next];
        uint64_t offset = c->notes.start + r->offset;
        if (offset > to)
            break;
        c->resize_next++;
        if (offset > c->at && !put_output(c, offset, err))
            return false;
        if (!put_line(c, c->time, "r", json_sprintf("%dx%d", r->cols, r->rows), err))
            return false;
    }
    return to <= c->at || put_output(c, to, err);
}

static bool put_header(struct cast *c, const struct shell_record *r, struct pyro_error *err)
{
    scoped_json json_t *header = json_pack(
        "{s:i, s:i, s:i, s:I, s:{s:s}}", "version", 2, "width", c->notes.cols, "height",
        c->notes.rows, "timestamp", (json_int_t)r->started_at, "env", "TERM", "xterm-256color");
    scoped_free char *s = header ? json_dumps(header, JSON_COMPACT) : NULL;

    if (!s || fprintf(c->out, "%s\n", s) < 0)
        return pyro_fail_errno(err, "write the recording");
    return true;
}

static bool put_all(struct cast *c, struct pyro_error *err)
{
    char line[64], lf;
    unsigned long long offset;
    long long ms;

    while (fgets(line, sizeof(line), c->times)) {
        if (sscanf(line, "%llu %lld%c", &offset, &ms, &lf) != 3 || lf != '\n')
            continue; /* one that a crash cut */
        uint64_t to = offset < c->end ? offset : c->end;
        if (to > c->at && !advance(c, to, err))
            return false;
        if ((double)ms / 1000 > c->time)
            c->time = (double)ms / 1000;
    }
    return advance(c, c->end, err);
}

/* The marks of what was dropped are dropped too. */
static bool skip_times(struct cast *c, int workspace_fd, const char *shell, struct pyro_error *err)
{
    scoped_close int fd = shell_open_file(workspace_fd, shell, "states", O_RDONLY, NULL);
    struct shell_state s;

    shell_state_before(fd, c->at, &s);
    return fseeko(c->times, (off_t)s.times_at, SEEK_SET) == 0 ||
           pyro_fail_errno(err, "read the times of shell '%s'", shell);
}

static bool cast_open(struct cast *c, int workspace_fd, const char *shell, int out_fd,
                      const struct shell_record *r, struct pyro_error *err)
{
    int times_fd = shell_open_file(workspace_fd, shell, "times", O_RDONLY, err);
    int out_copy = fcntl(out_fd, F_DUPFD_CLOEXEC, 3);
    struct stat st;

    c->times = times_fd < 0 ? NULL : fdopen(times_fd, "r");
    c->out = out_copy < 0 ? NULL : fdopen(out_copy, "w");
    c->log_fd = times_fd < 0 ? -1 : shell_open_file(workspace_fd, shell, "log", O_RDONLY, err);
    if (c->log_fd < 0)
        return false;
    if (!c->times || !c->out || fstat(c->log_fd, &st) != 0)
        return pyro_fail_errno(err, "open the files of shell '%s'", shell);
    c->end = (uint64_t)st.st_size;
    c->at = r->first;
    c->result.dropped_bytes = r->first;
    return skip_times(c, workspace_fd, shell, err) &&
           shell_notes_load(workspace_fd, shell, c->at, UINT64_MAX, &c->notes, err);
}

bool shell_cast(int workspace_fd, const char *shell, int out_fd, struct cast_result *ret,
                struct pyro_error *err)
{
    struct cast *c = calloc(1, sizeof(*c));
    scoped_shell_record struct shell_record r = { 0 };
    bool ok;

    BUG_ON(!c);
    c->log_fd = -1;
    ok = shell_record_load(workspace_fd, shell, &r, err) &&
         cast_open(c, workspace_fd, shell, out_fd, &r, err) && put_header(c, &r, err) &&
         put_all(c, err);
    if (ok && fflush(c->out) != 0)
        ok = pyro_fail_errno(err, "write the recording");
    if (ok) {
        c->result.bytes_written = (uint64_t)ftello(c->out);
        *ret = c->result;
    }
    if (c->times)
        fclose(c->times);
    if (c->out)
        fclose(c->out);
    if (c->log_fd >= 0)
        close(c->log_fd);
    shell_notes_release(&c->notes);
    free(c);
    return ok;
}
