/* vmm/device_state.c: QEMU's migration stream, as far as a machine without its memory needs it. */
#include "vmm/device_state.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm/base/big_endian.h"
#include "vmm/base/fs.h"
#include "vmm/ram_copy.h"

#define MAGIC 0x5145564dU /* "QEVM" */
#define VERSION 3
#define HEADER_BYTES 8
#define MACHINE "microvm"
#define RAM_ID "ram" /* of the section, and of the block: -object …,id=ram */
#define RAM_VERSION 4
#define RAM_SECTION 2
#define STATE_SET 900000 /* layers are the other sets (fd_set.h); there are never so many */

enum section {
    SECTION_END_OF_FILE = 0,
    SECTION_START = 1,
    SECTION_END = 3,
    SECTION_FULL = 4,
    SECTION_DESCRIPTION = 6,
    SECTION_CONFIGURATION = 7,
    SECTION_FOOTER = 0x7e
};

/* Of a page's address, whose lower bits are free. */
enum ram_flag {
    RAM_ZERO = 0x02,
    RAM_SIZE = 0x04,
    RAM_PAGE = 0x08,
    RAM_END = 0x10,
    RAM_SAME_BLOCK = 0x20
};

/* ---- saving ---- */

/* QEMU's list of commands may be longer than one of its messages may be here. Without arguments the
 * command fails in any case, and a command that is not there fails in its own way. */
bool device_state_is_possible(struct qmp *qmp, int64_t deadline_ms)
{
    struct pyro_error err = { 0 };

    return qmp_command(qmp, "xen-save-devices-state", NULL, deadline_ms, NULL, &err) ||
           strstr(err.message, "filename");
}

/* The memfd that QEMU writes to, which it cuts to nothing first. */
static int make_file(int *ret_write_fd, struct pyro_error *err)
{
    scoped_close int fd = memfd_create("pyro-state", MFD_CLOEXEC);
    char path[64];

    if (fd < 0) {
        pyro_fail_errno(err, "memory for a machine's state");
        return -1;
    }
    /* QEMU compares how it is open: write-only. */
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    *ret_write_fd = open(path, O_WRONLY | O_CLOEXEC);
    if (*ret_write_fd < 0) {
        pyro_fail_errno(err, "memory for a machine's state");
        return -1;
    }
    return take_fd(&fd);
}

static bool read_back(int fd, struct buf *ret, struct pyro_error *err)
{
    off_t n = lseek(fd, 0, SEEK_END);

    if (n <= 0 || n > DEVICE_STATE_BYTES_MAX)
        return pyro_fail(err, PYRO_VM_FAILED, "QEMU saved no state of its devices");
    if (!buf_reserve(ret, (size_t)n))
        return pyro_no_memory(err, "a machine's state");
    if (fs_pread_full(fd, ret->data + ret->len, (size_t)n, 0) != n)
        return pyro_fail_errno(err, "a machine's state");
    ret->len += (size_t)n;
    return device_state_check(ret->data, ret->len, err);
}

bool device_state_save(struct qmp *qmp, int64_t deadline_ms, struct buf *ret,
                       struct pyro_error *err)
{
    scoped_close int write_fd = -1, fd = make_file(&write_fd, err);
    char name[32];
    bool ok;

    snprintf(name, sizeof(name), "/dev/fdset/%d", STATE_SET);
    if (fd < 0 || !qmp_add_fd(qmp, STATE_SET, write_fd, "state", deadline_ms, err))
        return false;
    ok = qmp_command(qmp, "xen-save-devices-state",
                     json_pack("{s:s, s:b}", "filename", name, "live", false), deadline_ms, NULL,
                     err) &&
         read_back(fd, ret, err);
    return qmp_command(qmp, "remove-fd", json_pack("{s:i}", "fdset-id", STATE_SET), deadline_ms,
                       NULL, ok ? err : NULL) &&
           ok;
}

bool device_state_check(const void *bytes, size_t n, struct pyro_error *err)
{
    const uint8_t *b = bytes;

    if (n < HEADER_BYTES + 2 || n > DEVICE_STATE_BYTES_MAX || be32_at(b) != MAGIC ||
        be32_at(b + 4) != VERSION || b[HEADER_BYTES] != SECTION_FULL ||
        b[n - 1] != SECTION_END_OF_FILE)
        return pyro_fail(err, PYRO_RECORD_INVALID, "the state of a machine's devices is not one");
    return true;
}

/* ---- bringing it back ---- */

struct out {
    int fd;
    size_t n;
    uint8_t bytes[65536];
    bool failed;
    struct pyro_error *err;
};

static void flush(struct out *o)
{
    if (!o->failed && o->n)
        o->failed = !fs_write_all(o->fd, o->bytes, o->n, o->err);
    o->n = 0;
}

static void put(struct out *o, const void *bytes, size_t n)
{
    if (n > sizeof(o->bytes) - o->n)
        flush(o);
    if (n > sizeof(o->bytes)) {
        if (!o->failed)
            o->failed = !fs_write_all(o->fd, bytes, n, o->err);
        return;
    }
    memcpy(o->bytes + o->n, bytes, n);
    o->n += n;
}

static void put_byte(struct out *o, uint8_t v)
{
    put(o, &v, 1);
}

static void put_32(struct out *o, uint32_t v)
{
    uint8_t b[4];

    put_be32(b, v);
    put(o, b, sizeof(b));
}

static void put_64(struct out *o, uint64_t v)
{
    uint8_t b[8];

    put_be64(b, v);
    put(o, b, sizeof(b));
}

/* A name with its length in a byte before it. */
static void put_name(struct out *o, const char *name)
{
    put_byte(o, (uint8_t)strlen(name));
    put(o, name, strlen(name));
}

static void put_footer(struct out *o)
{
    put_64(o, RAM_END);
    put_byte(o, SECTION_FOOTER);
    put_32(o, RAM_SECTION);
}

static void put_pages(struct out *o, const struct delta *d)
{
    const uint8_t *page = d->pages;
    uint64_t same = 0;

    for (uint64_t i = 0; i < d->page_count && !o->failed; i++) {
        bool here = d->kinds[i] == DELTA_HERE;
        if (d->kinds[i] == DELTA_AS_TEMPLATE)
            continue;
        put_64(o, i * RAM_PAGE_BYTES | (here ? RAM_PAGE : RAM_ZERO) | same);
        if (!same)
            put_name(o, RAM_ID);
        same = RAM_SAME_BLOCK;
        if (here) {
            put(o, d->in_place ? d->pages + i * RAM_PAGE_BYTES : page, RAM_PAGE_BYTES);
            page += RAM_PAGE_BYTES;
        } else {
            put_byte(o, 0);
        }
    }
}

static void put_memory(struct out *o, const struct delta *d)
{
    uint64_t size = d->page_count * RAM_PAGE_BYTES;

    put_byte(o, SECTION_START);
    put_32(o, RAM_SECTION);
    put_name(o, RAM_ID);
    put_32(o, 0); /* the instance */
    put_32(o, RAM_VERSION);
    put_64(o, size | RAM_SIZE);
    put_name(o, RAM_ID);
    put_64(o, size);
    put_footer(o);
    put_byte(o, SECTION_END);
    put_32(o, RAM_SECTION);
    put_pages(o, d);
    put_footer(o);
}

bool device_state_stream(const void *state, size_t n, const struct delta *delta, int fd,
                         struct pyro_error *err)
{
    struct out *o = calloc(1, sizeof(*o));
    bool ok;

    if (!o)
        return pyro_no_memory(err, NULL);
    o->fd = fd;
    o->err = err;
    put_32(o, MAGIC);
    put_32(o, VERSION);
    put_byte(o, SECTION_CONFIGURATION);
    put_32(o, strlen(MACHINE));
    put(o, MACHINE, strlen(MACHINE));
    if (delta)
        put_memory(o, delta);
    put(o, (const uint8_t *)state + HEADER_BYTES, n - HEADER_BYTES);
    put_byte(o, SECTION_DESCRIPTION);
    put_32(o, 2);
    put(o, "{}", 2);
    flush(o);
    ok = !o->failed;
    free(o);
    return ok;
}
