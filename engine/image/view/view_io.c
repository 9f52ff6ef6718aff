/* engine/image/view/view_io.c: libext2fs on a chain of layers. */
#include "engine/image/view/view_io.h"

#include <string.h>

static struct view_source *opening; /* open() does not get a pointer of ours */

static errcode_t view_io_on_open(const char *name, int flags, io_channel *ret);

static errcode_t view_io_on_close(io_channel channel)
{
    ext2fs_free_mem(&channel->name);
    ext2fs_free_mem(&channel);
    return 0;
}

static errcode_t view_io_on_set_blksize(io_channel channel, int block_size)
{
    channel->block_size = block_size;
    return 0;
}

bool view_source_read(struct view_source *s, uint64_t at, void *ret, size_t n,
                      struct pyro_error *err)
{
    if (s->overlay)
        return overlay_read(s->overlay, at, ret, n, err);
    return chain_read(s->disk, at, ret, n, err) &&
           (!s->journal || journal_overlay(s->journal, at, ret, n, err));
}

/* The bytes of a request: a negative count is of bytes. False when they are too many. */
static bool find_bytes(io_channel channel, unsigned long long block, int count, uint64_t *ret_at,
                       size_t *ret_size)
{
    struct view_source *s = channel->private_data;
    uint64_t blocks = count < 0 ? 1 : (uint64_t)count;

    *ret_size = count < 0 ? (size_t)-(int64_t)count : (size_t)count * (size_t)channel->block_size;
    if (blocks > s->budget || __builtin_mul_overflow(block, (uint64_t)channel->block_size, ret_at))
        return false;
    s->budget -= blocks;
    return true;
}

static errcode_t view_io_on_read64(io_channel channel, unsigned long long block, int count,
                                   void *data)
{
    struct view_source *s = channel->private_data;
    uint64_t at;
    size_t size;

    return find_bytes(channel, block, count, &at, &size) &&
                   view_source_read(s, at, data, size, &s->why)
               ? 0
               : EXT2_ET_SHORT_READ;
}

static errcode_t view_io_on_read(io_channel channel, unsigned long block, int count, void *data)
{
    return view_io_on_read64(channel, block, count, data);
}

static errcode_t view_io_on_write64(io_channel channel, unsigned long long block, int count,
                                    const void *data)
{
    struct view_source *s = channel->private_data;
    uint64_t at;
    size_t size;

    if (!s->overlay)
        return EXT2_ET_RO_FILSYS;
    return find_bytes(channel, block, count, &at, &size) &&
                   overlay_write(s->overlay, at, data, size, &s->why)
               ? 0
               : EXT2_ET_SHORT_WRITE;
}

static errcode_t view_io_on_write(io_channel channel, unsigned long block, int count,
                                  const void *data)
{
    return view_io_on_write64(channel, block, count, data);
}

static errcode_t view_io_on_flush(io_channel channel UNUSED)
{
    return 0;
}

static struct struct_io_manager manager = {
    .magic = EXT2_ET_MAGIC_IO_MANAGER,
    .name = "pyro disk",
    .open = view_io_on_open,
    .close = view_io_on_close,
    .set_blksize = view_io_on_set_blksize,
    .read_blk = view_io_on_read,
    .read_blk64 = view_io_on_read64,
    .write_blk = view_io_on_write,
    .write_blk64 = view_io_on_write64,
    .flush = view_io_on_flush,
};

static errcode_t view_io_on_open(const char *name, int flags UNUSED, io_channel *ret)
{
    io_channel channel;
    errcode_t code = ext2fs_get_memzero(sizeof(*channel), &channel);

    if (code)
        return code;
    channel->magic = EXT2_ET_MAGIC_IO_CHANNEL;
    channel->manager = &manager;
    channel->block_size = 1024;
    channel->refcount = 1;
    channel->private_data = opening;
    code = ext2fs_get_mem(strlen(name) + 1, &channel->name);
    if (code) {
        ext2fs_free_mem(&channel);
        return code;
    }
    memcpy(channel->name, name, strlen(name) + 1);
    *ret = channel;
    return 0;
}

errcode_t view_io_open(struct view_source *source, ext2_filsys *ret)
{
    errcode_t code;

    opening = source;
    code = ext2fs_open2("disk", NULL, EXT2_FLAG_64BITS | (source->overlay ? EXT2_FLAG_RW : 0), 0, 0,
                        &manager, ret);
    opening = NULL;
    return code;
}
