/* engine/workspace/list.c: list, status, logs, and the images in use. */
#include <stdlib.h>
#include <string.h>

#include "engine/client/connect.h"
#include "engine/client/handle.h"
#include "engine/client/stopped.h"
#include "engine/state/base.h"
#include "engine/workspace/workspace.h"
#include "vmm/base/array.h"

struct listed {
    double last_activity_at;
    json_t *view;
};

struct listing {
    const struct store *store;
    bool brief;
    struct listed *items;
    size_t count, room;
};

static void add(struct listing *l, const struct workspace_record *r)
{
    l->items = array_grown(l->items, sizeof(*l->items), l->count, &l->room);
    BUG_ON(!l->items);
    l->items[l->count++] = (struct listed){ r->last_activity_at,
                                            l->brief ? record_to_list_view(r) : record_to_view(r) };
}

/* One whose supervisor is gone gets another; what is true of it then is on the disk. */
static bool recover(const struct listing *l, const char *id, struct workspace_record *ret)
{
    scoped_close int dir_fd = store_open_workspace(l->store, id, NULL);
    struct workspace_handle w = { .store = { .fd = -1 }, .dir_fd = dir_fd }; /* borrowed */

    memcpy(w.id, id, sizeof(w.id));
    if (dir_fd < 0 || store_is_held(dir_fd) || !workspace_recover(&w, NULL))
        return false;
    record_load_any(dir_fd, id, ret);
    return true;
}

static void list_one(void *arg, const struct workspace_record *r)
{
    scoped_record struct workspace_record recovered = { 0 };
    bool is_lost = (r->state == WORKSPACE_STARTED || workspace_is_unsettled(r)) &&
                   recover(arg, r->id, &recovered);

    add(arg, is_lost ? &recovered : r);
}

static int list_by_activity(const void *a, const void *b)
{
    const struct listed *x = a, *y = b;

    if (x->last_activity_at < y->last_activity_at || x->last_activity_at > y->last_activity_at)
        return x->last_activity_at < y->last_activity_at ? 1 : -1;
    return strcmp(json_string_or(x->view, "workspace_id", ""),
                  json_string_or(y->view, "workspace_id", ""));
}

json_t *workspace_list(bool brief, struct pyro_error *err)
{
    scoped_store struct store store = { .fd = -1 };
    struct listing l = { .store = &store, .brief = brief };
    json_t *list;
    bool ok;

    if (!store_open(&store, err))
        return NULL;
    ok = store_each(&store, STORE_SWEEP | (brief ? STORE_BRIEF : 0), list_one, &l, err);
    if (l.count)
        qsort(l.items, l.count, sizeof(*l.items), list_by_activity);
    list = json_array();
    for (size_t i = 0; i < l.count; i++)
        json_array_append_new(list, l.items[i].view);
    free(l.items);
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

struct bases {
    const struct store *store;
    json_t *paths;
};

/* A workspace that cannot be read may be based on any of them. */
static void list_add_base(void *arg, const struct workspace_record *r)
{
    struct bases *b = arg;
    scoped_record struct workspace_record disk = { 0 };
    scoped_close int dir_fd = r->broken ? store_open_workspace(b->store, r->id, NULL) : -1;

    if (!r->broken) {
        if (r->base_path)
            list_add_path(b->paths, r->base_path);
        return;
    }
    if (dir_fd >= 0 && record_load_disk(dir_fd, r->id, &disk, NULL))
        list_add_path(b->paths, disk.base_path);
    else
        (void)!base_each(list_add_path, b->paths, NULL);
}

json_t *workspace_used_environments(struct pyro_error *err)
{
    scoped_store struct store store = { .fd = -1 };
    struct bases b = { .store = &store, .paths = json_array() };

    if (!store_open(&store, err) ||
        !store_each(&store, STORE_EPHEMERAL | STORE_SPARES, list_add_base, &b, err)) {
        json_decref(b.paths);
        return NULL;
    }
    return b.paths;
}

struct list_users {
    json_t *by_digest; /* {digest of an environment: [name, …]} */
};

static void list_add_user(void *arg, const struct workspace_record *r)
{
    const struct list_users *users = arg;
    const char *digest = r->base_path ? r->environment_digest : NULL;
    json_t *names = digest ? json_object_get(users->by_digest, digest) : NULL;

    if (!digest)
        return;
    if (!names) {
        names = json_array();
        json_object_set_new(users->by_digest, digest, names);
    }
    json_array_append_new(names, json_string(r->name ? r->name : r->id));
}

bool workspace_add_users(json_t *environments, struct pyro_error *err)
{
    scoped_store struct store store = { .fd = -1 };
    scoped_json json_t *by_digest = json_object();
    struct list_users users = { .by_digest = by_digest };

    if (!store_open(&store, err) || !store_each(&store, 0, list_add_user, &users, err))
        return false;
    for (size_t i = 0; i < json_array_size(environments); i++) {
        json_t *e = json_array_get(environments, i), *names;
        const char *digest = json_string_or(e, "source_digest", NULL);
        names = digest ? json_object_get(by_digest, digest) : NULL;
        json_object_set_new(e, "used_by", names ? json_incref(names) : json_array());
    }
    return true;
}
