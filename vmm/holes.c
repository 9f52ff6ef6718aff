/* vmm/holes.c: the carried library; the linker makes the symbols from build/holes.so. */
#include "vmm/holes.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "vmm/base/fs.h"
#include "vmm/jail.h"
#include "vmm/ram.h"

#define PROBE_TIMEOUT_MS 10000
#define LAST_WORDS_MAX 512
#define MAPS_BYTES_MAX (8u << 20)

extern const char library_start[] __asm__("_binary_holes_so_start");
extern const char library_end[] __asm__("_binary_holes_so_end");

int holes_library(struct pyro_error *err)
{
    scoped_close int fd = memfd_create("pyro-holes", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0) {
        pyro_fail_errno(err, "memory for QEMU's library");
        return -1;
    }
    if (!fs_write_all(fd, library_start, (size_t)(library_end - library_start), err) ||
        !ram_seal(fd, err))
        return -1;
    return take_fd(&fd);
}

void holes_add(struct proc_spec *spec, int library)
{
    static const char *const variables[] = { "LD_PRELOAD=/proc/self/fd/10", NULL };

    _Static_assert(HOLES_FD == 10, "the variable names it");
    BUG_ON(spec->fd_count >= PROC_FDS_MAX);
    spec->set = variables;
    spec->fds[spec->fd_count].from = library;
    spec->fds[spec->fd_count++].to = HOLES_FD;
}

bool holes_upper_is_laid(pid_t pid, int upper_fd)
{
    scoped_buf maps = BUF_INIT(MAPS_BYTES_MAX);
    struct pyro_error ignored;
    uint64_t laid = 0;
    struct stat st;
    char path[64], *line, *rest;

    snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
    if (fstat(upper_fd, &st) != 0 || !fs_read_file(AT_FDCWD, path, &maps, &ignored))
        return false;
    for (rest = maps.data; (line = strsep(&rest, "\n"));) {
        uint64_t start, end, inode;
        unsigned major_number, minor_number;
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*4s %*x %x:%x %" SCNu64, &start, &end,
                   &major_number, &minor_number, &inode) == 5 &&
            inode == st.st_ino && makedev(major_number, minor_number) == st.st_dev)
            laid += end - start;
    }
    return laid == (uint64_t)st.st_blocks * 512;
}

bool holes_probe(struct pyro_error *err)
{
    static const char *const argv[] = { "/usr/bin/true", NULL };
    scoped_close int library = holes_library(err), words = memfd_create("words", MFD_CLOEXEC);
    const struct jail jail = { .accel = ACCEL_TCG };
    struct proc_spec spec = proc_spec_of(argv);
    char said[LAST_WORDS_MAX];
    unsigned steps;
    int status;
    ssize_t n;
    pid_t pid;

    if (library < 0)
        return false;
    if (words < 0)
        return pyro_fail_errno(err, "memory for the loader's words");
    spec.stderr_fd = words;
    holes_add(&spec, library);
    if (!jail_start(&jail, &spec, &pid, &steps, err) ||
        !proc_wait(pid, clock_ms() + PROBE_TIMEOUT_MS, &status, err))
        return false;
    n = fs_pread_full(words, said, sizeof(said), 0);
    if (status == 0 && n == 0) /* the loader goes on without a library, and says so */
        return true;
    return pyro_fail(err, PYRO_PERMISSION, "%.*s", n > 0 ? (int)n : 0, said);
}
