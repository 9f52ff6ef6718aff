/*
 * guest/ext4.c: warming the metadata of a file system.
 *
 * A clone's first files are created in groups not read yet; each bitmap is then a read of its own,
 * some milliseconds apiece under emulation. The layout is that of the kernel's
 * Documentation/filesystems/ext4; only the plain one (no meta_bg) is handled here, the rest is left
 * cold.
 */
#include "guest/ext4.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "vmm/base/buf.h"

#define SUPERBLOCK_AT 1024
#define MAGIC 0xef53
#define INCOMPAT_META_BG 0x10u
#define INCOMPAT_64BIT 0x80u
#define GROUPS_MAX 8192
#define TABLE_BLOCKS 2

struct layout {
    uint32_t block_size, groups, descriptor_size, first_block;
};

static uint64_t at_le(const uint8_t *bytes, size_t offset, size_t size)
{
    uint64_t v = 0;

    while (size--)
        v = v << 8 | bytes[offset + size];
    return v;
}

static bool read_layout(int fd, struct layout *ret)
{
    uint8_t sb[1024];
    uint64_t blocks, per_group, incompat;

    if (pread(fd, sb, sizeof(sb), SUPERBLOCK_AT) != (ssize_t)sizeof(sb) ||
        at_le(sb, 0x38, 2) != MAGIC || at_le(sb, 0x18, 4) > 6)
        return false;
    incompat = at_le(sb, 0x60, 4);
    blocks = at_le(sb, 0x04, 4) | (incompat & INCOMPAT_64BIT ? at_le(sb, 0x150, 4) << 32 : 0);
    per_group = at_le(sb, 0x20, 4);
    *ret = (struct layout){ .block_size = 1024u << at_le(sb, 0x18, 4),
                            .first_block = (uint32_t)at_le(sb, 0x14, 4),
                            .descriptor_size =
                                incompat & INCOMPAT_64BIT ? (uint32_t)at_le(sb, 0xfe, 2) : 32 };
    if ((incompat & INCOMPAT_META_BG) || !per_group || ret->descriptor_size < 32 ||
        ret->descriptor_size > 1024 || (blocks + per_group - 1) / per_group > GROUPS_MAX)
        return false;
    ret->groups = (uint32_t)((blocks + per_group - 1) / per_group);
    return true;
}

static void warm_block(int fd, const struct layout *fs, uint64_t block)
{
    static char content[65536];

    if (block && block < (uint64_t)1 << 40)
        (void)!pread(fd, content, fs->block_size, (off_t)(block * fs->block_size));
}

void ext4_warm(const char *device)
{
    scoped_close int fd = open(device, O_RDONLY | O_CLOEXEC);
    struct layout fs;

    if (fd < 0 || !read_layout(fd, &fs))
        return;
    for (uint32_t group = 0; group < fs.groups; group++) {
        uint8_t d[1024];
        bool wide = fs.descriptor_size >= 64;
        uint64_t at =
            (uint64_t)(fs.first_block + 1) * fs.block_size + (uint64_t)group * fs.descriptor_size;
        if (pread(fd, d, fs.descriptor_size, (off_t)at) != (ssize_t)fs.descriptor_size)
            return;
        for (size_t field = 0; field < 3; field++) { /* block bitmap, inode bitmap, inode table */
            uint64_t block =
                at_le(d, 4 * field, 4) | (wide ? at_le(d, 0x20 + 4 * field, 4) << 32 : 0);
            for (uint64_t i = 0; i < (field < 2 ? 1 : TABLE_BLOCKS); i++)
                warm_block(fd, &fs, block + i);
        }
    }
}
