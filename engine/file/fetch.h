/* The guest's answers about files: their kind, their content. */
#ifndef PYRO_FILE_FETCH_H
#define PYRO_FILE_FETCH_H

#include "engine/client/handle.h"
#include "engine/helper/content.h"
#include "vmm/base/buf.h"
#include "vmm/base/file_records.h"

struct fetched {
    enum file_kind kind;
    uint32_t mode; /* permission bits */
    uint64_t inode, ctime_ns, size_bytes;
    bool more;          /* than max_bytes */
    struct buf content; /* of a regular file, without a sink; a link's target */
};

void fetched_release(struct fetched *f);
/*
 * Asks for a path (relative to /workspace) and fills *ret, which the caller releases in either
 * case. The bytes of a regular file go into the sink as they arrive, or else are kept: no more than
 * were asked for and than the guest announced.
 */
bool file_fetch(const struct workspace_handle *o, const char *path,
                const struct content_range *range, const struct content_sink *sink,
                struct fetched *ret, struct pyro_error *err) MUST_CHECK;

#endif
