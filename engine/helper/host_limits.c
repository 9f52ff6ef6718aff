/*
 * engine/helper/host_limits.c: the limits of this process's control groups, read from where they are
 * mounted, at /sys/fs/cgroup: the limit of a group holds for all below it, so each ancestor counts.
 */
#include "engine/helper/host_limits.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmm/base/buf.h"
#include "vmm/base/fs.h"

#define CGROUP_FILE_MAX 4096
#define STAT_FILE_MAX 65536

/* The groups of this process, "ID:CONTROLLERS:PATH" each. */
static bool read_own(struct buf *ret)
{
    return fs_read_file(AT_FDCWD, "/proc/self/cgroup", ret, NULL) && buf_append(ret, "", 1);
}

/* Whether a line is of the group with this controller; of version 2, which has no list, for any. */
static bool has_controller(const char *line, const char *controller)
{
    const char *list = strchr(line, ':');
    const char *end = list ? strchr(list + 1, ':') : NULL;
    size_t n = strlen(controller);

    for (const char *p = list; p && p < end; p = memchr(p + 1, ',', (size_t)(end - p - 1)))
        if (!strncmp(p + 1, controller, n) && (p[1 + n] == ',' || p[1 + n] == ':'))
            return true;
    return end && end == list + 1;
}

typedef int64_t limit_read_fn(const char *dir);

/* The smallest that `read` finds in a group and its ancestors, from PATH up to ROOT. */
static int64_t smallest(const char *root, char *path, limit_read_fn *read)
{
    int64_t least = INT64_MAX;

    for (;;) {
        scoped_free char *dir = str_printf("%s%s", root, path);
        int64_t limit = read(dir);
        char *slash = strrchr(path, '/');
        least = limit < least ? limit : least;
        if (!slash)
            return least;
        *slash = '\0';
    }
}

static int64_t limit_of(const char *controller, const char *root, limit_read_fn *read)
{
    scoped_buf own = BUF_INIT(CGROUP_FILE_MAX);
    int64_t least = INT64_MAX;
    char *rest, *line;

    if (!read_own(&own))
        return least;
    for (line = strtok_r(own.data, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char *path = has_controller(line, controller) ? strchr(strchr(line, ':') + 1, ':') : NULL;
        int64_t limit = path ? smallest(root, path + 1, read) : INT64_MAX;
        least = limit < least ? limit : least;
    }
    return least;
}

/* A number in a file, `nth` of its words; INT64_MAX: there is none ("max"). */
static int64_t number_in(const char *dir, const char *file, int nth)
{
    scoped_free char *path = str_printf("%s/%s", dir, file);
    scoped_buf text = BUF_INIT(CGROUP_FILE_MAX);
    char *p, *end;
    int64_t n;

    if (!fs_read_file(AT_FDCWD, path, &text, NULL) || !buf_append(&text, "", 1))
        return INT64_MAX;
    p = text.data;
    while (nth-- > 0 && p)
        p = strchr(p, ' ') ? strchr(p, ' ') + 1 : NULL;
    n = p ? strtoll(p, &end, 10) : 0;
    return p && end > p && n > 0 ? n : INT64_MAX;
}

static int64_t host_limits_read_memory(const char *dir)
{
    int64_t v2 = number_in(dir, "memory.max", 0);

    return v2 < INT64_MAX ? v2 : number_in(dir, "memory.limit_in_bytes", 0);
}

/* A share of a period, rounded up to whole processors. */
static int64_t host_limits_read_cpus(const char *dir)
{
    bool is_v2 = number_in(dir, "cpu.max", 1) < INT64_MAX;
    int64_t quota = is_v2 ? number_in(dir, "cpu.max", 0) : number_in(dir, "cpu.cfs_quota_us", 0);
    int64_t period = is_v2 ? number_in(dir, "cpu.max", 1) : number_in(dir, "cpu.cfs_period_us", 0);

    return quota < INT64_MAX && period < INT64_MAX ? (quota + period - 1) / period : INT64_MAX;
}

/* Where version 1 has the controller, and where version 2 is, alone or beside it. */
static int64_t limit_anywhere(const char *controller, limit_read_fn *read)
{
    scoped_free char *v1 = str_printf("/sys/fs/cgroup/%s", controller);
    const char *const roots[] = { v1, "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
    int64_t least = INT64_MAX;

    for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
        int64_t limit = limit_of(controller, roots[i], read);
        least = limit < least ? limit : least;
    }
    return least;
}

int64_t host_cpus(void)
{
    cpu_set_t mask;
    int64_t cpus = sched_getaffinity(0, sizeof(mask), &mask) == 0 ? CPU_COUNT(&mask)
                                                                  : sysconf(_SC_NPROCESSORS_ONLN);
    int64_t limit = limit_anywhere("cpu", host_limits_read_cpus);

    cpus = limit < cpus ? limit : cpus;
    return cpus < 1 ? 1 : cpus;
}

int64_t host_memory(void)
{
    int64_t all = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
    int64_t limit = limit_anywhere("memory", host_limits_read_memory);

    return limit < all ? limit : all;
}

/* The number that follows a word in a file of lines "word number"; 0: there is none. */
static int64_t number_after(const char *dir, const char *file, const char *word)
{
    scoped_free char *path = str_printf("%s/%s", dir, file);
    scoped_buf text = BUF_INIT(STAT_FILE_MAX);
    size_t n = strlen(word);
    char *line, *rest;

    if (!fs_read_file(AT_FDCWD, path, &text, NULL) || !buf_append(&text, "", 1))
        return 0;
    rest = text.data;
    while ((line = strsep(&rest, "\n")))
        if (!strncmp(line, word, n) && strspn(line + n, ": ") > 0)
            return strtoll(line + n + strspn(line + n, ": "), NULL, 10);
    return 0;
}

/* What a group may still take: its limit, less what it has and could not give back at once. */
static int64_t host_limits_read_room(const char *dir)
{
    int64_t limit = host_limits_read_memory(dir), used;

    if (limit == INT64_MAX)
        return limit;
    used = number_in(dir, "memory.current", 0);
    if (used == INT64_MAX)
        used = number_in(dir, "memory.usage_in_bytes", 0);
    if (used == INT64_MAX)
        return limit;
    used -= number_after(dir, "memory.stat", "inactive_file");
    return used < limit ? limit - (used > 0 ? used : 0) : 0;
}

int64_t host_memory_available(void)
{
    int64_t all = number_after("/proc", "meminfo", "MemAvailable") * 1024;
    int64_t room = limit_anywhere("memory", host_limits_read_room);

    return room < all ? room : all;
}

bool host_check_machine(int64_t vcpu_count, int64_t mem_mib, struct pyro_error *err)
{
    int64_t cpus = host_cpus(), mib = host_memory() / (1024 * 1024);

    if (vcpu_count > cpus)
        pyro_fail(err, PYRO_INVALID_ARGUMENT,
                  "--vcpu-count %" PRId64 ": this process may use %" PRId64 " processors",
                  vcpu_count, cpus);
    else if (mem_mib > mib)
        pyro_fail(err, PYRO_INVALID_ARGUMENT,
                  "--mem-mib %" PRId64 ": this process may use %" PRId64 " MiB", mem_mib, mib);
    else
        return true;
    return pyro_hint(err, "ask for less, or have the limit of its control group raised");
}
