/*
 * engine/image/ext4/ext4_directories.c: directory blocks. A directory is written once, when all its
 * names are known: entries one after the other, each block closed by the entry that carries its
 * checksum (https://www.kernel.org/doc/html/latest/filesystems/ext4/directory.html).
 */
#include <string.h>
#include <sys/stat.h>

#include "engine/image/ext4/ext4.h"
#include "vmm/base/buf.h"

#define HEADER_BYTES 8 /* of an entry, before its name */
#define USABLE_BYTES (BLOCK_BYTES - sizeof(struct ext2_dir_entry_tail))
#define LOST_FOUND_INO 11
#define LOST_FOUND_BLOCKS 4 /* room for files a repair finds, as mke2fs leaves it */

struct directory_writer {
    struct ext4 *e;
    struct inode *directory;
    char block[BLOCK_BYTES];
    size_t used, last; /* last: where the newest entry begins */
    uint32_t blocks;
};

static uint8_t file_type(uint32_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
        return EXT2_FT_REG_FILE;
    case S_IFDIR:
        return EXT2_FT_DIR;
    case S_IFCHR:
        return EXT2_FT_CHRDEV;
    case S_IFBLK:
        return EXT2_FT_BLKDEV;
    case S_IFIFO:
        return EXT2_FT_FIFO;
    case S_IFSOCK:
        return EXT2_FT_SOCK;
    default:
        return EXT2_FT_SYMLINK;
    }
}

/* The checksum covers the block up to the tail, seeded with the inode's number and generation. */
static void seal(struct directory_writer *w)
{
    struct ext2_dir_entry_tail *tail = (void *)(w->block + USABLE_BYTES);
    uint8_t le[8] = { 0 }; /* number, generation 0 */
    uint32_t crc;

    put_u32(le, w->directory->number);
    crc = ext2fs_crc32c_le(w->e->fs->csum_seed, le, sizeof(le));
    crc = ext2fs_crc32c_le(crc, (const unsigned char *)w->block, USABLE_BYTES);
    memset(tail, 0, sizeof(*tail));
    tail->det_rec_len = sizeof(*tail);
    tail->det_reserved_name_len = EXT2_DIR_NAME_LEN_CSUM;
    tail->det_checksum = crc;
}

static bool end_block(struct directory_writer *w, struct pyro_error *err)
{
    uint64_t physical;
    uint32_t one;

    /* The last entry reaches to the end; an empty block is one unused entry. */
    put_u16((uint8_t *)w->block + w->last + 4, (uint16_t)(USABLE_BYTES - w->last));
    seal(w);
    if (!blocks_take(&w->e->blocks, 1, &physical, &one, err) ||
        !blocks_write(&w->e->blocks, physical, w->block, 1, err) ||
        !inode_add_run(w->directory, w->blocks, physical, 1, err))
        return false;
    w->blocks++;
    w->used = w->last = 0;
    memset(w->block, 0, sizeof(w->block));
    return true;
}

static bool add_entry(struct directory_writer *w, uint32_t number, uint8_t type, const char *name,
                      size_t length, struct pyro_error *err)
{
    size_t size = (HEADER_BYTES + length + 3) & ~(size_t)3;
    char *at;

    if (w->used + size > USABLE_BYTES && !end_block(w, err))
        return false;
    at = w->block + w->used;
    put_u32((uint8_t *)at, number);
    put_u16((uint8_t *)at + 4, (uint16_t)size);
    at[6] = (char)length;
    at[7] = (char)type;
    memcpy(at + HEADER_BYTES, name, length);
    w->last = w->used;
    w->used += size;
    return true;
}

static bool write_directory(struct ext4 *e, struct inode *d, struct pyro_error *err)
{
    struct directory_writer w = { .e = e, .directory = d };
    uint32_t above = d->self ? d->self->directory->number : d->number;

    if (!add_entry(&w, d->number, EXT2_FT_DIR, ".", 1, err) ||
        !add_entry(&w, above, EXT2_FT_DIR, "..", 2, err))
        return false;
    for (const struct name *n = d->first; n; n = n->next)
        if (!add_entry(&w, n->inode->number, file_type(n->inode->mode), n->text, n->length, err))
            return false;
    do {
        if (!end_block(&w, err))
            return false;
    } while (d->number == LOST_FOUND_INO && w.blocks < LOST_FOUND_BLOCKS);
    d->size = (uint64_t)w.blocks * BLOCK_BYTES;
    return true;
}

bool ext4_write_directories(struct ext4 *e, const struct inode_list *all, struct pyro_error *err)
{
    for (size_t i = 0; i < all->count; i++)
        if (S_ISDIR(all->items[i]->mode) && !write_directory(e, all->items[i], err))
            return false;
    return true;
}
