/* vmm/capture.c: /proc/PID/maps, /proc/PID/pagemap and process_vm_readv(2), each of which may hang. */
#include "vmm/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#include "vmm/base/fs.h"
#include "vmm/base/proc.h"
#include "vmm/ram.h"
#include "vmm/ram_copy.h"

#define WORKERS_MAX 4
#define PART_PAGES 256 /* looked at, and copied, at once; workers take them in turn */
#define BLOCK_PAGES 16 /* each run of them is a mapping in QEMU: fewer and larger ones are better */
#define MAPS_BYTES_MAX (4u << 20)
#define PAGE_PRESENT (1ULL << 63)
#define PAGE_SWAPPED (1ULL << 62)
#define PAGE_OF_FILE (1ULL << 61) /* or of memory that is shared */

/* Of each page of RAM. */
enum taken {
    TAKEN_NOT,
    TAKEN_OWN,    /* QEMU's */
    TAKEN_FILLED, /* the template's, for it is in a block with one of QEMU's */
    TAKEN_ROOM    /* it was QEMU's while the machine ran: its block is taken in any case */
};

struct capture {
    pid_t pid;
    int base_fd; /* borrowed */
    bool blocks;
    char name[RAM_UPPER_HEX + 1];
    int out_fd;
    uint64_t size_bytes, page_count;
    uint8_t *out;   /* out_fd, mapped */
    uint8_t *taken; /* enum taken; shared with the workers */
    pid_t workers[WORKERS_MAX];
    unsigned count, waited_for;
    int go_fd;   /* a byte for each worker: copy */
    int told_fd; /* struct pyro_error from each worker, when it is prepared and when it has copied */
};

/* ---- in a worker ---- */

struct worker {
    const struct capture *c;
    unsigned number;
    uint64_t address; /* of RAM in QEMU */
    uint8_t *upper;   /* for each page: an upper memory (ram.h) is mapped there */
    int pagemap_fd;
    uint64_t entries[PART_PAGES];
    uint8_t kinds[PART_PAGES]; /* enum taken: what is still to be done to the pages of a part */
};

struct mapping {
    uint64_t start, end, offset, inode;
    dev_t device;
};

/* The next line of maps; false: there is none. */
static bool next_mapping(const char **at, struct mapping *ret)
{
    unsigned major_number, minor_number;

    for (const char *line = *at; *line; line = *at) {
        const char *end = strchr(line, '\n');
        *at = end ? end + 1 : line + strlen(line);
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*4s %" SCNx64 " %x:%x %" SCNu64, &ret->start,
                   &ret->end, &ret->offset, &major_number, &minor_number, &ret->inode) != 6)
            continue;
        ret->device = makedev(major_number, minor_number);
        return true;
    }
    return false;
}

/* Pages of RAM that are another file's: what differs from the template, whether QEMU has it or not. */
static void note_upper(struct worker *w, uint64_t from, uint64_t to)
{
    uint64_t first = (from - w->address) / RAM_PAGE_BYTES;

    memset(w->upper + first, 1, (to - from) / RAM_PAGE_BYTES);
}

static bool is_ram(const struct worker *w, const struct mapping *m)
{
    struct stat st;

    return fstat(w->c->base_fd, &st) == 0 && m->inode == st.st_ino && m->device == st.st_dev;
}

/* Where RAM begins: any piece of the memfd says it. */
static bool find_address(struct worker *w, const char *maps)
{
    struct mapping m;

    while (next_mapping(&maps, &m))
        if (is_ram(w, &m)) {
            w->address = m.start - m.offset;
            return true;
        }
    return false;
}

/*
 * Where the memfd is mapped, by its device and inode. Anonymous memory may lie over the holes in it,
 * and an upper memory over parts of it (holes.h), so it may be in many pieces; together they cover it.
 */
static bool find_ram(struct worker *w, const char *maps, struct pyro_error *err)
{
    bool found = find_address(w, maps);
    uint64_t at = w->address, end = at + w->c->size_bytes;
    struct mapping m;

    while (found && at < end && next_mapping(&maps, &m)) {
        if (m.end <= at)
            continue;
        if (m.start > at || (m.inode && m.start - m.offset != w->address))
            break;
        if (m.inode && !is_ram(w, &m))
            note_upper(w, at, m.end < end ? m.end : end);
        at = m.end;
    }
    return (found && at >= end) ||
           pyro_fail(err, PYRO_VM_FAILED,
                     "QEMU does not have its machine's memory where it should");
}

static bool look_up(struct worker *w, struct pyro_error *err)
{
    scoped_buf maps = BUF_INIT(MAPS_BYTES_MAX);
    scoped_close int fd = -1;
    char path[64];

    w->upper = calloc(w->c->page_count, 1);
    if (!w->upper)
        return pyro_no_memory(err, "a machine's memory");
    snprintf(path, sizeof(path), "/proc/%d/maps", (int)w->c->pid);
    if (!fs_read_file(AT_FDCWD, path, &maps, err) || !maps.data)
        return pyro_wrap(err, "QEMU's memory");
    snprintf(path, sizeof(path), "/proc/%d/pagemap", (int)w->c->pid);
    w->pagemap_fd = open(path, O_RDONLY | O_CLOEXEC);
    if (w->pagemap_fd < 0)
        return pyro_fail_errno(err, "QEMU's memory");
    return find_ram(w, maps.data, err);
}

/* Whether a page is QEMU's own. */
static bool is_own(uint64_t entry)
{
    return (entry & (PAGE_PRESENT | PAGE_SWAPPED)) && !(entry & PAGE_OF_FILE);
}

/* Of the pages from `at` on, in one block with one that is taken, those that are not QEMU's. */
static void complete_block(struct worker *w, uint64_t first, size_t at, size_t end)
{
    const uint8_t *taken = w->c->taken + first;
    bool wanted = false;

    for (size_t i = at; i < end; i++)
        wanted = wanted || w->kinds[i] || taken[i];
    for (size_t i = at; wanted && i < end; i++)
        if (!w->kinds[i] && taken[i] != TAKEN_FILLED)
            w->kinds[i] = TAKEN_FILLED;
}

/* Reads which pages of a part are to be taken; the number of all in *ret_count. */
static bool scan(struct worker *w, uint64_t first, size_t *ret_count, struct pyro_error *err)
{
    uint64_t left = w->c->page_count - first;
    size_t n = left < PART_PAGES ? (size_t)left : PART_PAGES;
    off_t at = (off_t)((w->address / RAM_PAGE_BYTES + first) * sizeof(w->entries[0]));
    ssize_t got;

    got = fs_pread_full(w->pagemap_fd, w->entries, n * sizeof(w->entries[0]), at);
    if (got < 0)
        return pyro_fail_errno(err, "which pages QEMU has");
    if ((size_t)got < n * sizeof(w->entries[0]))
        return pyro_fail(err, PYRO_VM_FAILED, "QEMU has no memory any more");
    for (size_t i = 0; i < n; i++)
        w->kinds[i] = is_own(w->entries[i]) || w->upper[first + i] ? TAKEN_OWN : TAKEN_NOT;
    for (size_t b = 0; w->c->blocks && b < n; b += BLOCK_PAGES)
        complete_block(w, first, b, n - b < BLOCK_PAGES ? n : b + BLOCK_PAGES);
    *ret_count = n;
    return true;
}

/* The next run of pages of one kind in a part, from *at on; false: there is none. */
static bool next_run(const struct worker *w, enum taken kind, size_t count, size_t *at,
                     size_t *ret_length)
{
    size_t end;

    while (*at < count && w->kinds[*at] != kind)
        ++*at;
    for (end = *at; end < count && w->kinds[end] == kind;)
        end++;
    *ret_length = end - *at;
    return *ret_length > 0;
}

/* What is not QEMU's is the template's. A hole in that is read without being filled. */
static bool fill(struct worker *w, uint64_t first, size_t count, struct pyro_error *err)
{
    size_t length;

    for (size_t at = 0; next_run(w, TAKEN_FILLED, count, &at, &length); at += length) {
        size_t bytes = length * RAM_PAGE_BYTES;
        uint64_t offset = (first + at) * RAM_PAGE_BYTES;
        if (fs_pread_full(w->c->base_fd, w->c->out + offset, bytes, (off_t)offset) !=
            (ssize_t)bytes)
            return pyro_fail_errno(err, "read the memory of a template");
        memset(w->c->taken + first + at, TAKEN_FILLED, length);
    }
    return true;
}

/* Room for the pages that are QEMU's own by now: to fault it in while the machine is stopped would
 * take three times as long as the copy. */
static bool capture_prepare_part(struct worker *w, uint64_t first, struct pyro_error *err)
{
    size_t count, length;

    if (!scan(w, first, &count, err))
        return false;
    for (size_t at = 0; next_run(w, TAKEN_OWN, count, &at, &length); at += length) {
        if (madvise(w->c->out + (first + at) * RAM_PAGE_BYTES, length * RAM_PAGE_BYTES,
                    MADV_POPULATE_WRITE) != 0 &&
            errno == ENOMEM)
            return pyro_no_memory(err, "room for the machine's memory");
        if (w->c->blocks)
            memset(w->c->taken + first + at, TAKEN_ROOM, length);
    }
    return fill(w, first, count, err);
}

static bool capture_copy_part(struct worker *w, uint64_t first, struct pyro_error *err)
{
    struct iovec from[PART_PAGES / 2], to[PART_PAGES / 2];
    size_t count, length, runs = 0, bytes = 0;
    ssize_t n;

    if (!scan(w, first, &count, err))
        return false;
    for (size_t at = 0; next_run(w, TAKEN_OWN, count, &at, &length); at += length) {
        uint64_t offset = (first + at) * RAM_PAGE_BYTES;
        from[runs] =
            (struct iovec){ (void *)(uintptr_t)(w->address + offset), length * RAM_PAGE_BYTES };
        to[runs++] = (struct iovec){ w->c->out + offset, length * RAM_PAGE_BYTES };
        bytes += length * RAM_PAGE_BYTES;
        memset(w->c->taken + first + at, TAKEN_OWN, length);
    }
    n = runs ? process_vm_readv(w->c->pid, to, runs, from, runs, 0) : 0;
    if (n == (ssize_t)bytes)
        return fill(w, first, count, err);
    if (n >= 0)
        return pyro_fail(err, PYRO_VM_FAILED, "QEMU's memory changes while it is read");
    pyro_fail_errno(err, "read QEMU's memory");
    if (errno == EPERM)
        pyro_hint(err, "this host lets no process look into another (kernel.yama.ptrace_scope)");
    return false;
}

static bool each_part(struct worker *w,
                      bool (*fn)(struct worker *w, uint64_t first, struct pyro_error *err),
                      struct pyro_error *err)
{
    for (uint64_t first = (uint64_t)w->number * PART_PAGES; first < w->c->page_count;
         first += (uint64_t)w->c->count * PART_PAGES)
        if (!fn(w, first, err))
            return false;
    return true;
}

static void run_worker(const struct capture *c, unsigned number, int go_fd, int told_fd)
{
    struct worker w = { .c = c, .number = number, .pagemap_fd = -1 };
    struct pyro_error err = { 0 };
    bool ok = look_up(&w, &err) && each_part(&w, capture_prepare_part, &err);
    char go;

    /* One write of less than PIPE_BUF is never mixed with another's. */
    _Static_assert(sizeof(err) <= PIPE_BUF, "an error is one write");
    if (write(told_fd, &err, sizeof(err)) != (ssize_t)sizeof(err) || !ok ||
        fs_read_full(go_fd, &go, 1) != 1)
        _exit(1);
    each_part(&w, capture_copy_part, &err);
    _exit(write(told_fd, &err, sizeof(err)) != (ssize_t)sizeof(err));
}

/* ---- the parent ---- */

static bool start_workers(struct capture *c, struct pyro_error *err)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    pid_t parent = getpid();
    int go[2], told[2];

    if (pipe2(go, O_CLOEXEC) != 0)
        return pyro_fail_errno(err, "pipe");
    c->go_fd = go[1];
    if (pipe2(told, O_CLOEXEC) != 0) {
        close(go[0]);
        return pyro_fail_errno(err, "pipe");
    }
    c->told_fd = told[0];
    c->count = cores > WORKERS_MAX ? WORKERS_MAX : cores > 1 ? (unsigned)cores : 1;
    for (unsigned i = 0; i < c->count; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            close(go[1]);
            if (getppid() == parent)
                run_worker(c, i, go[0], told[1]);
            _exit(1);
        }
        c->workers[i] = pid;
        if (pid < 0)
            pyro_fail_errno(err, "fork");
    }
    close(go[0]);
    close(told[1]);
    for (unsigned i = 0; i < c->count; i++)
        if (c->workers[i] < 0)
            return false;
    c->waited_for = c->count;
    return true;
}

static bool map(struct capture *c, struct pyro_error *err)
{
    struct stat st;

    if (fstat(c->base_fd, &st) != 0)
        return pyro_fail_errno(err, "the machine's memory");
    c->size_bytes = (uint64_t)st.st_size;
    c->page_count = c->size_bytes / RAM_PAGE_BYTES;
    c->out_fd = ram_create_upper(c->name);
    if (c->out_fd < 0 || ftruncate(c->out_fd, st.st_size) != 0)
        return pyro_fail_errno(err, "room for the machine's memory");
    c->out = mmap(NULL, c->size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, c->out_fd, 0);
    c->taken = mmap(NULL, c->page_count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return (c->out != MAP_FAILED && c->taken != MAP_FAILED) ||
           pyro_fail_errno(err, "room for the machine's memory");
}

struct capture *capture_new(pid_t pid, int base_fd, bool blocks, struct pyro_error *err)
{
    struct capture *c = calloc(1, sizeof(*c));

    BUG_ON(!c);
    *c = (struct capture){ .pid = pid,
                           .base_fd = base_fd,
                           .blocks = blocks,
                           .out_fd = -1,
                           .out = MAP_FAILED,
                           .taken = MAP_FAILED,
                           .go_fd = -1,
                           .told_fd = -1 };
    if (!map(c, err) || !start_workers(c, err)) {
        capture_free(c);
        return NULL;
    }
    madvise(c->out, c->size_bytes, MADV_DONTFORK); /* no other child keeps it from being sealed */
    return c;
}

int capture_fd(const struct capture *c)
{
    return c->told_fd;
}

/* What one worker tells. */
static bool take_word(struct capture *c, struct pyro_error *err)
{
    struct pyro_error why;

    if (fs_read_full(c->told_fd, &why, sizeof(why)) != (ssize_t)sizeof(why))
        return pyro_fail(err, PYRO_INTERNAL, "a process that captured memory was killed");
    if (why.code)
        return pyro_copy(err, &why);
    c->waited_for--;
    return true;
}

bool capture_prepared(struct capture *c, bool *ret_done, struct pyro_error *err)
{
    struct pollfd p = { .fd = c->told_fd, .events = POLLIN };

    while (c->waited_for && poll(&p, 1, 0) > 0)
        if (!take_word(c, err))
            return false;
    *ret_done = !c->waited_for;
    return true;
}

bool capture_take(struct capture *c, int64_t deadline_ms, struct pyro_error *err)
{
    static const char go[WORKERS_MAX];
    struct pollfd p = { .fd = c->told_fd, .events = POLLIN };

    if (!fs_write_all(c->go_fd, go, c->count, err))
        return false;
    for (c->waited_for = c->count; c->waited_for;) {
        int64_t left = deadline_ms - clock_ms();
        if (left <= 0 || poll(&p, 1, left > INT32_MAX ? INT32_MAX : (int)left) == 0)
            return pyro_fail(err, PYRO_TIMEOUT, "QEMU's memory could not be read in time");
        if (!take_word(c, err))
            return false;
    }
    return true;
}

struct captured capture_result(const struct capture *c)
{
    return (struct captured){ .size_bytes = c->size_bytes,
                              .page_count = c->page_count,
                              .taken = c->taken,
                              .fd = c->out_fd,
                              .base_fd = c->base_fd };
}

/* Nobody can write any more to what was captured. */
static void end_writing(struct capture *c)
{
    while (c->count)
        proc_kill(c->workers[--c->count]);
    if (c->out != MAP_FAILED)
        munmap(c->out, c->size_bytes);
    c->out = MAP_FAILED;
}

int capture_seal(struct capture *c, char *ret_name, struct pyro_error *err)
{
    end_writing(c);
    memcpy(ret_name, c->name, sizeof(c->name));
    return ram_seal(c->out_fd, err) ? take_fd(&c->out_fd) : -1;
}

void capture_free(struct capture *c)
{
    if (!c)
        return;
    end_writing(c);
    cleanup_close(&c->go_fd);
    cleanup_close(&c->told_fd);
    if (c->taken != MAP_FAILED)
        munmap(c->taken, c->page_count);
    cleanup_close(&c->out_fd);
    free(c);
}
