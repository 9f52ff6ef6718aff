/* engine/commands/text_input.c: text from a flag, a file or standard input. */
#include "engine/commands/text_input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "vmm/base/fs.h"

static void *too_long(const char *flag, const struct buf *b, struct pyro_error *err)
{
    return pyro_fail(err, PYRO_CONTENT_REFUSED, "--%s: over %zu MiB", flag, b->max >> 20);
}

static bool read_all(int fd, const char *flag, const char *name, struct buf *ret,
                     struct pyro_error *err)
{
    if (fs_read_fd(fd, ret))
        return true;
    return errno == EFBIG ? too_long(flag, ret, err)
                          : pyro_fail_errno(err, "--%s-file: read '%s'", flag, name);
}

bool text_input(struct cmd_io *io, const char *flag, const char *text, const char *file,
                struct buf *ret, struct pyro_error *err)
{
    scoped_close int fd = -1;

    if (!text == !file)
        return pyro_fail(err, PYRO_USAGE, "%s of --%s and --%s-file must be given",
                         text ? "only one" : "one", flag, flag);
    if (text)
        return buf_append(ret, text, strlen(text)) || too_long(flag, ret, err);
    if (!strcmp(file, "-"))
        return read_all(io->in_fd, flag, "standard input", ret, err);
    fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return pyro_fail_errno(err, "--%s-file: open '%s'", flag, file);
    return read_all(fd, flag, file, ret, err);
}
