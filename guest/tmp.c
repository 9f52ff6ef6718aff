/* guest/tmp.c: /tmp when a machine starts. */
#include "guest/tmp.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "guest/guest.h"
#include "vmm/base/fs.h"

#define TMP "/tmp"
#define TMP_MARK "trusted.pyro.image"
#define OLD "/.pyro-old-tmp" /* one directory for each start whose remains are not removed yet */

/* What came with the image is part of it, wherever it lies, and was marked when that was made
 * (engine/image/tar/root.c). */
static bool is_of_image(const char *name)
{
    char path[sizeof(TMP) + 256];

    snprintf(path, sizeof(path), TMP "/%s", name);
    return lgetxattr(path, TMP_MARK, NULL, 0) >= 0;
}

struct found {
    bool any, of_image; /* what is there, and whether some of it is the image's */
};

/* Looks through /tmp; with to_fd >= 0 what is not the image's is moved there. */
static struct found look_through(int to_fd)
{
    scoped_dir DIR *dir = opendir(TMP);
    struct found found = { 0 };
    struct dirent *entry;

    while (dir && (entry = readdir(dir))) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        if (is_of_image(entry->d_name)) {
            found.of_image = true;
            continue;
        }
        found.any = true;
        if (to_fd >= 0 && renameat(dirfd(dir), entry->d_name, to_fd, entry->d_name) != 0)
            guest_log("set " TMP "/%s aside: errno %d", entry->d_name, errno);
    }
    return found;
}

static pid_t start_emptying(const char *path)
{
    const char *const argv[] = { "pyro-guest", "--empty", path, NULL };
    char *const none[] = { NULL };
    pid_t pid;
    int code =
        posix_spawn(&pid, "/proc/self/exe", NULL, NULL, (char *const *)(uintptr_t)argv, none);

    if (code == 0)
        return pid;
    guest_log("empty %s: errno %d", path, code);
    return -1;
}

/* Moves it, or what is in it, out of the way; on a disk without room for that it is emptied in
 * place. */
static void set_aside(bool as_a_whole)
{
    scoped_close int to_fd = -1;
    struct timespec now;
    char to[64];
    pid_t pid;

    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(to, sizeof(to), OLD "/%lld.%09ld", (long long)now.tv_sec, now.tv_nsec);
    if (mkdir(OLD, 0700) == 0 || errno == EEXIST) {
        if (as_a_whole && rename(TMP, to) == 0)
            return;
        if (!as_a_whole && mkdir(to, 0700) == 0 &&
            (to_fd = open(to, O_PATH | O_DIRECTORY | O_CLOEXEC)) >= 0) {
            look_through(to_fd);
            return;
        }
    }
    guest_log("set " TMP " aside: errno %d", errno);
    pid = start_emptying(TMP);
    if (pid > 0)
        waitpid(pid, NULL, 0);
}

void tmp_renew(void)
{
    struct found found;
    struct stat st;

    if (lstat(TMP, &st) == 0 && !S_ISDIR(st.st_mode))
        return;
    found = look_through(-1);
    if (found.any)
        set_aside(!found.of_image);
    if (mkdir(TMP, 0700) != 0 && errno != EEXIST)
        guest_log(TMP ": errno %d", errno);
    if (lstat(TMP, &st) == 0 && (st.st_mode & 07777) != 01777 && chmod(TMP, 01777) != 0)
        guest_log("mode of " TMP ": errno %d", errno);
    if (access(OLD, F_OK) == 0)
        start_emptying(OLD);
}

int tmp_empty_main(int argc, char **argv)
{
    scoped_dir DIR *dir = argc == 3 ? opendir(argv[2]) : NULL;
    struct dirent *entry;

    while (dir && (entry = readdir(dir)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            fs_discard_tree(dirfd(dir), entry->d_name);
    if (dir && !strcmp(argv[2], OLD))
        rmdir(OLD);
    return dir ? 0 : 1;
}
