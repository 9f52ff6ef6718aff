/*
 * vmm/ram_copy.c: copying and digesting RAM, on all processors.
 *
 * RAM is copied in parts of fixed size, each with a digest of its own: over the pages that are not
 * all zeros, each with its number, so that it does not depend on where the file system keeps holes.
 * The digest of the whole covers the size and those of the parts. Whichever is free, this process
 * or one of the helpers that it forks, takes the next part.
 */
#include "vmm/ram_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xxhash.h>

#include "vmm/base/fs.h"

#define PART_BYTES (8ULL << 20)
#define CHUNK (1024 * 1024)
#define HELPERS_MAX 3

/* Shared by all copying processes. */
struct shared {
    atomic_uint next; /* part to be taken */
    atomic_bool failed;
    struct pyro_error why; /* of the one that set `failed` */
    XXH128_canonical_t digests[];
};

struct copy {
    int from, to; /* `to` -1: digest only */
    bool punch;   /* pages of zeros become holes in `from` */
    bool in_turn; /* one process at a time writes */
    uint64_t size_bytes;
    unsigned parts;
    struct shared *shared;
    size_t shared_bytes;
    XXH3_state_t *digest; /* of the part in work */
    uint8_t *chunk;
};

static void digest_page(struct copy *c, uint64_t number, const uint8_t *page)
{
    uint8_t at[8];

    put_u64(at, number);
    XXH3_128bits_update(c->digest, at, sizeof(at));
    XXH3_128bits_update(c->digest, page, RAM_PAGE_BYTES);
}

static bool is_zero_page(const uint8_t *page)
{
    uint64_t first;

    memcpy(&first, page, sizeof(first));
    return first == 0 && memcmp(page, page + 8, RAM_PAGE_BYTES - 8) == 0;
}

static bool punch(int fd, uint64_t offset, uint64_t length)
{
    return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset,
                     (off_t)length) == 0;
}

/*
 * The kernel lets one process at a time write to a memfd; the others would spin meanwhile, each on
 * its processor. With a lock they sleep. A lock that cannot be had is done without; that of a
 * process that is killed goes with it.
 */
static bool write_run(const struct copy *c, const uint8_t *bytes, size_t n, uint64_t offset)
{
    struct flock turn = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    bool ok;

    if (c->in_turn)
        (void)!fcntl(c->to, F_SETLKW, &turn);
    ok = fs_pwrite_all(c->to, bytes, n, (off_t)offset);
    turn.l_type = F_UNLCK;
    if (c->in_turn)
        (void)!fcntl(c->to, F_SETLK, &turn);
    return ok;
}

/* Writes the runs of pages that hold something. */
static bool copy_chunk(struct copy *c, uint64_t offset, size_t length, struct pyro_error *err)
{
    size_t at = 0;

    while (at < length) {
        size_t start = at;
        bool zero = is_zero_page(c->chunk + at);
        while (at < length && is_zero_page(c->chunk + at) == zero) {
            if (!zero)
                digest_page(c, (offset + at) / RAM_PAGE_BYTES, c->chunk + at);
            at += RAM_PAGE_BYTES;
        }
        if (zero && c->punch && !punch(c->from, offset + start, at - start))
            return pyro_fail_errno(err, "shrink a machine's memory");
        if (!zero && c->to >= 0 && !write_run(c, c->chunk + start, at - start, offset + start))
            return pyro_fail_errno(err, "write a machine's memory");
    }
    return true;
}

static bool copy_extent(struct copy *c, uint64_t offset, uint64_t length, struct pyro_error *err)
{
    while (length) {
        size_t want = length < CHUNK ? (size_t)length : CHUNK;
        ssize_t n = fs_pread_full(c->from, c->chunk, want, (off_t)offset);
        if (n < 0)
            return pyro_fail_errno(err, "read a machine's memory");
        if ((size_t)n < want)
            return pyro_fail(err, PYRO_RECORD_INVALID, "a machine's memory is truncated");
        if (!copy_chunk(c, offset, want, err))
            return false;
        offset += want;
        length -= want;
    }
    return true;
}

/* Copies the data between holes. (It does not matter that all processes share one file offset: each
 * seek says from where.) */
static bool copy_extents(struct copy *c, uint64_t at, uint64_t end, struct pyro_error *err)
{
    while (at < end) {
        off_t data = lseek(c->from, (off_t)at, SEEK_DATA), hole;
        if (data < 0 && errno == ENXIO)
            return true;
        hole = data < 0 ? -1 : lseek(c->from, data, SEEK_HOLE);
        if (data < 0 || hole < 0)
            return pyro_fail_errno(err, "read a machine's memory");
        if ((uint64_t)data >= end)
            return true;
        data -= data % (off_t)RAM_PAGE_BYTES;
        hole = (hole + (off_t)RAM_PAGE_BYTES - 1) / (off_t)RAM_PAGE_BYTES * (off_t)RAM_PAGE_BYTES;
        if ((uint64_t)hole > end)
            hole = (off_t)end;
        if (!copy_extent(c, (uint64_t)data, (uint64_t)(hole - data), err))
            return false;
        at = (uint64_t)hole;
    }
    return true;
}

static bool copy_part(struct copy *c, unsigned part, struct pyro_error *err)
{
    uint64_t start = part * PART_BYTES, left = c->size_bytes - start;

    if (XXH3_128bits_reset(c->digest) != XXH_OK)
        return pyro_no_memory(err, NULL);
    if (!copy_extents(c, start, start + (left < PART_BYTES ? left : PART_BYTES), err))
        return false;
    XXH128_canonicalFromHash(&c->shared->digests[part], XXH3_128bits_digest(c->digest));
    return true;
}

/* Takes part after part until none is left, or one of the processes has failed. */
static void copy_parts(struct copy *c)
{
    struct pyro_error why = { 0 };
    bool failed = false;
    unsigned part;

    c->digest = XXH3_createState();
    c->chunk = malloc(CHUNK);
    if (!c->digest || !c->chunk)
        failed = !pyro_no_memory(&why, NULL);
    while (!failed && !atomic_load(&c->shared->failed) &&
           (part = atomic_fetch_add(&c->shared->next, 1)) < c->parts)
        failed = !copy_part(c, part, &why);
    if (failed && !atomic_exchange(&c->shared->failed, true))
        c->shared->why = why;
    XXH3_freeState(c->digest);
    free(c->chunk);
}

/* 0 when it cannot be started: the work is done without it. */
static pid_t start_helper(struct copy *c)
{
    pid_t parent = getpid(), pid = fork();

    if (pid != 0)
        return pid < 0 ? 0 : pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    copy_parts(c);
    _exit(0);
}

/* False when the helper did not finish: its part is missing. */
static bool wait_for_helper(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool copy_together(struct copy *c, struct pyro_error *err)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    pid_t helpers[HELPERS_MAX];
    unsigned count = 0;
    bool ok = true;

    while (count < HELPERS_MAX && count + 1 < cores && (helpers[count] = start_helper(c)))
        count++;
    copy_parts(c);
    while (count)
        ok = wait_for_helper(helpers[--count]) && ok;
    if (atomic_load(&c->shared->failed))
        return pyro_copy(err, &c->shared->why);
    return ok || pyro_fail(err, PYRO_INTERNAL, "a machine's memory: a helper was killed");
}

static bool share(struct copy *c, struct pyro_error *err)
{
    c->parts = (unsigned)((c->size_bytes + PART_BYTES - 1) / PART_BYTES);
    c->shared_bytes = sizeof(*c->shared) + c->parts * sizeof(c->shared->digests[0]);
    c->shared =
        mmap(NULL, c->shared_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return c->shared != MAP_FAILED || pyro_fail_errno(err, "a machine's memory");
}

bool ram_copy(int from, int to, bool punch_zeros, uint64_t size_bytes, char *ret_hex,
              struct pyro_error *err)
{
    struct copy c = { .from = from, .to = to, .punch = punch_zeros, .size_bytes = size_bytes };
    XXH128_canonical_t whole;
    bool ok;

    if (!share(&c, err))
        return false;
    c.in_turn = to >= 0 && fcntl(to, F_GET_SEALS) >= 0; /* a memfd */
    ok = copy_together(&c, err);
    if (ok) {
        /* The number of parts follows from the size: seeded by it, no two sizes give the same
         * digest. */
        XXH128_canonicalFromHash(
            &whole, XXH3_128bits_withSeed(c.shared->digests, c.parts * sizeof(c.shared->digests[0]),
                                          size_bytes));
        hex_encode(whole.digest, sizeof(whole.digest), ret_hex);
    }
    munmap(c.shared, c.shared_bytes);
    return ok;
}
