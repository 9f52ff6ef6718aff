/* tests/bench/rows_work.c: what a running workspace costs, and what working in it costs. */
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

struct idle {
    bool known;
    double pss_mb, cpu_percent;
    unsigned processes;
};

static bool weigh(char ids[][BENCH_ID_BYTES], struct idle *ret, struct pyro_error *err)
{
    struct pid_set set;
    double cpu_ns;
    int64_t since;

    poll(NULL, 0, IDLE_SETTLE_MS); /* idle is what is asked for: time must pass */
    pids_of_workspaces(ids, IDLE_COUNT, &set);
    if (set.count < 2 * IDLE_COUNT)
        return pyro_fail(err, PYRO_INTERNAL, "%u processes for %d workspaces", set.count,
                         IDLE_COUNT);
    cpu_ns = pids_cpu_ns(&set);
    since = bench_now_ns();
    poll(NULL, 0, IDLE_WINDOW_MS);
    cpu_ns = pids_cpu_ns(&set) - cpu_ns;
    ret->cpu_percent = cpu_ns / (double)(bench_now_ns() - since) * 100 / IDLE_COUNT;
    if (!pids_pss_mb(&set, &ret->pss_mb, err))
        return false;
    ret->pss_mb /= IDLE_COUNT;
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
    { .name = NULL },
};
