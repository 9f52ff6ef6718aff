/* engine/state/store.c: the directory of workspaces. */
#include "engine/state/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "engine/state/paths.h"
#include "engine/state/store_names.h"
#include "vmm/base/fs.h"
#include "vmm/base/patience.h"
#include "vmm/find.h"

#define LOCK_FILE "lock"
#define GONE_PREFIX ".gone-"
#define LOCK_WAIT_MS 60000 /* it is held for milliseconds; for ten seconds by an update */

bool store_open(struct store *ret, struct pyro_error *err)
{
    char *path = paths_workspaces(err);
    int fd = path ? fs_open_dir(AT_FDCWD, path, err) : -1;

    if (fd < 0) {
        free(path);
        return false;
    }
    *ret = (struct store){ .fd = fd, .path = path };
    return true;
}

void store_release(struct store *store)
{
    if (!store->path)
        return;
    close(store->fd);
    free(store->path);
    *store = (struct store){ .fd = -1 };
}

static bool is_id(const char *name)
{
    return strlen(name) == WORKSPACE_ID_LENGTH &&
           strspn(name, "0123456789abcdef") == WORKSPACE_ID_LENGTH;
}

static DIR *open_listing(const struct store *store, struct pyro_error *err)
{
    int fd = fs_open_dir(store->fd, ".", err);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    if (fd >= 0 && !dir) {
        pyro_fail_errno(err, "list '%s'", store->path);
        close(fd);
    }
    return dir;
}

int store_open_workspace(const struct store *store, const char *id, struct pyro_error *err)
{
    int fd = openat(store->fd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0 && errno == ENOENT)
        pyro_fail(err, PYRO_WORKSPACE_NOT_FOUND, "no workspace '%s'", id);
    else if (fd < 0)
        pyro_fail_errno(err, "open workspace '%s'", id);
    return fd;
}

bool store_is_held(int dirfd)
{
    /* Not for writing: closing it must not look as if a holder had released it (see watch.c). */
    scoped_close int fd = openat(dirfd, LOCK_FILE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

    return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

/* Debris according to the record; the caller checks whether it is in use. */
static bool looks_like_debris(int dirfd, const struct workspace_record *r)
{
    if (r->broken)
        return faccessat(dirfd, RECORD_FILE, F_OK, 0) != 0 && errno == ENOENT;
    return r->state == WORKSPACE_CREATED || r->ephemeral;
}

/* Whether users see it, or else, in *ret_debris, whether it may be swept. */
static bool is_seen(const struct store *store, const struct workspace_record *r,
                    bool with_ephemeral, bool *ret_debris)
{
    scoped_close int fd = -1;

    *ret_debris = false;
    if (!r->broken && r->state != WORKSPACE_CREATED && !r->ephemeral)
        return true;
    fd = store_open_workspace(store, r->id, NULL);
    if (fd < 0 || !looks_like_debris(fd, r))
        return fd >= 0;
    *ret_debris = !store_is_held(fd);
    return !r->broken && (with_ephemeral || (!r->ephemeral && !*ret_debris));
}

static bool load(const struct store *store, const char *id, bool brief,
                 struct workspace_record *ret)
{
    scoped_close int fd = -1;

    if (brief && record_load_brief(store->fd, id, ret))
        return true;
    fd = store_open_workspace(store, id, NULL);
    if (fd >= 0)
        record_load_any(fd, id, ret);
    return fd >= 0;
}

static bool is_gone(const char *name)
{
    return !strncmp(name, GONE_PREFIX, strlen(GONE_PREFIX));
}

static void sweep_all(const struct store *store, const json_t *names);

bool store_each(const struct store *store, unsigned flags, store_each_fn *fn, void *arg,
                struct pyro_error *err)
{
    scoped_dir DIR *dir = open_listing(store, err);
    scoped_json json_t *debris = json_array();
    struct dirent *entry;

    if (!dir)
        return false;
    while ((entry = readdir(dir))) {
        struct workspace_record r;
        bool swept = is_gone(entry->d_name);
        if (is_id(entry->d_name) && load(store, entry->d_name, flags & STORE_BRIEF, &r)) {
            unsigned shown = r.spare ? STORE_SPARES : STORE_EPHEMERAL;
            if (is_seen(store, &r, flags & shown, &swept) && fn)
                fn(arg, &r);
            record_release(&r);
        }
        if (swept)
            json_array_append_new(debris, json_string(entry->d_name));
    }
    if (flags & STORE_SWEEP && json_array_size(debris))
        sweep_all(store, debris);
    return true;
}

struct search {
    const char *ref;
    const char *skip_id;
    struct store_names names;
    char by_name[WORKSPACE_ID_LENGTH + 1], by_prefix[WORKSPACE_ID_LENGTH + 1];
    unsigned prefix_count;
};

static void store_match(void *arg, const struct workspace_record *r)
{
    struct search *s = arg;

    store_names_add(&s->names, r);
    if (s->skip_id && !strcmp(r->id, s->skip_id))
        return;
    if (r->name && !strcmp(r->name, s->ref))
        memcpy(s->by_name, r->id, sizeof(s->by_name));
    if (!strncmp(r->id, s->ref, strlen(s->ref))) {
        memcpy(s->by_prefix, r->id, sizeof(s->by_prefix));
        s->prefix_count++;
    }
}

static bool search(const struct store *store, struct search *s, struct pyro_error *err)
{
    bool ok;

    store_names_begin(&s->names);
    ok = store_each(store, STORE_BRIEF, store_match, s, err);
    store_names_finish(&s->names, store->fd);
    return ok;
}

/* By the list of names, if the record says the same. */
static bool resolve_known(const struct store *store, const char *name,
                          char ret_id[WORKSPACE_ID_LENGTH + 1])
{
    scoped_record struct workspace_record r = { 0 };
    char id[WORKSPACE_ID_LENGTH + 1];
    bool debris;

    if (!store_names_find(store->fd, name, id) || !load(store, id, true, &r) || !r.name ||
        strcmp(r.name, name) != 0 || !is_seen(store, &r, false, &debris))
        return false;
    memcpy(ret_id, id, sizeof(id));
    return true;
}

bool store_resolve(const struct store *store, const char *ref, char ret_id[WORKSPACE_ID_LENGTH + 1],
                   struct pyro_error *err)
{
    struct search s = { .ref = ref };

    if (is_id(ref) && faccessat(store->fd, ref, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
        memcpy(ret_id, ref, WORKSPACE_ID_LENGTH + 1);
        return true;
    }
    if (resolve_known(store, ref, ret_id))
        return true;
    if (!search(store, &s, err))
        return false;
    if (s.by_name[0]) {
        memcpy(ret_id, s.by_name, sizeof(s.by_name));
        return true;
    }
    if (strlen(ref) < 4 || !s.prefix_count)
        return pyro_fail(err, PYRO_WORKSPACE_NOT_FOUND, "no workspace '%s'", ref);
    if (s.prefix_count > 1)
        return pyro_fail(err, PYRO_WORKSPACE_AMBIGUOUS, "'%s' fits %u workspaces", ref,
                         s.prefix_count);
    memcpy(ret_id, s.by_prefix, sizeof(s.by_prefix));
    return true;
}

bool store_check_name_free(const struct store *store, const char *name, const char *own_id,
                           struct pyro_error *err)
{
    struct search s = { .ref = name, .skip_id = own_id };

    if (!search(store, &s, err))
        return false;
    if (s.by_name[0] || (s.prefix_count && strlen(name) == WORKSPACE_ID_LENGTH))
        return pyro_fail(err, PYRO_NAME_TAKEN, "the name '%s' is taken by workspace '%s'", name,
                         s.by_name[0] ? s.by_name : s.by_prefix);
    return true;
}

int store_lock(const struct store *store, struct pyro_error *err)
{
    int fd = fs_lock(store->fd, ".lock", patience_until(LOCK_WAIT_MS), err);

    if (fd < 0)
        pyro_wrap(err, "the list of workspaces");
    return fd;
}

bool store_make(const struct store *store, const struct workspace_record *r, int *ret_dir_fd,
                int *ret_lock_fd, struct pyro_error *err)
{
    scoped_close int all = store_lock(store, err);
    scoped_close int dir = -1, lock = -1;
    bool ok;

    if (all < 0 || (r->name && !store_check_name_free(store, r->name, r->id, err)))
        return false;
    if (mkdirat(store->fd, r->id, 0700) != 0)
        return pyro_fail_errno(err, "create workspace '%s'", r->id);
    dir = store_open_workspace(store, r->id, err);
    lock = dir < 0 ? -1 : fs_lock(dir, LOCK_FILE, FS_LOCK_NOW, err);
    ok = lock >= 0 &&
         ((mkdirat(dir, "run", 0700) == 0 && mkdirat(dir, "commands", 0700) == 0) ||
          pyro_fail_errno(err, "create workspace '%s'", r->id)) &&
         record_save(dir, r, false, err);
    if (!ok) {
        fs_discard_tree(store->fd, r->id);
        return false;
    }
    *ret_dir_fd = take_fd(&dir);
    *ret_lock_fd = take_fd(&lock);
    return true;
}

bool store_remove(const struct store *store, const char *id, struct pyro_error *err)
{
    scoped_free char *gone = str_printf(GONE_PREFIX "%s", id);

    if (renameat(store->fd, id, store->fd, gone) != 0)
        return pyro_fail_errno(err, "remove workspace '%s'", id);
    return fs_remove_tree(store->fd, gone, err);
}

/* Ends the QEMU that a killed supervisor may have left, recorded or not, and removes the directory.
 */
static void sweep_workspace(const struct store *store, const char *id)
{
    scoped_close int dir = store_open_workspace(store, id, NULL);
    scoped_close int lock = dir < 0 ? -1 : fs_lock(dir, LOCK_FILE, FS_LOCK_NOW, NULL);
    scoped_record struct workspace_record r = { 0 };

    if (lock < 0)
        return;
    record_load_any(dir, id, &r);
    if (looks_like_debris(dir, &r)) {
        vm_kill_leftover(dir, id);
        if (!store_remove(store, id, NULL))
            fprintf(stderr, "pyro: workspace '%s' could not be swept\n", id);
    }
}

static void sweep_gone(const struct store *store, const char *name)
{
    scoped_close int dir = store_open_workspace(store, name, NULL);

    if (dir >= 0 && !store_is_held(dir))
        fs_discard_tree(store->fd, name);
}

/* Under the store's lock, so that none of them is about to get a record; else the next sweep. */
static void sweep_all(const struct store *store, const json_t *names)
{
    scoped_close int all = fs_lock(store->fd, ".lock", FS_LOCK_NOW, NULL);

    for (size_t i = 0; all >= 0 && i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        if (is_gone(name))
            sweep_gone(store, name);
        else
            sweep_workspace(store, name);
    }
}

void store_sweep(const struct store *store)
{
    (void)!store_each(store, STORE_BRIEF | STORE_SWEEP, NULL, NULL, NULL);
}
