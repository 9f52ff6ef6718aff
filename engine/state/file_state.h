/* A file's metadata. While it is the same, nobody has written to the file, and its content need not
 * be read again. */
#ifndef PYRO_FILE_STATE_H
#define PYRO_FILE_STATE_H

#include "vmm/base/rows.h"

struct file_state {
    int64_t size, mtime, mtime_ns, inode;
};
extern const struct row_spec file_state_rows[];

/* All zero, which no file matches, when it cannot be found. */
struct file_state file_state_of(const char *path);
/* Whether the file still looks as it did. */
bool file_state_matches(const char *path, const struct file_state *recorded);

#endif
