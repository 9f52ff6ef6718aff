/*
 * Starting one QEMU process, for a template's cold boot and for a clone alike: sockets, jail,
 * command line, connections. Within vmm only; others use vm.h and template.h.
 */
#ifndef PYRO_LAUNCH_H
#define PYRO_LAUNCH_H

#include "vmm/qemu.h"
#include "vmm/vm.h"

/*
 * Starts QEMU and connects to its three sockets. The machine's sockets are filled in here. On
 * failure nothing is left running, err quotes QEMU's stderr where it said something, and ret is
 * VM_INIT with `end`.
 */
bool vm_launch(const struct qemu *qemu, const struct qemu_machine *machine, int run_dirfd,
               int64_t deadline_ms, struct vm *ret, struct pyro_error *err) MUST_CHECK;
/* Whether QEMU has ended, or is about to: then err (not NULL) says so, with its status and last
 * words on stderr, and vm->end is set. */
bool vm_tell_end(struct vm *vm, struct pyro_error *err);
/* The same, unless err is a timeout or not QEMU's fault; kills it and releases vm, keeping only its
 * `end`. Returns false. */
bool vm_launch_failed(struct vm *vm, struct pyro_error *err);
/* Waits for the MIGRATION event that ends a migration; anything but "completed" is an error. */
bool vm_wait_migrated(struct vm *vm, int64_t deadline_ms, struct pyro_error *err) MUST_CHECK;
/* Sets the capabilities that both ends of a copy need; `ignore_shared`: the state has RAM's blocks
 * without their pages, as a template's does. */
bool vm_set_capabilities(struct vm *vm, bool ignore_shared, int64_t deadline_ms,
                         struct pyro_error *err) MUST_CHECK;

#endif
