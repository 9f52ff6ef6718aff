/* engine/image/view/view_runs.c: extents, through libext2fs. */
#include "engine/image/view/view_runs.h"

#include "engine/image/view/view_private.h"

static bool each(struct view *v, ext2_extent_handle_t handle, view_run_fn *fn, void *arg,
                 struct pyro_error *err)
{
    struct ext2fs_extent extent;
    errcode_t code = ext2fs_extent_get(handle, EXT2_EXTENT_ROOT, &extent);

    while (!code) {
        bool is_run = extent.e_flags & EXT2_EXTENT_FLAGS_LEAF;
        if (is_run && (extent.e_flags & EXT2_EXTENT_FLAGS_UNINIT))
            return pyro_fail(err, PYRO_IO, "a file has space that was never written");
        if (is_run && !(extent.e_flags & EXT2_EXTENT_FLAGS_SECOND_VISIT) && extent.e_len &&
            !fn(arg, extent.e_lblk, extent.e_pblk, extent.e_len))
            return true;
        code = ext2fs_extent_get(handle, EXT2_EXTENT_NEXT, &extent);
    }
    return code == EXT2_ET_EXTENT_NO_NEXT || code == EXT2_ET_NO_CURRENT_NODE ||
           view_fail(v, code, err, "read where a file is");
}

bool view_each_run(struct view *v, uint32_t inode, view_run_fn *fn, void *arg,
                   struct pyro_error *err)
{
    ext2_extent_handle_t handle;
    errcode_t code;
    bool ok;

    view_refill(v);
    code = ext2fs_extent_open(v->fs, inode, &handle);
    if (code)
        return view_fail(v, code, err, "read where a file is");
    ok = each(v, handle, fn, arg, err);
    ext2fs_extent_free(handle);
    return ok;
}
