/*
 * A template's RAM, as every clone maps it: a memfd sealed against write, grow, shrink and further
 * seals, so that no QEMU controlled by its guest can change a page under another. It is loaded
 * sparse from the template's file once, checked against its digest, and then shared: each pyro that
 * runs a clone holds it, and the next takes it from a holder through /proc/PID/fd.
 *
 * It is named by the digest of its content, never by its sources: two boots of the same kernel
 * differ, and the devices' state of one on the memory of the other is a dead machine. Only
 * ram_load(), which has just checked the content, gives that name.
 *
 * Only processes of the same user that run this very program are believed as holders (a QEMU could
 * offer a memfd of its own making under the right name); from a QEMU it is taken with its digest
 * checked again. Name, size and seals are checked always.
 */
#ifndef PYRO_RAM_H
#define PYRO_RAM_H

#include <stdint.h>
#include <sys/types.h>

#include "vmm/base/error.h"

#define RAM_DIGEST_HEX 32 /* XXH3-128 in hex, without the NUL */
#define RAM_UPPER_HEX 32  /* a random number */

struct ram_identity {
    uint64_t size_bytes;
    char digest[RAM_DIGEST_HEX + 1]; /* of size and data extents */
};

/* A new, writable memfd of size_bytes, for a template to boot in; nobody finds it. -1 on
 * failure. */
int ram_create(uint64_t size_bytes, struct pyro_error *err) MUST_CHECK;
/* Punches out pages of zeros, computes the digest, writes the data sparsely to `file_fd`. */
bool ram_save(int ram_fd, int file_fd, struct ram_identity *identity,
              struct pyro_error *err) MUST_CHECK;
/* Seals a memfd for good; fails while anybody maps it writable. */
bool ram_seal(int ram_fd, struct pyro_error *err) MUST_CHECK;
/* Loads, checks and seals. -1: PYRO_RECORD_INVALID when file and digest do not agree. */
int ram_load(int file_fd, const struct ram_identity *identity, struct pyro_error *err) MUST_CHECK;
/*
 * Takes it from another pyro that holds it; -1 when nobody does. size_bytes 0: of any size. A few
 * milliseconds.
 */
int ram_find_holder(const struct ram_identity *identity);
/*
 * An upper memory: a memfd as large as RAM with what one machine had in place of its template's pages, at
 * their own places, the rest holes. Machines map it over the template's memory (holes.h) and share it. It
 * is in no file; its name is random, and who makes it fills and seals it. -1 with errno.
 */
int ram_create_upper(char ret_name[RAM_UPPER_HEX + 1]);
/* Takes it from another pyro that holds it, or from this one; -1 when nobody does. */
int ram_find_upper(const char *name, uint64_t size_bytes);
/* The same from a process that is known to be a pyro, of whatever build. */
int ram_take_upper(pid_t pid, const char *name, uint64_t size_bytes);
/*
 * Takes the RAM that another pyro holds, of any template, to keep it in memory while that pyro is
 * replaced by one that will look for a holder; -1 when it holds none.
 */
int ram_hold_from(pid_t pid);
/* Takes it back from a QEMU (the digest is checked); -1 when it is not there or not right. */
int ram_take_from(pid_t pid, const struct ram_identity *identity);

#endif
