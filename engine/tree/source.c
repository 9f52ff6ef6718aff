/* engine/tree/source.c: directories and archives of the host as streams. */
#include "engine/tree/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/helper/helper.h"
#include "vmm/base/fs.h"
#include "vmm/base/tree_walk.h"

#define HELPER_MS (3600 * 1000)
#define PIPE_BYTES (1 << 20)
#define CHUNK_BYTES (256 * 1024)

static bool is_archive_name(const char *path)
{
    static const char *const endings[] = { ".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.xz" };
    size_t n = strlen(path);

    for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
        size_t m = strlen(endings[i]);
        if (n > m && !strcasecmp(path + n - m, endings[i]))
            return true;
    }
    return false;
}

static bool check_kind(struct tree_source *s, const char *path, struct pyro_error *err)
{
    struct stat st;

    if (fstat(s->fd, &st) != 0)
        return pyro_fail_errno(err, "'%s'", path);
    if (S_ISDIR(st.st_mode))
        return true;
    if (!S_ISREG(st.st_mode) || !is_archive_name(path)) {
        pyro_fail(err, PYRO_CONTENT_REFUSED, "'%s' is neither a directory nor a tar archive", path);
        return pyro_hint(err, "give a directory, or a .tar, .tar.gz, .tgz, .tar.zst or .tar.xz");
    }
    s->archive = true;
    return true;
}

bool tree_source_open(const char *path, struct tree_source *ret, struct pyro_error *err)
{
    struct tree_source s = { .fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) };

    if (s.fd < 0)
        return pyro_fail_errno(err, "'%s'", path);
    s.path = realpath(path, NULL);
    if (!s.path || !check_kind(&s, path, err)) {
        if (!s.path)
            pyro_fail_errno(err, "'%s'", path);
        tree_source_release(&s);
        return false;
    }
    *ret = s;
    return true;
}

void tree_source_release(struct tree_source *s)
{
    tree_skipped_release(&s->skipped);
    if (s->path)
        close(s->fd);
    free(s->path);
    *s = (struct tree_source){ .fd = -1 };
}

const char *tree_source_mode(const struct tree_source *s)
{
    return s->archive ? "tar_archive" : "directory";
}

/* --- progress --- */

bool tree_tell(void *telling, const struct tree_counts *c, struct pyro_error *err UNUSED)
{
    const struct tree_telling *t = telling;
    struct progress_count count = { (int64_t)c->entries, t->all ? (int64_t)t->all->entries : -1,
                                    "entries" };
    char text[160];

    if (!t->progress || !t->progress->update || (c->entries & 63))
        return true;
    if (t->all)
        snprintf(text, sizeof(text), "%s: %llu of %llu entries, %.1f of %.1f MB", t->what,
                 (unsigned long long)c->entries, (unsigned long long)t->all->entries,
                 (double)c->bytes / 1e6, (double)t->all->bytes / 1e6);
    else
        snprintf(text, sizeof(text), "%s: %llu entries, %.1f MB", t->what,
                 (unsigned long long)c->entries, (double)c->bytes / 1e6);
    progress_update(t->progress, text, &count);
    return true;
}

/* --- archives --- */

/* pyro-image's arguments and descriptors; the numbers' texts are the caller's. */
static bool start_helper(const struct tree_source *s, const struct tree_room *room, int output_fd,
                         pid_t *ret_pid, int *ret_fd, struct pyro_error *err)
{
    scoped_free char *bytes = str_printf("%llu", (unsigned long long)room->bytes);
    scoped_free char *entries = str_printf("%llu", (unsigned long long)room->entries);
    const char *const argv[] = { "pyro-image",
                                 "tar-to-tree",
                                 "--max-bytes",
                                 bytes,
                                 "--max-entries",
                                 entries,
                                 output_fd < 0 ? NULL : "--output-fd",
                                 "3",
                                 NULL };
    struct proc_spec spec = proc_spec_of(argv);

    if (lseek(s->fd, 0, SEEK_SET) != 0)
        return pyro_fail_errno(err, "'%s'", s->path);
    spec.stdin_fd = s->fd;
    if (output_fd >= 0) {
        spec.fds[0].from = output_fd;
        spec.fds[0].to = 3;
        spec.fd_count = 1;
    }
    return helper_start(&spec, ret_pid, ret_fd, err);
}

static bool look_at_archive(struct tree_source *s, const struct tree_room *room,
                            struct pyro_error *err)
{
    scoped_json json_t *result = NULL;
    pid_t pid;
    int fd;

    if (!start_helper(s, room, -1, &pid, &fd, err))
        return false;
    result = helper_wait(pid, fd, clock_ms() + HELPER_MS, err);
    if (!result) {
        if (pyro_is(err, PYRO_REFUSED))
            pyro_recode(err, PYRO_CONTENT_REFUSED);
        return pyro_wrap(err, "'%s'", s->path);
    }
    s->counts.entries = (uint64_t)json_int_or(result, "entries", 0);
    s->counts.bytes = (uint64_t)json_int_or(result, "bytes", 0);
    s->counts.data_bytes = (uint64_t)json_int_or(result, "data_bytes", 0);
    return true;
}

/* Passes on the output of pyro-image, which the guest checks like anything else. */
static bool pass_on(const struct tree_source *s, int fd, struct tree_session *to,
                    const struct progress *progress, struct pyro_error *err)
{
    scoped_free char *chunk = malloc(CHUNK_BYTES);
    uint64_t done = 0;
    char text[160];
    ssize_t n;

    if (!chunk)
        return pyro_no_memory(err, NULL);
    while ((n = read(fd, chunk, CHUNK_BYTES)) > 0 || (n < 0 && errno == EINTR)) {
        if (n < 0)
            continue;
        if (!tree_session_write(to, chunk, (size_t)n, err))
            return false;
        done += (uint64_t)n;
        if (done > s->counts.data_bytes)
            done = s->counts.data_bytes;
        snprintf(text, sizeof(text), "sending %llu entries: %.1f of %.1f MB",
                 (unsigned long long)s->counts.entries, (double)done / 1e6,
                 (double)s->counts.data_bytes / 1e6);
        progress_update(
            progress, text,
            &(struct progress_count){ (int64_t)done, (int64_t)s->counts.data_bytes, "bytes" });
    }
    return n == 0 || pyro_fail_errno(err, "read from pyro-image");
}

static bool send_archive(struct tree_source *s, const struct tree_room *room,
                         struct tree_session *to, const struct progress *progress,
                         struct pyro_error *err)
{
    scoped_json json_t *result = NULL;
    struct pyro_error why = { 0 };
    int ends[2], said;
    pid_t pid;
    bool ok;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return pyro_fail_errno(err, "start pyro-image: pipe");
    fcntl(ends[0], F_SETPIPE_SZ, PIPE_BYTES);
    ok = start_helper(s, room, ends[1], &pid, &said, err);
    close(ends[1]);
    if (!ok) {
        close(ends[0]);
        return false;
    }
    ok = pass_on(s, ends[0], to, progress, err);
    close(ends[0]); /* it ends now, if it has not yet */
    result = helper_wait(pid, said, clock_ms() + HELPER_MS, &why);
    if (ok && !result) {
        pyro_copy(err, &why);
        return pyro_wrap(err, "'%s'", s->path);
    }
    return ok;
}

/* --- both --- */

static bool check_room(const struct tree_source *s, const struct tree_room *room,
                       struct pyro_error *err)
{
    if ((room->bytes && s->counts.data_bytes > room->bytes) ||
        (room->entries && s->counts.entries > room->entries))
        return pyro_fail(err, PYRO_NO_SPACE,
                         "'%s' does not fit: %llu bytes in %llu entries, with room for %llu bytes "
                         "and %llu files",
                         s->path, (unsigned long long)s->counts.data_bytes,
                         (unsigned long long)s->counts.entries, (unsigned long long)room->bytes,
                         (unsigned long long)room->entries);
    return true;
}

bool tree_source_look(struct tree_source *s, const struct tree_room *room,
                      const struct progress *progress, struct pyro_error *err)
{
    struct tree_telling t = { progress, "looking", NULL };
    struct tree_walk w = {
        .dirfd = s->fd, .label = s->path, .progress = tree_tell, .arg = &t, .skipped = &s->skipped
    };

    if (s->archive) {
        progress_update(progress, "checking the archive", NULL);
        return look_at_archive(s, room, err);
    }
    tree_skipped_release(&s->skipped);
    return tree_walk(&w, &s->counts, err) && check_room(s, room, err);
}

void tree_skipped_note(const struct tree_skipped *s, const char *root,
                       const struct progress *progress)
{
    uint64_t named = json_array_size(s->paths);
    const json_t *path;
    size_t i;

    json_array_foreach (s->paths, i, path) {
        scoped_free char *text = str_printf("'%s/%s' is a socket, FIFO or device, and was skipped",
                                            root, json_string_value(path));
        progress_note(progress, text);
    }
    if (s->count > named) {
        scoped_free char *text =
            str_printf("and %llu more", (unsigned long long)(s->count - named));
        progress_note(progress, text);
    }
}

bool tree_source_send(struct tree_source *s, const struct tree_room *room, struct tree_session *to,
                      const struct progress *progress, struct pyro_error *err)
{
    struct tree_counts all = s->counts;
    struct tree_telling t = { progress, "sending", &all };
    scoped_tree_skipped skipped = { 0 };
    struct tree_output out;
    struct tree_walk w = { .dirfd = s->fd,
                           .label = s->path,
                           .progress = tree_tell,
                           .arg = &t,
                           .out = &out,
                           .skipped = &skipped };
    bool ok;

    if (s->archive)
        return send_archive(s, room, to, progress, err);
    if (!tree_output_init(&out, tree_session_write, to, err))
        return false;
    ok = tree_walk(&w, &s->counts, err) && tree_put_done(&out, err);
    tree_output_release(&out);
    return ok;
}
