/* engine/workspace/list.c: list, status, logs, and the images in use. */
#include <stdlib.h>
#include <string.h>

#include "engine/client/connect.h"
#include "engine/client/handle.h"
#include "engine/client/stopped.h"
#include "engine/state/base.h"
#include "engine/workspace/workspace.h"
#include "vmm/base/array.h"

struct listing {
    json_t **views;
    size_t count, room;
};

static void add_view(struct listing *l, json_t *view)
{
    l->views = array_grown(l->views, sizeof(*l->views), l->count, &l->room);
    BUG_ON(!l->views);
    l->views[l->count++] = view;
}

static void list_one(void *arg, int dirfd, const struct workspace_record *r)
{
    struct workspace_handle w = { .store = { .fd = -1 }, .dir_fd = dirfd }; /* borrowed */
    scoped_record struct workspace_record recovered = { 0 };

    memcpy(w.id, r->id, sizeof(w.id));
    if (r->state != WORKSPACE_STARTED || store_is_held(dirfd) || !workspace_recover(&w, NULL)) {
        add_view(arg, record_to_view(r));
        return;
    }
    record_load_any(dirfd, r->id, &recovered);
    add_view(arg, record_to_view(&recovered));
}

static int list_by_activity(const void *a, const void *b)
{
    double x = json_number_or(*(json_t *const *)a, "last_activity_at", 0);
    double y = json_number_or(*(json_t *const *)b, "last_activity_at", 0);

    if (x < y || x > y)
        return x < y ? 1 : -1;
    return strcmp(json_string_or(*(json_t *const *)a, "workspace_id", ""),
                  json_string_or(*(json_t *const *)b, "workspace_id", ""));
}

json_t *workspace_list(struct pyro_error *err)
{
    scoped_store struct store store = { .fd = -1 };
    struct listing l = { 0 };
    json_t *list;
    bool ok;

    if (!store_open(&store, err))
        return NULL;
    store_sweep(&store);
    ok = store_each(&store, false, list_one, &l, err);
    if (l.count)
        qsort(l.views, l.count, sizeof(*l.views), list_by_activity);
    list = json_array();
    for (size_t i = 0; i < l.count; i++)
        json_array_append_new(list, l.views[i]);
    free(l.views);
    if (!ok) {
        json_decref(list);
        return NULL;
    }
    return json_pack("{s:i, s:o}", "count", (int)l.count, "workspaces", list);
}

json_t *workspace_status(const char *ref, struct pyro_error *err)
{
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;

    return workspace_open(ref, &o, err) ? workspace_view(&o, err) : NULL;
}

static bool list_add_path(void *arg, const char *path)
{
    json_array_append_new(arg, json_string(path));
    return true;
}

/* A workspace that cannot be read may be based on any of them. */
static void list_add_base(void *arg, int dirfd, const struct workspace_record *r)
{
    scoped_record struct workspace_record disk = { 0 };

    if (!r->broken) {
        if (r->base_path)
            list_add_path(arg, r->base_path);
        return;
    }
    if (record_load_disk(dirfd, r->id, &disk, NULL))
        list_add_path(arg, disk.base_path);
    else
        (void)!base_each(list_add_path, arg, NULL);
}

json_t *workspace_used_environments(struct pyro_error *err)
{
    scoped_store struct store store = { .fd = -1 };
    json_t *paths = json_array();

    if (!store_open(&store, err) || !store_each(&store, true, list_add_base, paths, err)) {
        json_decref(paths);
        return NULL;
    }
    return paths;
}

struct list_users {
    json_t *by_path; /* {path of a base: [name, …]} */
};

static void list_add_user(void *arg, int dirfd UNUSED, const struct workspace_record *r)
{
    const struct list_users *users = arg;
    json_t *names = r->base_path ? json_object_get(users->by_path, r->base_path) : NULL;

    if (!r->base_path || r->ephemeral)
        return;
    if (!names) {
        names = json_array();
        json_object_set_new(users->by_path, r->base_path, names);
    }
    json_array_append_new(names, json_string(r->name ? r->name : r->id));
}

bool workspace_add_users(json_t *environments, struct pyro_error *err)
{
    scoped_store struct store store = { .fd = -1 };
    scoped_json json_t *by_path = json_object();
    struct list_users users = { .by_path = by_path };

    if (!store_open(&store, err) || !store_each(&store, true, list_add_user, &users, err))
        return false;
    for (size_t i = 0; i < json_array_size(environments); i++) {
        json_t *e = json_array_get(environments, i), *names;
        const char *digest = json_string_or(e, "source_digest", NULL);
        scoped_free char *kept = digest ? base_path_of(digest, NULL) : NULL;
        names = kept ? json_object_get(by_path, kept) : NULL;
        json_object_set_new(e, "used_by", names ? json_incref(names) : json_array());
    }
    return true;
}
