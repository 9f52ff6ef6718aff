/* engine/state/file_state.c: stat(2) as a record. */
#include "engine/state/file_state.h"

#include <sys/stat.h>

const struct row_spec file_state_rows[] = {
    ROW_INT(file_state, size),
    ROW_INT(file_state, mtime, .min = INT64_MIN),
    ROW_INT(file_state, mtime_ns),
    ROW_INT(file_state, inode, .min = INT64_MIN),
    ROW_END,
};

struct file_state file_state_of(const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return (struct file_state){ 0 };
    return (struct file_state){ .size = st.st_size,
                                .mtime = st.st_mtim.tv_sec,
                                .mtime_ns = st.st_mtim.tv_nsec,
                                .inode = (int64_t)st.st_ino };
}

bool file_state_matches(const char *path, const struct file_state *recorded)
{
    const struct file_state now = file_state_of(path);

    return now.inode && now.inode == recorded->inode && now.size == recorded->size &&
           now.mtime == recorded->mtime && now.mtime_ns == recorded->mtime_ns;
}
