/*
 * engine/tree/export.c: copying a tree of a workspace to the host.
 *
 * It is written beside its place under a temporary name and renamed at the end: what appears under
 * the given name is complete.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "engine/client/handle.h"
#include "engine/file/path.h"
#include "engine/tree/session.h"
#include "engine/tree/tree.h"
#include "vmm/base/file_name.h"
#include "vmm/base/fs.h"
#include "vmm/base/tree_write.h"

#define TEMPORARY ".pyro-export-"
#define KEPT_BITS 0777 /* no set-id and no sticky bit out of a guest */
/* An image that is gone is assumed to be as large as any. */
#define DISK_BYTES_MAX (10ull << 30)
#define INODES_MAX (16u << 20)
#define SUPERBLOCK_AT 1024 /* ext4's, which starts with the inode count */

struct place {
    char *path; /* its directory part is absolute */
    char *name, *temporary;
    int dirfd;
    int temporary_fd; /* the temporary directory, locked while it is in use */
};

static void place_release(struct place *p)
{
    if (p->temporary_fd >= 0)
        close(p->temporary_fd);
    if (p->dirfd >= 0)
        close(p->dirfd);
    free(p->path);
    free(p->name);
    free(p->temporary);
}

/* The destination: its directory must exist, the name must not. */
static bool find_place(const char *output, struct place *p, struct pyro_error *err)
{
    scoped_free char *copy = str_printf("%s", output);
    scoped_free char *directory = NULL;
    size_t n = strlen(copy);
    unsigned char salt[6];
    char hex[13];
    char *slash;
    struct stat st;

    while (n > 1 && copy[n - 1] == '/')
        copy[--n] = '\0';
    slash = strrchr(copy, '/');
    p->name = str_printf("%s", slash ? slash + 1 : copy);
    if (slash)
        *slash = '\0';
    directory = realpath(!slash ? "." : slash == copy ? "/" : copy, NULL);
    if (!directory || (p->dirfd = fs_open_dir(AT_FDCWD, directory, err)) < 0) {
        pyro_fail_errno(err, "the directory of '%s'", output);
        return false;
    }
    if (!*p->name || !strcmp(p->name, ".") || !strcmp(p->name, "..") ||
        fstatat(p->dirfd, p->name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        pyro_fail(err, PYRO_NAME_TAKEN, "'%s' already exists, and nothing is overwritten", output);
        return pyro_hint(err, "give another --output, or remove it first");
    }
    if (errno != ENOENT)
        return pyro_fail_errno(err, "'%s'", output);
    random_bytes(salt, sizeof(salt));
    hex_encode(salt, sizeof(salt), hex);
    p->temporary = str_printf(TEMPORARY "%s", hex);
    p->path = str_printf("%s%s%s", directory, strcmp(directory, "/") != 0 ? "/" : "", p->name);
    return true;
}

/* Takes the lock of a temporary directory; -1 when it is in use or not ours. A set-gid parent
 * passes its bit on: only the permissions count. */
static int lock_temporary(int dirfd, const char *name)
{
    int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat st, now;

    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) == 0 &&
        st.st_uid == geteuid() && (st.st_mode & 0777) == 0700 &&
        fstatat(dirfd, name, &now, AT_SYMLINK_NOFOLLOW) == 0 && now.st_ino == st.st_ino)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Leftovers of killed exports in the same directory: with a name and mode of ours, and not in
 * use. */
static void sweep(const struct place *p)
{
    int copy = openat(p->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    scoped_dir DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    struct dirent *d;

    if (copy >= 0 && !dir)
        close(copy);
    while (dir && (d = readdir(dir))) {
        size_t n = strlen(TEMPORARY);
        int fd;
        if (strncmp(d->d_name, TEMPORARY, n) != 0 || strlen(d->d_name) != n + 12 ||
            strspn(d->d_name + n, "0123456789abcdef") != 12 ||
            (fd = lock_temporary(p->dirfd, d->d_name)) < 0)
            continue;
        fs_discard_tree(p->dirfd, d->d_name);
        close(fd);
    }
}

/* A directory that only this user can read, whatever is written there. */
static bool make_temporary(struct place *p, struct pyro_error *err)
{
    mode_t mask;
    bool made;

    sweep(p);
    mask = umask(0); /* 0700 is what lock_temporary() requires, whatever the user's umask is */
    made = mkdirat(p->dirfd, p->temporary, 0700) == 0;
    umask(mask);
    if (!made)
        return pyro_fail_errno(err, "create '%s'", p->path);
    p->temporary_fd = lock_temporary(p->dirfd, p->temporary);
    return p->temporary_fd >= 0 ||
           pyro_fail(err, PYRO_IO, "create '%s': its temporary directory was removed", p->path);
}

static void discard(const struct place *p, struct pyro_error *err)
{
    struct pyro_error why = { 0 };

    if (!fs_remove_tree(p->dirfd, p->temporary, &why) && err)
        pyro_hint(err, "what was written so far is beside the output as '%s'; remove it",
                  p->temporary);
}

/* The entries the guest skipped, checked only for being texts. */
static void take_skipped(const json_t *line, struct tree_skipped *ret)
{
    json_t *paths = json_object_get(line, "skipped"), *path;
    size_t i;

    ret->count = (uint64_t)json_int_or(line, "skipped_count", 0);
    ret->paths = json_array();
    json_array_foreach (paths, i, path)
        if (json_is_string(path))
            json_array_append(ret->paths, path);
}

/* The size the guest announces, and whether the host has room for it. */
static bool take_counts(struct tree_session *t, const struct place *p, struct tree_counts *ret,
                        struct tree_skipped *ret_skipped, struct pyro_error *err)
{
    scoped_json json_t *line = tree_session_line(t, err);
    struct tree_counts c = { 0 };
    struct statvfs v;

    if (!line || !tree_line_number(line, "entries", &c.entries, err) ||
        !tree_line_number(line, "bytes", &c.bytes, err) ||
        !tree_line_number(line, "data_bytes", &c.data_bytes, err))
        return false;
    c.block_bytes = c.data_bytes;
    *ret = c;
    take_skipped(line, ret_skipped);
    if (fstatvfs(p->dirfd, &v) == 0 && tree_cost(&c) > (uint64_t)v.f_bavail * v.f_frsize)
        return pyro_fail(err, PYRO_NO_SPACE,
                         "'%s' does not fit: %llu bytes in %llu entries, with room for %llu bytes",
                         p->path, (unsigned long long)c.data_bytes, (unsigned long long)c.entries,
                         (unsigned long long)v.f_bavail * v.f_frsize);
    return true;
}

/* An upper bound on a tree of this workspace, whatever its guest says: the contents of a full disk
 * of the machine, with a block for each of its inodes. Without a disk there is no such bound. */
static struct tree_room most(const struct workspace_record *r)
{
    struct tree_room most = { r->host_compat ? 0 : DISK_BYTES_MAX, INODES_MAX };
    scoped_close int fd = r->base_path ? open(r->base_path, O_RDONLY | O_CLOEXEC) : -1;
    uint8_t bytes[4];
    struct reader in = reader_of(bytes, sizeof(bytes));
    uint32_t inodes;
    struct stat st;

    if (fd >= 0 && fstat(fd, &st) == 0 &&
        fs_pread_full(fd, bytes, sizeof(bytes), SUPERBLOCK_AT) == sizeof(bytes) &&
        rd_u32(&in, &inodes) && inodes)
        most = (struct tree_room){ (uint64_t)st.st_size, inodes };
    if (most.bytes)
        most.bytes += most.entries * TREE_BLOCK_BYTES;
    return most;
}

/* Moves it into place. Only a writable directory can get another parent. */
static bool move_into_place(const struct place *p, struct pyro_error *err)
{
    struct stat st;
    bool ok = renameat2(p->temporary_fd, p->name, p->dirfd, p->name, RENAME_NOREPLACE) == 0;

    if (!ok && errno == EACCES &&
        fstatat(p->temporary_fd, p->name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode) &&
        fchmodat(p->temporary_fd, p->name, 0700, 0) == 0) {
        ok = renameat2(p->temporary_fd, p->name, p->dirfd, p->name, RENAME_NOREPLACE) == 0;
        ok = ok && fchmodat(p->dirfd, p->name, st.st_mode & 07777, 0) == 0;
    }
    return ok || pyro_fail_errno(err, "'%s'", p->path);
}

/* What has arrived. */
struct received {
    enum tree_type root;
    struct tree_counts counts;
    struct tree_skipped skipped;
};

static bool receive(struct tree_session *t, const struct place *p, struct tree_room room,
                    const struct progress *progress, struct received *ret, struct pyro_error *err)
{
    mode_t mask = umask(0); /* the process's own: read, and put into the modes of what is written */
    struct tree_counts all;
    struct tree_telling telling = { progress, "receiving", &all };
    struct tree_write w = { .dirfd = p->temporary_fd,
                            .name = p->name,
                            .label = p->path,
                            .mode_mask = KEPT_BITS & ~mask,
                            .max_bytes = room.bytes,
                            .max_entries = room.entries,
                            .progress = tree_tell,
                            .arg = &telling,
                            .ret_root = &ret->root };
    struct tree_input in;
    bool ok;

    tree_session_end(t);
    ok = take_counts(t, p, &all, &ret->skipped, err) &&
         tree_input_init(&in, tree_session_read, t, err);
    if (ok) {
        ok = tree_write(&w, &in, &ret->counts, err) && tree_session_finish(t, err);
        tree_input_release(&in);
    }
    umask(mask);
    return ok && move_into_place(p, err);
}

static json_t *export_to(const struct workspace_handle *o, const char *below, const struct place *p,
                         const struct progress *progress, struct pyro_error *err)
{
    scoped_json json_t *request =
        json_pack("{s:s, s:o}", "op", "tree_read", "path", name_to_json("", below));
    scoped_free char *shown = file_path_show(below);
    struct received got = { .root = TREE_DIRECTORY };
    scoped_record struct workspace_record r = { 0 };
    struct tree_session t;
    json_t *result = NULL;
    bool ok;

    if (!record_load(o->dir_fd, o->id, &r, err))
        return NULL;
    if (!request)
        pyro_no_memory(err, NULL);
    if (!request || !tree_session_open(&t, o, request, err))
        return NULL;
    ok = receive(&t, p, most(&r), progress, &got, err);
    tree_session_release(&t);
    if (ok) {
        tree_skipped_note(&got.skipped, shown, progress);
        result = json_pack(
            "{s:s, s:o, s:o, s:s, s:I, s:I, s:I, s:s}", "workspace_id", o->id, "workspace_path",
            name_to_json("", shown), "output_path", name_to_json("", p->path), "artifact_type",
            got.root == TREE_FILE      ? "file"
            : got.root == TREE_SYMLINK ? "symlink"
                                       : "directory",
            "entry_count", (json_int_t)got.counts.entries, "bytes_written",
            (json_int_t)got.counts.bytes, "skipped_count", (json_int_t)got.skipped.count,
            "execution_mode", execution_modes[r.host_compat]);
    }
    tree_skipped_release(&got.skipped);
    return result;
}

json_t *workspace_export(const char *ref, const char *path, const char *output,
                         const struct progress *progress, struct pyro_error *err)
{
    scoped_free char *below = file_path_parse(path, err);
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    struct place p = { .dirfd = -1, .temporary_fd = -1 };
    json_t *result = NULL;

    if (below && find_place(output, &p, err) && workspace_open(ref, &o, err) &&
        make_temporary(&p, err)) {
        result = export_to(&o, below, &p, progress, err);
        discard(&p, result ? NULL : err);
    }
    place_release(&p);
    return result;
}
