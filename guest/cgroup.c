/* guest/cgroup.c: control groups, version 2. */
#include "guest/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "vmm/base/fs.h"

#define CGROUP_ROOT "/sys/fs/cgroup"
#define NESTING_MAX 16
#define USAGE_BYTES 32 /* of cpu.stat, whose first line is the sum */

static struct {
    int parent_fd; /* groups are created below it; -1: nowhere */
    bool memory_counted;
    bool frozen;
    struct loop *loop;
    struct loop_deferred sweep;
    unsigned counter; /* of names */
    struct cgroup *live;
    struct cgroup *dying; /* dropped, but not empty yet */
} groups = { .parent_fd = -1 };

/* The path of this process's own group in the version 2 hierarchy. */
static bool own_group(char *ret, size_t size)
{
    scoped_buf text = BUF_INIT(65536);
    char *at, *end;

    if (!fs_read_file(AT_FDCWD, "/proc/self/cgroup", &text, NULL) || !text.data)
        return false;
    at = strncmp(text.data, "0::", 3) == 0 ? text.data : strstr(text.data, "\n0::");
    if (!at)
        return false;
    at = strchr(at, '/');
    end = at ? strchr(at, '\n') : NULL;
    if (!end)
        return false;
    *end = '\0';
    return snprintf(ret, size, CGROUP_ROOT "%s", at) < (int)size;
}

void cgroup_setup(struct loop *loop, bool on_host)
{
    char path[PATH_MAX] = CGROUP_ROOT;
    struct cgroup *probe;
    struct statfs fs;

    groups.loop = loop;
    if (on_host && !own_group(path, sizeof(path)))
        return;
    groups.parent_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (groups.parent_fd < 0 || !on_host)
        return;
    if (fstatfs(groups.parent_fd, &fs) != 0 || fs.f_type != CGROUP2_SUPER_MAGIC) {
        close(groups.parent_fd); /* the older hierarchy */
        groups.parent_fd = -1;
        return;
    }
    probe = cgroup_new();
    if (probe && faccessat(probe->fd, "cgroup.kill", W_OK, 0) == 0) {
        cgroup_drop(probe);
        return;
    }
    if (probe)
        cgroup_drop(probe);
    close(groups.parent_fd);
    groups.parent_fd = -1;
}

void cgroup_count_memory(void)
{
    if (groups.memory_counted || groups.parent_fd < 0)
        return;
    groups.memory_counted = true;
    if (!fs_write_setting(groups.parent_fd, "cgroup.subtree_control", "+memory"))
        guest_log("cgroup memory: errno %d", errno);
}

struct cgroup *cgroup_new(void)
{
    struct cgroup *c;

    if (groups.parent_fd < 0)
        return NULL;
    c = calloc(1, sizeof(*c));
    if (!c)
        return NULL;
    snprintf(c->name, sizeof(c->name), "pyro-%d-%u", (int)getpid(), ++groups.counter);
    if (mkdirat(groups.parent_fd, c->name, 0755) != 0 && errno != EEXIST) {
        free(c);
        return NULL;
    }
    c->usage_fd = -1;
    c->fd = openat(groups.parent_fd, c->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (c->fd < 0) {
        unlinkat(groups.parent_fd, c->name, AT_REMOVEDIR);
        free(c);
        return NULL;
    }
    c->next = groups.live;
    groups.live = c;
    return c;
}

void cgroup_kill(const struct cgroup *c)
{
    scoped_close int fd = c ? openat(c->fd, "cgroup.kill", O_WRONLY | O_CLOEXEC) : -1;

    if (fd >= 0 && write(fd, "1", 1) != 1)
        guest_log("cgroup.kill: errno %d", errno);
}

/* The number behind `key` in one of its files, whose lines are pairs; 0: none is there. */
static uint64_t read_value(const struct cgroup *c, const char *file, const char *key)
{
    scoped_buf text = BUF_INIT(4096);
    const char *at;
    size_t n = strlen(key);

    if (!c || !fs_read_file(c->fd, file, &text, NULL) || !text.data)
        return 0;
    for (at = text.data; at; at = (at = strchr(at, '\n')) ? at + 1 : NULL)
        if (!strncmp(at, key, n) && at[n] == ' ')
            return strtoull(at + n, NULL, 10);
    return 0;
}

unsigned cgroup_oom_kills(const struct cgroup *c)
{
    return (unsigned)read_value(c, "memory.events", "oom_kill");
}

uint64_t cgroup_usage_us(struct cgroup *c)
{
    char text[USAGE_BYTES + 1] = "";
    uint64_t usage_us;

    if (c && c->usage_fd < 0)
        c->usage_fd = openat(c->fd, "cpu.stat", O_RDONLY | O_CLOEXEC);
    if (!c || c->usage_fd < 0 || fs_pread_full(c->usage_fd, text, USAGE_BYTES, 0) < 0)
        return 0;
    return sscanf(text, "usage_usec %" SCNu64, &usage_us) == 1 ? usage_us : 0;
}

uint64_t cgroup_usage_of_all_us(void)
{
    uint64_t sum = 0;

    for (struct cgroup *c = groups.live; c; c = c->next)
        sum += cgroup_usage_us(c);
    return sum;
}

unsigned cgroup_count(const struct cgroup *c)
{
    scoped_buf text = BUF_INIT(1024 * 1024);
    unsigned n = 0;

    if (!c || !fs_read_file(c->fd, "cgroup.procs", &text, NULL))
        return 0;
    for (size_t i = 0; i < text.len; i++)
        n += text.data[i] == '\n';
    return n;
}

void cgroup_freeze_all(bool frozen)
{
    groups.frozen = frozen;
    for (const struct cgroup *c = groups.live; c; c = c->next)
        if (!fs_write_setting(c->fd, "cgroup.freeze", frozen ? "1" : "0"))
            guest_log("cgroup.freeze: errno %d", errno);
}

bool cgroup_is_frozen(void)
{
    return groups.frozen;
}

bool cgroup_find_moving(int *ret_events_fd, struct pyro_error *err)
{
    for (const struct cgroup *c = groups.live; c; c = c->next) {
        scoped_close int fd = openat(c->fd, "cgroup.events", O_RDONLY | O_CLOEXEC);
        char text[256];
        ssize_t n = fd < 0 ? -1 : fs_read_full(fd, text, sizeof(text) - 1);

        if (n < 0)
            return pyro_fail_errno(err, "cgroup.events");
        text[n] = '\0';
        if (strstr(text, "frozen 1"))
            continue;
        *ret_events_fd = take_fd(&fd);
        return true;
    }
    *ret_events_fd = -1;
    return true;
}

/* Removes a group and those made inside it; false when one is not empty yet. */
static bool remove_group(int dirfd, const char *name, int depth)
{
    struct dirent *entry;
    scoped_dir DIR *dir = NULL;
    int fd;

    if (unlinkat(dirfd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
        return true;
    fd = depth < NESTING_MAX ? openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir)
        return false;
    while ((entry = readdir(dir)))
        if (entry->d_type == DT_DIR && strcmp(entry->d_name, ".") != 0 &&
            strcmp(entry->d_name, "..") != 0)
            remove_group(fd, entry->d_name, depth + 1);
    return unlinkat(dirfd, name, AT_REMOVEDIR) == 0;
}

static void cgroup_on_sweep(void *arg UNUSED)
{
    struct cgroup **at = &groups.dying;

    while (*at) {
        struct cgroup *c = *at;
        if (remove_group(groups.parent_fd, c->name, 0)) {
            *at = c->next;
            free(c);
        } else {
            at = &c->next;
        }
    }
}

void cgroup_sweep(void)
{
    if (groups.dying)
        loop_defer(groups.loop, &groups.sweep, cgroup_on_sweep, NULL);
}

void cgroup_drop(struct cgroup *c)
{
    if (!c)
        return;
    list_remove(&groups.live, c);
    cgroup_kill(c);
    close(c->fd);
    if (c->usage_fd >= 0)
        close(c->usage_fd);
    c->next = groups.dying;
    groups.dying = c;
    cgroup_sweep();
}
