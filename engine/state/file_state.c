/* engine/state/file_state.c: stat(2) as a record. */
#include "engine/state/file_state.h"

#include <sys/stat.h>

json_t *file_state(const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return NULL;
    return json_pack("{sI sI sI sI}", "size", (json_int_t)st.st_size, "mtime",
                     (json_int_t)st.st_mtim.tv_sec, "mtime_ns", (json_int_t)st.st_mtim.tv_nsec,
                     "inode", (json_int_t)st.st_ino);
}

bool file_state_matches(const char *path, const json_t *recorded)
{
    scoped_json json_t *now = file_state(path);

    return now && recorded && json_equal(now, recorded);
}
