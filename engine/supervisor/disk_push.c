/* engine/supervisor/disk_push.c: listing a layer, giving it to QEMU, and taking both back. */
#include "engine/supervisor/disk_push.h"

#include <stdio.h>

#include "engine/supervisor/disk_fds.h"
#include "vmm/base/fs.h"
#include "vmm/qemu.h"

#define QMP_MS 10000

bool disk_push_layer(struct supervisor *s, uint32_t parent, uint32_t *ret_id,
                     struct pyro_error *err)
{
    struct disk_layers *l = &s->record.disk;
    struct disk_layer base = { .path = s->record.base_path, .format = DISK_RAW };
    uint32_t active = l->active;
    uint64_t size;

    if (!disk_virtual_size(&base, &size, err) || !disk_layers_push(s->dir_fd, l, parent, size, err))
        return false;
    *ret_id = l->active;
    if (record_save(s->dir_fd, &s->record, true, err))
        return true;
    disk_layers_undo_push(s->dir_fd, l, active);
    return false;
}

void disk_pop_layer(struct supervisor *s, uint32_t below)
{
    struct disk_layers *l = &s->record.disk;

    l->active = below;
    disk_layers_collect(l);
    if (record_save(s->dir_fd, &s->record, true, NULL))
        disk_layers_sweep(s->dir_fd, l);
}

/* Asked of the device: query-block prints the whole chain, nested more deeply than JSON from outside
 * may be. */
bool disk_ask_top(struct supervisor *s, uint32_t *ret_id)
{
    json_t *property = json_pack("{s:s, s:s}", "path", QEMU_DISK_PATH, "property", "drive");
    scoped_json json_t *name = NULL;
    unsigned id;

    if (!s->vm.qmp) {
        json_decref(property);
        return false;
    }
    if (!qmp_command(s->vm.qmp, "qom-get", property, clock_ms() + QMP_MS, &name, NULL) ||
        !json_is_string(name) || sscanf(json_string_value(name), "layer%u", &id) != 1)
        return false;
    *ret_id = id;
    return true;
}

bool disk_push_ready(struct supervisor *s, uint32_t below, uint32_t above, struct pyro_error *err)
{
    struct disk_layer layer = { .format = DISK_QCOW2, .id = above };

    /* QEMU reopens the layer below with the read-only one as it moves on to the new layer. */
    return disk_fds_give(s, below, false, err) && disk_fds_give(s, above, true, err) &&
           qmp_command(s->vm.qmp, "blockdev-add", disk_blockdev_node(&layer, NULL, true),
                       clock_ms() + QMP_MS, NULL, err);
}

bool disk_push_switch(struct supervisor *s, uint32_t below, uint32_t above, struct pyro_error *err)
{
    char node[DISK_NODE_NAME_MAX], overlay[DISK_NODE_NAME_MAX];

    disk_node_name(below, node);
    disk_node_name(above, overlay);
    return qmp_command(s->vm.qmp, "blockdev-snapshot",
                       json_pack("{s:s, s:s}", "node", node, "overlay", overlay),
                       clock_ms() + QMP_MS, NULL, err);
}

void disk_push_undo(struct supervisor *s, uint32_t below, uint32_t above)
{
    char name[DISK_NODE_NAME_MAX];
    uint32_t top;

    if (s->phase != PHASE_RUNNING || !disk_ask_top(s, &top) || top != below)
        return;
    disk_node_name(above, name);
    /* It may not have got that far. */
    (void)!qmp_command(s->vm.qmp, "blockdev-del", json_pack("{s:s}", "node-name", name),
                       clock_ms() + QMP_MS, NULL, NULL);
    disk_pop_layer(s, below);
}
