/* tests/bench/usage.c: what running processes cost, by /proc. */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>

#include "tests/bench/bench.h"
#include "vmm/base/fs.h"

static bool set_has(const struct pid_set *s, pid_t pid)
{
    for (unsigned i = 0; i < s->count; i++)
        if (s->pid[i] == pid)
            return true;
    return false;
}

static pid_t parent_of(const char *pid)
{
    scoped_free char *path = str_printf("/proc/%s/stat", pid);
    scoped_buf text = BUF_INIT(4096);
    const char *after;
    int parent = 0;

    if (!fs_read_file(AT_FDCWD, path, &text, NULL) || !text.data)
        return 0;
    after = strrchr(text.data, ')');
    return after && sscanf(after + 1, " %*c %d", &parent) == 1 ? parent : 0;
}

/* A supervisor names the workspace in its command line. */
static bool is_supervisor(const char *pid, char ids[][BENCH_ID_BYTES], unsigned count)
{
    scoped_free char *path = str_printf("/proc/%s/cmdline", pid);
    scoped_buf text = BUF_INIT(64 * 1024);

    if (!fs_read_file(AT_FDCWD, path, &text, NULL) || text.len == 0)
        return false;
    if (!memmem(text.data, text.len, "__supervise", 11))
        return false;
    for (unsigned i = 0; i < count; i++)
        if (memmem(text.data, text.len, ids[i], strlen(ids[i])))
            return true;
    return false;
}

/* Adds the supervisors of these workspaces, and all whose parent is in the set. */
static void add(struct pid_set *s, char ids[][BENCH_ID_BYTES], unsigned count)
{
    unsigned before = ~0u;

    while (before != s->count) {
        scoped_dir DIR *proc = opendir("/proc");
        const struct dirent *e;
        before = s->count;
        while (proc && (e = readdir(proc))) {
            pid_t pid = (pid_t)strtol(e->d_name, NULL, 10);
            if (pid <= 0 || set_has(s, pid) || s->count == PIDS_MAX)
                continue;
            if (set_has(s, parent_of(e->d_name)) || is_supervisor(e->d_name, ids, count))
                s->pid[s->count++] = pid;
        }
    }
}

void pids_of_workspaces(char ids[][BENCH_ID_BYTES], unsigned count, struct pid_set *ret)
{
    ret->count = 0;
    add(ret, ids, count);
}

void pids_below(pid_t pid, struct pid_set *ret)
{
    ret->pid[0] = pid;
    ret->count = 1;
    add(ret, NULL, 0);
}

/* Nanoseconds on a CPU, of all threads. */
static double read_cpu_ns(pid_t pid)
{
    scoped_free char *path = str_printf("/proc/%d/task", pid);
    scoped_dir DIR *tasks = opendir(path);
    const struct dirent *e;
    double sum = 0;

    while (tasks && (e = readdir(tasks))) {
        scoped_free char *file = str_printf("%s/%s/schedstat", path, e->d_name);
        scoped_file FILE *f = e->d_name[0] == '.' ? NULL : fopen(file, "re");
        unsigned long long ns;
        if (f && fscanf(f, "%llu", &ns) == 1)
            sum += (double)ns;
    }
    return sum;
}

double pids_cpu_ns(const struct pid_set *set)
{
    double sum = 0;

    for (unsigned i = 0; i < set->count; i++)
        sum += read_cpu_ns(set->pid[i]);
    return sum;
}

/* A line of smaps_rollup, proc_pid_smaps(5): "Pss: 123 kB". */
static bool read_kib(pid_t pid, const char *key, double *ret, struct pyro_error *err)
{
    scoped_free char *path = str_printf("/proc/%d/smaps_rollup", pid);
    scoped_file FILE *f = fopen(path, "re");
    char line[256];
    size_t n = strlen(key);

    while (f && fgets(line, sizeof(line), f))
        if (!strncmp(line, key, n) && line[n] == ':') {
            *ret = (double)strtol(line + n + 1, NULL, 10);
            return true;
        }
    return pyro_fail(err, PYRO_DEPENDENCY_MISSING, "this user may not read '%s'", path);
}

static bool sum_mb(const struct pid_set *set, const char *key, double *ret, struct pyro_error *err)
{
    double sum_kib = 0, one_kib = 0;

    for (unsigned i = 0; i < set->count; i++) {
        if (!read_kib(set->pid[i], key, &one_kib, err))
            return false;
        sum_kib += one_kib;
    }
    *ret = sum_kib * 1024 / 1e6;
    return true;
}

bool pids_pss_mb(const struct pid_set *set, double *ret, struct pyro_error *err)
{
    return sum_mb(set, "Pss", ret, err);
}

bool pids_shared_memory_mb(const struct pid_set *set, double *ret, struct pyro_error *err)
{
    return sum_mb(set, "Pss_Shmem", ret, err);
}
