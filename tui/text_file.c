/* tui/text_file.c: O_TMPFILE and mmap(2). */
#include "tui/text_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "tui/pager.h"

int text_file_open(int dir_fd)
{
    int fd = openat(dir_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    return fd >= 0 ? fd : memfd_create("pyro-text", MFD_CLOEXEC);
}

bool text_file_map(int fd, char **ret_text, size_t *ret_len, struct pyro_error *err)
{
    struct stat st;
    void *bytes = NULL;

    if (fstat(fd, &st) != 0)
        return pyro_fail_errno(err, "read what was printed");
    if (st.st_size > (off_t)PAGER_TEXT_MAX)
        return pyro_fail(err, PYRO_INTERNAL, "its text is more than %zu MiB: too much to show",
                         PAGER_TEXT_MAX >> 20);
    if (st.st_size)
        bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (bytes == MAP_FAILED)
        return pyro_fail_errno(err, "read what was printed");
    *ret_text = bytes;
    *ret_len = (size_t)st.st_size;
    return true;
}
