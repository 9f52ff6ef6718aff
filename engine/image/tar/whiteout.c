/* engine/image/tar/whiteout.c: ".wh.NAME" hides NAME, ".wh..wh..opq" all else in its directory. */
#include "engine/image/tar/whiteout.h"

#include <string.h>

#define PREFIX ".wh."
#define OPAQUE ".wh..wh..opq"
#define RESERVED ".wh..wh." /* of other tools: aufs has its own files in some images */

/* The last component, and its length. */
static const char *last_component(const char *path, size_t *ret_length)
{
    size_t n = strlen(path), begin;

    while (n && path[n - 1] == '/')
        n--;
    for (begin = n; begin && path[begin - 1] != '/'; begin--)
        ;
    *ret_length = n - begin;
    return path + begin;
}

static bool begins(const char *name, size_t length, const char *prefix)
{
    return length >= strlen(prefix) && !memcmp(name, prefix, strlen(prefix));
}

bool whiteout_is_one(const char *path)
{
    size_t length;
    const char *name = last_component(path, &length);

    return begins(name, length, PREFIX);
}

bool whiteout_apply(struct tree *t, const char *path, struct pyro_error *err)
{
    struct inode *directory;
    const char *name;
    size_t length, prefix = strlen(PREFIX);

    name = last_component(path, &length);
    if (length == prefix || (length == prefix + 1 && name[prefix] == '.') ||
        (length == prefix + 2 && !memcmp(name + prefix, "..", 2)))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "a whiteout of nothing");
    if (!tree_find_parent(t, path, &directory, &name, &length))
        return true;
    if (length == strlen(OPAQUE) && begins(name, length, OPAQUE))
        tree_hide_all(t, directory);
    else if (!begins(name, length, RESERVED))
        tree_hide(t, directory, name + prefix, length - prefix);
    return true;
}
