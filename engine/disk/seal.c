/* engine/disk/seal.c: running pyro-image on a disk whose layers are frozen. */
#include "engine/disk/seal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/helper/helper.h"
#include "vmm/base/fs.h"

#define OUTPUT_FD 3
#define LAYERS_FD 4
#define SEAL_MS (600 * 1000)

static json_t *run(const struct disk_fds *d, int fd, bool whole, struct pyro_error *err)
{
    char fds[DISK_FDS_TEXT], output[16];
    const char *const argv[] = { "pyro-image",
                                 "disk-seal",
                                 "--layer-fds",
                                 fds,
                                 "--output-fd",
                                 output,
                                 whole ? "--whole" : NULL,
                                 NULL };
    struct proc_spec spec = proc_spec_of(argv);

    spec.fds[0].from = fd, spec.fds[0].to = OUTPUT_FD;
    spec.fd_count = 1;
    disk_fds_pass(d, &spec, LAYERS_FD, fds);
    snprintf(output, sizeof(output), "%d", OUTPUT_FD);
    return helper_run(&spec, SEAL_MS, err);
}

json_t *disk_seal_above(const struct disk_fds *d, int dirfd, const char *name, bool whole,
                        struct pyro_error *err)
{
    scoped_json json_t *result = NULL;
    scoped_close int fd = -1;
    struct stat base;

    if (fstat(d->fds[0], &base) != 0)
        return pyro_fail_errno(err, "the disk's image");
    if (!disk_create_overlay(dirfd, name, (uint64_t)base.st_size, err))
        return NULL;
    fd = openat(dirfd, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return pyro_fail_errno(err, "open '%s'", name);
    result = run(d, fd, whole, err);
    if (!result)
        return NULL;
    if (fchmod(fd, 0444) != 0 || fsync(fd) != 0)
        return pyro_fail_errno(err, "write '%s'", name);
    return json_incref(result);
}
