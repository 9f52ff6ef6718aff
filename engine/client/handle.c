/* engine/client/handle.c: opening workspaces. */
#include "engine/client/handle.h"

#include <unistd.h>

bool workspace_open(const char *ref, struct workspace_handle *ret, struct pyro_error *err)
{
    struct workspace_handle w = WORKSPACE_HANDLE_INIT;

    if (!store_open(&w.store, err))
        return false;
    if (store_resolve(&w.store, ref, w.id, err))
        w.dir_fd = store_open_workspace(&w.store, w.id, err);
    if (w.dir_fd < 0) {
        store_release(&w.store);
        return false;
    }
    *ret = w;
    return true;
}

bool workspace_open_made(const char *id, struct workspace_handle *ret, struct pyro_error *err)
{
    struct workspace_handle w = WORKSPACE_HANDLE_INIT;

    if (!store_open(&w.store, err))
        return false;
    w.dir_fd = store_open_workspace(&w.store, id, err);
    if (w.dir_fd < 0) {
        store_release(&w.store);
        return false;
    }
    snprintf(w.id, sizeof(w.id), "%s", id);
    *ret = w;
    return true;
}

bool workspace_find_ids(const char *const *refs, size_t count, json_t **ret, struct pyro_error *err)
{
    *ret = count ? json_array() : NULL;
    for (size_t i = 0; i < count; i++) {
        scoped_workspace struct workspace_handle w = WORKSPACE_HANDLE_INIT;
        if (!workspace_open(refs[i], &w, err))
            return false;
        json_array_append_new(*ret, json_string(w.id));
    }
    return true;
}

void workspace_close(struct workspace_handle *w)
{
    if (w->dir_fd >= 0)
        close(take_fd(&w->dir_fd));
    store_release(&w->store);
}

const char *workspace_execution_mode(const struct workspace_handle *w, struct pyro_error *err)
{
    scoped_record struct workspace_record r = { 0 };

    return record_load(w->dir_fd, w->id, &r, err) ? execution_modes[r.host_compat] : NULL;
}
