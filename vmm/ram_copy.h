/*
 * Copying and digesting a VM's RAM, most of which is zeros.
 */
#ifndef PYRO_RAM_COPY_H
#define PYRO_RAM_COPY_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/base/error.h"

#define RAM_PAGE_BYTES 4096U

/*
 * Copies the pages of `from` that are not all zeros to the same places in `to` (-1: nowhere), which
 * has the size already and holds only zeros, and digests them; punch_zeros makes pages of zeros
 * holes in `from`. ret_hex takes RAM_DIGEST_HEX + 1 bytes. May block; PYRO_RECORD_INVALID when
 * `from` is shorter than size_bytes, a multiple of pages.
 */
bool ram_copy(int from, int to, bool punch_zeros, uint64_t size_bytes, char *ret_hex,
              struct pyro_error *err) MUST_CHECK;

#endif
