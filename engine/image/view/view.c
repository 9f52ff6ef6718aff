/*
 * engine/image/view/view.c: files and directories of a disk's file system, through libext2fs.
 *
 * The demands of a damaged image are bounded here: the superblock's size by the disk's, the blocks
 * read by one call by a budget, the entries of a directory by a number.
 */
#include "engine/image/view/view.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/image/view/view_private.h"

#define SUPERBLOCK_AT 1024
#define SUPERBLOCK_BYTES 1024
#define BUDGET_MAX (1ULL << 20) /* blocks that one call may read … */
#define BUDGET_SPARE 1024       /* … or these beyond twice what the disk has */
#define ENTRIES_MAX 16000000
#define INODES_MAX (1U << 28)

bool view_fail(struct view *v, errcode_t code, struct pyro_error *err, const char *what)
{
    if (v->source.why.code && code == EXT2_ET_SHORT_READ) {
        pyro_copy(err, &v->source.why);
        v->source.why.code = PYRO_OK;
        return pyro_wrap(err, "%s", what);
    }
    if (code == EXT2_ET_NO_MEMORY)
        return pyro_no_memory(err, what);
    return pyro_fail(err, PYRO_IO, "%s: the disk's file system is damaged: %s", what,
                     error_message(code));
}

void view_refill(struct view *v)
{
    uint64_t blocks = 2 * (chain_size_bytes(v->source.disk.chain) >> 12) + BUDGET_SPARE;

    v->source.budget = blocks < BUDGET_MAX ? blocks : BUDGET_MAX;
    v->source.why.code = PYRO_OK;
}

static uint64_t le(const uint8_t *bytes, size_t size)
{
    uint64_t n = 0;

    while (size--)
        n = n << 8 | bytes[size];
    return n;
}

/* Checks the values libext2fs would believe and allocate by. */
static bool check_superblock(struct view_source *s, struct pyro_error *err)
{
    uint8_t sb[SUPERBLOCK_BYTES];
    uint64_t blocks, log_size, size = chain_size_bytes(s->disk.chain);

    if (size < SUPERBLOCK_AT + SUPERBLOCK_BYTES)
        return pyro_fail(err, PYRO_IO, "the disk is too small for a file system");
    if (!view_source_read(s, SUPERBLOCK_AT, sb, sizeof(sb), err))
        return false;
    if (le(sb + 0x38, 2) != EXT2_SUPER_MAGIC)
        return pyro_fail(err, PYRO_IO, "there is no ext4 file system on the disk");
    log_size = le(sb + 0x18, 4);
    blocks = le(sb + 0x04, 4) |
             (le(sb + 0x60, 4) & EXT4_FEATURE_INCOMPAT_64BIT ? le(sb + 0x150, 4) << 32 : 0);
    if (log_size > 6 || blocks > size >> (10 + log_size) || le(sb, 4) > INODES_MAX ||
        le(sb + 0x20, 4) < 256 || le(sb + 0x28, 4) < 8)
        return pyro_fail(err, PYRO_IO, "the disk's file system is damaged: its superblock");
    return true;
}

static bool open_fs(struct view *v, struct pyro_error *err)
{
    errcode_t code;

    if (!check_superblock(&v->source, err))
        return false;
    view_refill(v);
    code = view_io_open(&v->source, &v->fs);
    if (!code)
        return true;
    v->fs = NULL;
    return view_fail(v, code, err, "open the disk's file system");
}

/* A journal that needs a replay holds newer blocks than the ones in their places. */
static bool open_with_journal(struct view *v, struct pyro_error *err)
{
    if (!open_fs(v, err))
        return false;
    if (!(v->fs->super->s_feature_incompat & EXT3_FEATURE_INCOMPAT_RECOVER))
        return true;
    view_refill(v);
    if (!journal_load(v->fs, v->source.disk, &v->source.journal, err))
        return false;
    ext2fs_free(take_ptr(&v->fs));
    return open_fs(v, err);
}

bool view_open(struct disk_version d, struct view **ret, struct pyro_error *err)
{
    struct view *v = calloc(1, sizeof(*v));

    if (!v)
        return pyro_no_memory(err, NULL);
    initialize_ext2_error_table();
    v->source.disk = d;
    if (!open_with_journal(v, err)) {
        view_free(v);
        return false;
    }
    *ret = v;
    return true;
}

const struct journal *view_journal(const struct view *v)
{
    return v->source.journal;
}

static void close_file(struct view *v)
{
    if (v->file)
        ext2fs_file_close(v->file);
    v->file = NULL;
}

void view_free(struct view *v)
{
    if (!v)
        return;
    close_file(v);
    if (v->fs)
        ext2fs_free(v->fs);
    journal_free(v->source.journal);
    free(v);
}

uint32_t view_inode_count(const struct view *v)
{
    return v->fs->super->s_inodes_count;
}

/* ---- inodes ---- */

static bool read_inode(struct view *v, uint32_t number, struct ext2_inode_large *ret,
                       struct pyro_error *err)
{
    errcode_t code;

    view_refill(v);
    memset(ret, 0, sizeof(*ret));
    if (!number || number > v->fs->super->s_inodes_count)
        return pyro_fail(err, PYRO_IO, "the disk's file system is damaged: inode %u", number);
    code = ext2fs_read_inode_full(v->fs, number, (struct ext2_inode *)ret, sizeof(*ret));
    return !code || view_fail(v, code, err, "read an inode");
}

/* The higher bits of seconds, and nanoseconds, are in a field that an inode of 128 bytes lacks. */
static void take_mtime(const struct view *v, const struct ext2_inode_large *i,
                       struct view_inode *ret)
{
    size_t need = offsetof(struct ext2_inode_large, i_mtime_extra) + sizeof(i->i_mtime_extra) -
                  EXT2_GOOD_OLD_INODE_SIZE;

    ret->mtime = (int32_t)i->i_mtime;
    if (EXT2_INODE_SIZE(v->fs->super) <= EXT2_GOOD_OLD_INODE_SIZE || i->i_extra_isize < need)
        return;
    ret->mtime += (int64_t)(i->i_mtime_extra & 3) << 32;
    ret->mtime_ns = i->i_mtime_extra >> 2;
}

bool view_stat(struct view *v, uint32_t inode, struct view_inode *ret, struct pyro_error *err)
{
    struct ext2_inode_large i;

    if (!read_inode(v, inode, &i, err))
        return false;
    *ret = (struct view_inode){ .number = inode,
                                .mode = i.i_mode,
                                .uid = inode_uid(i),
                                .gid = inode_gid(i),
                                .links = i.i_links_count,
                                .generation = i.i_generation,
                                .size = EXT2_I_SIZE(&i) };
    if (!S_ISREG(i.i_mode) && !S_ISDIR(i.i_mode) && !S_ISLNK(i.i_mode))
        ret->size = 0;
    take_mtime(v, &i, ret);
    return true;
}

/* ---- directories ---- */

struct walk {
    view_entry_fn *fn;
    void *arg;
    unsigned entries;
    bool ended, damaged;
};

static const mode_t types[] = {
    [EXT2_FT_REG_FILE] = S_IFREG, [EXT2_FT_DIR] = S_IFDIR,  [EXT2_FT_CHRDEV] = S_IFCHR,
    [EXT2_FT_BLKDEV] = S_IFBLK,   [EXT2_FT_FIFO] = S_IFIFO, [EXT2_FT_SOCK] = S_IFSOCK,
    [EXT2_FT_SYMLINK] = S_IFLNK
};

static int view_on_entry(struct ext2_dir_entry *d, int offset UNUSED, int block_size UNUSED,
                         char *block UNUSED, void *arg)
{
    struct walk *w = arg;
    size_t n = (size_t)ext2fs_dirent_name_len(d);
    unsigned type = (unsigned)ext2fs_dirent_file_type(d);

    if (++w->entries > ENTRIES_MAX) {
        w->damaged = true;
        return DIRENT_ABORT;
    }
    if (!d->inode || (n == 1 && d->name[0] == '.') || (n == 2 && !memcmp(d->name, "..", 2)))
        return 0;
    if (!n || n > VIEW_NAME_MAX || memchr(d->name, '/', n) || memchr(d->name, '\0', n)) {
        w->damaged = true;
        return DIRENT_ABORT;
    }
    if (w->fn(w->arg, d->name, n, d->inode, type < ARRAY_SIZE(types) ? types[type] : 0))
        return 0;
    w->ended = true;
    return DIRENT_ABORT;
}

bool view_each(struct view *v, uint32_t directory, view_entry_fn *fn, void *arg, bool *ret_all,
               struct pyro_error *err)
{
    struct walk w = { .fn = fn, .arg = arg };
    struct ext2_inode_large i;
    errcode_t code;

    if (!read_inode(v, directory, &i, err))
        return false;
    if (!S_ISDIR(i.i_mode))
        return pyro_fail(err, PYRO_WRONG_FILE_TYPE, "it is not a directory");
    code = ext2fs_dir_iterate(v->fs, directory, DIRENT_FLAG_INCLUDE_EMPTY, NULL, view_on_entry, &w);
    if (code)
        return view_fail(v, code, err, "read a directory");
    if (w.damaged)
        return pyro_fail(err, PYRO_IO, "the disk's file system is damaged: a directory");
    if (ret_all)
        *ret_all = !w.ended;
    return true;
}

struct lookup {
    const char *name;
    size_t length;
    uint32_t inode;
};

static bool view_match(void *arg, const char *name, size_t length, uint32_t inode,
                       mode_t type UNUSED)
{
    struct lookup *l = arg;

    if (length != l->length || memcmp(name, l->name, length) != 0)
        return true;
    l->inode = inode;
    return false;
}

bool view_lookup(struct view *v, uint32_t directory, const char *name, size_t length,
                 uint32_t *ret_inode, struct pyro_error *err)
{
    struct lookup l = { .name = name, .length = length };

    if (!view_each(v, directory, view_match, &l, NULL, err))
        return false;
    *ret_inode = l.inode;
    return true;
}

void *view_fail_missing(const char *path, struct pyro_error *err)
{
    pyro_fail(err, PYRO_FILE_NOT_FOUND, "there is no '%.400s' on the disk", path);
    return pyro_hint(err, "see 'pyro workspace disk list'");
}

/* One component of a path: from `at` on to *at. */
static bool step(struct view *v, const char *path, size_t before, size_t length, uint32_t *at,
                 struct pyro_error *err)
{
    struct view_inode i;
    int shown = (int)(before < 400 ? before : 400);

    if (!view_stat(v, *at, &i, err))
        return false;
    if (S_ISLNK(i.mode))
        return pyro_fail(err, PYRO_PATH_REFUSED, "'%.*s' is a symbolic link", shown, path);
    if (!S_ISDIR(i.mode))
        return pyro_fail(err, PYRO_WRONG_FILE_TYPE, "'%.*s' is not a directory", shown, path);
    if (!view_lookup(v, *at, path + before, length, at, err))
        return false;
    return *at || view_fail_missing(path, err);
}

bool view_find(struct view *v, const char *path, uint32_t *ret_inode, struct pyro_error *err)
{
    uint32_t at = VIEW_ROOT;

    for (size_t i = 0; path[i];) {
        size_t n = strcspn(path + i, "/");
        if (n && !step(v, path, i, n, &at, err))
            return false;
        i += n + (path[i + n] == '/');
    }
    *ret_inode = at;
    return true;
}

/* ---- content ---- */

static bool open_file(struct view *v, uint32_t inode, struct pyro_error *err)
{
    struct ext2_inode_large i;
    errcode_t code;

    if (v->file && v->file_inode == inode)
        return true;
    close_file(v);
    if (!read_inode(v, inode, &i, err))
        return false;
    if (!S_ISREG(i.i_mode))
        return pyro_fail(err, PYRO_WRONG_FILE_TYPE, "it is not a regular file");
    code = ext2fs_file_open2(v->fs, inode, NULL, 0, &v->file);
    if (code) {
        v->file = NULL;
        return view_fail(v, code, err, "open a file");
    }
    v->file_inode = inode;
    return true;
}

ssize_t view_read(struct view *v, uint32_t inode, uint64_t at, void *ret, size_t n,
                  struct pyro_error *err)
{
    size_t done = 0;

    view_refill(v);
    if (!open_file(v, inode, err))
        return -1;
    while (done < n) {
        unsigned want = n - done < 1 << 20 ? (unsigned)(n - done) : 1 << 20, got = 0;
        errcode_t code = ext2fs_file_llseek(v->file, at + done, EXT2_SEEK_SET, NULL);
        view_refill(v);
        if (!code)
            code = ext2fs_file_read(v->file, (char *)ret + done, want, &got);
        if (code)
            return view_fail(v, code, err, "read a file") ? 0 : -1;
        if (!got)
            break;
        done += got;
    }
    return (ssize_t)done;
}

bool view_target(struct view *v, uint32_t inode, char *ret, struct pyro_error *err)
{
    struct ext2_inode_large i;
    uint64_t size;
    errcode_t code = 0;

    if (!read_inode(v, inode, &i, err))
        return false;
    size = EXT2_I_SIZE(&i);
    if (!S_ISLNK(i.i_mode))
        return pyro_fail(err, PYRO_WRONG_FILE_TYPE, "it is not a symbolic link");
    if (!size || size >= VIEW_TARGET_MAX)
        return pyro_fail(err, PYRO_IO, "the disk's file system is damaged: a link's target");
    if (ext2fs_is_fast_symlink((struct ext2_inode *)&i) && size < sizeof(i.i_block)) {
        memcpy(ret, i.i_block, size);
    } else {
        ext2_file_t file;
        unsigned got = 0;
        code = ext2fs_file_open2(v->fs, inode, NULL, 0, &file);
        if (!code) {
            code = ext2fs_file_read(file, ret, (unsigned)size, &got);
            ext2fs_file_close(file);
        }
        if (!code && got != size)
            code = EXT2_ET_SHORT_READ;
    }
    ret[size] = '\0';
    return !code || view_fail(v, code, err, "read a link");
}
