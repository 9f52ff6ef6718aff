/* Compressing one file, and the way back, by pyro-image. From the descriptors' positions; both block. */
#ifndef PYRO_HELPER_ZSTD_H
#define PYRO_HELPER_ZSTD_H

#include <stdint.h>

#include "vmm/base/error.h"

bool zstd_compress(int from_fd, int to_fd, struct pyro_error *err) MUST_CHECK;
/* PYRO_RECORD_INVALID: it is damaged, or longer than max_bytes. */
bool zstd_decompress(int from_fd, int to_fd, uint64_t max_bytes, struct pyro_error *err) MUST_CHECK;

#endif
