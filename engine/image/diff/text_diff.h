/*
 * The hunks between two texts, by libgit2 (xdiff). The library is loaded on demand and not linked:
 * with its dependencies it would cost every other sub-command 4 ms, and its start reads
 * certificates, which has to happen before the jail.
 */
#ifndef PYRO_IMAGE_TEXT_DIFF_H
#define PYRO_IMAGE_TEXT_DIFF_H

#include "vmm/base/buf.h"
#include "vmm/base/error.h"

/* Loads and starts the library, once. PYRO_DEPENDENCY_MISSING. */
bool text_diff_load(struct pyro_error *err) MUST_CHECK;
/* Appends the hunks, with three lines of context, from the first "@@" on; nothing when both are the
 * same. The texts are at most 2 GiB. */
bool text_diff_hunks(const char *old, size_t old_bytes, const char *new, size_t new_bytes,
                     struct buf *ret, struct pyro_error *err) MUST_CHECK;

#endif
