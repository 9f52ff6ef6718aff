/* Changes to files of the guest, all or none. */
#ifndef PYRO_FILE_CHANGES_H
#define PYRO_FILE_CHANGES_H

#include <sys/uio.h>

#include "engine/client/handle.h"
#include "vmm/base/buf.h"
#include "vmm/base/file_records.h"

struct change {
    enum file_action action;
    enum file_expect expect;
    uint32_t mode;                        /* FILE_MODE_KEEP, or permission bits */
    uint64_t inode, ctime_ns, size_bytes; /* for FILE_EXPECT_SAME */
    const char *path;                     /* borrowed until sent, as is the content */
    const void *content;
    size_t content_bytes;
};

struct changes {
    struct buf heads; /* the records without contents, one after the other */
    struct change_part *parts;
    size_t count, capacity;
    char *base; /* the directory they are all below */
};

void changes_init(struct changes *c);
void changes_release(struct changes *c);
bool changes_add(struct changes *c, const struct change *change, struct pyro_error *err) MUST_CHECK;
/* Makes the guest do all of them, or none; `path` is what the timeline says. */
bool changes_send(struct changes *c, const struct workspace_handle *o, const char *path,
                  struct pyro_error *err) MUST_CHECK;
/* The request for either: `what` and the path, or paths, for the timeline. New. */
json_t *changes_request(const char *what, const char *paths);

#endif
