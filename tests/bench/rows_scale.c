/* tests/bench/rows_scale.c: thousands of workspaces on one host, and the process that holds one. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/many.h"
#include "tests/bench/on_terminal.h"
#include "vmm/base/fs.h"
#include "vmm/base/proc.h"

#define STOPPED 10000
#define STARTED 100
#define RUNS 20
#define SCREENS 8
#define HOLDS 10
#define IDLE_SETTLE_MS 2000
#define IDLE_WINDOW_MS 10000

/* ---- many ---- */

static bool measure_many(const char *const *argv, struct bench_result *ret, struct pyro_error *err)
{
    struct many m;
    bool ok = many_begin(&m, STOPPED, STARTED, err);

    for (int i = 0; ok && i < RUNS; i++)
        ok = process_sample(argv, ret, err);
    many_end(&m);
    return ok;
}

static bool measure_list(struct bench_result *ret, struct pyro_error *err)
{
    const char *const argv[] = { bench_pyro(), "workspace", "list", NULL };

    return measure_many(argv, ret, err);
}

static bool measure_metrics(struct bench_result *ret, struct pyro_error *err)
{
    const char *const argv[] = { bench_pyro(), "metrics", NULL };

    return measure_many(argv, ret, err);
}

static bool measure_status(struct bench_result *ret, struct pyro_error *err)
{
    const char *const argv[] = { bench_pyro(), "workspace", "status", "sim-04321", NULL };

    return measure_many(argv, ret, err);
}

static bool measure_completion(struct bench_result *ret, struct pyro_error *err)
{
    const char *const argv[] = { bench_pyro(), "__complete", "--", "workspace",
                                 "status",     "sim-043",    NULL };

    return measure_many(argv, ret, err);
}

static bool measure_screen(struct bench_result *ret, struct pyro_error *err)
{
    const char *const argv[] = { bench_pyro(), "tui", NULL };
    struct many m;
    bool ok = many_begin(&m, STOPPED, STARTED, err);

    for (int i = 0; ok && i < SCREENS; i++) {
        scoped_terminal t = { .master = -1 };
        int64_t since = bench_now_ns();
        ok = terminal_run(&t, argv, err) && terminal_sees(&t, " 10100 workspaces", err) &&
             terminal_sees(&t, "q quit", err);
        samples_add(&ret->ours, (double)(bench_now_ns() - since) / 1e6);
    }
    many_end(&m);
    return ok;
}

/* ---- the process that holds one ---- */

/* From its start until it has said so. */
static bool wait_ready(const struct process *p, double *ret_ms, struct pyro_error *err)
{
    char text[4096];
    size_t n = 0;
    ssize_t got;

    while (n + 1 < sizeof(text) && (got = read(p->out_fd, text + n, sizeof(text) - 1 - n)) > 0) {
        n += (size_t)got;
        text[n] = '\0';
        if (strstr(text, "\nready\n")) {
            *ret_ms = (double)(bench_now_ns() - p->started_ns) / 1e6;
            return true;
        }
    }
    return pyro_fail(err, PYRO_INTERNAL, "what holds a workspace does not say that it is ready");
}

static bool end_hold(struct process *p, struct pyro_error *err)
{
    struct outcome o;

    kill(p->pid, SIGTERM);
    if (!process_finish(p, "workspace create --hold", &o, err))
        return false;
    outcome_release(&o);
    return true;
}

#define CREATE bench_pyro(), "workspace", "create", "debian:12", "--id-only"

static bool begin_hold(struct process *ret, double *ret_ms, struct pyro_error *err)
{
    const char *const argv[] = { CREATE, "--hold", "--delete", NULL };

    return process_start(argv, ret, err) && wait_ready(ret, ret_ms, err);
}

static bool measure_ready(struct bench_result *ret, struct pyro_error *err)
{
    const char *const argv[] = { CREATE, NULL };
    struct samples *ours = &ret->ours;

    for (int i = 0; i < HOLDS; i++) {
        struct process p;
        struct outcome o;
        double held_ms;
        if (!begin_hold(&p, &held_ms, err) || !end_hold(&p, err) || !process_run(argv, &o, err))
            return false;
        samples_add(ours, held_ms - o.wall_ms);
        outcome_release(&o);
        if (!bench_delete_all(err))
            return false;
    }
    return true;
}

static bool measure_idle_cpu(struct bench_result *ret, struct pyro_error *err)
{
    struct pid_set own = { .count = 1 };
    struct process p;
    double ms, before;
    int64_t since;

    if (!begin_hold(&p, &ms, err))
        return false;
    own.pid[0] = p.pid;
    poll(NULL, 0, IDLE_SETTLE_MS);
    before = pids_cpu_ns(&own);
    since = bench_now_ns();
    poll(NULL, 0, IDLE_WINDOW_MS);
    samples_add(&ret->ours, (pids_cpu_ns(&own) - before) * 100 / (double)(bench_now_ns() - since));
    return end_hold(&p, err);
}

static bool measure_memory(struct bench_result *ret, struct pyro_error *err)
{
    char text[4096];
    struct process p;
    const char *at;
    double ms;

    if (!begin_hold(&p, &ms, err))
        return false;
    poll(NULL, 0, IDLE_SETTLE_MS);
    if (proc_read_file(p.pid, "status", text, sizeof(text)) && (at = strstr(text, "VmRSS:")))
        samples_add(&ret->ours, strtod(at + strlen("VmRSS:"), NULL) / 1024);
    return end_hold(&p, err);
}

const struct bench_row bench_scale_rows[] = {
    { .name = "workspace list, 10,000 stopped and 100 running",
      .unit = "ms",
      .target = 150,
      .measure = measure_list },
    { .name = "tui: start to the first full screen, 10,000 stopped and 100 running",
      .unit = "ms",
      .target = 200,
      .measure = measure_screen },
    { .name = "metrics, 10,000 stopped and 100 running",
      .unit = "ms",
      .target = 150,
      .measure = measure_metrics },
    { .name = "workspace status NAME, 10,000 stopped and 100 running",
      .unit = "ms",
      .target = 30,
      .measure = measure_status },
    { .name = "completion of a name, 10,000 stopped and 100 running",
      .unit = "ms",
      .target = 150,
      .measure = measure_completion },
    { .name = "workspace create --hold to ready, beyond workspace create",
      .unit = "ms",
      .target = 10,
      .measure = measure_ready },
    { .name = "a process that holds a workspace, idle: of a core",
      .unit = "%",
      .target = 0.01,
      .measure = measure_idle_cpu },
    { .name = "a process that holds a workspace: RSS",
      .unit = "MB",
      .target = 3,
      .measure = measure_memory },
    { .name = NULL },
};
