/*
 * The memory of a running machine, captured: the pages that its QEMU has for itself, in place of
 * those of the sealed memfd that it maps privately (ram.h). What the machine has not written to is
 * not copied, so the pause depends on what it has.
 *
 * The copy is made by children with a deadline, one a processor: a QEMU in its guest's hands may
 * make an access to its memory hang. They first look which pages those are and prepare room for
 * them, while the machine runs; then, while it is stopped, they look again and copy.
 *
 * In whole blocks it becomes an upper memory (ram.h): around a page that is taken, the block that it is in
 * is filled with what the machine has there.
 */
#ifndef PYRO_CAPTURE_H
#define PYRO_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "vmm/base/error.h"

struct capture;

/*
 * Begins to prepare; `base_fd` (borrowed) is the memfd that QEMU, process `pid`, maps. Returns at
 * once. NULL: out of memory, or of processes.
 */
struct capture *capture_new(pid_t pid, int base_fd, bool blocks, struct pyro_error *err) MUST_CHECK;
/* Readable when capture_prepared() must be called. */
int capture_fd(const struct capture *c);
/* Whether all is prepared. False: it failed (PYRO_PERMISSION, PYRO_VM_FAILED, …). Does not block. */
bool capture_prepared(struct capture *c, bool *ret_done, struct pyro_error *err) MUST_CHECK;
/* Copies. The machine is stopped. Blocks until deadline_ms (clock_ms()): PYRO_TIMEOUT. */
bool capture_take(struct capture *c, int64_t deadline_ms, struct pyro_error *err) MUST_CHECK;
/* What was taken in blocks, sealed; its name in ret_name[RAM_UPPER_HEX + 1]. -1 on failure. Its pages are
 * written no more: capture_result() has nothing of use then. */
int capture_seal(struct capture *c, char *ret_name, struct pyro_error *err) MUST_CHECK;
/* Kills the children that are left. NULL is fine. */
void capture_free(struct capture *c);

/* What was taken: for each page of RAM whether it was (1 or 0), and the pages at their own places in
 * a memfd, which has holes for the others. Borrowed. */
struct captured {
    uint64_t size_bytes, page_count;
    const uint8_t *taken;
    int fd;
    int base_fd;
};
struct captured capture_result(const struct capture *c);

#endif
