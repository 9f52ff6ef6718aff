/* guest/file_commit.c: changes to files, all or none. */
#include "guest/file_commit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "guest/file_stage.h"
#include "guest/guest.h"
#include "vmm/base/fs.h"

#define NEW_FILE_MODE 0644
#define NEW_DIR_MODE 0755

enum step_kind { STEP_REMOVED, STEP_EXCHANGED, STEP_CREATED, STEP_DIR_MADE, STEP_DIR_REMOVED };

struct file_step {
    enum step_kind kind;
    unsigned change;  /* of a file */
    char *path;       /* of a directory */
    struct stat stat; /* of a directory that was removed */
};

struct number_name {
    char text[16];
};

static const char *staged_name(struct number_name *space, unsigned change)
{
    snprintf(space->text, sizeof(space->text), "%u", change);
    return space->text;
}

void file_commit_init(struct file_commit *c, int root, bool survives)
{
    *c =
        (struct file_commit){ .root = root, .survives = survives, .stage_parent = -1, .stage = -1 };
}

/* --- the stage --- */

static void strip_last(char *path)
{
    char *slash = strrchr(path, '/');

    *(slash ? slash : path) = '\0';
}

static void forget_stage(struct file_commit *c)
{
    if (c->survives && c->stage_name[0])
        file_stage_forget(c->stage_name);
    c->stage_name[0] = '\0';
}

bool file_commit_stage(struct file_commit *c, const char *base, struct pyro_error *err)
{
    uint8_t random[8];

    snprintf(c->stage_parent_path, sizeof(c->stage_parent_path), "%s", base);
    while ((c->stage_parent = file_open_beneath(c->root, c->stage_parent_path,
                                                O_RDONLY | O_DIRECTORY, err)) < 0) {
        if ((errno != ENOENT && errno != ENOTDIR) || !*c->stage_parent_path)
            return false;
        strip_last(c->stage_parent_path);
    }
    random_bytes(random, sizeof(random));
    memcpy(c->stage_name, FILE_STAGE_PREFIX, strlen(FILE_STAGE_PREFIX));
    hex_encode(random, sizeof(random), c->stage_name + strlen(FILE_STAGE_PREFIX));
    if (c->survives)
        file_stage_note(c->stage_name, c->stage_parent_path);
    if (mkdirat(c->stage_parent, c->stage_name, 0700) != 0) {
        pyro_fail_errno(err, "write in '" WORKSPACE_DIR "/%.400s'", c->stage_parent_path);
        forget_stage(c);
        return false;
    }
    c->stage =
        openat(c->stage_parent, c->stage_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return c->stage >= 0 || pyro_fail_errno(err, "open '%s'", c->stage_name);
}

static void remove_stage(struct file_commit *c)
{
    if (c->stage >= 0)
        close(take_fd(&c->stage));
    if (c->stage_parent >= 0 && c->stage_name[0] && !c->keep_stage)
        fs_discard_tree(c->stage_parent, c->stage_name);
    forget_stage(c);
    if (c->stage_parent >= 0)
        close(take_fd(&c->stage_parent));
}

void file_commit_release(struct file_commit *c)
{
    remove_stage(c);
    for (unsigned i = 0; i < c->change_count; i++)
        free(c->changes[i].path);
    for (unsigned i = 0; i < c->step_count; i++)
        free(c->steps[i].path);
    free(c->changes);
    free(c->steps);
    if (c->root >= 0)
        close(c->root);
    file_commit_init(c, -1, false);
}

/* Room for one more of size bytes in an array. */
static bool grow(void **array, unsigned count, unsigned *capacity, size_t size)
{
    unsigned more = *capacity ? *capacity * 2 : 16;
    void *moved;

    if (count < *capacity)
        return true;
    moved = reallocarray(*array, more, size);
    if (!moved)
        return false;
    *array = moved;
    *capacity = more;
    return true;
}

struct file_change *file_commit_add(struct file_commit *c, char *path, struct pyro_error *err)
{
    if (c->change_count >= FILE_CHANGES_MAX ||
        !grow((void **)&c->changes, c->change_count, &c->change_capacity, sizeof(*c->changes))) {
        free(path);
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "too many files at once, or out of memory");
    }
    c->changes[c->change_count] = (struct file_change){ .path = path };
    return &c->changes[c->change_count++];
}

int file_commit_open(struct file_commit *c, struct pyro_error *err)
{
    struct number_name name;
    int fd = openat(c->stage, staged_name(&name, c->change_count - 1),
                    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0)
        pyro_fail_errno(err, "write in '" WORKSPACE_DIR "/%.400s'", c->stage_parent_path);
    return fd;
}

bool file_commit_link(struct file_commit *c, const char *target, struct pyro_error *err)
{
    struct number_name name;

    return symlinkat(target, c->stage, staged_name(&name, c->change_count - 1)) == 0 ||
           pyro_fail_errno(err, "write in '" WORKSPACE_DIR "/%.400s'", c->stage_parent_path);
}

/* --- checks --- */

static bool changed(const struct file_change *change, struct pyro_error *err)
{
    return pyro_fail(err, PYRO_WORKSPACE_BUSY,
                     "'" WORKSPACE_DIR
                     "/%.400s' was changed meanwhile; nothing was written: try again",
                     change->path);
}

static bool check_kind(const struct file_change *change, const struct stat *st,
                       struct pyro_error *err)
{
    const char *path = change->path;

    if (S_ISREG(st->st_mode))
        return true;
    if (S_ISDIR(st->st_mode))
        return pyro_fail(err, PYRO_WRONG_FILE_TYPE, "'" WORKSPACE_DIR "/%.400s' is a directory",
                         path);
    if (!S_ISLNK(st->st_mode))
        return pyro_fail(err, PYRO_WRONG_FILE_TYPE,
                         "'" WORKSPACE_DIR "/%.400s' is not a regular file", path);
    return pyro_fail(err, PYRO_PATH_REFUSED,
                     "'" WORKSPACE_DIR "/%.400s' is a symbolic link, and links are not followed: "
                     "name the file it leads to, or remove the link first",
                     path);
}

/* What is new in /workspace is its owner's (exec --user). */
static bool hand_over(const struct file_commit *c, int dirfd, const char *name)
{
    struct stat st;

    return fstat(c->root, &st) != 0 || st.st_uid == geteuid() ||
           fchownat(dirfd, name, st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW) == 0;
}

/* A staged file gets the mode and, as far as allowed, the owner of the file it replaces. */
static bool set_mode(struct file_commit *c, unsigned i, const struct stat *old,
                     struct pyro_error *err)
{
    const struct file_change *change = &c->changes[i];
    mode_t mode = change->mode != FILE_MODE_KEEP ? change->mode & 07777
                  : old                          ? old->st_mode & 07777
                                                 : NEW_FILE_MODE;
    struct number_name name;

    staged_name(&name, i);
    if (!(old ? fchownat(c->stage, name.text, old->st_uid, old->st_gid, AT_SYMLINK_NOFOLLOW) == 0
              : hand_over(c, c->stage, name.text)) &&
        errno != EPERM)
        return pyro_fail_errno(err, "owner of '" WORKSPACE_DIR "/%.400s'", change->path);
    if (change->action == FILE_WRITE && fchmodat(c->stage, name.text, mode, 0) != 0)
        return pyro_fail_errno(err, "mode of '" WORKSPACE_DIR "/%.400s'", change->path);
    return true;
}

/* Looks at the path before the change: *ret_there, *ret. */
static bool look(struct file_commit *c, const struct file_change *change, bool *ret_there,
                 struct stat *ret, struct pyro_error *err)
{
    struct pyro_error why = { 0 };
    const char *name;
    scoped_close int parent = file_open_parent(c->root, change->path, &name, &why);

    *ret_there = parent >= 0 && fstatat(parent, name, ret, AT_SYMLINK_NOFOLLOW) == 0;
    /* A link in the way may be one that the same request removes before this is created. */
    if (*ret_there || errno == ENOENT || errno == ENOTDIR ||
        (errno == ELOOP && change->expect == FILE_EXPECT_NONE))
        return true;
    if (parent >= 0)
        pyro_fail_errno(&why, "'" WORKSPACE_DIR "/%.400s'", change->path);
    return pyro_copy(err, &why);
}

static bool is_same(const struct file_change *change, const struct stat *st)
{
    return change->inode == st->st_ino && change->ctime_ns == file_ctime_ns(st) &&
           change->size_bytes == (uint64_t)st->st_size;
}

static bool prepare(struct file_commit *c, unsigned i, struct pyro_error *err)
{
    struct file_change *change = &c->changes[i];
    struct stat st;
    bool there;

    if (!*change->path)
        return pyro_fail(err, PYRO_WRONG_FILE_TYPE, "'" WORKSPACE_DIR "' is a directory");
    if (!look(c, change, &there, &st, err))
        return false;
    if (change->expect == FILE_EXPECT_SAME && (!there || !is_same(change, &st)))
        return changed(change, err);
    if (change->expect == FILE_EXPECT_ANY && there && !check_kind(change, &st, err))
        return false;
    if (change->action == FILE_REMOVE)
        return there || changed(change, err);
    change->replaces = there && change->expect != FILE_EXPECT_NONE;
    change->inode = change->replaces ? st.st_ino : 0;
    return set_mode(c, i, change->replaces ? &st : NULL, err);
}

bool file_commit_check(struct file_commit *c, struct pyro_error *err)
{
    for (unsigned i = 0; i < c->change_count; i++)
        if (!prepare(c, i, err))
            return false;
    return true;
}

unsigned file_commit_open_unsynced(struct file_commit *c, int *ret_fds, unsigned max)
{
    unsigned count = 0;

    for (; c->synced < c->change_count && count < max; c->synced++) {
        struct number_name name;
        int fd;
        if (c->changes[c->synced].action != FILE_WRITE)
            continue;
        fd = openat(c->stage, staged_name(&name, c->synced), O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
        if (fd >= 0)
            ret_fds[count++] = fd;
    }
    return count;
}

/* --- the steps --- */

static struct file_step *add_step(struct file_commit *c, enum step_kind kind, unsigned change)
{
    c->steps[c->step_count] = (struct file_step){ .kind = kind, .change = change };
    return &c->steps[c->step_count++];
}

/* Before each step, so that a step can always be recorded. */
static bool reserve_step(struct file_commit *c, struct pyro_error *err)
{
    return grow((void **)&c->steps, c->step_count, &c->step_capacity, sizeof(*c->steps)) ||
           pyro_no_memory(err, "file write");
}

static bool fail_rename(struct file_commit *c, const struct file_change *change,
                        struct pyro_error *err)
{
    int number = errno;
    struct stat st;
    bool there;

    if (number == EEXIST && look(c, change, &there, &st, err) && there && S_ISDIR(st.st_mode))
        return pyro_fail(err, PYRO_WRONG_FILE_TYPE,
                         "'" WORKSPACE_DIR "/%.400s' is a directory, and it is not empty",
                         change->path);
    errno = number;
    if (errno == EXDEV)
        return pyro_fail(err, PYRO_GUEST_ERROR,
                         "'" WORKSPACE_DIR
                         "/%.400s' is on another file system than the other files of the change",
                         change->path);
    if (errno == EEXIST)
        return pyro_fail(err, PYRO_WORKSPACE_BUSY, "'" WORKSPACE_DIR "/%.400s' is there already",
                         change->path);
    return pyro_fail_errno(err, "'" WORKSPACE_DIR "/%.400s'", change->path);
}

/* Directories emptied by a removal go too, as with git; /workspace stays. */
static void remove_emptied(struct file_commit *c, const char *path)
{
    char at[FILE_PATH_MAX + 1];

    snprintf(at, sizeof(at), "%s", path);
    for (strip_last(at); *at; strip_last(at)) {
        struct file_step *step;
        const char *name;
        scoped_close int parent = file_open_parent(c->root, at, &name, NULL);
        char *copy = strdup(at);
        struct stat st;
        if (parent < 0 || !copy || !reserve_step(c, NULL) ||
            fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
            unlinkat(parent, name, AT_REMOVEDIR) != 0) {
            free(copy);
            return;
        }
        step = add_step(c, STEP_DIR_REMOVED, 0);
        step->path = copy;
        step->stat = st;
    }
}

static bool remove_file(struct file_commit *c, unsigned i, struct pyro_error *err)
{
    const struct file_change *change = &c->changes[i];
    struct number_name staged;
    const char *name;
    scoped_close int parent = file_open_parent(c->root, change->path, &name, err);

    if (parent < 0 || !reserve_step(c, err))
        return false;
    if (renameat(parent, name, c->stage, staged_name(&staged, i)) != 0)
        return fail_rename(c, change, err);
    add_step(c, STEP_REMOVED, i);
    remove_emptied(c, change->path);
    return true;
}

/* Creates the missing directories of a path. */
static bool make_parents(struct file_commit *c, const char *path, struct pyro_error *err)
{
    char at[FILE_PATH_MAX + 1];

    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        scoped_free char *copy = NULL;
        scoped_close int parent = -1;
        const char *name;
        memcpy(at, path, (size_t)(slash - path));
        at[slash - path] = '\0';
        copy = strdup(at);
        if (!copy || !reserve_step(c, err))
            return pyro_no_memory(err, "file write");
        parent = file_open_parent(c->root, at, &name, err);
        if (parent < 0)
            return false;
        if (mkdirat(parent, name, NEW_DIR_MODE) != 0) {
            if (errno == EEXIST)
                continue;
            return pyro_fail_errno(err, "make '" WORKSPACE_DIR "/%.400s'", at);
        }
        if (!hand_over(c, parent, name))
            guest_log(WORKSPACE_DIR "/%.400s: errno %d", at, errno);
        add_step(c, STEP_DIR_MADE, 0)->path = take_ptr(&copy);
    }
    return true;
}

static bool put_file(struct file_commit *c, unsigned i, struct pyro_error *err)
{
    struct file_change *change = &c->changes[i];
    struct number_name staged;
    struct stat st;
    const char *name;
    scoped_close int parent = -1;

    if (!change->replaces && !make_parents(c, change->path, err))
        return false;
    parent = file_open_parent(c->root, change->path, &name, err);
    if (parent < 0 || !reserve_step(c, err))
        return false;
    staged_name(&staged, i);
    if (renameat2(c->stage, staged.text, parent, name,
                  change->replaces ? RENAME_EXCHANGE : RENAME_NOREPLACE) != 0)
        return fail_rename(c, change, err);
    add_step(c, change->replaces ? STEP_EXCHANGED : STEP_CREATED, i);
    /* Whether the replaced file is the one looked at: nobody put another there in between. */
    if (change->replaces && (fstatat(c->stage, staged.text, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
                             st.st_ino != change->inode))
        return changed(change, err);
    return true;
}

/* --- taking back --- */

static bool undo_dir(struct file_commit *c, const struct file_step *step)
{
    const char *name;
    scoped_close int parent = file_open_parent(c->root, step->path, &name, NULL);

    if (parent < 0)
        return false;
    if (step->kind == STEP_DIR_MADE)
        return unlinkat(parent, name, AT_REMOVEDIR) == 0;
    return mkdirat(parent, name, 0700) == 0 &&
           (fchownat(parent, name, step->stat.st_uid, step->stat.st_gid, AT_SYMLINK_NOFOLLOW) ==
                0 ||
            errno == EPERM) &&
           fchmodat(parent, name, step->stat.st_mode & 07777, 0) == 0;
}

static bool undo_file(struct file_commit *c, const struct file_step *step)
{
    struct number_name staged;
    const char *name;
    scoped_close int parent = file_open_parent(c->root, c->changes[step->change].path, &name, NULL);
    unsigned flags = step->kind == STEP_EXCHANGED ? RENAME_EXCHANGE : RENAME_NOREPLACE;

    staged_name(&staged, step->change);
    if (parent < 0)
        return false;
    if (step->kind == STEP_CREATED)
        return renameat2(parent, name, c->stage, staged.text, flags) == 0;
    return renameat2(c->stage, staged.text, parent, name, flags) == 0;
}

static void undo(struct file_commit *c, struct pyro_error *err)
{
    while (c->step_count) {
        struct file_step *step = &c->steps[--c->step_count];
        bool ok = step->path ? undo_dir(c, step) : undo_file(c, step);
        if (!ok) {
            /* Files that could not be put back stay in the stage. */
            pyro_wrap(err, "'" WORKSPACE_DIR "/%.200s' could not be put back from '%s'",
                      step->path ? step->path : c->changes[step->change].path, c->stage_name);
            c->keep_stage = true;
        }
        free(take_ptr(&step->path));
    }
}

bool file_commit_rename(struct file_commit *c, struct pyro_error *err)
{
    bool ok = true, removed = false;

    /* Removals first: new files may need their names. */
    for (unsigned i = 0; ok && i < c->change_count; i++)
        if (c->changes[i].action == FILE_REMOVE)
            ok = removed = remove_file(c, i, err);
    for (unsigned i = 0; ok && i < c->change_count; i++)
        if (c->changes[i].action != FILE_REMOVE)
            ok = put_file(c, i, err);
    if (!ok) {
        undo(c, err);
        return false;
    }
    remove_stage(c);
    if (removed && *c->stage_parent_path) {
        char below[sizeof(c->stage_parent_path) + 2];
        snprintf(below, sizeof(below), "%s/x", c->stage_parent_path);
        remove_emptied(c, below);
    }
    return true;
}
