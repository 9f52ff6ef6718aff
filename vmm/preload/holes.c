/*
 * vmm/preload/holes.c: loaded into a clone's QEMU before any other library (vmm/holes.h).
 *
 * QEMU maps a private copy of its template's RAM, a sealed, sparse memfd. The first access to a page
 * in a hole makes the kernel allocate that page in the memfd too, for as long as anybody holds it:
 * what the guest writes there takes memory twice. So anonymous memory is put over the holes as soon
 * as QEMU has mapped them; it reads as zeros, as they do.
 *
 * Then the memory that a fork goes on from, another sealed memfd, is laid over what is different there.
 *
 * The rest of QEMU must not notice: where a hole cannot be covered it stays as it was. Where not all of the
 * upper memory could be laid, who started this QEMU sees it, and sends what is different.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HOLE_BYTES_MIN 65536 /* a smaller one is not worth a mapping */
#define UPPER_FD 11          /* HOLES_UPPER_FD */
#define EXPORTED __attribute__((visibility("default")))

static struct {
    char *start, *end;
} ram;

static void *map(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    return (void *)syscall(SYS_mmap, at, size, protection, flags, fd, offset);
}

static bool is_sealed(int fd, size_t size, struct stat *ret)
{
    int seals = fcntl(fd, F_GET_SEALS);

    return seals >= 0 &&
           (seals & (F_SEAL_WRITE | F_SEAL_SHRINK)) == (F_SEAL_WRITE | F_SEAL_SHRINK) &&
           fstat(fd, ret) == 0 && (size_t)ret->st_size == size;
}

static bool is_template_ram(size_t size, int protection, int flags, int fd)
{
    struct stat st;

    return fd >= 0 && (flags & MAP_PRIVATE) && (protection & PROT_WRITE) &&
           is_sealed(fd, size, &st);
}

/* False: nothing is mapped there any more. */
static bool cover(char *at, size_t size, int protection, int fd, off_t offset)
{
    return map(at, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
               MAP_FAILED ||
           map(at, size, protection, MAP_PRIVATE | MAP_FIXED, fd, offset) != MAP_FAILED;
}

static bool cover_holes(char *start, size_t size, int protection, int fd)
{
    off_t end = (off_t)size;

    for (off_t data = 0; data < end;) {
        off_t hole = lseek(fd, data, SEEK_HOLE);

        if (hole < 0 || hole >= end)
            break;
        data = lseek(fd, hole, SEEK_DATA);
        if (data < 0 || data > end)
            data = end;
        if (data - hole >= HOLE_BYTES_MIN &&
            !cover(start + hole, (size_t)(data - hole), protection, fd, hole))
            return false;
    }
    return true;
}

/* Not every machine has one: that descriptor may be anything, such as the template's memory once more. */
static void lay_upper(char *start, size_t size, int protection, int fd)
{
    struct stat upper, template;
    off_t end = (off_t)size, hole;

    if (!is_sealed(UPPER_FD, size, &upper) || fstat(fd, &template) != 0 ||
        (upper.st_ino == template.st_ino && upper.st_dev == template.st_dev))
        return;
    for (off_t data = 0; (data = lseek(UPPER_FD, data, SEEK_DATA)) >= 0 && data < end;
         data = hole) {
        hole = lseek(UPPER_FD, data, SEEK_HOLE);
        if (hole < 0 || map(start + data, (size_t)(hole - data), protection,
                            MAP_PRIVATE | MAP_FIXED, UPPER_FD, data) == MAP_FAILED)
            return;
    }
}

EXPORTED void *mmap64(void *at, size_t size, int protection, int flags, int fd, off64_t offset)
{
    char *got = map(at, size, protection, flags, fd, offset);

    if (got == MAP_FAILED || offset != 0 || !is_template_ram(size, protection, flags, fd))
        return got;
    if (!cover_holes(got, size, protection, fd))
        return MAP_FAILED;
    lay_upper(got, size, protection, fd);
    ram.start = got;
    ram.end = got + size;
    return got;
}

EXPORTED void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    return mmap64(at, size, protection, flags, fd, offset);
}

/* QEMU wants huge pages for its RAM. There were none in a memfd's copy; in anonymous memory the
 * first byte written would take 2 MiB. */
EXPORTED int madvise(void *at, size_t size, int advice)
{
    if (advice == MADV_HUGEPAGE && (char *)at >= ram.start && (char *)at < ram.end)
        advice = MADV_NOHUGEPAGE;
    return (int)syscall(SYS_madvise, at, size, advice);
}
