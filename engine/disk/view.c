/* engine/disk/view.c: a disk's layers as descriptors for pyro-image. */
#include "engine/disk/view.h"

#include <fcntl.h>

static bool open_layer(int dir_fd, const struct workspace_record *r, uint32_t id, int *ret,
                       struct pyro_error *err)
{
    char file[32];
    struct disk_layer layer = { .path = r->base_path, .format = DISK_RAW, .id = id };
    scoped_close int fd = -1;
    uint64_t size;

    if (id != DISK_LAYER_BASE) {
        disk_layer_file(id, file);
        layer.path = file;
        layer.format = DISK_QCOW2;
    }
    fd = openat(dir_fd, layer.path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return pyro_fail_errno(err, "disk '%s'", layer.path);
    if (!disk_check_layer(fd, &layer, &size, err))
        return false;
    *ret = take_fd(&fd);
    return true;
}

bool disk_fds_open(int dir_fd, const struct workspace_record *r, uint32_t layer,
                   struct disk_fds *ret, struct pyro_error *err)
{
    struct disk_fds d = { .count = disk_layers_depth(&r->disk, layer) };
    unsigned i = d.count;

    if (!r->base_path)
        return pyro_fail(err, PYRO_WORKSPACE_STATE,
                         "workspace '%s' runs on the host: it has no disk", r->id);
    for (unsigned k = 0; k < d.count; k++)
        d.fds[k] = -1;
    for (uint32_t id = layer; i-- > 0; id = disk_layers_parent(&r->disk, id)) {
        if (!open_layer(dir_fd, r, id, &d.fds[i], err)) {
            disk_fds_release(&d);
            return false;
        }
        if (id == r->disk.baseline)
            d.baseline = i;
    }
    *ret = d;
    return true;
}

void disk_fds_release(struct disk_fds *d)
{
    for (unsigned i = 0; i < d->count; i++)
        cleanup_close(&d->fds[i]);
    d->count = 0;
}

void disk_fds_pass(const struct disk_fds *d, struct proc_spec *spec, int first, char *ret)
{
    size_t used = 0;

    for (unsigned i = 0; i < d->count; i++) {
        BUG_ON(spec->fd_count >= PROC_FDS_MAX);
        spec->fds[spec->fd_count].from = d->fds[i];
        spec->fds[spec->fd_count++].to = first + (int)i;
        used += (size_t)snprintf(ret + used, DISK_FDS_TEXT - used, "%s%d", i ? "," : "",
                                 first + (int)i);
    }
}
