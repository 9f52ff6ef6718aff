/* engine/state/base.c: linking, copying and finding the base images of workspaces. */
#include "engine/state/base.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/state/digest.h"
#include "engine/state/file_share.h"
#include "engine/state/paths.h"
#include "vmm/base/fs.h"
#include "vmm/base/turn.h"

#define SUFFIX ".ext4"
#define LOCK_FILE ".lock"
#define TEMPORARY ".tmp-"
#define DIGEST_PREFIX "xxh3:"
#define DIGEST_DIGITS 32
#define MODE 0444
#define COPY_WAIT_MS (15 * 60 * 1000) /* gigabytes, where the cache is another file system */

/* HEX.ext4; NULL for an invalid digest. */
static char *name_of(const char *digest, struct pyro_error *err)
{
    const char *hex = digest + strlen(DIGEST_PREFIX);

    if (strncmp(digest, DIGEST_PREFIX, strlen(DIGEST_PREFIX)) != 0 ||
        strlen(hex) != DIGEST_DIGITS || strspn(hex, "0123456789abcdef") != DIGEST_DIGITS)
        return pyro_fail(err, PYRO_RECORD_INVALID, "'%s' is not the digest of an image", digest);
    return str_printf("%s" SUFFIX, hex);
}

char *base_path_of(const char *digest, struct pyro_error *err)
{
    scoped_free char *name = name_of(digest, err);
    scoped_free char *directory = name ? paths_bases(err) : NULL;

    return directory ? str_printf("%s/%s", directory, name) : NULL;
}

/* Whether the file kept under a name is this image, or a copy made of it. */
static bool is_copy(int bases_fd, const char *name, const struct stat *image)
{
    struct stat st;

    if (fstatat(bases_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
        return false;
    return (st.st_dev == image->st_dev && st.st_ino == image->st_ino) ||
           (st.st_size == image->st_size && st.st_mtim.tv_sec == image->st_mtim.tv_sec &&
            st.st_mtim.tv_nsec == image->st_mtim.tv_nsec);
}

/* A link where possible, else a copy; under a temporary name first, so that nothing ever finds half
 * of it. A pull does not wait for the disk, so this does, before a workspace depends on the image. */
static bool place(int image_fd, int bases_fd, const char *name)
{
    unsigned char bytes[6];
    char hex[13];
    scoped_free char *temporary = NULL;
    bool ok;

    random_bytes(bytes, sizeof(bytes));
    hex_encode(bytes, sizeof(bytes), hex);
    temporary = str_printf(TEMPORARY "%s", hex);
    ok = fsync(image_fd) == 0 && file_share(image_fd, bases_fd, temporary) &&
         fchmodat(bases_fd, temporary, MODE, 0) == 0 &&
         renameat(bases_fd, temporary, bases_fd, name) == 0 && fsync(bases_fd) == 0;
    if (!ok) {
        int why = errno;
        unlinkat(bases_fd, temporary, 0);
        errno = why;
        return false;
    }
    /* If another process was faster, both names are the same file, which rename(2) leaves alone. */
    unlinkat(bases_fd, temporary, 0);
    return true;
}

char *base_keep(const char *image_path, const char *digest, struct pyro_error *err)
{
    scoped_free char *name = name_of(digest, err);
    scoped_free char *directory = name ? paths_bases(err) : NULL;
    scoped_close int image_fd = -1,
                     bases_fd = directory ? fs_open_dir(AT_FDCWD, directory, err) : -1;
    struct stat image;

    if (bases_fd < 0)
        return NULL;
    image_fd = open(image_path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (image_fd < 0 || fstat(image_fd, &image) != 0)
        return pyro_fail_errno(err, "open '%s'", image_path);
    if (!S_ISREG(image.st_mode))
        return pyro_fail(err, PYRO_ENVIRONMENT_BROKEN, "'%s' is not a regular file", image_path);
    if (!is_copy(bases_fd, name, &image) && !place(image_fd, bases_fd, name))
        return pyro_fail_errno(err, "keep the base image in '%s'", directory);
    return str_printf("%s/%s", directory, name);
}

static bool has_digest(const char *path, const char *digest)
{
    scoped_close int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    char found[DIGEST_TEXT_BYTES];

    return fd >= 0 && digest_file(fd, found, NULL) && !strcmp(found, digest);
}

void base_update_path(char **path, const char *digest)
{
    scoped_free char *kept = *path && digest ? base_path_of(digest, NULL) : NULL;
    char *now = NULL;

    if (!kept || !strcmp(kept, *path))
        return;
    if (access(kept, R_OK) == 0)
        now = take_ptr(&kept);
    else if (has_digest(*path, digest))
        now = base_keep(*path, digest, NULL);
    if (!now)
        return;
    free(*path);
    *path = now;
}

int base_lock(turn_tell_fn *tell, void *arg, struct pyro_error *err)
{
    const struct turn turn = { .work = "copies or removes an environment's image",
                               .limit_ms = COPY_WAIT_MS,
                               .tell = tell,
                               .arg = arg };
    scoped_free char *directory = paths_bases(err);
    scoped_free char *path = directory ? str_printf("%s/" LOCK_FILE, directory) : NULL;

    return path ? turn_wait(AT_FDCWD, path, &turn, err) : -1;
}

bool base_each(base_each_fn *fn, void *arg, struct pyro_error *err)
{
    scoped_free char *directory = paths_bases(err);
    scoped_dir DIR *dir = directory ? opendir(directory) : NULL;
    const struct dirent *entry;
    bool ok = true;

    if (!dir)
        return directory ? pyro_fail_errno(err, "read '%s'", directory) : false;
    while (ok && (entry = readdir(dir))) {
        size_t n = strlen(entry->d_name), suffix = strlen(SUFFIX);
        bool ours = !strncmp(entry->d_name, TEMPORARY, strlen(TEMPORARY)) ||
                    (n == DIGEST_DIGITS + suffix && !strcmp(entry->d_name + n - suffix, SUFFIX));
        scoped_free char *path = str_printf("%s/%s", directory, entry->d_name);
        if (ours)
            ok = fn(arg, path);
    }
    return ok;
}
