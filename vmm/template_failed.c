/* vmm/template_failed.c: a file for each template that failed. */
#include "vmm/template_failed.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "vmm/base/cleanup.h"

#define PREFIX "failed-"

/* A clock that was set back makes it old. */
static bool is_older(int dirfd, const char *name, int64_t seconds)
{
    int64_t now = time(NULL);
    struct stat st;

    return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           (st.st_mtime > now || now - st.st_mtime >= seconds);
}

static void file_of(const char *key, char *ret, size_t n)
{
    snprintf(ret, n, PREFIX "%s", key);
}

bool template_has_failed(int templates_fd, const char *key)
{
    char name[80];

    file_of(key, name, sizeof(name));
    return faccessat(templates_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0 &&
           !is_older(templates_fd, name, TEMPLATE_FAILED_SECONDS);
}

void template_note_failure(int templates_fd, const char *key)
{
    scoped_close int fd = -1;
    char name[80];

    file_of(key, name, sizeof(name));
    fd = openat(templates_fd, name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0)
        (void)!futimens(fd, NULL);
}

void template_forget_failures(int templates_fd, int64_t seconds)
{
    scoped_close int fd = openat(templates_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    scoped_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;

    if (!dir)
        return;
    fd = -1; /* the DIR's now */
    while ((entry = readdir(dir)))
        if (!strncmp(entry->d_name, PREFIX, strlen(PREFIX)) &&
            is_older(templates_fd, entry->d_name, seconds))
            (void)!unlinkat(templates_fd, entry->d_name, 0);
}
