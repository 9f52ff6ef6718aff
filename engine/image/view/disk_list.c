/* engine/image/view/disk_list.c: a walk of a disk's directories. */
#include "engine/image/view/disk_list.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "vmm/base/array.h"
#include "vmm/base/file_name.h"

#define ENTRIES_MAX 1000000
#define PRIVATE_PREFIX "/run/" DISK_PRIVATE_NAME

struct entry {
    char *path;
    uint32_t inode;
};

struct listing {
    struct view *view;
    struct entry *entries;
    size_t count, room, walked; /* entries before `walked` were looked into */
    unsigned char *seen;        /* a bit for each directory: a damaged tree may go in circles */
    const char *directory;      /* whose entries come now */
    bool full, no_memory;
};

bool disk_is_private(const char *path)
{
    return strncmp(path, PRIVATE_PREFIX, strlen(PRIVATE_PREFIX)) == 0;
}

static bool disk_list_add(void *arg, const char *name, size_t length, uint32_t inode,
                          mode_t type UNUSED)
{
    struct listing *l = arg;
    const char *slash = strcmp(l->directory, "/") ? "/" : "";
    size_t n = strlen(l->directory);
    struct entry *entries;
    char *path;

    if (n + length + 2 > PATH_MAX)
        return true; /* nobody could open it either */
    if (l->count == ENTRIES_MAX) {
        l->full = true;
        return false;
    }
    entries = array_grown(l->entries, sizeof(*l->entries), l->count, &l->room);
    if (entries)
        l->entries = entries;
    else
        l->no_memory = true;
    path = l->no_memory ? NULL : malloc(n + length + 2);
    if (!path) {
        l->no_memory = true;
        return false;
    }
    snprintf(path, n + length + 2, "%s%s%.*s", l->directory, slash, (int)length, name);
    if (disk_is_private(path))
        free(path);
    else
        l->entries[l->count++] = (struct entry){ path, inode };
    return true;
}

static bool read_directory(struct listing *l, const char *path, uint32_t inode,
                           struct pyro_error *err)
{
    if (inode > view_inode_count(l->view) || l->seen[inode / 8] & 1u << inode % 8)
        return true;
    l->seen[inode / 8] |= (unsigned char)(1u << inode % 8);
    l->directory = path;
    if (!view_each(l->view, inode, disk_list_add, l, NULL, err))
        return pyro_wrap(err, "'%.300s'", path);
    if (l->no_memory)
        return pyro_no_memory(err, NULL);
    return !l->full ||
           pyro_fail(err, PYRO_NO_SPACE, "'%.300s' has over %d files below it", path, ENTRIES_MAX);
}

static const char *type_name(mode_t mode)
{
    return S_ISDIR(mode)   ? "directory"
           : S_ISREG(mode) ? "file"
           : S_ISLNK(mode) ? "symlink"
                           : "other";
}

static json_t *describe(struct view *v, const char *path, const struct view_inode *i,
                        struct pyro_error *err)
{
    char target[VIEW_TARGET_MAX];
    bool link = S_ISLNK(i->mode);

    if (link && !view_target(v, i->number, target, err))
        return pyro_wrap(err, "'%.300s'", path);
    return json_pack("{s:o, s:s, s:o, s:o, s:I, s:o}", "path",
                     path ? name_to_json("", path) : json_null(), "artifact_type",
                     type_name(i->mode), "mode", json_file_mode(i->mode), "modified_at",
                     json_time(i->mtime, i->mtime_ns), "size_bytes", (json_int_t)i->size,
                     "link_target", link ? name_to_json("", target) : json_null());
}

static int disk_list_by_path(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->path, ((const struct entry *)b)->path);
}

/* Looks into the directories among the entries, including the ones that this adds. */
static bool walk(struct listing *l, struct pyro_error *err)
{
    for (; l->walked < l->count; l->walked++) {
        struct entry e = l->entries[l->walked];
        struct view_inode i;
        if (!view_stat(l->view, e.inode, &i, err))
            return pyro_wrap(err, "'%.300s'", e.path);
        if (S_ISDIR(i.mode) && !read_directory(l, e.path, e.inode, err))
            return false;
    }
    return true;
}

static json_t *to_json(struct listing *l, struct pyro_error *err)
{
    json_t *list = json_array();

    if (l->count)
        qsort(l->entries, l->count, sizeof(*l->entries), disk_list_by_path);
    for (size_t k = 0; k < l->count; k++) {
        struct view_inode i;
        json_t *one = view_stat(l->view, l->entries[k].inode, &i, err)
                          ? describe(l->view, l->entries[k].path, &i, err)
                          : NULL;
        if (!one || json_array_append_new(list, one) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *list_below(struct listing *l, const char *path, const struct view_inode *top,
                          bool recursive, struct pyro_error *err)
{
    if (!S_ISDIR(top->mode)) {
        json_t *one = describe(l->view, path, top, err);
        return one ? json_pack("[o]", one) : NULL;
    }
    l->seen = calloc(view_inode_count(l->view) / 8 + 1, 1);
    if (!l->seen)
        return pyro_no_memory(err, NULL);
    if (!read_directory(l, path, top->number, err) || (recursive && !walk(l, err)))
        return NULL;
    return to_json(l, err);
}

json_t *disk_list(struct view *v, const char *path, bool recursive, struct pyro_error *err)
{
    struct listing l = { .view = v };
    struct view_inode top;
    json_t *entries;
    uint32_t inode;

    if (disk_is_private(path))
        return view_fail_missing(path, err);
    if (!view_find(v, path, &inode, err) || !view_stat(v, inode, &top, err))
        return NULL;
    entries = list_below(&l, path, &top, recursive, err);
    for (size_t i = 0; i < l.count; i++)
        free(l.entries[i].path);
    free(l.entries);
    free(l.seen);
    if (!entries)
        return NULL;
    return json_pack("{s:o, s:s, s:o}", "path", name_to_json("", path), "artifact_type",
                     type_name(top.mode), "entries", entries);
}
