/* engine/image/view/view_same.c: two inodes compared by what is in them. */
#include "engine/image/view/view_same.h"

#include <stdlib.h>
#include <string.h>

#include "engine/image/view/view_xattr.h"
#include "vmm/base/buf.h"
#include "vmm/base/cleanup.h"

#define CHUNK_BYTES (256 * 1024)
#define XATTRS_MAX ((size_t)1 << 20) /* of one inode: a block, and values in inodes of their own */

bool view_same_bytes(struct view *v, uint32_t inode, struct view *other, uint32_t other_inode,
                     bool *ret, struct pyro_error *err)
{
    scoped_free char *x = malloc(CHUNK_BYTES), *y = malloc(CHUNK_BYTES);
    ssize_t n = 1, m;

    if (!x || !y)
        return pyro_no_memory(err, NULL);
    *ret = true;
    for (uint64_t at = 0; n && *ret; at += (uint64_t)n) {
        n = view_read(v, inode, at, x, CHUNK_BYTES, err);
        m = n < 0 ? -1 : view_read(other, other_inode, at, y, CHUNK_BYTES, err);
        if (m < 0)
            return false;
        *ret = n == m && !memcmp(x, y, (size_t)n);
    }
    return true;
}

bool view_same_target(struct view *v, uint32_t inode, struct view *other, uint32_t other_inode,
                      bool *ret, struct pyro_error *err)
{
    char x[VIEW_TARGET_MAX], y[VIEW_TARGET_MAX];

    if (!view_target(v, inode, x, err) || !view_target(other, other_inode, y, err))
        return false;
    *ret = !strcmp(x, y);
    return true;
}

bool view_same_device(struct view *v, uint32_t inode, struct view *other, uint32_t other_inode,
                      bool *ret, struct pyro_error *err)
{
    unsigned major, minor, other_major, other_minor;

    if (!view_device(v, inode, &major, &minor, err) ||
        !view_device(other, other_inode, &other_major, &other_minor, err))
        return false;
    *ret = major == other_major && minor == other_minor;
    return true;
}

static bool view_same_put(void *arg, const char *name, const void *value, size_t size)
{
    struct buf *to = arg;

    return buf_append(to, name, strlen(name) + 1) && buf_append(to, &size, sizeof(size)) &&
           buf_append(to, value, size);
}

bool view_same_xattrs(struct view *v, uint32_t inode, struct view *other, uint32_t other_inode,
                      bool *ret, struct pyro_error *err)
{
    scoped_buf x = BUF_INIT(XATTRS_MAX), y = BUF_INIT(XATTRS_MAX);

    if (!view_each_xattr(v, inode, view_same_put, &x, err) ||
        !view_each_xattr(other, other_inode, view_same_put, &y, err))
        return false;
    *ret = x.len == y.len && (!x.len || !memcmp(x.data, y.data, x.len));
    return true;
}
