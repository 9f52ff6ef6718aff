/* guest/inputrc.c: a file that includes the one readline would have read. */
#include "guest/inputrc.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm/base/fs.h"

#define SYSTEM_FILE "/etc/inputrc"
#define TEXT_MAX 8192

/* The file that readline(3) looks for; NULL: there is none. The caller frees it. */
static char *find_own(const struct command *c)
{
    const char *named = command_variable(c, "INPUTRC"), *home = command_variable(c, "HOME");
    char *path = NULL;

    if (named && *named)
        return strdup(named);
    if (home && asprintf(&path, "%s/.inputrc", home) >= 0) {
        if (access(path, R_OK) == 0)
            return path;
        free(path);
    }
    return access(SYSTEM_FILE, R_OK) == 0 ? strdup(SYSTEM_FILE) : NULL;
}

static int open_file(struct inputrc *rc, const struct guest *g, const char *id)
{
    if (strchr(id, '/'))
        return -1;
    if (g->host_dir) {
        rc->fd = memfd_create("pyro-inputrc", MFD_CLOEXEC);
        return rc->fd < 0 ? -1 : fcntl(rc->fd, F_DUPFD_CLOEXEC, 3);
    }
    if (asprintf(&rc->path, "/run/pyro-inputrc-%s", id) < 0) {
        rc->path = NULL;
        return -1;
    }
    unlink(rc->path);
    return open(rc->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
}

void inputrc_make(struct inputrc *rc, const struct guest *g, const char *id, struct command *c)
{
    scoped_free char *own = find_own(c), *path = NULL;
    scoped_buf text = BUF_INIT(TEXT_MAX);
    scoped_close int fd = open_file(rc, g, id);
    bool ok = fd >= 0;

    if (ok && own && !strchr(own, '\n'))
        ok = buf_printf(&text, "$include %s\n", own);
    ok = ok && buf_append_str(&text, "set disable-completion on\n") &&
         fs_write_all(fd, text.data, text.len, NULL);
    if (ok && rc->path)
        ok = command_set_variable(c, "INPUTRC", rc->path);
    else if (ok && asprintf(&path, "/proc/%d/fd/%d", (int)getpid(), rc->fd) >= 0)
        ok = command_set_variable(c, "INPUTRC", path);
    if (!ok) {
        guest_log("shell %s: no readline settings file", id);
        inputrc_remove(rc);
    }
}

void inputrc_remove(struct inputrc *rc)
{
    if (rc->path)
        unlink(rc->path);
    free(rc->path);
    if (rc->fd >= 0)
        close(rc->fd);
    *rc = (struct inputrc)INPUTRC_INIT;
}
