/*
 * engine/image/view/disk_export.c: copying a disk out, and scrubbing it.
 *
 * /run/pyro-… holds secrets and is on a tmpfs of the running machine, never on the disk, unless a
 * guest put such a file there itself. Then it is removed from the copy, and its blocks are zeroed.
 */
#include "engine/image/view/disk_export.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ext2fs/ext2fs.h>

#include "engine/image/ext4/ext4.h"
#include "engine/image/view/disk_list.h"
#include "engine/image/view/journal.h"
#include "engine/image/view/scrub.h"
#include "engine/image/view/view.h"
#include "vmm/base/fs.h"

#define CHUNK_BYTES (1024 * 1024)
#define GRAIN_BYTES 4096 /* a hole is at least this */

/* ---- the copy ---- */

/* Writes everything but zeros. */
static bool write_sparse(int fd, const char *bytes, size_t n, uint64_t at, struct pyro_error *err)
{
    size_t from = 0;

    while (from < n) {
        size_t to = from;
        while (to < n && !bytes_are_zero(bytes + to, n - to < GRAIN_BYTES ? n - to : GRAIN_BYTES))
            to += n - to < GRAIN_BYTES ? n - to : GRAIN_BYTES;
        if (!fs_pwrite_all(fd, bytes + from, to - from, (off_t)(at + from)))
            return pyro_fail_errno(err, "write the image");
        from = to + (to < n ? (n - to < GRAIN_BYTES ? n - to : GRAIN_BYTES) : 0);
    }
    return true;
}

static bool copy(struct disk_version d, int fd, struct pyro_error *err)
{
    scoped_free char *chunk = malloc(CHUNK_BYTES);
    uint64_t size = chain_size_bytes(d.chain);
    struct chain_stretch s;

    if (!chunk)
        return pyro_no_memory(err, NULL);
    if (ftruncate(fd, (off_t)size) != 0)
        return pyro_fail_errno(err, "size the image");
    for (uint64_t at = 0; at < size; at += s.bytes) {
        if (!chain_map(d, at, &s, err))
            return false;
        for (uint64_t done = 0; !s.zero && done < s.bytes;) {
            size_t part = s.bytes - done < CHUNK_BYTES ? (size_t)(s.bytes - done) : CHUNK_BYTES;
            if (!chain_read(d, at + done, chunk, part, err) ||
                !write_sparse(fd, chunk, part, at + done, err))
                return false;
            done += part;
        }
    }
    return true;
}

/* ---- the journal ---- */

static errcode_t open_copy(int fd, ext2_filsys *ret);

static bool disk_export_put_block(void *arg, uint64_t at, const void *bytes, size_t n,
                                  struct pyro_error *err)
{
    return fs_pwrite_all(*(const int *)arg, bytes, n, (off_t)at) ||
           pyro_fail_errno(err, "write the image");
}

static errcode_t mark_replayed(int fd)
{
    ext2_filsys fs = NULL;
    errcode_t code = open_copy(fd, &fs);

    if (!code)
        code = scrub_settle(fs);
    if (!code)
        code = ext2fs_close2(fs, EXT2_FLAG_FLUSH_NO_SYNC);
    if (code && fs)
        ext2fs_free(fs);
    return code;
}

static bool replay(const struct journal *j, int fd, struct pyro_error *err)
{
    errcode_t code;

    if (!journal_each(j, disk_export_put_block, &fd, err))
        return false;
    code = mark_replayed(fd);
    return !code || ext4_fail(err, code, "replay the journal");
}

/* ---- scrubbing ---- */

static errcode_t open_copy(int fd, ext2_filsys *ret)
{
    int own_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3); /* libext2fs closes it */
    char name[16];
    errcode_t code;

    if (own_fd < 0)
        return errno;
    snprintf(name, sizeof(name), "%d", own_fd);
    code = ext2fs_open2(name, NULL, EXT2_FLAG_RW | EXT2_FLAG_64BITS, 0, 0, unixfd_io_manager, ret);
    if (!code)
        code = ext2fs_read_bitmaps(*ret);
    return code;
}

static bool scrub(int fd, ext2_ino_t run, struct pyro_error *err)
{
    ext2_filsys fs = NULL;
    errcode_t code = open_copy(fd, &fs);

    if (!code)
        code = scrub_remove(fs, run, DISK_PRIVATE_NAME "*", NULL);
    if (!code)
        code = ext2fs_close2(fs, EXT2_FLAG_FLUSH_NO_SYNC);
    if (code && fs)
        ext2fs_free(fs);
    return !code || ext4_fail(err, code, "take /run/pyro-* out of the image");
}

static bool disk_export_is_public(void *arg UNUSED, const char *name, size_t length,
                                  uint32_t inode UNUSED, mode_t type UNUSED)
{
    return length < strlen(DISK_PRIVATE_NAME) ||
           memcmp(name, DISK_PRIVATE_NAME, strlen(DISK_PRIVATE_NAME)) != 0;
}

/* The inode of /run if there is anything to scrub in it, else 0. */
static bool find_private(struct view *v, uint32_t *ret_run, struct pyro_error *err)
{
    struct view_inode run;
    bool all = true;
    bool ok = view_lookup(v, VIEW_ROOT, "run", 3, ret_run, err);

    if (ok && *ret_run)
        ok = view_stat(v, *ret_run, &run, err) &&
             (!S_ISDIR(run.mode) || view_each(v, *ret_run, disk_export_is_public, NULL, &all, err));
    if (all)
        *ret_run = 0;
    return ok;
}

bool disk_export(struct disk_version d, int fd, struct pyro_error *err)
{
    const struct journal *journal;
    uint32_t run = 0;
    struct view *v;
    bool ok;

    if (!view_open(d, &v, err))
        return false;
    journal = view_journal(v);
    ok = find_private(v, &run, err) && copy(d, fd, err) && (!journal || replay(journal, fd, err)) &&
         (!run || scrub(fd, run, err));
    view_free(v);
    return ok;
}
