/* tests/bench/rows_work.c: what a running workspace costs, and what working in it costs. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>

#include "tests/bench/bench.h"
#include "vmm/base/fs.h"

#define EXEC_RUNS 40
#define SERVICE_RUNS 15
#define BIG_MIB 256
#define BIG_RUNS 5
#define IDLE_COUNT 10
#define IDLE_SETTLE_MS 3000
#define IDLE_WINDOW_MS 10000
#define LISTED 100
#define PIDS_MAX 512

/* --- exec --- */

static bool sample_exec(const char *id, struct bench_result *ret, struct pyro_error *err)
{
    const char *const argv[] = {
        bench_pyro(), "workspace", "exec", "--json", id, "--", "true", NULL
    };
    struct outcome o;
    json_t *result;
    double inside;

    if (!process_run(argv, &o, err))
        return false;
    result = json_parse(o.out.data, o.out.len, JSON_BYTES_MAX, err);
    inside = json_number_or(result, "duration_ms", 0);
    json_decref(result);
    samples_add(&ret->ours, o.wall_ms - inside);
    samples_add(&ret->cpu_ms, o.cpu_ms);
    if (o.rss_kib > ret->rss_kib)
        ret->rss_kib = o.rss_kib;
    outcome_release(&o);
    return result != NULL;
}

static bool measure_exec(struct bench_result *ret, struct pyro_error *err)
{
    char id[BENCH_ID_BYTES];

    if (!bench_create(id, err))
        return false;
    for (int i = 0; i < EXEC_RUNS; i++)
        if (!sample_exec(id, ret, err))
            return false;
    return bench_delete(id, err);
}

/* --- services --- */

/* What the service's own start takes: the same command, in the guest. */
static bool own_start_ms(const char *id, double *ret, struct pyro_error *err)
{
    const char *const argv[] = { bench_pyro(), "workspace", "exec", "--json",      id,
                                 "--",         "sh",        "-c",   ": >/tmp/own", NULL };
    struct outcome o;
    json_t *result;

    if (!process_run(argv, &o, err))
        return false;
    result = json_parse(o.out.data, o.out.len, JSON_BYTES_MAX, err);
    *ret = json_number_or(result, "duration_ms", 0);
    json_decref(result);
    outcome_release(&o);
    return result != NULL;
}

static bool measure_service(struct bench_result *ret, struct pyro_error *err)
{
    char id[BENCH_ID_BYTES];

    if (!bench_create(id, err))
        return false;
    for (int i = 0; i < SERVICE_RUNS; i++) {
        scoped_free char *file = str_printf("/tmp/ready%d", i);
        scoped_free char *script = str_printf(": >%s; exec sleep 1000", file);
        const char *const start[] = { bench_pyro(), "workspace",    "service", "start", id,
                                      "s",          "--ready-file", file,      "--",    "sh",
                                      "-c",         script,         NULL };
        const char *const stop[] = { bench_pyro(), "workspace", "service", "stop", id, "s", NULL };
        struct outcome o;
        double own;
        if (!own_start_ms(id, &own, err) || !process_run(start, &o, err))
            return false;
        samples_add(&ret->ours, o.wall_ms - own);
        samples_add(&ret->cpu_ms, o.cpu_ms);
        if (o.rss_kib > ret->rss_kib)
            ret->rss_kib = o.rss_kib;
        outcome_release(&o);
        if (!process_run(stop, &o, err))
            return false;
        outcome_release(&o);
    }
    return bench_delete(id, err);
}

/* --- guest to host --- */

static bool make_big_file(const char *id, struct pyro_error *err)
{
    scoped_free char *script = str_printf(
        "head -c %dM /dev/zero >/var/tmp/big && sync && cat /var/tmp/big >/dev/null", BIG_MIB);
    const char *const argv[] = { bench_pyro(), "workspace", "exec", "--timeout-seconds",
                                 "0",          id,          "--",   "sh",
                                 "-c",         script,      NULL };
    struct outcome o;

    if (!process_run(argv, &o, err))
        return false;
    outcome_release(&o);
    return true;
}

static bool sample_big(const char *id, struct bench_result *ret, struct pyro_error *err)
{
    const char *const argv[] = { bench_pyro(), "workspace", "exec", "--timeout-seconds", "0",
                                 id,           "--",        "cat",  "/var/tmp/big",      NULL };
    struct outcome o;
    uint64_t wanted = (uint64_t)BIG_MIB << 20;

    if (!process_run(argv, &o, err))
        return false;
    samples_add(&ret->ours, (double)o.out_bytes / 1e3 / o.wall_ms);
    samples_add(&ret->cpu_ms, o.cpu_ms);
    if (o.rss_kib > ret->rss_kib)
        ret->rss_kib = o.rss_kib;
    outcome_release(&o);
    return o.out_bytes == wanted ||
           pyro_fail(err, PYRO_INTERNAL, "%llu bytes came instead of %llu",
                     (unsigned long long)o.out_bytes, (unsigned long long)wanted);
}

static bool measure_big(struct bench_result *ret, struct pyro_error *err)
{
    char id[BENCH_ID_BYTES];

    snprintf(ret->note, sizeof(ret->note),
             "%d MiB from the guest's page cache, the start of the "
             "command included",
             BIG_MIB);
    if (!bench_create(id, err) || !make_big_file(id, err))
        return false;
    for (int i = 0; i < BIG_RUNS; i++)
        if (!sample_big(id, ret, err))
            return false;
    return bench_delete(id, err);
}

/* --- idle --- */

/* Every process and its parent, to find what descends from the supervisors of this home. */
struct pid_set {
    pid_t pid[PIDS_MAX];
    unsigned count;
};

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

/* The supervisors of these workspaces and all that descends from them. */
static void find_processes(char ids[][BENCH_ID_BYTES], unsigned count, struct pid_set *ret)
{
    unsigned before = ~0u;

    ret->count = 0;
    while (before != ret->count) {
        scoped_dir DIR *proc = opendir("/proc");
        const struct dirent *e;
        before = ret->count;
        while (proc && (e = readdir(proc))) {
            pid_t pid = (pid_t)strtol(e->d_name, NULL, 10);
            if (pid <= 0 || set_has(ret, pid) || ret->count == PIDS_MAX)
                continue;
            if (set_has(ret, parent_of(e->d_name)) || is_supervisor(e->d_name, ids, count))
                ret->pid[ret->count++] = pid;
        }
    }
}

static bool read_pss_kib(pid_t pid, double *ret, struct pyro_error *err)
{
    scoped_free char *path = str_printf("/proc/%d/smaps_rollup", pid);
    scoped_file FILE *f = fopen(path, "re");
    char line[256];
    long kib;

    while (f && fgets(line, sizeof(line), f))
        if (sscanf(line, "Pss: %ld", &kib) == 1) {
            *ret = (double)kib;
            return true;
        }
    return pyro_fail(err, PYRO_DEPENDENCY_MISSING, "this user may not read '%s'", path);
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

struct idle {
    bool known;
    double pss_mb, cpu_percent;
    unsigned processes;
};

static double all_cpu_ns(const struct pid_set *set)
{
    double sum = 0;

    for (unsigned i = 0; i < set->count; i++)
        sum += read_cpu_ns(set->pid[i]);
    return sum;
}

static bool weigh(char ids[][BENCH_ID_BYTES], struct idle *ret, struct pyro_error *err)
{
    struct pid_set set;
    double cpu_ns, pss_kib = 0, one = 0;
    int64_t since;

    poll(NULL, 0, IDLE_SETTLE_MS); /* idle is what is asked for: time must pass */
    find_processes(ids, IDLE_COUNT, &set);
    if (set.count < 2 * IDLE_COUNT)
        return pyro_fail(err, PYRO_INTERNAL, "%u processes for %d workspaces", set.count,
                         IDLE_COUNT);
    cpu_ns = all_cpu_ns(&set);
    since = bench_now_ns();
    poll(NULL, 0, IDLE_WINDOW_MS);
    cpu_ns = all_cpu_ns(&set) - cpu_ns;
    ret->cpu_percent = cpu_ns / (double)(bench_now_ns() - since) * 100 / IDLE_COUNT;
    for (unsigned i = 0; i < set.count; i++) {
        if (!read_pss_kib(set.pid[i], &one, err))
            return false;
        pss_kib += one;
    }
    ret->pss_mb = pss_kib * 1024 / 1e6 / IDLE_COUNT;
    ret->processes = set.count;
    ret->known = true;
    return true;
}

/* Both figures come from the same ten workspaces. */
static bool measure_idle(struct idle *idle, struct pyro_error *err)
{
    char ids[IDLE_COUNT][BENCH_ID_BYTES];

    if (idle->known)
        return true;
    for (int i = 0; i < IDLE_COUNT; i++)
        if (!bench_create(ids[i], err))
            return false;
    if (!weigh(ids, idle, err))
        return false;
    for (int i = 0; i < IDLE_COUNT; i++)
        if (!bench_delete(ids[i], err))
            return false;
    return true;
}

static struct idle idle;

static bool measure_idle_pss(struct bench_result *ret, struct pyro_error *err)
{
    if (!measure_idle(&idle, err))
        return false;
    samples_add(&ret->ours, idle.pss_mb);
    snprintf(ret->note, sizeof(ret->note), "average of %d that ran together, %u processes",
             IDLE_COUNT, idle.processes);
    return true;
}

static bool measure_idle_cpu(struct bench_result *ret, struct pyro_error *err)
{
    if (!measure_idle(&idle, err))
        return false;
    samples_add(&ret->ours, idle.cpu_percent);
    snprintf(ret->note, sizeof(ret->note), "average of %d that ran together, over %d s", IDLE_COUNT,
             IDLE_WINDOW_MS / 1000);
    return true;
}

/* --- list --- */

/* Copies a stopped workspace's record under other ids. */
static bool multiply(const char *workspaces, const char *id, struct pyro_error *err)
{
    scoped_free char *from = str_printf("%s/%s/workspace.json", workspaces, id);
    scoped_buf text = BUF_INIT(JSON_BYTES_MAX);
    json_t *record;
    bool ok = true;
    int made = 1;

    if (!fs_read_file(AT_FDCWD, from, &text, err))
        return false;
    record = json_parse(text.data, text.len, JSON_BYTES_MAX, err);
    /* One number more than copies: the workspace's own id may end in any of them. */
    for (int i = 0; ok && record && made < LISTED; i++) {
        char copy[BENCH_ID_BYTES];
        size_t n = strlen(id);
        scoped_free char *dir = NULL, *content = NULL, *file = NULL, *number = NULL;
        snprintf(copy, sizeof(copy), "%s", id);
        number = str_printf("%03d", i);
        memcpy(copy + n - 3, number, 3);
        if (strcmp(copy, id) == 0)
            continue;
        json_object_set_new(record, json_object_get(record, "id") ? "id" : "workspace_id",
                            json_string(copy));
        dir = str_printf("%s/%s/run", workspaces, copy);
        file = str_printf("%s/%s/workspace.json", workspaces, copy);
        content = json_dumps(record, JSON_INDENT(2));
        ok = content && fs_mkdir_p(dir, 0700, err) &&
             fs_replace(AT_FDCWD, file, content, strlen(content), 0600, err);
        made++;
    }
    json_decref(record);
    return ok && record;
}

static bool list_count(struct pyro_error *err)
{
    const char *const argv[] = { bench_pyro(), "workspace", "list", "--json", NULL };
    struct outcome o;
    json_t *list;
    int64_t count;

    if (!process_run(argv, &o, err))
        return false;
    list = json_parse(o.out.data, o.out.len, JSON_BYTES_MAX, err);
    outcome_release(&o);
    count = json_int_or(list, "count", 0);
    json_decref(list);
    return count == LISTED ||
           pyro_fail(err, PYRO_INTERNAL, "%lld workspaces are listed", (long long)count);
}

static bool measure_list_in(const char *home, struct bench_result *ret, struct pyro_error *err)
{
    scoped_free char *workspaces = str_printf("%s/pyro/workspaces", home);
    const char *const list[] = { bench_pyro(), "workspace", "list", NULL };
    char id[BENCH_ID_BYTES];
    const char *const stop[] = { bench_pyro(), "workspace", "stop", id, NULL };
    struct outcome o;

    if (!bench_create(id, err) || !process_run(stop, &o, err))
        return false;
    outcome_release(&o);
    if (!multiply(workspaces, id, err) || !list_count(err))
        return false;
    for (int i = 0; i < 30; i++)
        if (!process_sample(list, ret, err))
            return false;
    return bench_delete_all(err);
}

static bool measure_list(struct bench_result *ret, struct pyro_error *err)
{
    return measure_list_in(getenv("XDG_DATA_HOME"), ret, err);
}

const struct bench_row bench_work_rows[] = {
    { .name = "workspace exec W -- true, beyond its duration in the guest",
      .unit = "ms",
      .target = 8,
      .measure = measure_exec },
    { .name = "service start to ready by a file, beyond its own start",
      .unit = "ms",
      .target = 60,
      .measure = measure_service },
    { .name = "guest to host: exec W -- cat bigfile",
      .unit = "MB/s",
      .target = 80,
      .sense = AT_LEAST,
      .measure = measure_big },
    { .name = "idle workspace, QEMU and supervisor: PSS",
      .unit = "MB",
      .target = 45,
      .measure = measure_idle_pss },
    { .name = "idle workspace, QEMU and supervisor: of a core",
      .unit = "%",
      .target = 1,
      .measure = measure_idle_cpu },
    { .name = "workspace list with 100 workspaces",
      .unit = "ms",
      .target = 15,
      .measure = measure_list },
    { .name = NULL },
};
