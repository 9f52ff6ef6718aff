/*
 * engine/file/patch.c: patch_apply(). pyro-image reads the patch and works out the new files; here
 * bytes are only carried: its list of files to the guest, their contents back to it, its changes to
 * the guest, which makes all of them or none.
 */
#include "engine/file/patch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/client/handle.h"
#include "engine/client/transfer.h"
#include "engine/file/changes.h"
#include "engine/file/file.h"
#include "engine/helper/helper.h"
#include "vmm/base/file_name.h"
#include "vmm/base/file_records.h"
#include "vmm/base/fs.h"

#define FILE_MAX_BYTES (64 * 1024 * 1024)           /* of one patched file: as pyro-image has it */
#define FILES_MAX_BYTES ((size_t)288 * 1024 * 1024) /* with their heads */
#define REPORT_MAX_BYTES ((size_t)64 * 1024 * 1024)
#define HELPER_MS 60000
#define PATHS_TOLD_MAX 1000 /* bytes of them, and the one that passes it */

/* The helper and the descriptors that lead to it. */
struct session {
    const struct workspace_handle *o;
    pid_t pid;
    int stdout_fd;
    int wanted_fd;             /* the files it asks for */
    int files_fd;              /* receives them */
    int changes_fd, report_fd; /* files in memory that it fills */
};

static bool start(struct session *s, const void *text, size_t n, struct pyro_error *err)
{
    static const char *const argv[] = {
        "pyro-image", "patch",        "--patch-fd", "3",           "--wanted-fd", "4", "--files-fd",
        "5",          "--changes-fd", "6",          "--report-fd", "7",           NULL
    };
    struct proc_spec spec = proc_spec_of(argv);
    scoped_close int patch = memfd_create("patch", MFD_CLOEXEC);
    int wanted[2] = { -1, -1 }, files[2] = { -1, -1 };
    bool ok;

    s->changes_fd = memfd_create("changes", MFD_CLOEXEC);
    s->report_fd = memfd_create("report", MFD_CLOEXEC);
    if (patch < 0 || s->changes_fd < 0 || s->report_fd < 0 || pipe2(wanted, O_CLOEXEC) != 0 ||
        pipe2(files, O_CLOEXEC) != 0)
        ok = pyro_fail_errno(err, "the patch");
    else
        ok = fs_write_all(patch, text, n, err) && lseek(patch, 0, SEEK_SET) == 0;
    s->wanted_fd = wanted[0];
    s->files_fd = files[1];
    if (ok) {
        const int fds[] = { patch, wanted[1], files[0], s->changes_fd, s->report_fd };
        for (unsigned i = 0; i < ARRAY_SIZE(fds); i++) {
            spec.fds[i].from = fds[i];
            spec.fds[i].to = 3 + (int)i;
        }
        spec.fd_count = ARRAY_SIZE(fds);
        ok = helper_start(&spec, &s->pid, &s->stdout_fd, err);
    }
    cleanup_close(&wanted[1]);
    cleanup_close(&files[0]);
    return ok;
}

/* Up to the end, which the helper's own end is too. */
static bool read_all(int fd, struct buf *ret, struct pyro_error *err)
{
    if (fs_read_fd(fd, ret))
        return true;
    return errno == EFBIG ? pyro_fail(err, PYRO_INTERNAL, "pyro-image's answer is too long")
                          : pyro_fail_errno(err, "the patch: read");
}

static bool read_memory(int fd, size_t max_bytes, struct buf *ret, struct pyro_error *err)
{
    buf_init(ret, max_bytes);
    return lseek(fd, 0, SEEK_SET) == 0 && read_all(fd, ret, err);
}

static bool feed(struct session *s, struct pyro_error *err)
{
    scoped_buf wanted = BUF_INIT(FILE_PATHS_MAX_BYTES), files = BUF_INIT(FILES_MAX_BYTES);
    scoped_json json_t *request = json_pack("{s:s, s:i, s:b}", "op", "file_read", "max_bytes",
                                            FILE_MAX_BYTES, "tell_links", true);
    scoped_json json_t *answer = NULL;
    struct pyro_error why = { 0 };
    struct iovec in;

    if (!read_all(s->wanted_fd, &wanted, err))
        return false;
    if (!wanted.len)
        return true; /* the helper rejects the patch */
    in = (struct iovec){ wanted.data, wanted.len };
    answer = transfer_run(
        &(struct transfer){
            .workspace = s->o, .request = request, .in = &in, .in_count = 1, .out = &files },
        err);
    if (!answer)
        return false;
    /* If the helper is gone, waiting for it tells why. */
    if (files.len && !fs_write_all(s->files_fd, files.data, files.len, &why) &&
        why.sys_errno != EPIPE)
        return pyro_copy(err, &why);
    close(take_fd(&s->files_fd));
    return true;
}

/* Runs the helper to its end: changes and report are filled. */
static bool work_out(struct session *s, struct pyro_error *err)
{
    scoped_json json_t *result = NULL;

    if (!feed(s, err)) {
        proc_kill(s->pid);
        cleanup_close(&s->stdout_fd);
        return false;
    }
    result = helper_wait(s->pid, s->stdout_fd, clock_ms() + HELPER_MS, err);
    return result != NULL;
}

/* The first of them, for the timeline. */
static char *paths_of(const json_t *result)
{
    const json_t *entries = json_object_get(result, "entries"), *entry;
    char *text = str_printf("%zu file%s:", json_array_size(entries),
                            json_array_size(entries) == 1 ? "" : "s");
    size_t i;

    json_array_foreach (entries, i, entry) {
        scoped_free char *before = text;
        text = str_printf("%s %s", before, json_string_or(entry, "path", "?"));
        if (strlen(text) > PATHS_TOLD_MAX)
            break;
    }
    return text;
}

static bool send_changes(const struct session *s, const json_t *result, struct pyro_error *err)
{
    scoped_free char *paths = paths_of(result);
    scoped_json json_t *request = changes_request("patch", paths), *answer = NULL;
    scoped_buf changes = BUF_INIT(0);
    struct iovec in;

    if (!read_memory(s->changes_fd, FILES_MAX_BYTES, &changes, err))
        return false;
    if (!changes.len)
        return true;
    in = (struct iovec){ changes.data, changes.len };
    answer = transfer_run(
        &(struct transfer){ .workspace = s->o, .request = request, .in = &in, .in_count = 1 }, err);
    return answer != NULL;
}

static bool is_status(const json_t *entry, const char *status)
{
    return !strcmp(json_string_or(entry, "status", ""), status);
}

static json_t *report(const struct session *s, struct pyro_error *err)
{
    scoped_buf text = BUF_INIT(0);
    scoped_json json_t *entries = NULL;
    int64_t added = 0, modified = 0, deleted = 0;
    json_t *entry;
    size_t i;

    if (!read_memory(s->report_fd, REPORT_MAX_BYTES, &text, err))
        return NULL;
    entries = json_parse(text.data, text.len, REPORT_MAX_BYTES, err);
    if (!entries)
        return NULL;
    json_array_foreach (entries, i, entry) {
        scoped_free char *path = name_from_text(json_string_or(entry, "path", ""));
        added += is_status(entry, "added");
        modified += is_status(entry, "modified");
        deleted += is_status(entry, "deleted");
        json_object_set_new(entry, "path", name_to_json("/workspace/", path ? path : ""));
    }
    return json_pack("{s:s, s:b, s:{s:I, s:I, s:I, s:I}, s:O}", "workspace_id", s->o->id, "changed",
                     json_array_size(entries) > 0, "summary", "total",
                     (json_int_t)json_array_size(entries), "added", (json_int_t)added, "modified",
                     (json_int_t)modified, "deleted", (json_int_t)deleted, "entries", entries);
}

json_t *patch_apply(const char *ref, const void *text, size_t n, struct pyro_error *err)
{
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    struct session s = { .o = &o, .stdout_fd = -1, .wanted_fd = -1, .files_fd = -1 };
    json_t *result = NULL;
    const char *mode;

    if (!file_check_text("the patch", text, n, err) || !workspace_open(ref, &o, err) ||
        !(mode = workspace_execution_mode(&o, err)))
        return NULL;
    if (start(&s, text, n, err) && work_out(&s, err))
        result = report(&s, err);
    if (result && !send_changes(&s, result, err)) {
        json_decref(result);
        result = NULL;
    }
    if (result)
        json_object_set_new(result, "execution_mode", json_string(mode));
    cleanup_close(&s.wanted_fd);
    cleanup_close(&s.files_fd);
    cleanup_close(&s.changes_fd);
    cleanup_close(&s.report_fd);
    return result;
}
