/* A file's metadata: while it is unchanged, nobody has written to the file, and its content need
 * not be read to know so. */
#ifndef PYRO_FILE_STATE_H
#define PYRO_FILE_STATE_H

#include "vmm/base/json.h"

/* {inode, mtime, mtime_ns, size} of the file, for a record; NULL when it cannot be seen. The
 * caller's. */
json_t *file_state(const char *path) MUST_CHECK;
/* Whether it still looks as recorded; false for a NULL record. */
bool file_state_matches(const char *path, const json_t *recorded);

#endif
