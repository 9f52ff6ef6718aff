/* engine/supervisor/line_file.c: appending whole lines. */
#include "engine/supervisor/line_file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/base/fs.h"

#define STEP 4096

static bool mend(int fd)
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

bool line_file_open(struct line_file *f, int fd, uint64_t spare)
{
    struct stat st;

    *f = (struct line_file){ .fd = fd, .spare = spare };
    if (mend(fd) && fstat(fd, &st) == 0) {
        f->size = (uint64_t)st.st_size;
        return true;
    }
    line_file_close(f);
    return false;
}

void line_file_close(struct line_file *f)
{
    if (f->fd >= 0)
        close(take_fd(&f->fd));
}

bool line_file_add_last(struct line_file *f, const char *line, size_t n)
{
    if (f->fd < 0)
        return false;
    if (fs_write_all(f->fd, line, n, NULL)) {
        f->size += n;
        return true;
    }
    /* Truncating needs no room; if a part stays anyway, the next start of the writer repairs it. */
    (void)!ftruncate(f->fd, (off_t)f->size);
    return false;
}

bool line_file_add(struct line_file *f, uint64_t log_size, const char *line, size_t n)
{
    return f->size + n <= f->spare + log_size / LINE_FILE_SHARE && line_file_add_last(f, line, n);
}

void line_file_drop(struct line_file *f, uint64_t before)
{
    if (before && before <= f->size)
        (void)!fallocate(f->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, (off_t)before);
}
