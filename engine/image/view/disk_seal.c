/*
 * engine/image/view/disk_seal.c: what a disk holds of the machine that it was of.
 *
 * Removing a file leaves its content in blocks that are free, where a reader of the whole disk finds
 * it. So blocks that are free and that a layer above the base has are zeroed, too; the base has been
 * made by pyro, and holds no such thing.
 */
#include "engine/image/view/disk_seal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/image/ext4/ext4.h"
#include "engine/image/view/disk_list.h"
#include "engine/image/view/journal.h"
#include "engine/image/view/overlay.h"
#include "engine/image/view/qcow2.h"
#include "engine/image/view/scrub.h"
#include "engine/image/view/view.h"
#include "engine/image/view/view_io.h"
#include "vmm/base/fs.h"

#define TOLD_MAX 200 /* paths that are named */
#define HOMES_MAX 10000
#define BUDGET_SPARE 65536 /* blocks to read and write, beyond some times what the disk has */

/* Machines of an environment must not have these in common. Links are followed to the directories. */
static const struct {
    const char *directory, *pattern;
} personal[] = {
    { "run", DISK_PRIVATE_NAME "*" }, { "etc", "machine-id" },
    { "var/lib/dbus", "machine-id" }, { "var/lib/systemd", "random-seed" },
    { "etc/ssh", "ssh_host_*_key" },  { "etc/ssh", "ssh_host_*_key.pub" },
};

/* In a home directory, or below. */
static const struct {
    const char *directory, *pattern;
} histories[] = {
    { "", ".*_history*" }, /* bash, ash, zsh, python, psql, … */
    { "", ".histfile" },   { "", ".lesshst" },
    { "", ".viminfo" },    { ".local/share/fish", "fish_history*" },
};

struct seal {
    struct view_source source;
    ext2_filsys fs;
    json_t *left_out;
    const char *directory; /* whose entries are being removed */
};

static void disk_seal_removed(void *arg, const char *name)
{
    struct seal *s = arg;
    scoped_free char *path = NULL;

    if (json_array_size(s->left_out) >= TOLD_MAX)
        return;
    path = str_printf("/%s/%s", s->directory, name);
    json_array_append_new(s->left_out, json_string_lossy(path, strlen(path)));
}

/* A directory that does not exist is skipped. */
static errcode_t remove_from(struct seal *s, const char *directory, const char *pattern)
{
    const struct scrub_told told = { disk_seal_removed, s };
    struct ext2_inode inode;
    ext2_ino_t number;
    errcode_t code;

    if (ext2fs_namei_follow(s->fs, EXT2_ROOT_INO, EXT2_ROOT_INO, directory, &number))
        return 0;
    code = ext2fs_read_inode(s->fs, number, &inode);
    s->directory = directory;
    return code || !S_ISDIR(inode.i_mode) ? code : scrub_remove(s->fs, number, pattern, &told);
}

static errcode_t remove_histories(struct seal *s, const char *home)
{
    errcode_t code = 0;

    for (size_t i = 0; !code && i < ARRAY_SIZE(histories); i++) {
        const char *below = histories[i].directory;
        scoped_free char *path = str_printf("%s%s%s", home, *below ? "/" : "", below);
        code = remove_from(s, path, histories[i].pattern);
    }
    return code;
}

struct homes {
    char *paths[HOMES_MAX];
    size_t count;
};

static int disk_seal_add_home(struct ext2_dir_entry *d, int offset UNUSED, int block_size UNUSED,
                              char *block UNUSED, void *arg)
{
    struct homes *homes = arg;
    int n = ext2fs_dirent_name_len(d);

    if (n && d->name[0] != '.' && homes->count < HOMES_MAX)
        homes->paths[homes->count++] = str_printf("home/%.*s", n, d->name);
    return 0;
}

static errcode_t remove_all_histories(struct seal *s)
{
    struct homes *homes = calloc(1, sizeof(*homes));
    errcode_t code = homes ? remove_histories(s, "root") : EXT2_ET_NO_MEMORY;
    ext2_ino_t number;

    if (!code && !ext2fs_namei_follow(s->fs, EXT2_ROOT_INO, EXT2_ROOT_INO, "home", &number))
        code = ext2fs_dir_iterate(s->fs, number, 0, NULL, disk_seal_add_home, homes);
    if (code == EXT2_ET_NO_DIRECTORY)
        code = 0;
    for (size_t i = 0; homes && i < homes->count; i++) {
        if (!code)
            code = remove_histories(s, homes->paths[i]);
        free(homes->paths[i]);
    }
    free(homes);
    return code;
}

/* ---- free blocks ---- */

/* Those of one cluster, of which a part at least is free. */
static bool zero_free(struct seal *s, uint64_t at, uint64_t n, struct pyro_error *err)
{
    unsigned size = s->fs->blocksize;
    uint8_t block[QCOW2_CLUSTER_BYTES];

    for (uint64_t end = at + n; at < end; at += size) {
        if (ext2fs_test_block_bitmap2(s->fs->block_map, at / size))
            continue;
        if (!overlay_read(s->source.overlay, at, block, size, err) ||
            (!bytes_are_zero((const char *)block, size) &&
             !overlay_zero(s->source.overlay, at, size, err)))
            return false;
    }
    return true;
}

static bool zero_stretch(struct seal *s, uint64_t at, uint64_t end, struct pyro_error *err)
{
    while (at < end) {
        uint64_t room = QCOW2_CLUSTER_BYTES - at % QCOW2_CLUSTER_BYTES;
        uint64_t n = end - at < room ? end - at : room;
        uint64_t block = at / s->fs->blocksize;
        bool whole =
            n == QCOW2_CLUSTER_BYTES &&
            ext2fs_test_block_bitmap_range2(s->fs->block_map, block, (blk_t)(n / s->fs->blocksize));
        if (whole ? !overlay_zero(s->source.overlay, at, n, err) : !zero_free(s, at, n, err))
            return false;
        at += n;
    }
    return true;
}

static bool zero_free_blocks(struct seal *s, struct pyro_error *err)
{
    struct disk_version d = s->source.disk;
    uint64_t size = ext2fs_blocks_count(s->fs->super) * s->fs->blocksize;
    struct chain_stretch stretch;

    for (uint64_t at = 0, end; at < size; at = end) {
        if (!chain_map(d, at, &stretch, err))
            return false;
        end = stretch.bytes < size - at ? at + stretch.bytes : size;
        if (stretch.layer && !stretch.zero && !zero_stretch(s, at, end, err))
            return false;
    }
    return true;
}

/* ---- the whole ---- */

static bool disk_seal_put_block(void *arg, uint64_t at, const void *bytes, size_t n,
                                struct pyro_error *err)
{
    return overlay_write(arg, at, bytes, n, err);
}

static bool fail(struct seal *s, errcode_t code, struct pyro_error *err)
{
    const char *what = "the disk's file system";

    if (s->source.why.code && (code == EXT2_ET_SHORT_READ || code == EXT2_ET_SHORT_WRITE)) {
        pyro_copy(err, &s->source.why);
        return pyro_wrap(err, "%s", what);
    }
    return ext4_fail(err, code, what);
}

/* Opens it for writing, with its journal replayed. */
static bool open_fs(struct seal *s, struct pyro_error *err)
{
    struct view *v;
    errcode_t code;
    bool ok;

    if (!view_open(s->source.disk, &v, err)) /* checked, and small enough to be read */
        return false;
    ok = !view_journal(v) ||
         journal_each(view_journal(v), disk_seal_put_block, s->source.overlay, err);
    view_free(v);
    if (!ok)
        return false;
    s->source.budget = 4 * (chain_size_bytes(s->source.disk.chain) >> 12) + BUDGET_SPARE;
    code = view_io_open(&s->source, &s->fs);
    if (code)
        s->fs = NULL;
    else
        code = ext2fs_read_bitmaps(s->fs);
    if (!code)
        s->fs->flags |= EXT2_FLAG_MASTER_SB_ONLY;
    return !code || fail(s, code, err);
}

static bool change(struct seal *s, struct pyro_error *err)
{
    errcode_t code = scrub_settle(s->fs);

    for (size_t i = 0; !code && i < ARRAY_SIZE(personal); i++)
        code = remove_from(s, personal[i].directory, personal[i].pattern);
    if (!code)
        code = remove_all_histories(s);
    if (!code)
        code = ext2fs_flush2(s->fs, EXT2_FLAG_FLUSH_NO_SYNC);
    return !code || fail(s, code, err);
}

static bool copy_stretch(struct seal *s, uint64_t at, const struct chain_stretch *stretch,
                         struct pyro_error *err)
{
    uint8_t bytes[QCOW2_CLUSTER_BYTES];

    if (stretch->zero)
        return overlay_zero(s->source.overlay, at, stretch->bytes, err);
    for (uint64_t end = at + stretch->bytes; at < end;) {
        size_t n = end - at < sizeof(bytes) ? (size_t)(end - at) : sizeof(bytes);
        if (!chain_read(s->source.disk, at, bytes, n, err) ||
            !overlay_write(s->source.overlay, at, bytes, n, err))
            return false;
        at += n;
    }
    return true;
}

/* All that is not in the base. */
static bool copy_layers(struct seal *s, struct pyro_error *err)
{
    uint64_t size = chain_size_bytes(s->source.disk.chain);
    struct chain_stretch stretch;

    for (uint64_t at = 0; at < size; at += stretch.bytes)
        if (!chain_map(s->source.disk, at, &stretch, err) ||
            (stretch.layer && !copy_stretch(s, at, &stretch, err)))
            return false;
    return true;
}

static bool seal(struct seal *s, int overlay_fd, bool whole, struct pyro_error *err)
{
    return overlay_open(s->source.disk, overlay_fd, &s->source.overlay, err) &&
           (!whole || copy_layers(s, err)) && open_fs(s, err) && change(s, err) &&
           zero_free_blocks(s, err) && overlay_save(s->source.overlay, err);
}

json_t *disk_seal(struct disk_version d, int overlay_fd, bool whole, struct pyro_error *err)
{
    struct seal s = { .source = { .disk = d }, .left_out = json_array() };
    bool ok;

    if (!s.left_out)
        return pyro_no_memory(err, NULL);
    initialize_ext2_error_table();
    ok = seal(&s, overlay_fd, whole, err);
    if (s.fs)
        ext2fs_free(s.fs);
    overlay_free(s.source.overlay);
    if (!ok) {
        json_decref(s.left_out);
        return NULL;
    }
    return json_pack("{s:o}", "left_out", s.left_out);
}
