/*
 * vmm/template_prune.c: removing templates.
 *
 * A template is in use while somebody has it open (its directory is locked) or runs a clone of it
 * (its RAM is held). Removing it then would break nothing, for a clone needs no file of it, but the
 * next start would have to build it again.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "vmm/base/fs.h"
#include "vmm/template_failed.h"
#include "vmm/template_private.h"

#define TEMPLATES_MAX 4096

struct candidate {
    char key[40];
    int64_t bytes, used_ns; /* allocated; when it was last opened */
    struct ram_identity ram;
    bool damaged; /* no record to be read */
};

struct candidates {
    struct candidate *list;
    size_t count;
    int64_t bytes;
};

static int64_t allocated(int dirfd, const char *name)
{
    struct stat st;

    return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? st.st_blocks * 512LL : 0;
}

static bool examine(int templates_fd, const char *name, struct candidate *ret)
{
    scoped_close int dirfd =
        openat(templates_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    scoped_json json_t *record = NULL;
    struct pyro_error ignored;
    struct stat st;

    if (dirfd < 0 || fstat(dirfd, &st) != 0)
        return false;
    *ret = (struct candidate){ .bytes = allocated(dirfd, TEMPLATE_RAM) +
                                        allocated(dirfd, TEMPLATE_STATE),
                               .used_ns = st.st_mtim.tv_sec * 1000000000LL + st.st_mtim.tv_nsec };
    snprintf(ret->key, sizeof(ret->key), "%s", name);
    record = template_read_record(dirfd, &ignored);
    ret->damaged = !record;
    snprintf(ret->ram.digest, sizeof(ret->ram.digest), "%s",
             json_string_or(record, "ram_digest", ""));
    return true;
}

static bool is_key(const char *name)
{
    return strlen(name) == RAM_DIGEST_HEX && strspn(name, "0123456789abcdef") == RAM_DIGEST_HEX;
}

static void list_all(int templates_fd, struct candidates *ret)
{
    scoped_close int fd = openat(templates_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    scoped_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;

    ret->list = calloc(TEMPLATES_MAX, sizeof(*ret->list));
    if (!dir || !ret->list)
        return;
    fd = -1; /* the DIR's now */
    while (ret->count < TEMPLATES_MAX && (entry = readdir(dir)) != NULL) {
        if (!is_key(entry->d_name) || !examine(templates_fd, entry->d_name, &ret->list[ret->count]))
            continue;
        ret->bytes += ret->list[ret->count++].bytes;
    }
}

static bool is_in_use(int templates_fd, const struct candidate *c)
{
    scoped_close int dirfd = openat(templates_fd, c->key, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    scoped_close int holder = c->damaged ? -1 : ram_find_holder(&c->ram);

    return holder >= 0 || (dirfd >= 0 && flock(dirfd, LOCK_EX | LOCK_NB) != 0);
}

static int template_prune_older_first(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    return x->used_ns < y->used_ns ? -1 : x->used_ns > y->used_ns;
}

static int64_t remove_those(int templates_fd, struct candidates *all, int64_t max_bytes,
                            bool dry_run)
{
    int64_t freed = 0;

    qsort(all->list, all->count, sizeof(*all->list), template_prune_older_first);
    for (size_t i = 0; i < all->count; i++) {
        const struct candidate *c = &all->list[i];
        bool wanted = c->damaged || all->bytes - freed > max_bytes;
        if (wanted && !is_in_use(templates_fd, c) &&
            (dry_run || template_remove(templates_fd, c->key)))
            freed += c->bytes;
    }
    return freed;
}

static void sweep_behind(int templates_fd)
{
    scoped_close int lock = fs_lock(templates_fd, TEMPLATE_BEHIND_LOCK, FS_LOCK_NOW, NULL);

    if (lock >= 0)
        template_sweep(templates_fd, TEMPLATE_BEHIND);
}

/* The build lock is held. */
static int64_t prune(int templates_fd, int64_t max_bytes, bool dry_run)
{
    struct candidates all = { 0 };
    int64_t freed;

    if (!dry_run) {
        template_sweep(templates_fd, TEMPLATE_TEMPORARY);
        sweep_behind(templates_fd);
        template_forget_failures(templates_fd, max_bytes ? TEMPLATE_FAILED_SECONDS : 0);
    }
    list_all(templates_fd, &all);
    freed = remove_those(templates_fd, &all, max_bytes, dry_run);
    free(all.list);
    return freed;
}

int64_t template_prune(const char *templates_dir, int64_t max_bytes, bool dry_run,
                       turn_tell_fn *tell, void *arg, struct pyro_error *err)
{
    scoped_close int templates_fd = open(templates_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    scoped_close int lock = -1;

    if (templates_fd < 0)
        return 0;
    lock = template_build_lock(templates_fd, tell, arg, err);
    return lock < 0 ? -1 : prune(templates_fd, max_bytes, dry_run);
}

void template_prune_old(const char *templates_dir)
{
    scoped_close int templates_fd = open(templates_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    scoped_close int lock =
        templates_fd < 0 ? -1 : fs_lock(templates_fd, TEMPLATE_BUILD_LOCK, FS_LOCK_NOW, NULL);

    if (lock >= 0)
        prune(templates_fd, TEMPLATES_BYTES_MAX, false);
}

void template_sweep(int templates_fd, const char *prefix)
{
    scoped_close int fd = openat(templates_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    scoped_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;
    struct pyro_error ignored;

    if (!dir)
        return;
    fd = -1; /* the DIR's now */
    while ((entry = readdir(dir)) != NULL)
        if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0 &&
            !fs_remove_tree(templates_fd, entry->d_name, &ignored))
            continue; /* the next one tries again */
}

bool template_remove(int templates_fd, const char *name)
{
    scoped_free char *away = str_printf(TEMPLATE_TEMPORARY "gone-%s", name);
    struct pyro_error ignored;

    if (!fs_remove_tree(templates_fd, away, &ignored))
        return false;
    /* Renamed first, so that nobody ever finds half of it. */
    if (renameat(templates_fd, name, templates_fd, away) != 0)
        return errno == ENOENT;
    return fs_remove_tree(templates_fd, away, &ignored);
}
