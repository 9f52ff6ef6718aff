/* engine/state/layers.c: the tree of a disk's layers, to and from the record. */
#include "engine/state/layers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/state/file_share.h"
#include "engine/state/names.h"
#include "vmm/base/fs.h"

#define LAYERS_DIR "layers"
#define FIRST_FILE "disk.qcow2"
#define LAYER_FIRST 1
#define LAYERS_MAX 65536   /* of one record */
#define LAYERS_SPARE 6     /* for readers and resets, when snapshots have reached their limit */
#define SNAPSHOTS_MAX 2500 /* that fit into a record, whatever their names */

void disk_layers_init_above(struct disk_layers *l, unsigned count)
{
    BUG_ON(count + 2 > DISK_LAYERS_MAX);
    *l = (struct disk_layers){ .items = calloc(count + 1, sizeof(*l->items)),
                               .count = count + 1,
                               .active = count + 1,
                               .origin = count ? count : DISK_LAYER_BASE,
                               .baseline = count ? count : DISK_LAYER_BASE,
                               .next = count + 2 };
    BUG_ON(!l->items);
    for (uint32_t i = 0; i <= count; i++)
        l->items[i] =
            (struct disk_tree_layer){ LAYER_FIRST + i, i ? LAYER_FIRST + i - 1 : DISK_LAYER_BASE };
}

void disk_layers_init(struct disk_layers *l)
{
    disk_layers_init_above(l, 0);
}

void disk_layers_release(struct disk_layers *l)
{
    free(l->items);
    free(l->snapshots);
    *l = (struct disk_layers){ 0 };
}

static const struct disk_tree_layer *find_layer(const struct disk_layers *l, uint32_t id)
{
    size_t from = 0, to = l->count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (l->items[middle].id == id)
            return &l->items[middle];
        if (l->items[middle].id < id)
            from = middle + 1;
        else
            to = middle;
    }
    return NULL;
}

uint32_t disk_layers_parent(const struct disk_layers *l, uint32_t id)
{
    const struct disk_tree_layer *layer = find_layer(l, id);

    return layer ? layer->parent : DISK_LAYER_BASE;
}

bool disk_layers_is_based_on(const struct disk_layers *l, uint32_t id, uint32_t below)
{
    while (id != below && id != DISK_LAYER_BASE)
        id = disk_layers_parent(l, id);
    return id == below;
}

unsigned disk_layers_depth(const struct disk_layers *l, uint32_t id)
{
    unsigned depth = 1;

    for (; id != DISK_LAYER_BASE; id = disk_layers_parent(l, id))
        depth++;
    return depth;
}

/* ---- the record ---- */

/* In the order of their ids; a parent has a smaller id than its children, so no chain can be
 * circular. */
static bool parse_layers(const json_t *list, struct disk_layers *l, struct pyro_error *err)
{
    const json_t *one;
    size_t i;

    l->items = calloc(json_array_size(list) + 1, sizeof(*l->items));
    BUG_ON(!l->items);
    json_array_foreach (list, i, one) {
        int64_t id, parent;
        if (!json_get_int(one, "id", LAYER_FIRST, UINT32_MAX - 1, &id, err) ||
            !json_get_int(one, "parent", 0, id - 1, &parent, err))
            return false;
        if ((parent != DISK_LAYER_BASE && !find_layer(l, (uint32_t)parent)) ||
            (l->count && l->items[l->count - 1].id >= id))
            return pyro_fail(err, PYRO_RECORD_INVALID, "the disk's layers are not a tree");
        l->items[l->count++] = (struct disk_tree_layer){ (uint32_t)id, (uint32_t)parent };
        if (disk_layers_depth(l, (uint32_t)id) > DISK_LAYERS_MAX)
            return pyro_fail(err, PYRO_RECORD_INVALID, "the disk has too many layers");
    }
    return true;
}

static bool is_layer(const struct disk_layers *l, int64_t id)
{
    return id == DISK_LAYER_BASE || (id > 0 && id < UINT32_MAX && find_layer(l, (uint32_t)id));
}

static bool parse_snapshots(const json_t *list, struct disk_layers *l, struct pyro_error *err)
{
    const json_t *one;
    size_t i;

    json_array_foreach (list, i, one) {
        int64_t layer;
        const char *name;
        if (!json_get_string(one, "name", &name, err) ||
            !json_get_int(one, "layer", 0, UINT32_MAX, &layer, err))
            return false;
        if (!workspace_check_name("snapshot", name, NULL) || disk_layers_find(l, name) ||
            !is_layer(l, layer))
            return pyro_fail(err, PYRO_RECORD_INVALID, "a snapshot of the disk is not sound");
        disk_layers_name(l, name, (uint32_t)layer, json_number_or(one, "created_at", 0));
        l->snapshots[l->snapshot_count - 1].memory = json_bool_or(one, "memory", false);
    }
    return true;
}

static bool parse(const json_t *j, struct disk_layers *l, struct pyro_error *err)
{
    const json_t *layers = json_object_get(j, "layers"),
                 *snapshots = json_object_get(j, "snapshots");
    int64_t active, baseline, next, origin = json_int_or(j, "origin", DISK_LAYER_BASE);

    if (!json_is_array(layers) || json_array_size(layers) > LAYERS_MAX ||
        !json_is_array(snapshots) || json_array_size(snapshots) > LAYERS_MAX)
        return pyro_fail(err, PYRO_RECORD_INVALID, "the disk's layers are missing");
    if (!json_get_int(j, "active", LAYER_FIRST, UINT32_MAX - 1, &active, err) ||
        !json_get_int(j, "baseline", 0, UINT32_MAX - 1, &baseline, err) ||
        !json_get_int(j, "next", LAYER_FIRST + 1, UINT32_MAX - 1, &next, err) ||
        !parse_layers(layers, l, err) || !parse_snapshots(snapshots, l, err))
        return false;
    if (!is_layer(l, active) || !is_layer(l, baseline) || !is_layer(l, origin))
        return pyro_fail(err, PYRO_RECORD_INVALID, "the disk's layers are not all there");
    l->active = (uint32_t)active;
    l->origin = (uint32_t)origin;
    l->baseline = (uint32_t)baseline;
    l->baseline_at = json_number_or(j, "baseline_at", 0);
    l->booted = (uint32_t)json_int_or(j, "booted", 0);
    l->next = (uint32_t)next;
    for (size_t i = 0; i < l->count; i++)
        if (l->items[i].id >= l->next)
            return pyro_fail(err, PYRO_RECORD_INVALID, "the disk's layers are not numbered so");
    return true;
}

bool disk_layers_parse(const json_t *j, struct disk_layers *ret, struct pyro_error *err)
{
    struct disk_layers l = { 0 };

    if (!j) {
        disk_layers_init(ret);
        return true;
    }
    if (!parse(j, &l, err)) {
        disk_layers_release(&l);
        return false;
    }
    *ret = l;
    return true;
}

static json_t *snapshot_to_json(const struct disk_snapshot *s)
{
    json_t *j = json_pack("{s:s, s:I, s:f}", "name", s->name, "layer", (json_int_t)s->layer,
                          "created_at", s->created_at);

    if (s->memory)
        json_object_set_new(j, "memory", json_true());
    return j;
}

json_t *disk_layers_to_json(const struct disk_layers *l)
{
    json_t *layers = json_array(), *snapshots = json_array(), *j;

    for (size_t i = 0; i < l->count; i++)
        json_array_append_new(layers, json_pack("{s:I, s:I}", "id", (json_int_t)l->items[i].id,
                                                "parent", (json_int_t)l->items[i].parent));
    for (size_t i = 0; i < l->snapshot_count; i++)
        json_array_append_new(snapshots, snapshot_to_json(&l->snapshots[i]));
    j = json_pack("{s:o, s:o, s:I, s:I, s:f, s:I, s:I}", "layers", layers, "snapshots", snapshots,
                  "active", (json_int_t)l->active, "baseline", (json_int_t)l->baseline,
                  "baseline_at", l->baseline_at, "booted", (json_int_t)l->booted, "next",
                  (json_int_t)l->next);
    if (l->origin != DISK_LAYER_BASE)
        json_object_set_new(j, "origin", json_integer((json_int_t)l->origin));
    return j;
}

/* ---- changes ---- */

static bool refuse_longer(struct pyro_error *err)
{
    pyro_fail(err, PYRO_SNAPSHOT_STATE,
              "the disk has %d layers below it, which is the most there can be",
              DISK_LAYERS_MAX - LAYERS_SPARE);
    return pyro_hint(err, "make room on the host's disk and let the workspace run: its layers are "
                          "then copied into fewer; or reset to an earlier snapshot");
}

bool disk_layers_add(struct disk_layers *l, uint32_t parent, uint32_t *ret_id,
                     struct pyro_error *err)
{
    struct disk_tree_layer *items;

    if (disk_layers_depth(l, parent) >= DISK_LAYERS_MAX)
        return refuse_longer(err);
    items = reallocarray(l->items, l->count + 1, sizeof(*items));
    BUG_ON(!items);
    l->items = items;
    items[l->count++] = (struct disk_tree_layer){ l->next, parent };
    *ret_id = l->next++;
    return true;
}

/* Marks a layer and those below it. */
static void mark(const struct disk_layers *l, uint32_t id, bool *needed)
{
    const struct disk_tree_layer *layer;

    while ((layer = find_layer(l, id)) && !needed[layer - l->items]) {
        needed[layer - l->items] = true;
        id = layer->parent;
    }
}

void disk_layers_collect(struct disk_layers *l)
{
    scoped_free bool *needed = calloc(l->count + 1, sizeof(*needed));
    size_t kept = 0;

    BUG_ON(!needed);
    mark(l, l->active, needed);
    mark(l, l->baseline, needed);
    mark(l, l->origin, needed);
    for (size_t i = 0; i < l->snapshot_count; i++)
        mark(l, l->snapshots[i].layer, needed);
    for (size_t i = 0; i < l->count; i++)
        if (needed[i])
            l->items[kept++] = l->items[i];
    l->count = kept;
}

bool disk_layers_fork(const struct disk_layers *l, uint32_t top, struct disk_layers *ret,
                      struct pyro_error *err)
{
    struct disk_layers fork = { .items = calloc(l->count + 1, sizeof(*fork.items)),
                                .count = l->count,
                                .origin = l->origin,
                                .baseline = l->baseline,
                                .baseline_at = l->baseline_at,
                                .next = l->next };

    BUG_ON(!fork.items);
    memcpy(fork.items, l->items, l->count * sizeof(*fork.items));
    if (!disk_layers_add(&fork, top, &fork.active, err)) {
        disk_layers_release(&fork);
        return false;
    }
    disk_layers_collect(&fork);
    *ret = fork;
    return true;
}

void disk_layers_rebase(struct disk_layers *l, uint32_t id, uint32_t below)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->items[i].id == id)
            l->items[i].parent = below;
}

void disk_layers_join(struct disk_layers *l, uint32_t from, uint32_t into)
{
    size_t kept = 0;

    for (size_t i = 0; i < l->count; i++) {
        if (l->items[i].parent == from)
            l->items[i].parent = into;
        if (l->items[i].id != from)
            l->items[kept++] = l->items[i];
    }
    l->count = kept;
    for (size_t i = 0; i < l->snapshot_count; i++)
        if (l->snapshots[i].layer == from)
            l->snapshots[i].layer = into;
    if (l->active == from)
        l->active = into;
    if (l->baseline == from)
        l->baseline = into;
}

/* ---- names ---- */

struct disk_snapshot *disk_layers_find(const struct disk_layers *l, const char *name)
{
    for (size_t i = 0; i < l->snapshot_count; i++)
        if (!strcmp(l->snapshots[i].name, name))
            return &l->snapshots[i];
    return NULL;
}

static bool fail_unknown(const char *name, struct pyro_error *err)
{
    pyro_fail(err, PYRO_SNAPSHOT_NOT_FOUND, "no snapshot '%s'", name);
    return pyro_hint(err, "'pyro workspace snapshot list' names them");
}

bool disk_layers_resolve(const struct disk_layers *l, const char *name, uint32_t *ret_id,
                         struct pyro_error *err)
{
    const struct disk_snapshot *s = disk_layers_find(l, name);

    if (!s && strcmp(name, SNAPSHOT_BASELINE) != 0)
        return fail_unknown(name, err);
    *ret_id = s ? s->layer : l->baseline;
    return true;
}

bool disk_layers_has_room(const struct disk_layers *l)
{
    return disk_layers_depth(l, l->active) < DISK_LAYERS_MAX - LAYERS_SPARE;
}

bool disk_layers_check_new(const struct disk_layers *l, const char *name, struct pyro_error *err)
{
    if (!workspace_check_name("snapshot name", name, err))
        return false;
    if (!strcmp(name, SNAPSHOT_BASELINE)) {
        pyro_fail(err, PYRO_NAME_TAKEN, "'baseline' is what the workspace began with");
        return pyro_hint(err, "choose another name; the baseline cannot be deleted");
    }
    if (!disk_layers_has_room(l))
        return refuse_longer(err);
    if (l->snapshot_count >= SNAPSHOTS_MAX)
        return pyro_fail(err, PYRO_SNAPSHOT_STATE, "there are %d snapshots, the most there may be",
                         SNAPSHOTS_MAX);
    if (disk_layers_find(l, name)) {
        pyro_fail(err, PYRO_NAME_TAKEN, "there is already a snapshot '%s'", name);
        return pyro_hint(err, "delete it first, or take another name");
    }
    return true;
}

void disk_layers_name(struct disk_layers *l, const char *name, uint32_t layer, double created_at)
{
    struct disk_snapshot *list =
        reallocarray(l->snapshots, l->snapshot_count + 1, sizeof(*l->snapshots));

    BUG_ON(!list);
    l->snapshots = list;
    list[l->snapshot_count] = (struct disk_snapshot){ .layer = layer, .created_at = created_at };
    snprintf(list[l->snapshot_count++].name, sizeof(list->name), "%s", name);
}

bool disk_layers_unname(struct disk_layers *l, const char *name, struct pyro_error *err)
{
    struct disk_snapshot *s = disk_layers_find(l, name);

    if (!s && !strcmp(name, SNAPSHOT_BASELINE))
        return pyro_fail(err, PYRO_SNAPSHOT_STATE, "the baseline cannot be deleted");
    if (!s)
        return fail_unknown(name, err);
    l->snapshot_count--;
    memmove(s, s + 1, (size_t)(l->snapshots + l->snapshot_count - s) * sizeof(*s));
    return true;
}

/* ---- files ---- */

void disk_layer_file(uint32_t id, char ret[32])
{
    if (id == LAYER_FIRST)
        snprintf(ret, 32, FIRST_FILE);
    else
        snprintf(ret, 32, LAYERS_DIR "/%u.qcow2", id);
}

/* The directory of a layer's file. */
static bool make_layers_dir(int dirfd, uint32_t id, struct pyro_error *err)
{
    return id == LAYER_FIRST || mkdirat(dirfd, LAYERS_DIR, 0700) == 0 || errno == EEXIST ||
           pyro_fail_errno(err, "create '%s'", LAYERS_DIR);
}

bool disk_layer_share(const char *path, int dirfd, uint32_t id, struct pyro_error *err)
{
    char file[32];

    disk_layer_file(id, file);
    return make_layers_dir(dirfd, id, err) && file_share_from(AT_FDCWD, path, dirfd, file, err);
}

bool disk_layer_create(int dirfd, uint32_t id, uint64_t size_bytes, struct pyro_error *err)
{
    char file[32];
    scoped_close int dir = -1;

    disk_layer_file(id, file);
    if (!make_layers_dir(dirfd, id, err) || !disk_create_overlay(dirfd, file, size_bytes, err))
        return false;
    if (id == LAYER_FIRST)
        return true;
    dir = fs_open_dir(dirfd, LAYERS_DIR, err);
    return dir >= 0 && (fsync(dir) == 0 || pyro_fail_errno(err, "write '%s'", LAYERS_DIR));
}

/* The id in "N.qcow2"; 0 for another name. */
static uint32_t id_of(const char *name)
{
    char *end;
    unsigned long id = strtoul(name, &end, 10);

    return name[0] >= '1' && name[0] <= '9' && !strcmp(end, ".qcow2") && id < UINT32_MAX
               ? (uint32_t)id
               : 0;
}

static DIR *open_layers(int dirfd)
{
    int fd = openat(dirfd, LAYERS_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    if (fd >= 0 && !dir)
        close(fd);
    return dir;
}

static void unlink_layer(DIR *dir, const char *name)
{
    unlinkat(dirfd(dir), name, 0);
}

bool disk_layers_any(int dirfd)
{
    scoped_dir DIR *dir = open_layers(dirfd);
    const struct dirent *entry;

    while (dir && (entry = readdir(dir)))
        if (id_of(entry->d_name))
            return true;
    return false;
}

void disk_layers_sweep(int dirfd, const struct disk_layers *l)
{
    scoped_dir DIR *dir = open_layers(dirfd);
    struct dirent *entry;

    while (dir && (entry = readdir(dir))) {
        uint32_t id = id_of(entry->d_name);
        if (id > LAYER_FIRST && !find_layer(l, id))
            unlink_layer(dir, entry->d_name);
    }
    if (!find_layer(l, LAYER_FIRST))
        unlinkat(dirfd, FIRST_FILE, 0);
}

bool disk_layer_is_shared(int dirfd, uint32_t id)
{
    char file[32];
    struct stat st;

    disk_layer_file(id, file);
    return id == DISK_LAYER_BASE || fstatat(dirfd, file, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
           st.st_nlink > 1;
}

bool disk_layers_push(int dirfd, struct disk_layers *l, uint32_t parent, uint64_t size_bytes,
                      struct pyro_error *err)
{
    uint32_t active = l->active;

    disk_layers_sweep(dirfd, l);
    if (!disk_layers_add(l, parent, &l->active, err))
        return false;
    if (disk_layer_create(dirfd, l->active, size_bytes, err))
        return true;
    disk_layers_undo_push(dirfd, l, active);
    return false;
}

void disk_layers_undo_push(int dirfd, struct disk_layers *l, uint32_t active)
{
    l->active = active;
    disk_layers_collect(l);
    disk_layers_sweep(dirfd, l);
}

int64_t disk_layer_bytes(int dirfd, uint32_t id)
{
    char file[32];
    struct stat st;

    disk_layer_file(id, file);
    if (id == DISK_LAYER_BASE || fstatat(dirfd, file, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return 0;
    return (int64_t)st.st_blocks * 512;
}

bool disk_layers_chain(const struct disk_layers *l, uint32_t top, const char *base_path,
                       const char *dir_path, struct disk_layer_chain *ret, struct pyro_error *err)
{
    struct disk_layer_chain c = { .chain.count = disk_layers_depth(l, top) };
    unsigned i = c.chain.count;

    if (!base_path || i > DISK_LAYERS_MAX || (top != DISK_LAYER_BASE && !find_layer(l, top)))
        return pyro_fail(err, PYRO_RECORD_INVALID, "the disk's layers are not a chain");
    for (uint32_t id = top; i-- > 0; id = disk_layers_parent(l, id)) {
        char file[32];
        disk_layer_file(id, file);
        c.paths[i] = id == DISK_LAYER_BASE ? str_printf("%s", base_path)
                                           : str_printf("%s/%s", dir_path, file);
        c.chain.layers[i] = (struct disk_layer){
            .path = c.paths[i], .format = id == DISK_LAYER_BASE ? DISK_RAW : DISK_QCOW2, .id = id
        };
    }
    *ret = c;
    return true;
}

void disk_layer_chain_release(struct disk_layer_chain *c)
{
    for (unsigned i = 0; i < c->chain.count; i++)
        free(c->paths[i]);
    *c = (struct disk_layer_chain){ 0 };
}
