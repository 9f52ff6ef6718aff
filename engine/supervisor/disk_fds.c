/* engine/supervisor/disk_fds.c: layers as descriptors, over QMP. */
#include "engine/supervisor/disk_fds.h"

#include <stdio.h>

#include "vmm/base/fs.h"
#include "vmm/fd_set.h"

#define QMP_MS 10000

/* A writable descriptor stays one when the mode is made that of a lower layer again. */
static void restore_mode(const struct supervisor *s, uint32_t layer, const char *file)
{
    scoped_close int fd =
        layer == s->record.disk.active ? -1 : disk_open_layer(s->dir_fd, file, false, NULL);
}

bool disk_fds_give(struct supervisor *s, uint32_t layer, bool writable, struct pyro_error *err)
{
    scoped_close int fd = -1;
    char file[32];

    if (!s->vm.qmp)
        return pyro_fail(err, PYRO_VM_FAILED, "QEMU does not answer");
    disk_layer_file(layer, file);
    fd = disk_open_layer(s->dir_fd, file, writable, err);
    if (fd < 0)
        return false;
    if (writable)
        restore_mode(s, layer, file);
    return fd_set_add(s->vm.qmp, layer, fd, writable, clock_ms() + QMP_MS, err);
}

void disk_fds_settle(struct supervisor *s)
{
    struct pyro_error err = { 0 };

    if (s->vm.qmp &&
        !fd_set_keep_writable(s->vm.qmp, s->record.disk.active, clock_ms() + QMP_MS, &err))
        fprintf(stderr, "%s\n", err.message);
}
