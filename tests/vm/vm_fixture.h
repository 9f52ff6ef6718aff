/*
 * A VM for tests of the guest program: plain QEMU with the guest as its initramfs, over a
 * throw-away overlay, and a link to it. Needs PYRO_TEST_ASSETS: a directory with vmlinuz,
 * modules.treeNAME.ko and base.ext4 (a Debian root file system).
 */
#ifndef PYRO_TESTS_VM_FIXTURE_H
#define PYRO_TESTS_VM_FIXTURE_H

#include <sys/types.h>

#include "tests/unit/peer.h"

struct vm {
    char dir[64]; /* temporary: initramfs, overlay, sockets, console */
    pid_t pid;
    struct peer peer;
};

/* Whether the assets are there; a test without them is skipped. */
bool vm_assets(void);
/* Boots from a new disk; every failure ends the test program with a message. */
void vm_boot(struct vm *vm);
/* Boots again from the same disk, once QEMU has ended. */
void vm_boot_again(struct vm *vm);
/* Ends QEMU with SIGKILL. */
void vm_kill_qemu(struct vm *vm);
/* What e2fsck says of the disk of a VM that has ended; true when it is clean. */
bool vm_disk_is_clean(struct vm *vm);
/* Connects to the port and says hello; `resync` as in link_hello(). */
void vm_connect(struct vm *vm, bool resync);
/* Waits for QEMU's end; its exit status. */
int vm_wait_exit(struct vm *vm);
/* Kills QEMU if it lives and removes the directory. */
void vm_free(struct vm *vm);

#endif
