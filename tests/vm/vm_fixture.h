/*
 * A VM for tests of the guest program: plain QEMU with the guest as its initramfs, over a
 * throw-away overlay, and a link to it. Needs PYRO_TEST_ASSETS: a directory with vmlinuz,
 * modules/NAME.ko and base.ext4 (a Debian root file system).
 */
#ifndef PYRO_TESTS_VM_FIXTURE_H
#define PYRO_TESTS_VM_FIXTURE_H

#include <sys/types.h>

#include "vmm/base/buf.h"
#include "vmm/base/link.h"

struct vm {
    char dir[64]; /* temporary: initramfs, overlay, sockets, console */
    pid_t pid;
    struct loop *loop;
    struct link *link;
    bool ready, lost;
};

/* What came of one request. */
struct call {
    struct stream stream;
    struct vm *vm;
    bool done, lost;
    json_t *result; /* owned */
    struct buf out, err;
    uint64_t out_bytes;
    bool discard;      /* count the output only */
    const char *input; /* borrowed: sent as there is credit, then END */
    size_t input_len, input_at;
    int64_t input_stop; /* 1: no END */
};

/* Whether the assets are there; a test without them is skipped. */
bool vm_assets(void);
/* Boots; every failure ends the test program with a message. */
void vm_boot(struct vm *vm);
/* Connects to the port and says hello; `resync` as in link_hello(). */
void vm_connect(struct vm *vm, bool resync);
/* Drops the connection as a host that was killed: without a word. */
void vm_disconnect(struct vm *vm);
/* Waits for QEMU's end; its exit status. */
int vm_wait(struct vm *vm);
/* Kills QEMU if it lives and removes the directory. */
void vm_free(struct vm *vm);

void call_init(struct call *c, struct vm *vm);
/* Sends the request (stolen). */
void call_start(struct call *c, json_t *request);
void call_wait(struct call *c);
/* All in one; the result in c->result, to be released by call_release(). */
void call_run(struct call *c, struct vm *vm, json_t *request);
void call_release(struct call *c);

/* {"op": "begin", …} with fresh random values. */
json_t *vm_begin_request(const char *root);
/* {"op": "exec", "command": ["sh", "-c", script]}. */
json_t *vm_sh(const char *script);
_Noreturn void die(const char *fmt, ...) PRINTF_LIKE(1, 2);
int64_t now_us(void);

#endif
