/* engine/environment/trial.c: the mark of an environment that is still to be tried. */
#include "engine/environment/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/base/fs.h"

#define MARK "untried"

static int held = -1; /* the mark of the environment that this process makes */

static void let_go(void)
{
    if (held >= 0)
        close(held);
    held = -1;
}

bool trial_begin(const char *install_dir, struct pyro_error *err)
{
    scoped_free char *path = str_printf("%s/" MARK, install_dir);

    let_go();
    held = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (held >= 0 && flock(held, LOCK_EX | LOCK_NB) == 0)
        return true;
    pyro_fail_errno(err, "create '%s'", path);
    let_go();
    return false;
}

bool trial_passed(const char *install_dir, struct pyro_error *err)
{
    scoped_close int dir = fs_open_dir(AT_FDCWD, install_dir, err);
    bool ok = dir >= 0;

    if (ok && unlinkat(dir, MARK, 0) == 0)
        ok = fsync(dir) == 0 || pyro_fail_errno(err, "sync '%s'", install_dir);
    else if (ok && errno != ENOENT)
        ok = pyro_fail_errno(err, "remove '%s/" MARK "'", install_dir);
    let_go();
    return ok;
}

bool trial_was_given_up(const char *install_dir)
{
    scoped_free char *path = str_printf("%s/" MARK, install_dir);
    scoped_close int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;

    /* One that has passed meanwhile has no name any more. */
    return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) == 0 && st.st_nlink > 0;
}
