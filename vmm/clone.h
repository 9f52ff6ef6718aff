/* Starting a machine as a copy of its template, or of one that was captured. */
#ifndef PYRO_CLONE_H
#define PYRO_CLONE_H

#include "vmm/saved.h"
#include "vmm/template.h"
#include "vmm/vm.h"

struct vm_spec {
    const struct template *template;
    const struct disk_chain *disk; /* TEMPLATE_FRESH: base and a new, empty overlay */
    int run_dirfd;                 /* where the three sockets are made */
    const char *name; /* of the workspace: QEMU carries it as `-name pyro-NAME` (find.h) */
    /* It goes on as this was captured; `template` is this one's. NULL: as the template. */
    const struct saved *saved;
    /* Called once everything is loaded, before the machine runs; false: it must not. May be NULL. */
    bool (*before_run)(void *arg, const struct vm *vm, struct pyro_error *err);
    void *arg;
};

/*
 * Starts a copy of the template and lets it run: on return the guest continues where the template
 * was stopped, waiting for `begin` on guest_fd. Blocks, 60 to 100 ms. On failure nothing is left
 * running and err quotes QEMU's last words (PYRO_VM_FAILED).
 */
bool vm_start(const struct vm_spec *spec, struct vm *ret, struct pyro_error *err) MUST_CHECK;

#endif
