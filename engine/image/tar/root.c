/* engine/image/tar/root.c: the guest (guest/root.c, guest/identity.c) is what needs these. */
#include "engine/image/tar/root.h"

#include <string.h>
#include <sys/stat.h>

#include "engine/oci/manifest.h"
#include "vmm/base/fs.h"

#define TREE_PATH_MAX 512
#define LOST_FOUND "/lost+found"

static const struct {
    const char *path;
    uint32_t mode;
    bool may_be_link; /* to a directory in the image */
} directories[] = {
    { "proc", 0555, false }, { "sys", 0555, false },  { "dev", 0755, false },
    { "run", 0755, false },  { "tmp", 01777, false }, { "workspace", 0755, false },
    { "etc", 0755, true },
};

/* Each machine's own, which replace what the image has. */
static const char *const files[] = { "etc/machine-id", "etc/hostname", "etc/hosts" };

/* Whether a link leads to a directory. */
static bool leads_to_directory(struct tree *t, const char *path)
{
    char below[64];
    struct inode *directory;
    const char *component;
    size_t length;

    snprintf(below, sizeof(below), "%s/x", path);
    return tree_find_parent(t, below, &directory, &component, &length);
}

static bool complete_directory(struct tree *t, size_t n, int64_t now, struct pyro_error *err)
{
    const char *path = directories[n].path;
    struct name *found = tree_find(t, path);
    struct inode *made;

    if (found && S_ISDIR(found->inode->mode))
        return true;
    if (found && S_ISLNK(found->inode->mode) && directories[n].may_be_link &&
        leads_to_directory(t, path))
        return true;
    if (found)
        return pyro_fail(err, PYRO_CONTENT_REFUSED,
                         "its /%s is %s: no machine can start from this image", path,
                         !S_ISLNK(found->inode->mode) ? "not a directory"
                         : directories[n].may_be_link ? "a link to no directory"
                                                      : "a symbolic link, not a directory");
    made = tree_add_directory(t, t->root, path, strlen(path), err);
    if (!made)
        return false;
    made->mode = S_IFDIR | directories[n].mode;
    made->mtime = now;
    return true;
}

/* The guest empties /tmp at a start (guest/tmp.c), but not of what is part of the image. */
static bool mark_temporary_files(struct tree *t, struct pyro_error *err)
{
    const struct name *tmp = tree_find(t, "tmp");

    for (const struct name *n = tmp ? tmp->inode->first : NULL; n; n = n->next)
        if (!inode_set_xattr(n->inode, "trusted.pyro.image", "", 0, err))
            return false;
    return true;
}

/* With its parents. Where something else is in its place, what is run there will say so. */
static bool make_wanted(struct tree *t, const char *path, struct pyro_error *err)
{
    scoped_free char *below = NULL;
    struct pyro_error why = { 0 };
    struct inode *directory;
    const char *component;
    size_t length;

    if (asprintf(&below, "%s/x", path) < 0)
        return pyro_no_memory(err, NULL);
    return tree_parent(t, below, &directory, &component, &length, &why) ||
           why.code == PYRO_INVALID_ARGUMENT || pyro_copy(err, &why);
}

static bool make_all_wanted(struct tree *t, const struct oci_config *config, struct pyro_error *err)
{
    if (!config)
        return true;
    for (size_t i = 0; i < json_array_size(config->volumes); i++)
        if (!make_wanted(t, json_string_value(json_array_get(config->volumes, i)), err))
            return false;
    return make_wanted(t, config->working_dir, err);
}

static bool complete(struct tree *t, const struct oci_config *config, int64_t now,
                     struct pyro_error *err)
{
    for (size_t n = 0; n < ARRAY_SIZE(directories); n++)
        if (!complete_directory(t, n, now, err))
            return false;
    for (size_t n = 0; n < ARRAY_SIZE(files); n++) {
        const struct name *found = tree_find(t, files[n]);
        if (found && S_ISDIR(found->inode->mode))
            return pyro_fail(err, PYRO_CONTENT_REFUSED,
                             "its /%s is a directory: no machine can start from this image",
                             files[n]);
    }
    return make_all_wanted(t, config, err) && mark_temporary_files(t, err);
}

bool root_complete(struct tree *t, const struct oci_config *config, int64_t now,
                   struct pyro_error *err)
{
    bool ok;

    t->supplies = true;
    ok = complete(t, config, now, err);
    t->supplies = false;
    return ok;
}

/* --- what was made --- */

/* From the end of ret[TREE_PATH_MAX] to its beginning; NULL: it is too long. */
static char *path_of(const struct inode *directory, char *ret)
{
    char *at = ret + TREE_PATH_MAX - 1;

    *at = '\0';
    for (const struct name *n = directory->self; n; n = n->directory->self) {
        if (at - ret < n->length + 1)
            return NULL;
        at -= n->length;
        memcpy(at, n->text, n->length);
        *--at = '/';
    }
    return at;
}

/* The directory and those above it, each once. A name that is not UTF-8 fails. */
static bool append_supplied(struct inode *directory, json_t *list)
{
    char path[TREE_PATH_MAX];

    for (; directory->is_supplied && directory->self; directory = directory->self->directory) {
        const char *text = path_of(directory, path);
        if (!text || json_array_size(list) == OCI_SUPPLIED_MAX ||
            json_array_append_new(list, json_string(text)) != 0)
            return false;
        directory->is_supplied = false;
    }
    return true;
}

static bool append_supplied_at(struct tree *t, const char *path, json_t *list)
{
    scoped_free char *below = str_printf("%s/x", path);
    struct inode *directory;
    const char *component;
    size_t length;

    return !tree_find_parent(t, below, &directory, &component, &length) ||
           append_supplied(directory, list);
}

json_t *root_supplied(struct tree *t, const struct oci_config *config)
{
    scoped_json json_t *list = json_array();
    bool ok = list;

    for (size_t n = 0; ok && n < ARRAY_SIZE(directories); n++)
        ok = append_supplied_at(t, directories[n].path, list);
    for (size_t i = 0; ok && i < json_array_size(config->volumes); i++)
        ok = append_supplied_at(t, json_string_value(json_array_get(config->volumes, i)), list);
    ok = ok && append_supplied_at(t, config->working_dir, list);
    /* Every file system has one in the end. */
    if (ok && !tree_find(t, LOST_FOUND))
        ok = json_array_size(list) < OCI_SUPPLIED_MAX &&
             json_array_append_new(list, json_string(LOST_FOUND)) == 0;
    return ok ? take_ptr(&list) : NULL;
}
