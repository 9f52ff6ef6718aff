/*
 * engine/network/guard.c: frames from the guest one by one, the rest as it comes.
 *
 * Memory is static: one block a direction. More is read only when the block is written out, so a
 * peer that stalls holds up its direction and nothing else. An end on any side, or broken framing,
 * ends the guard: the supervisor starts another, and QEMU listens again.
 */
#include "engine/network/guard.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "engine/network/frame.h"
#include "vmm/base/cleanup.h"
#include "vmm/base/confine.h"
#include "vmm/base/network_counts.h"
#include "vmm/base/sandbox.h"
#include "vmm/base/sock.h"

#define BLOCK_BYTES (256 * 1024)

_Static_assert(BLOCK_BYTES > FRAME_LENGTH_BYTES + FRAME_BYTES_MAX, "a block holds a frame");

struct direction {
    int from, to;
    const struct frame_refused *refused; /* NULL: all may pass */
    size_t filled;                       /* bytes of the block that were read */
    size_t ready;                        /* … and may be written … */
    size_t written;                      /* … and are */
    uint64_t *count;                     /* of all bytes that were */
    uint8_t block[BLOCK_BYTES];
};

static struct frame_refused refused;
static struct direction out = { .from = GUARD_QEMU_FD, .to = GUARD_PASST_FD, .refused = &refused };
static struct direction in = { .from = GUARD_PASST_FD, .to = GUARD_QEMU_FD };

static bool transient(void)
{
    return errno == EAGAIN || errno == EINTR;
}

/* One packet a block, however many frames it refused; none when the supervisor is behind. */
static bool sift(struct direction *d)
{
    struct frame_refusals refusals = { .count = 0 };
    bool sound = frames_sift(d->block, &d->filled, &d->ready, d->refused, &refusals);

    if (refusals.count > 0)
        (void)!write(GUARD_CONTROL_FD, refusals.list, refusals.count * sizeof(refusals.list[0]));
    return sound;
}

static bool read_some(struct direction *d)
{
    ssize_t n = read(d->from, d->block + d->filled, BLOCK_BYTES - d->filled);

    if (n <= 0)
        return n < 0 && transient();
    d->filled += (size_t)n;
    if (d->refused)
        return sift(d);
    d->ready = d->filled;
    return true;
}

static bool write_some(struct direction *d)
{
    ssize_t n = write(d->to, d->block + d->written, d->ready - d->written);

    if (n < 0)
        return transient();
    d->written += (size_t)n;
    __atomic_fetch_add(d->count, (uint64_t)n, __ATOMIC_RELAXED);
    if (d->written == d->ready) {
        memmove(d->block, d->block + d->ready, d->filled - d->ready);
        d->filled -= d->ready;
        d->ready = d->written = 0;
    }
    return true;
}

static bool waits_to_write(const struct direction *d)
{
    return d->written < d->ready;
}

static bool read_refused(void)
{
    ssize_t n = read(GUARD_CONTROL_FD, refused.addresses, sizeof(refused.addresses));

    if (n <= 0 || (size_t)n % sizeof(refused.addresses[0]))
        return n < 0 && transient();
    refused.count = (size_t)n / sizeof(refused.addresses[0]);
    return true;
}

/* Nothing passes before the first list. */
static bool await_refused(void)
{
    struct pollfd p = { .fd = GUARD_CONTROL_FD, .events = POLLIN };

    while (!refused.count) {
        if (poll(&p, 1, -1) < 0 && errno != EINTR)
            return false;
        if (p.revents && !read_refused())
            return false;
    }
    return true;
}

static short events_of(const struct direction *reads, const struct direction *writes)
{
    return (short)((waits_to_write(reads) ? 0 : POLLIN) | (waits_to_write(writes) ? POLLOUT : 0));
}

/* The events wanted from one end; its hang-up is seen by reading. */
static bool serve(short events, struct direction *reads, struct direction *writes)
{
    if ((events & POLLOUT) && !write_some(writes))
        return false;
    if ((events & (POLLIN | POLLHUP | POLLERR)) && !waits_to_write(reads))
        return read_some(reads);
    return !(events & (POLLHUP | POLLERR | POLLNVAL));
}

static bool pass_on(void)
{
    struct pollfd p[] = { { .fd = GUARD_QEMU_FD, .events = events_of(&out, &in) },
                          { .fd = GUARD_PASST_FD, .events = events_of(&in, &out) },
                          { .fd = GUARD_CONTROL_FD, .events = POLLIN } };

    if (poll(p, ARRAY_SIZE(p), -1) < 0)
        return errno == EINTR;
    /* First: an address that is new on the host is refused before the next frame passes. */
    if (p[2].revents && !read_refused())
        return false;
    return serve(p[0].revents, &out, &in) && serve(p[1].revents, &in, &out);
}

/* Without the file it counts for itself. */
static void map_counts(void)
{
    static struct network_counts own;
    void *mapped = mmap(NULL, sizeof(own), PROT_READ | PROT_WRITE, MAP_SHARED, GUARD_COUNTS_FD, 0);
    struct network_counts *counts = mapped == MAP_FAILED ? &own : mapped;

    close(GUARD_COUNTS_FD);
    out.count = &counts->sent;
    in.count = &counts->received;
}

bool guard_confine(void)
{
    /* Where even root may not, only the filter confines it. */
    if (geteuid() == 0)
        (void)!confine_become_nobody(NULL, 0);
    return sandbox_enter();
}

int guard_main(void)
{
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_NAME, "pyro-network");
    map_counts();
    if (!fd_set_nonblocking(GUARD_QEMU_FD, true) || !fd_set_nonblocking(GUARD_PASST_FD, true) ||
        !fd_set_nonblocking(GUARD_CONTROL_FD, true) || !guard_confine() || !await_refused())
        return 2;
    while (pass_on())
        ;
    return 1;
}
