/*
 * engine/file/diff.c: workspace_diff(). pyro-image reads the disk's layers and compares; the guest
 * only freezes its file system while a layer is added under it.
 */
#include "engine/file/diff.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/client/hold.h"
#include "engine/disk/view.h"
#include "engine/file/path.h"
#include "engine/helper/helper.h"
#include "vmm/base/file_name.h"
#include "vmm/base/fs.h"

#define OUTPUT_FD 3
#define LAYERS_FD 4
#define HELPER_MS 300000
#define ENTRIES_MAX_BYTES ((size_t)512 * 1024 * 1024)
#define PATCH_MAX_BYTES ((size_t)128 * 1024 * 1024)

static json_t *read_found(int fd, struct pyro_error *err)
{
    off_t n = lseek(fd, 0, SEEK_END);
    scoped_free char *text = NULL;

    if (n < 0 || (size_t)n > ENTRIES_MAX_BYTES)
        return pyro_fail(err, PYRO_INTERNAL, "pyro-image's answer is too long");
    text = malloc((size_t)n + 1);
    BUG_ON(!text);
    if (fs_pread_full(fd, text, (size_t)n, 0) != n)
        return pyro_fail_errno(err, "the diff: read");
    return json_parse(text, (size_t)n, ENTRIES_MAX_BYTES, err);
}

/* The result of pyro-image: tree_diff()'s object. */
static json_t *compare(const struct disk_fds *disk, bool names_only, struct pyro_error *err)
{
    char fds[DISK_FDS_TEXT], baseline[16];
    const char *argv[] = { "pyro-image",
                           "diff",
                           "--layer-fds",
                           fds,
                           "--baseline",
                           baseline,
                           "--output-fd",
                           "3",
                           "--root",
                           "/workspace",
                           names_only ? "--names-only" : NULL,
                           NULL };
    struct proc_spec spec = proc_spec_of(argv);
    scoped_close int output = memfd_create("diff", MFD_CLOEXEC);
    scoped_json json_t *result = NULL;

    if (output < 0)
        return pyro_fail_errno(err, "the diff");
    spec.fds[0].from = output, spec.fds[0].to = OUTPUT_FD;
    spec.fd_count = 1;
    disk_fds_pass(disk, &spec, LAYERS_FD, fds);
    snprintf(baseline, sizeof(baseline), "%u", disk->baseline);
    result = helper_run(&spec, HELPER_MS, err);
    return result ? read_found(output, err) : NULL;
}

/* For a workspace that is held. */
static json_t *compare_held(const struct workspace_handle *o, const struct disk_hold *hold,
                            bool names_only, struct pyro_error *err)
{
    scoped_disk_fds struct disk_fds disk = { .count = 0 };
    scoped_record struct workspace_record r = { 0 };

    return record_load(o->dir_fd, o->id, &r, err) &&
                   disk_fds_open(o->dir_fd, &r, disk_hold_layer(hold), &disk, err)
               ? compare(&disk, names_only, err)
               : NULL;
}

static bool check(const struct workspace_handle *o, struct pyro_error *err)
{
    scoped_record struct workspace_record r = { 0 };

    if (!record_load(o->dir_fd, o->id, &r, err))
        return false;
    if (!r.host_compat)
        return true;
    pyro_fail(
        err, PYRO_WORKSPACE_STATE,
        "workspace '%s' runs on the host: without a disk there is no baseline to compare with",
        o->id);
    return pyro_hint(err, "run 'git init' in it and compare with git");
}

enum { ADDED, MODIFIED, DELETED, TYPE_CHANGED, STATUS_COUNT };

/* Whether it is one of the paths, or below it. */
static bool is_wanted(const char *path, char *const *paths, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t n = strlen(paths[i]);

        if (!n || (!strncmp(path, paths[i], n) && (!path[n] || path[n] == '/')))
            return true;
    }
    return !count;
}

/* Takes what is not out of a list of entries, or of paths. */
static void keep_wanted(json_t *list, char *const *paths, size_t count)
{
    for (size_t i = 0; count && i < json_array_size(list);) {
        const json_t *e = json_array_get(list, i);
        scoped_free char *path = name_from_text(json_is_string(e) ? json_string_value(e)
                                                                  : json_string_or(e, "path", ""));

        if (is_wanted(path ? path : "", paths, count))
            i++;
        else
            json_array_remove(list, i);
    }
}

/* Counts, converts paths to what users see, and joins the patches. */
static json_t *to_view(const char *id, json_t *found, bool names_only, struct pyro_error *err)
{
    json_t *entries = json_object_get(found, "entries"),
           *left_out = json_object_get(found, "left_out");
    static const char *const names[] = { "added", "modified", "deleted", "type_changed" };
    int64_t counts[STATUS_COUNT] = { 0 }, text = 0;
    scoped_buf patch = BUF_INIT(PATCH_MAX_BYTES);
    size_t i, total = json_array_size(entries);
    json_t *e;

    json_array_foreach (entries, i, e) {
        scoped_free char *path = name_from_text(json_string_or(e, "path", ""));
        const json_t *part = json_object_get(e, "text_patch");
        for (int k = 0; k < STATUS_COUNT; k++)
            counts[k] += !strcmp(json_string_or(e, "status", ""), names[k]);
        text += json_is_string(part);
        if (json_is_string(part) &&
            !buf_append(&patch, json_string_value(part), json_string_length(part)))
            return pyro_fail(err, PYRO_INTERNAL, "pyro-image's answer is too long");
        json_object_set_new(e, "path", name_to_json("/workspace/", path ? path : ""));
    }
    json_array_foreach (left_out, i, e) {
        scoped_free char *path = name_from_text(json_string_value(e));
        json_array_set_new(left_out, i, name_to_json("/workspace/", path ? path : ""));
    }
    return json_pack(
        "{s:s, s:b, s:{s:I, s:I, s:I, s:I, s:I, s:I, s:I}, s:O, s:O, s:I, s:o}", "workspace_id", id,
        "changed", total > 0, "summary", "total", (json_int_t)total, "added",
        (json_int_t)counts[ADDED], "modified", (json_int_t)counts[MODIFIED], "deleted",
        (json_int_t)counts[DELETED], "type_changed", (json_int_t)counts[TYPE_CHANGED],
        "text_patched", (json_int_t)text, "non_text",
        names_only ? 0 : (json_int_t)total - (json_int_t)text, "entries", entries, "left_out",
        left_out, "left_out_count", json_int_or(found, "left_out_count", 0), "patch",
        json_stringn(patch.len ? patch.data : "", patch.len));
}

static json_t *diff_of(const char *ref, char *const *paths, size_t count, bool names_only,
                       struct pyro_error *err)
{
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    scoped_json json_t *found = NULL;
    struct disk_hold *hold;

    if (!workspace_open(ref, &o, err) || !check(&o, err))
        return NULL;
    hold = disk_hold_open(&o, DISK_HOLD_READS, err);
    if (!hold)
        return NULL;
    found = compare_held(&o, hold, names_only, err);
    disk_hold_close(hold);
    if (!found)
        return NULL;
    keep_wanted(json_object_get(found, "entries"), paths, count);
    keep_wanted(json_object_get(found, "left_out"), paths, count);
    if (count)
        json_object_set_new(
            found, "left_out_count",
            json_integer((json_int_t)json_array_size(json_object_get(found, "left_out"))));
    return to_view(o.id, found, names_only, err);
}

json_t *workspace_diff(const char *ref, const char *const *paths, size_t path_count,
                       bool names_only, struct pyro_error *err)
{
    char **wanted = calloc(path_count + 1, sizeof(*wanted));
    size_t count = 0;
    json_t *diff = NULL;

    BUG_ON(!wanted);
    while (count < path_count && (wanted[count] = file_path_parse(paths[count], err)))
        count++;
    if (count == path_count)
        diff = diff_of(ref, wanted, count, names_only, err);
    while (count)
        free(wanted[--count]);
    free(wanted);
    return diff;
}
