/*
 * engine/workspace/create_seeded.c: create with a seed.
 *
 * Until it is seeded and its baseline is sealed, the workspace is removed with its holder, like
 * that of a `run`: whatever happens to this process, nothing half-seeded is left or seen.
 */
#include "engine/client/ephemeral.h"
#include "engine/client/handle.h"
#include "engine/workspace/create.h"

#include "engine/client/connect.h"
#include "engine/disk/snapshot.h"
#include "engine/tree/tree.h"
#include "vmm/base/file_name.h"
#include "vmm/base/fs.h"

#define DISK_BYTES (10ull << 30) /* no environment's disk is larger */
#define KEEP_MS 10000

/* From here on it is a workspace like any other. The name may have been taken meanwhile: the
 * workspace was not visible while it was being seeded. */
static json_t *keep(const struct workspace_handle *w, const struct workspace_record *r,
                    const struct tree_source *source, const struct tree_counts *counts,
                    struct pyro_error *err)
{
    scoped_json json_t *request = json_pack(
        "{s:s, s:{s:s, s:o, s:I, s:I}}", "op", "keep", "workspace_seed", "mode",
        tree_source_mode(source), "seed_path", name_to_json("", source->path), "entry_count",
        (json_int_t)counts->entries, "bytes_written", (json_int_t)counts->bytes);
    scoped_close int names = store_lock(&w->store, err);

    if (names < 0 || (r->name && !store_check_name_free(&w->store, r->name, r->id, err)))
        return NULL;
    return supervisor_call(w, MACHINE_AS_IT_IS, request, clock_ms() + KEEP_MS, err);
}

static json_t *seed(const struct workspace_handle *w, const struct workspace_record *r,
                    struct tree_source *source, const struct progress *progress,
                    struct pyro_error *err)
{
    struct tree_pushed pushed;

    if (!tree_push(w, source, "", progress, &pushed, err))
        return pyro_wrap(err, "seeding the workspace");
    if (!r->host_compat && !workspace_seal_baseline(w, err))
        return NULL;
    return keep(w, r, source, &pushed.counts, err);
}

static json_t *seed_made(const struct workspace_record *r, struct tree_source *source,
                         const struct progress *progress, struct pyro_error *err)
{
    scoped_workspace struct workspace_handle w = WORKSPACE_HANDLE_INIT;
    json_t *view = NULL;
    int hold_fd;

    if (!workspace_open_made(r->id, &w, err))
        return NULL;
    hold_fd = ephemeral_hold(&w, err);
    if (hold_fd >= 0)
        view = seed(&w, r, source, progress, err);
    if (!view)
        ephemeral_end(&w, hold_fd);
    else
        close(hold_fd);
    return view;
}

json_t *workspace_create_seeded(const struct workspace_spec *spec, const struct progress *progress,
                                struct pyro_error *err)
{
    static const struct tree_room room = { .bytes = DISK_BYTES };
    scoped_tree_source source = { .fd = -1 };
    scoped_record struct workspace_record r = { 0 };
    json_t *view;

    if (!tree_source_open(spec->seed_path, &source, err) ||
        !tree_source_look(&source, &room, progress, err) ||
        !workspace_make(spec, true, progress, &r, err))
        return NULL;
    view = seed_made(&r, &source, progress, err);
    if (view)
        tree_skipped_note(&source.skipped, source.path, progress);
    return view;
}
