/*
 * engine/image/ext4/ext4_kept.c: content that is in another image already. Its blocks stay where they
 * are, so that nothing but their numbers is looked at; what nobody has any more is not copied.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/image/ext4/ext4.h"
#include "vmm/base/fs.h"

#define STEP_BYTES (8 << 20)   /* that the kernel copies at once */
#define COPY_BYTES (256 << 10) /* and we, where it cannot */

static int ext4_kept_by_place(const void *a, const void *b)
{
    const struct run *x = a, *y = b;

    return x->physical < y->physical ? -1 : x->physical > y->physical;
}

static void sort(struct run *runs, size_t count)
{
    if (count)
        qsort(runs, count, sizeof(*runs), ext4_kept_by_place);
}

bool ext4_keep(struct ext4 *e, int fd, struct run *runs, size_t count, struct pyro_error *err)
{
    sort(runs, count);
    if (!blocks_keep(&e->blocks, runs, count, err))
        return false;
    e->kept_fd = fd;
    return true;
}

/* Where the kernel does not copy between these two files. */
static bool copy_by_hand(int from, int to, int64_t at, size_t n, struct pyro_error *err)
{
    scoped_free char *buffer = malloc(COPY_BYTES);

    if (!buffer)
        return pyro_no_memory(err, NULL);
    while (n) {
        size_t want = n < COPY_BYTES ? n : COPY_BYTES;
        ssize_t got = fs_pread_full(from, buffer, want, at);
        if (got != (ssize_t)want)
            return got < 0 ? pyro_fail_errno(err, "read the image below")
                           : pyro_fail(err, PYRO_IO, "the image below is cut short");
        if (!fs_pwrite_all(to, buffer, want, at))
            return pyro_fail_errno(err, "write the image");
        at += got;
        n -= want;
    }
    return true;
}

static bool copy_step(int from, int to, int64_t at, size_t n, struct pyro_error *err)
{
    while (n) {
        off_t in = at, out = at;
        ssize_t got = copy_file_range(from, &in, to, &out, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EIO))
            return pyro_fail_errno(err, "write the image");
        if (got <= 0)
            return copy_by_hand(from, to, at, n, err);
        at += got;
        n -= (size_t)got;
    }
    return true;
}

static bool copy(struct ext4 *e, const struct run *r, struct pyro_error *err)
{
    int64_t at = (int64_t)(r->physical * BLOCK_BYTES), end = at + (int64_t)r->length * BLOCK_BYTES;

    while (at < end) {
        size_t n = end - at < STEP_BYTES ? (size_t)(end - at) : STEP_BYTES;
        if (!copy_step(e->kept_fd, e->blocks.fd, at, n, err))
            return false;
        write_behind(&e->blocks.behind, e->blocks.fd, at, n);
        at += (int64_t)n;
    }
    return true;
}

/* Those of living inodes; an inode is in the list once. */
static struct run *collect(const struct inode_list *all, size_t *ret_count, struct pyro_error *err)
{
    size_t count = 0, n = 0;
    struct run *runs;

    for (size_t i = 0; i < all->count; i++)
        count += all->items[i]->is_kept ? all->items[i]->run_count : 0;
    runs = malloc((count ? count : 1) * sizeof(*runs));
    if (!runs)
        return pyro_no_memory(err, NULL);
    for (size_t i = 0; i < all->count; i++)
        for (uint32_t r = 0; all->items[i]->is_kept && r < all->items[i]->run_count; r++)
            runs[n++] = all->items[i]->runs[r];
    *ret_count = count;
    return runs;
}

bool ext4_copy_kept(struct ext4 *e, const struct inode_list *all, struct pyro_error *err)
{
    scoped_free struct run *runs = NULL;
    size_t count = 0;

    if (e->kept_fd < 0)
        return true;
    runs = collect(all, &count, err);
    if (!runs || !blocks_flush(&e->blocks, err))
        return false;
    sort(runs, count);
    for (size_t i = 0; i < count;) {
        struct run stretch = runs[i++];
        while (i < count && runs[i].physical == stretch.physical + stretch.length &&
               stretch.length < UINT32_MAX - runs[i].length)
            stretch.length += runs[i++].length;
        if (!copy(e, &stretch, err))
            return false;
    }
    return true;
}
