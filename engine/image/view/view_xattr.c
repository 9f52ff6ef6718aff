/* engine/image/view/view_xattr.c: extended attributes and devices, through libext2fs. */
#include "engine/image/view/view_xattr.h"

#include <string.h>

#include "engine/image/view/view_private.h"

#define ACL_PREFIX "system.posix_acl_"

struct reading {
    struct ext2_xattr_handle *handle;
    view_xattr_fn *fn;
    void *arg;
};

bool view_device(struct view *v, uint32_t inode, unsigned *ret_major, unsigned *ret_minor,
                 struct pyro_error *err)
{
    struct ext2_inode i;
    errcode_t code;
    uint32_t old, new;

    view_refill(v);
    code = ext2fs_read_inode(v->fs, inode, &i);
    if (code)
        return view_fail(v, code, err, "read a device");
    old = i.i_block[0];
    new = i.i_block[1];
    *ret_major = old ? old >> 8 & 0xff : new >> 8 & 0xfff;
    *ret_minor = old ? old & 0xff : (new & 0xff) | (new >> 12 & 0xfff00);
    return true;
}

/* ACLs have another form on the disk than in system calls. */
static int view_xattr_visit(char *name, char *value, size_t size, void *void_reading)
{
    struct reading *r = void_reading;
    bool is_acl = !strncmp(name, ACL_PREFIX, strlen(ACL_PREFIX)), more;
    void *converted = NULL;

    if (is_acl && ext2fs_xattr_get(r->handle, name, &converted, &size) != 0)
        return 0;
    more = r->fn(r->arg, name, is_acl ? converted : value, size);
    if (is_acl)
        ext2fs_free_mem(&converted);
    return more ? 0 : XATTR_ABORT;
}

bool view_each_xattr(struct view *v, uint32_t inode, view_xattr_fn *fn, void *arg,
                     struct pyro_error *err)
{
    struct reading r = { .fn = fn, .arg = arg };
    errcode_t code;

    view_refill(v);
    code = ext2fs_xattrs_open(v->fs, inode, &r.handle);
    if (code)
        return view_fail(v, code, err, "read attributes");
    code = ext2fs_xattrs_read(r.handle);
    if (!code)
        code = ext2fs_xattrs_iterate(r.handle, view_xattr_visit, &r);
    ext2fs_xattrs_close(&r.handle);
    return !code || view_fail(v, code, err, "read attributes");
}
