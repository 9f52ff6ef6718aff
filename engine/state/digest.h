/* Digests of files, written "xxh3:" and 32 hex digits (XXH3, 128 bits). They detect damage; they
 * are not a defence against someone who can write to the cache. */
#ifndef PYRO_DIGEST_H
#define PYRO_DIGEST_H

#include <stdint.h>

#include "vmm/base/error.h"

#define DIGEST_TEXT_BYTES 38 /* with the NUL */

/* Of n bytes in memory. */
void digest_bytes(const void *bytes, size_t n, char ret[DIGEST_TEXT_BYTES]);
/*
 * Of a file's content, with holes at no cost: each 64 KiB chunk that is not all zeros counts with
 * its offset, and the file's size at the end. So a copy that is more or less sparse has the same
 * digest.
 */
bool digest_file(int fd, char ret[DIGEST_TEXT_BYTES], struct pyro_error *err) MUST_CHECK;
/* The same of its first `limit` bytes only. */
bool digest_file_head(int fd, int64_t limit, char ret[DIGEST_TEXT_BYTES],
                      struct pyro_error *err) MUST_CHECK;

#endif
