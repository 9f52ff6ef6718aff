/* engine/disk/inspect.c: list, read and export the disk of a stopped workspace. */
#include "engine/disk/inspect.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "engine/disk/view.h"
#include "engine/helper.h"
#include "engine/secret/hide.h"
#include "engine/secret/secrets.h"
#include "engine/workspace/attach.h"
#include "engine/workspace/lifecycle.h"
#include "vmm/base/fs.h"
#include "vmm/base/utf8.h"

#define OUTPUT_FD 3
#define LAYERS_FD 4
#define LOOK_MS 60000
#define EXPORT_MS (6 * 3600 * 1000LL)
#define LIST_BYTES_MAX (512 * 1024 * 1024)
#define PATH_BYTES_MAX 4095

/* A stopped workspace, held so that nobody starts it meanwhile. */
struct resting {
    struct opened opened;
    int lock_fd;
    struct disk_fds disk;
};

static void resting_release(struct resting *r)
{
    disk_fds_release(&r->disk);
    if (r->lock_fd >= 0)
        close(take_fd(&r->lock_fd));
    workspace_opened_release(&r->opened);
}
#define scoped_resting __attribute__((cleanup(resting_release)))
#define RESTING_INIT                                                                               \
    {                                                                                              \
        .opened = OPENED_INIT, .lock_fd = -1                                                       \
    }

static bool refuse_running(const char *id, struct pyro_error *err)
{
    pyro_fail(err, PYRO_WORKSPACE_STATE, "workspace '%s' is running", id);
    return pyro_hint(err, "stop it first: 'pyro workspace stop %s'", id);
}

static bool open_disk(struct resting *r, struct pyro_error *err)
{
    struct workspace_record record;
    bool ok;

    if (!record_load_disk(r->opened.dir_fd, r->opened.id, &record, err))
        return false;
    if (record.state == WORKSPACE_STARTED || record.state == WORKSPACE_CREATED)
        ok = refuse_running(r->opened.id, err);
    else
        ok = disk_fds_open(r->opened.dir_fd, &record, record.disk.active, &r->disk, err);
    record_release(&record);
    return ok;
}

static bool open_resting(const char *ref, struct resting *r, struct pyro_error *err)
{
    struct workspace_record record;
    bool running;

    if (!workspace_open(ref, &r->opened, err) ||
        !workspace_settle(r->opened.dir_fd, r->opened.id, err) ||
        !record_load_disk(r->opened.dir_fd, r->opened.id, &record, err))
        return false;
    running = record.state == WORKSPACE_STARTED;
    record_release(&record);
    if (running)
        return refuse_running(r->opened.id, err);
    r->lock_fd = workspace_lock_resting(&r->opened, err);
    return r->lock_fd >= 0 && open_disk(r, err);
}

/* Runs pyro-image on the disk; argv is filled from [4] on by the caller. */
static json_t *look(const struct resting *r, const char **argv, int output_fd, int64_t timeout_ms,
                    struct pyro_error *err)
{
    struct proc_spec spec = proc_spec_of(argv);
    char fds[DISK_FDS_TEXT], output[16];

    spec.fds[0].from = output_fd, spec.fds[0].to = OUTPUT_FD;
    spec.fd_count = 1;
    disk_fds_pass(&r->disk, &spec, LAYERS_FD, fds);
    snprintf(output, sizeof(output), "%d", OUTPUT_FD);
    argv[2] = "--layer-fds", argv[3] = fds;
    argv[4] = "--output-fd", argv[5] = output;
    return helper_run(&spec, timeout_ms, err);
}

/* Absolute and without ".", ".." and doubled slashes; what is relative is below /workspace. */
static char *clean_path(const char *given, struct pyro_error *err)
{
    scoped_free char *whole = str_printf("%s%s", *given == '/' ? "" : "/workspace/", given);
    char *clean = str_printf("/%s", whole);
    size_t used = 0;

    if (!*given || strlen(given) > PATH_BYTES_MAX || !utf8_is_valid(given, strlen(given))) {
        pyro_fail(err, PYRO_INVALID_ARGUMENT, "the path is %s",
                  !*given                          ? "empty"
                  : strlen(given) > PATH_BYTES_MAX ? "too long"
                                                   : "no UTF-8");
        free(clean);
        return NULL;
    }
    for (const char *at = whole; *at;) {
        size_t n = strcspn(at, "/");
        if (n == 2 && !memcmp(at, "..", 2)) {
            while (used && clean[--used] != '/')
                ;
        } else if (n && !(n == 1 && *at == '.')) {
            clean[used++] = '/';
            memmove(clean + used, at, n);
            used += n;
        }
        at += n + (at[n] == '/');
    }
    if (!used)
        clean[used++] = '/';
    clean[used] = '\0';
    return clean;
}

static json_t *load_list(int fd, struct pyro_error *err)
{
    struct stat st;
    json_t *list = NULL;
    void *text;

    if (fstat(fd, &st) != 0 || st.st_size <= 0)
        return pyro_fail(err, PYRO_INTERNAL, "pyro-image listed nothing") ? NULL : NULL;
    text = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (text == MAP_FAILED) {
        pyro_fail_errno(err, "read the list");
        return NULL;
    }
    list = json_parse(text, (size_t)st.st_size, LIST_BYTES_MAX, err);
    munmap(text, (size_t)st.st_size);
    return list;
}

json_t *workspace_disk_list(const char *ref, const char *path, bool recursive,
                            struct pyro_error *err)
{
    scoped_resting struct resting r = RESTING_INIT;
    scoped_free char *clean = clean_path(path, err);
    const char *argv[] = { "pyro-image", "disk-list", NULL,
                           NULL,         NULL,        NULL,
                           "--path",     clean,       recursive ? "--recursive" : NULL,
                           NULL };
    scoped_close int fd = -1;
    scoped_json json_t *result = NULL;
    json_t *list;

    if (!clean || !open_resting(ref, &r, err))
        return NULL;
    fd = memfd_create("pyro-disk-list", MFD_CLOEXEC);
    if (fd < 0) {
        pyro_fail_errno(err, "list the disk");
        return NULL;
    }
    result = look(&r, argv, fd, LOOK_MS, err);
    list = result ? load_list(fd, err) : NULL;
    if (!list)
        return NULL;
    json_object_set_new(list, "workspace_id", json_string(r.opened.id));
    json_object_set_new(list, "recursive", json_boolean(recursive));
    return hide_secrets(r.opened.dir_fd, list, err);
}

/* The file's bytes, without the workspace's secrets. */
static bool pass_on(int fd, int to_fd, const struct redactor *redactor, bool truncated,
                    struct pyro_error *err)
{
    scoped_buf bytes = BUF_INIT(DISK_READ_MAX + 1), out = BUF_INIT(SIZE_MAX / 2);
    scoped_free char *name = str_printf("/proc/self/fd/%d", fd);

    return fs_read_file(AT_FDCWD, name, &bytes, err) &&
           (redact_text(redactor, bytes.data, bytes.len, truncated, &out) ||
            pyro_fail(err, PYRO_NO_MEMORY, "read the disk: out of memory")) &&
           fs_write_all(to_fd, out.data, out.len, err);
}

/* The bytes as text; what was cut in the middle of a character loses its beginning. */
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
        pyro_fail(err, PYRO_WRONG_FILE_TYPE, "'%.400s' is no UTF-8 text", path);
        pyro_hint(err, "'--content-only' gives its bytes as they are");
    }
    return content;
}

json_t *workspace_disk_read(const char *ref, const char *path, int64_t max_bytes, int raw_fd,
                            struct pyro_error *err)
{
    scoped_resting struct resting r = RESTING_INIT;
    scoped_free char *clean = clean_path(path, err);
    scoped_free char *max = str_printf("%" PRId64, max_bytes);
    const char *argv[] = { "pyro-image", "disk-read", NULL,          NULL, NULL, NULL,
                           "--path",     clean,       "--max-bytes", max,  NULL };
    scoped_redactor *redactor = NULL;
    scoped_close int fd = -1;
    scoped_json json_t *result = NULL;
    json_t *content, *view;
    int64_t size;
    bool truncated;

    if (!clean || !open_resting(ref, &r, err) ||
        !secrets_redactor_of(r.opened.dir_fd, &redactor, err))
        return NULL;
    fd = raw_fd >= 0 && !redactor ? fcntl(raw_fd, F_DUPFD_CLOEXEC, 3)
                                  : memfd_create("pyro-disk", MFD_CLOEXEC);
    if (fd < 0) {
        pyro_fail_errno(err, "read the disk");
        return NULL;
    }
    result = look(&r, argv, fd, LOOK_MS, err);
    if (!result)
        return NULL;
    size = json_int_or(result, "size_bytes", 0);
    truncated = size > json_int_or(result, "bytes", 0);
    if (raw_fd >= 0 && redactor && !pass_on(fd, raw_fd, redactor, truncated, err))
        return NULL;
    content = raw_fd >= 0 ? json_string("") : take_text(fd, truncated, clean, err);
    if (!content)
        return NULL;
    view = json_pack("{s:s, s:s, s:I, s:I, s:o, s:b}", "workspace_id", r.opened.id, "path", clean,
                     "size_bytes", (json_int_t)size, "max_bytes", (json_int_t)max_bytes, "content",
                     content, "truncated", truncated);
    return hide_secrets(r.opened.dir_fd, view, err);
}

/* ---- export ---- */

/* A hidden name beside the output, so that the rename stays on one file system. */
static char *temporary_beside(const char *output)
{
    unsigned char bytes[6];
    char hex[13];
    const char *slash = strrchr(output, '/');
    int directory = slash ? (int)(slash - output) + 1 : 0;

    random_bytes(bytes, sizeof(bytes));
    hex_encode(bytes, sizeof(bytes), hex);
    return str_printf("%.*s.pyro-export-%s", directory, output, hex);
}

static json_t *export_to(const struct resting *r, int fd, struct pyro_error *err)
{
    const char *argv[] = { "pyro-image", "disk-export", NULL, NULL, NULL, NULL, NULL };

    return look(r, argv, fd, EXPORT_MS, err);
}

static bool refuse_existing(const char *output, struct pyro_error *err)
{
    pyro_fail(err, PYRO_NAME_TAKEN, "'%s' exists already", output);
    return pyro_hint(err, "name a file that does not exist, or remove it first");
}

/* A file without a name where the file system has such (a killed export then leaves nothing), else
 * one with a hidden name. */
static int open_output(const char *output, char **ret_temporary, struct pyro_error *err)
{
    const char *slash = strrchr(output, '/');
    scoped_free char *directory =
        slash ? str_printf("%.*s", slash == output ? 1 : (int)(slash - output), output)
              : str_printf(".");
    int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd >= 0)
        return fd;
    if (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL) {
        *ret_temporary = temporary_beside(output);
        fd = open(*ret_temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    }
    if (fd < 0)
        pyro_fail_errno(err, "create '%s'", output);
    return fd;
}

static bool install(int fd, const char *temporary, const char *output, struct pyro_error *err)
{
    scoped_free char *by_fd = str_printf("/proc/self/fd/%d", fd);
    bool ok;

    if (fsync(fd) != 0)
        return pyro_fail_errno(err, "write '%s'", output);
    ok = temporary ? renameat2(AT_FDCWD, temporary, AT_FDCWD, output, RENAME_NOREPLACE) == 0
                   : linkat(AT_FDCWD, by_fd, AT_FDCWD, output, AT_SYMLINK_FOLLOW) == 0;
    if (!ok && errno == EEXIST)
        return refuse_existing(output, err);
    return ok || pyro_fail_errno(err, "create '%s'", output);
}

json_t *workspace_disk_export(const char *ref, const char *output, struct pyro_error *err)
{
    scoped_resting struct resting r = RESTING_INIT;
    scoped_free char *temporary = NULL;
    scoped_json json_t *result = NULL;
    scoped_close int fd = -1;
    struct stat st;
    bool ok;

    if (!open_resting(ref, &r, err))
        return NULL;
    if (lstat(output, &st) == 0) {
        refuse_existing(output, err);
        return NULL;
    }
    fd = open_output(output, &temporary, err);
    if (fd < 0)
        return NULL;
    result = export_to(&r, fd, err);
    ok = result && install(fd, temporary, output, err);
    if (!ok && temporary)
        unlink(temporary);
    if (!ok)
        return NULL;
    return json_pack("{s:s, s:o, s:s, s:I}", "workspace_id", r.opened.id, "output_path",
                     json_string_or_null(output), "disk_format", "ext4", "bytes_written",
                     (json_int_t)json_int_or(result, "bytes_written", 0));
}
