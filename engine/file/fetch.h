/* What the guest says of files: their kind, their content. */
#ifndef PYRO_FILE_FETCH_H
#define PYRO_FILE_FETCH_H

#include "engine/workspace/lifecycle.h"
#include "vmm/base/buf.h"
#include "vmm/base/file_records.h"

struct fetched {
    enum file_kind kind;
    uint32_t mode; /* permission bits */
    uint64_t inode, ctime_ns, size_bytes;
    bool more;          /* than max_bytes */
    struct buf content; /* of a regular file; a link's target */
};

void fetched_release(struct fetched *f);
/*
 * Asks for `count` paths (relative to /workspace) and fills ret[count], which the caller releases
 * one by one in either case. total_max_bytes bounds all contents together.
 */
bool file_fetch(const struct opened *o, const char *const *paths, size_t count, int64_t max_bytes,
                size_t total_max_bytes, struct fetched *ret, struct pyro_error *err) MUST_CHECK;

#endif
