/* engine/supervisor/line_file.c: lines that are whole. */
#include "engine/supervisor/line_file.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/base/fs.h"

#define STEP 4096

bool line_file_mend(int fd)
{
    char bytes[STEP];
    struct stat st;
    off_t end, size;

    if (fstat(fd, &st) != 0)
        return false;
    for (end = size = st.st_size; end > 0;) {
        off_t from = end > STEP ? end - STEP : 0;
        ssize_t n = fs_pread_full(fd, bytes, (size_t)(end - from), from);
        const char *lf = n > 0 ? memrchr(bytes, '\n', (size_t)n) : NULL;
        if (n != end - from)
            return false;
        end = lf ? from + (lf - bytes) + 1 : from;
        if (lf)
            break;
    }
    return end == size || ftruncate(fd, end) == 0;
}

bool line_file_add(int fd, const char *line, size_t n)
{
    struct stat st;
    bool whole;

    if (fstat(fd, &st) != 0)
        return false;
    whole = fs_write_all(fd, line, n, NULL);
    /* Cutting needs no room; what stays all the same is mended when the writer starts again. */
    if (!whole && ftruncate(fd, st.st_size) != 0)
        return false;
    return whole;
}
