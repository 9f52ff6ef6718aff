/* engine/disk/inspect.c: list, read and export the disk of a stopped workspace. */
#include "engine/disk/inspect.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "engine/client/connect.h"
#include "engine/client/handle.h"
#include "engine/client/stopped.h"
#include "engine/disk/view.h"
#include "engine/helper/helper.h"
#include "engine/helper/host_file.h"
#include "vmm/base/file_name.h"
#include "vmm/base/fs.h"
#include "vmm/base/utf8.h"

#define OUTPUT_FD 3
#define LAYERS_FD 4
#define LOOK_MS 60000
#define EXPORT_MS (6 * 3600 * 1000LL)
#define LIST_BYTES_MAX (512 * 1024 * 1024)
#define PATH_BYTES_MAX 4095

/* A stopped workspace, locked so that nobody starts it meanwhile. */
struct stopped_disk {
    struct workspace_handle opened;
    int lock_fd;
    struct disk_fds disk;
};

static void stopped_disk_release(struct stopped_disk *r)
{
    disk_fds_release(&r->disk);
    if (r->lock_fd >= 0)
        close(take_fd(&r->lock_fd));
    workspace_close(&r->opened);
}
#define scoped_stopped_disk __attribute__((cleanup(stopped_disk_release)))
#define STOPPED_DISK_INIT { .opened = WORKSPACE_HANDLE_INIT, .lock_fd = -1 }

static bool open_stopped_disk(const char *ref, struct stopped_disk *r, struct pyro_error *err)
{
    scoped_record struct workspace_record record = { 0 };

    if (!workspace_open(ref, &r->opened, err))
        return false;
    r->lock_fd = workspace_require_stopped(&r->opened, err);
    return r->lock_fd >= 0 && record_load_disk(r->opened.dir_fd, r->opened.id, &record, err) &&
           disk_fds_open(r->opened.dir_fd, &record, record.disk.active, &r->disk, err);
}

/* pyro-image on the disk; argv is filled from [6] on by the caller. */
static void look_spec(const struct stopped_disk *r, const char **argv, int output_fd,
                      struct proc_spec *ret, char fds[DISK_FDS_TEXT], char output[16])
{
    *ret = proc_spec_of(argv);
    ret->fds[0].from = output_fd, ret->fds[0].to = OUTPUT_FD;
    ret->fd_count = 1;
    disk_fds_pass(&r->disk, ret, LAYERS_FD, fds);
    snprintf(output, 16, "%d", OUTPUT_FD);
    argv[2] = "--layer-fds", argv[3] = fds;
    argv[4] = "--output-fd", argv[5] = output;
}

static json_t *look(const struct stopped_disk *r, const char **argv, int output_fd,
                    int64_t timeout_ms, struct pyro_error *err)
{
    char fds[DISK_FDS_TEXT], output[16];
    struct proc_spec spec;

    look_spec(r, argv, output_fd, &spec, fds, output);
    return helper_run(&spec, timeout_ms, err);
}

/* Absolute and without ".", ".." and doubled slashes; a relative path is below /workspace. */
static char *clean_path(const char *text, struct pyro_error *err)
{
    scoped_free char *name = name_given(text, err);
    const char *given = name ? name : "";
    char *clean;

    if (!*given || strlen(given) > PATH_BYTES_MAX) {
        if (name)
            pyro_fail(err, PYRO_INVALID_ARGUMENT, "the path is %s", *given ? "too long" : "empty");
        return NULL;
    }
    clean = str_printf("/%s%s", *given == '/' ? "" : "workspace/", given);
    name_clean_path(clean + 1); /* the directory above the root is the root */
    return clean;
}

static json_t *load_list(int fd, struct pyro_error *err)
{
    struct stat st;
    json_t *list = NULL;
    void *text;

    if (fstat(fd, &st) != 0 || st.st_size <= 0)
        return pyro_fail(err, PYRO_INTERNAL, "pyro-image listed nothing");
    text = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (text == MAP_FAILED)
        return pyro_fail_errno(err, "read the list");
    list = json_parse(text, (size_t)st.st_size, LIST_BYTES_MAX, err);
    munmap(text, (size_t)st.st_size);
    return list;
}

json_t *workspace_disk_list(const char *ref, const char *path, bool recursive,
                            struct pyro_error *err)
{
    scoped_stopped_disk struct stopped_disk r = STOPPED_DISK_INIT;
    scoped_free char *clean = clean_path(path, err);
    const char *argv[] = { "pyro-image", "disk-list", NULL,
                           NULL,         NULL,        NULL,
                           "--path",     clean,       recursive ? "--recursive" : NULL,
                           NULL };
    scoped_close int fd = -1;
    scoped_json json_t *result = NULL;
    json_t *list;

    if (!clean || !open_stopped_disk(ref, &r, err))
        return NULL;
    fd = memfd_create("pyro-disk-list", MFD_CLOEXEC);
    if (fd < 0)
        return pyro_fail_errno(err, "list the disk");
    result = look(&r, argv, fd, LOOK_MS, err);
    list = result ? load_list(fd, err) : NULL;
    if (!list)
        return NULL;
    json_object_set_new(list, "workspace_id", json_string(r.opened.id));
    json_object_set_new(list, "recursive", json_boolean(recursive));
    return list;
}

/* The helper's output, passed on as it arrives. */
static bool pass_on(int fd, const struct content_sink *sink, struct pyro_error *err)
{
    static char chunk[65536];

    for (;;) {
        struct pollfd p = { .fd = fd, .events = POLLIN };
        int ready = poll(&p, 1, LOOK_MS);
        ssize_t n = ready > 0 ? read(fd, chunk, sizeof(chunk)) : ready;

        if (ready == 0)
            return pyro_fail(err, PYRO_TIMEOUT, "pyro-image does not answer");
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return pyro_fail_errno(err, "read the disk");
        if (n == 0)
            return true;
        if (!sink->put(sink->arg, chunk, (size_t)n, err))
            return false;
    }
}

/* Like look(), with the output going into a sink. */
static json_t *look_through(const struct stopped_disk *r, const char **argv,
                            const struct content_sink *sink, struct pyro_error *err)
{
    char fds[DISK_FDS_TEXT], output[16];
    struct proc_spec spec;
    int out[2], stdout_fd;
    pid_t pid;
    bool ok;

    if (pipe2(out, O_CLOEXEC) != 0)
        return pyro_fail_errno(err, "read the disk");
    look_spec(r, argv, out[1], &spec, fds, output);
    ok = helper_start(&spec, &pid, &stdout_fd, err);
    close(out[1]);
    if (ok && !pass_on(out[0], sink, err)) {
        proc_kill(pid);
        close(stdout_fd);
        ok = false;
    }
    close(out[0]);
    return ok ? helper_wait(pid, stdout_fd, clock_ms() + LOOK_MS, err) : NULL;
}

/* The bytes as text; a character cut at the end is dropped. */
static json_t *take_text(int fd, bool truncated, const char *path, struct pyro_error *err)
{
    scoped_buf text = BUF_INIT(DISK_READ_MAX + 1);
    scoped_free char *name = str_printf("/proc/self/fd/%d", fd);
    size_t n;
    json_t *content;

    if (!fs_read_file(AT_FDCWD, name, &text, err))
        return NULL;
    n = text.len;
    for (unsigned cut = 0; truncated && cut < 4 && n && !utf8_is_valid(text.data, n); cut++)
        n--;
    content = n ? json_stringn(text.data, n) : json_string("");
    if (!content) {
        pyro_fail(err, PYRO_WRONG_FILE_TYPE, "'%.400s' is not UTF-8 text", path);
        pyro_hint(err, "'--content-only' gives its bytes as they are");
    }
    return content;
}

/* Whether the file goes on after the part that the helper's result is about. */
static bool is_truncated(const json_t *result, const struct content_range *range)
{
    return json_int_or(result, "size_bytes", 0) - json_int_or(result, "bytes", 0) > range->offset;
}

/* The helper's result, with the content as text. */
static json_t *look_as_text(const struct stopped_disk *r, const char **argv, const char *path,
                            const struct content_range *range, struct pyro_error *err)
{
    scoped_close int fd = memfd_create("pyro-disk", MFD_CLOEXEC);
    scoped_json json_t *result = NULL;
    json_t *content;

    if (fd < 0)
        return pyro_fail_errno(err, "read the disk");
    result = look(r, argv, fd, LOOK_MS, err);
    content = result ? take_text(fd, is_truncated(result, range), path, err) : NULL;
    if (!content)
        return NULL;
    json_object_set_new(result, "content", content);
    return json_incref(result);
}

json_t *workspace_disk_read(const char *ref, const char *path, const struct content_range *range,
                            const struct content_sink *sink, struct pyro_error *err)
{
    scoped_stopped_disk struct stopped_disk r = STOPPED_DISK_INIT;
    scoped_free char *clean = clean_path(path, err);
    scoped_free char *max = str_printf("%" PRId64, range->max_bytes);
    scoped_free char *offset = str_printf("%" PRId64, range->offset);
    const char *argv[] = { "pyro-image", "disk-read",   NULL, NULL,       NULL,   NULL, "--path",
                           clean,        "--max-bytes", max,  "--offset", offset, NULL };
    scoped_json json_t *result = NULL;
    json_t *content;

    if (!clean || !open_stopped_disk(ref, &r, err))
        return NULL;
    result = sink ? look_through(&r, argv, sink, err) : look_as_text(&r, argv, clean, range, err);
    if (!result)
        return NULL;
    content = json_object_get(result, "content");
    return json_pack(
        "{s:I, s:b, s:s, s:o, s:o}", "size_bytes", (json_int_t)json_int_or(result, "size_bytes", 0),
        "truncated", is_truncated(result, range), "workspace_id", r.opened.id, "path",
        name_to_json("", clean), "content", content ? json_incref(content) : json_string(""));
}

/* ---- export ---- */

static json_t *export_to(const struct stopped_disk *r, int fd, struct pyro_error *err)
{
    const char *argv[] = { "pyro-image", "disk-export", NULL, NULL, NULL, NULL, NULL };

    return look(r, argv, fd, EXPORT_MS, err);
}

json_t *workspace_disk_export(const char *ref, const char *output, struct pyro_error *err)
{
    scoped_stopped_disk struct stopped_disk r = STOPPED_DISK_INIT;
    scoped_host_file struct host_file file = HOST_FILE_INIT;
    scoped_json json_t *result = NULL;

    if (!open_stopped_disk(ref, &r, err) || !host_file_open(&file, output, 0600, err))
        return NULL;
    result = export_to(&r, file.fd, err);
    if (!result || !host_file_install(&file, err))
        return NULL;
    return json_pack("{s:s, s:o, s:s, s:I}", "workspace_id", r.opened.id, "output_path",
                     name_to_json("", output), "disk_format", "ext4", "bytes_written",
                     (json_int_t)json_int_or(result, "bytes_written", 0));
}
