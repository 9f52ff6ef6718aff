/*
 * The blocks in the journal of an ext4 file system that are not in place yet, as after a machine
 * was killed: read only, so that the disk can be read without replaying it.
 *
 * The format is that of jbd2 (https://docs.kernel.org/filesystems/ext4/journal.html), with
 * revocations, 64-bit block numbers and checksums of version 3, as Linux writes it; anything else
 * is refused. Every byte of it is the guest's.
 */
#ifndef PYRO_IMAGE_JOURNAL_H
#define PYRO_IMAGE_JOURNAL_H

#include <ext2fs/ext2fs.h>

#include "engine/image/view/chain.h"

struct journal;

/*
 * Reads the journal of a file system that was opened on this disk, which it goes on reading from.
 * PYRO_IO when it is damaged, PYRO_WORKSPACE_STATE when it is of a kind that only Linux can replay.
 */
bool journal_load(ext2_filsys fs, struct disk_version d, struct journal **ret,
                  struct pyro_error *err) MUST_CHECK;
void journal_free(struct journal *j);
/* Whether it has anything of these n bytes of the disk. */
bool journal_has(const struct journal *j, uint64_t at, uint64_t n);
/* Copies what it has of these n bytes of the disk into `bytes`. */
bool journal_overlay(const struct journal *j, uint64_t at, void *bytes, size_t n,
                     struct pyro_error *err) MUST_CHECK;
/* Every block that it has, in their order on the disk, and last its own superblock as of a journal
 * that is empty; ends with the first false. */
typedef bool journal_block_fn(void *arg, uint64_t at, const void *bytes, size_t n,
                              struct pyro_error *err);
bool journal_each(const struct journal *j, journal_block_fn *fn, void *arg,
                  struct pyro_error *err) MUST_CHECK;

#endif
