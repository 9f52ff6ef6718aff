/* engine/tree/push.c: copying a tree of the host into a workspace. */
#include <sys/statvfs.h>

#include "engine/client/handle.h"
#include "engine/file/path.h"
#include "engine/tree/session.h"
#include "engine/tree/tree.h"
#include "vmm/base/file_name.h"

#define HOST_RESERVE_BYTES (64 << 20) /* of the host's disk is kept free */

/* The room the guest reports, and that of the host's own disk, on which the guest's grows. */
static bool get_room(struct tree_session *t, int dir_fd, struct tree_room *ret,
                     struct pyro_error *err)
{
    scoped_json json_t *line = tree_session_line(t, err);
    uint64_t bytes, entries, host;
    struct statvfs v;

    if (!line || !tree_line_number(line, "free_bytes", &bytes, err) ||
        !tree_line_number(line, "free_entries", &entries, err))
        return false;
    if (fstatvfs(dir_fd, &v) != 0)
        return pyro_fail_errno(err, "the workspace's directory");
    host = (uint64_t)v.f_bavail * v.f_frsize;
    host = host > HOST_RESERVE_BYTES ? host - HOST_RESERVE_BYTES : 1;
    *ret = (struct tree_room){ bytes < host ? bytes : host, entries };
    if (!ret->bytes)
        ret->bytes = 1; /* 0 would mean no limit */
    return true;
}

static bool get_counts(struct tree_session *t, struct tree_counts *ret, struct pyro_error *err)
{
    scoped_json json_t *line = tree_session_line(t, err);

    *ret = (struct tree_counts){ 0 };
    return line && tree_line_number(line, "entries", &ret->entries, err) &&
           tree_line_number(line, "bytes", &ret->bytes, err) && tree_session_finish(t, err);
}

bool tree_push(const struct workspace_handle *w, struct tree_source *source, const char *below,
               const struct progress *progress, struct tree_pushed *ret, struct pyro_error *err)
{
    scoped_json json_t *request =
        json_pack("{s:s, s:o, s:{s:s, s:o}}", "op", "tree_write", "path", name_to_json("", below),
                  "note", "state", "push", "text", name_to_json("/workspace/", below));
    struct tree_session t;
    struct tree_room room;
    bool ok;

    ret->begun = false;
    if (!request)
        return pyro_no_memory(err, NULL);
    if (!tree_session_open(&t, w, request, err))
        return false;
    ok = get_room(&t, w->dir_fd, &room, err) && tree_source_look(source, &room, progress, err);
    if (ok) {
        ret->begun = true;
        ok = tree_source_send(source, &room, &t, progress, err);
        if (ok)
            tree_session_end(&t);
        ok = ok && get_counts(&t, &ret->counts, err);
    }
    tree_session_release(&t);
    return ok;
}

json_t *workspace_sync_push(const char *ref, const char *source_path, const char *destination,
                            const struct progress *progress, struct pyro_error *err)
{
    scoped_free char *below = file_path_parse(destination, err);
    scoped_free char *shown = below ? file_path_show(below) : NULL;
    scoped_tree_source source = { .fd = -1 };
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    struct tree_pushed pushed;
    const char *mode;

    if (!below || !tree_source_open(source_path, &source, err) || !workspace_open(ref, &o, err) ||
        !(mode = workspace_execution_mode(&o, err)))
        return NULL;
    if (!tree_push(&o, &source, below, progress, &pushed, err)) {
        if (pushed.begun) {
            pyro_wrap(err, "the sync was cut short, and a part of it may be in %s", shown);
            pyro_hint(err, "sync again, or bring the workspace back with 'pyro workspace reset %s'",
                      o.id);
        }
        return NULL;
    }
    tree_skipped_note(&source.skipped, source.path, progress);
    return json_pack("{s:s, s:s, s:{s:s, s:o, s:o, s:I, s:I, s:I}}", "workspace_id", o.id,
                     "execution_mode", mode, "workspace_sync", "mode", tree_source_mode(&source),
                     "source_path", name_to_json("", source.path), "destination",
                     name_to_json("", shown), "entry_count", (json_int_t)pushed.counts.entries,
                     "bytes_written", (json_int_t)pushed.counts.bytes, "skipped_count",
                     (json_int_t)source.skipped.count);
}
