/* engine/supervisor/disk_fds.c: layers as descriptors, over QMP. */
#include "engine/supervisor/disk_fds.h"

#include "vmm/base/fs.h"
#include "vmm/fd_set.h"

#define QMP_MS 10000

static int open_layer(struct supervisor *s, uint32_t layer, bool writable, struct pyro_error *err)
{
    char file[32];

    if (!s->vm.qmp) {
        pyro_fail(err, PYRO_VM_FAILED, "QEMU does not answer");
        return -1;
    }
    disk_layer_file(layer, file);
    return disk_open_layer(s->dir_fd, file, writable, err);
}

bool disk_fds_give(struct supervisor *s, uint32_t layer, bool writable, struct pyro_error *err)
{
    scoped_close int fd = open_layer(s, layer, writable, err);

    return fd >= 0 && fd_set_add(s->vm.qmp, layer, fd, writable, clock_ms() + QMP_MS, err);
}

bool disk_fds_lend(struct supervisor *s, uint32_t layer, struct pyro_error *err)
{
    /* In this order, so that the file ends with the mode of a lower layer. */
    scoped_close int writable = open_layer(s, layer, true, err);
    scoped_close int read_only = writable < 0 ? -1 : open_layer(s, layer, false, err);

    return read_only >= 0 &&
           fd_set_lend(s->vm.qmp, layer, read_only, writable, clock_ms() + QMP_MS, err);
}

bool disk_fds_take_back(struct supervisor *s)
{
    struct pyro_error err = { 0 };

    if (!s->vm.qmp)
        return false;
    if (fd_set_keep_writable(s->vm.qmp, s->record.disk.active, clock_ms() + QMP_MS, &err))
        return true;
    supervisor_complain(s, err.message);
    return false;
}
