/*
 * guest/tree.c: trees in and out of the workspace as a stream.
 *
 * A writing command first says how much room there is, in a line of JSON on its standard output,
 * and waits for the stream; a second line says what it wrote. A reading one first scans the whole
 * tree, says how large it is, and then writes the stream. An error is a line of JSON on standard
 * error.
 */
#include "guest/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <unistd.h>

#include "guest/exec.h"
#include "vmm/base/file_name.h"
#include "vmm/base/fs.h"
#include "vmm/base/tree_walk.h"
#include "vmm/base/tree_write.h"

#define DESTINATION_MODE 0755
#define ALL_BITS "7777"
#define NO_SET_ID "0777"
#define BEAT_SECONDS 5

/* --- the requests --- */

static bool start(struct guest *g, uint32_t id, const char *verb, const json_t *request,
                  struct pyro_error *err)
{
    const char *text, *root = g->host_dir ? g->host_dir : WORKSPACE_DIR;
    scoped_free char *path = NULL;

    if (!json_get_string(request, "path", &text, err) || !(path = name_given(text, err)))
        return false;
    if (*path && !beneath_is_plain(path, strlen(path)))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "'path' is not below " WORKSPACE_DIR);
    return exec_run_self(g, id,
                         (const char *const[]){ "--tree", verb, root, path,
                                                g->host_dir ? NO_SET_ID : ALL_BITS, NULL },
                         err);
}

bool tree_op_write(struct guest *g, uint32_t id, const json_t *request, struct pyro_error *err)
{
    return start(g, id, "write", request, err);
}

bool tree_op_read(struct guest *g, uint32_t id, const json_t *request, struct pyro_error *err)
{
    return start(g, id, "read", request, err);
}

/* --- the command --- */

struct tree_command {
    int rootfd;
    const char *path; /* below the root; "": the root */
    char *label;      /* its name in errors */
    uint32_t mode_mask;
};

static bool say(int fd, json_t *line, struct pyro_error *err)
{
    scoped_free char *text = line ? json_compact(line) : NULL;

    json_decref(line);
    if (!text)
        return pyro_no_memory(err, NULL);
    return fs_write_all(fd, text, strlen(text), err) && fs_write_all(fd, "\n", 1, err);
}

static bool say_counts(const struct tree_counts *c, const struct tree_skipped *skipped,
                       struct pyro_error *err)
{
    return say(STDOUT_FILENO,
               json_pack("{s:I, s:I, s:I, s:I, s:O*}", "entries", (json_int_t)c->entries, "bytes",
                         (json_int_t)c->bytes, "data_bytes", (json_int_t)c->data_bytes,
                         "skipped_count", (json_int_t)skipped->count, "skipped", skipped->paths),
               err);
}

static bool say_room(const struct tree_command *c, struct pyro_error *err)
{
    struct statvfs v;

    if (fstatvfs(c->rootfd, &v) != 0)
        return pyro_fail_errno(err, "'%s'", WORKSPACE_DIR);
    return say(STDOUT_FILENO,
               json_pack("{s:I, s:I}", "free_bytes", (json_int_t)(v.f_bavail * v.f_frsize),
                         "free_entries", (json_int_t)v.f_favail),
               err);
}

static bool fail_at(const struct tree_command *c, struct pyro_error *err)
{
    if (errno == ELOOP)
        return pyro_fail(err, PYRO_CONTENT_REFUSED,
                         "'%s': a symbolic link is in its way, and links are not followed",
                         c->label);
    if (errno == ENOENT)
        return pyro_fail(err, PYRO_FILE_NOT_FOUND, "there is no '%s'", c->label);
    return pyro_fail_errno(err, "'%s'", c->label);
}

/* A directory of that path, if it is missing; false with errno. */
static bool make_directory(const struct tree_command *c, const char *path, const struct stat *owner)
{
    const char *name;
    scoped_close int parent = beneath_open_parent(c->rootfd, path, 0, &name);

    if (parent < 0)
        return false;
    if (mkdirat(parent, name, DESTINATION_MODE) != 0)
        return errno == EEXIST;
    return !owner || fchownat(parent, name, owner->st_uid, owner->st_gid, AT_SYMLINK_NOFOLLOW) == 0;
}

/* With its parents; false with errno. */
static bool make_destination(const struct tree_command *c, const struct stat *owner)
{
    scoped_free char *path = strdup(c->path);
    bool ok = path != NULL;

    for (char *slash = path; ok && (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        ok = make_directory(c, path, owner);
        *slash = '/';
    }
    return ok && make_directory(c, path, owner);
}

/* The destination, created if missing. */
static int open_destination(const struct tree_command *c, const struct stat *owner,
                            struct pyro_error *err)
{
    int fd = beneath_open(c->rootfd, c->path, O_RDONLY | O_DIRECTORY, 0);

    if (fd < 0 && errno == ENOENT && make_destination(c, owner))
        fd = beneath_open(c->rootfd, c->path, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0)
        fail_at(c, err);
    return fd;
}

static ssize_t tree_read_stream(void *arg, void *bytes, size_t n, struct pyro_error *err)
{
    const int *fd = arg;
    ssize_t got;

    do
        got = read(*fd, bytes, n);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        pyro_fail_errno(err, "read the stream of files");
    return got;
}

static bool tree_write_stream(void *arg, const void *bytes, size_t n, struct pyro_error *err)
{
    return fs_write_all(*(const int *)arg, bytes, n, err);
}

static bool write_tree(const struct tree_command *c, struct pyro_error *err)
{
    struct tree_write w = {
        .dirfd = -1, .label = c->label, .mode_mask = c->mode_mask, .replace = true
    };
    scoped_close int destination = -1;
    const struct tree_skipped none = { 0 };
    struct tree_counts counts;
    struct tree_input in;
    struct stat owner;
    int fd = STDIN_FILENO;
    bool ok;

    /* What is made in /workspace is its owner's (exec --user). */
    if (fstat(c->rootfd, &owner) == 0 && owner.st_uid != geteuid())
        w.owner = &owner;
    if (!say_room(c, err) || !tree_input_init(&in, tree_read_stream, &fd, err))
        return false;
    /* Nothing is created before data comes. */
    ok = tree_input_wait(&in, err) && (destination = open_destination(c, w.owner, err)) >= 0;
    w.dirfd = destination;
    ok = ok && tree_write(&w, &in, &counts, err);
    tree_input_release(&in);
    if (ok && syncfs(destination) != 0)
        return pyro_fail_errno(err, "'%s'", c->label);
    return ok && say_counts(&counts, &none, err);
}

static bool send_tree(const struct tree_command *c, struct tree_walk *w, struct pyro_error *err)
{
    scoped_tree_skipped skipped = { 0 };
    struct tree_counts counts;
    struct tree_output out;
    int fd = STDOUT_FILENO;
    bool ok;

    w->skipped = &skipped;
    if (!tree_walk(w, &counts, err) || !say_counts(&counts, &skipped, err) ||
        !tree_output_init(&out, tree_write_stream, &fd, err))
        return false;
    w->out = &out;
    ok = tree_walk(w, &counts, err) && tree_put_done(&out, err);
    tree_output_release(&out);
    return ok || pyro_wrap(err, "read '%s'", c->label);
}

static bool read_tree(const struct tree_command *c, struct pyro_error *err)
{
    struct tree_walk w = { .dirfd = c->rootfd, .label = c->label };
    scoped_close int parent = -1;

    if (*c->path) {
        parent = beneath_open_parent(c->rootfd, c->path, 0, &w.name);
        if (parent < 0 || faccessat(parent, w.name, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
            return fail_at(c, err);
        w.dirfd = parent;
    }
    return send_tree(c, &w, err);
}

/* Signs of life, blank lines on standard error: scanning a large tree, or syncing a written one,
 * may take long. */
static void tree_on_beat(int signal UNUSED)
{
    int error = errno;

    (void)!write(STDERR_FILENO, "\n", 1);
    errno = error;
}

static void start_beating(void)
{
    const struct sigaction beat = { .sa_handler = tree_on_beat, .sa_flags = SA_RESTART };
    const struct itimerval every = { { .tv_sec = BEAT_SECONDS }, { .tv_sec = BEAT_SECONDS } };

    sigaction(SIGALRM, &beat, NULL);
    setitimer(ITIMER_REAL, &every, NULL);
}

static bool run(const char *verb, const struct tree_command *c, struct pyro_error *err)
{
    if (c->rootfd < 0)
        return pyro_fail_errno(err, "there is no directory '%s'", WORKSPACE_DIR);
    if (!c->label)
        return pyro_no_memory(err, NULL);
    return strcmp(verb, "write") == 0 ? write_tree(c, err) : read_tree(c, err);
}

int tree_main(int argc, char **argv)
{
    struct tree_command c = { .rootfd = -1 };
    struct pyro_error err = { 0 };
    bool ok;

    if (argc != 5)
        return 2;
    umask(0);
    start_beating();
    c.rootfd = open(argv[2], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    c.path = argv[3];
    c.mode_mask = (uint32_t)strtoul(argv[4], NULL, 8);
    if (asprintf(&c.label, WORKSPACE_DIR "%s%s", *c.path ? "/" : "", c.path) < 0)
        c.label = NULL;
    ok = run(argv[1], &c, &err);
    if (!ok)
        say(STDERR_FILENO, json_pack("{s:o}", "error", error_to_json(&err)), NULL);
    free(c.label);
    close(c.rootfd);
    return ok ? 0 : 1;
}
