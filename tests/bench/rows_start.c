/* tests/bench/rows_start.c: how long until there is a machine, and a command done in it. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/environment/boot.h"
#include "tests/bench/bench.h"
#include "vmm/base/fs.h"

#define RUNS 15
#define COLD_EVERY 5 /* a cold boot takes seconds: one after so many of ours */
#define FIRST_RUNS 5
#define BURST 10
#define BURST_RUNS 5

static bool measure_version(struct bench_result *ret, struct pyro_error *err)
{
    const char *const ours[] = { bench_pyro(), "--version", NULL };
    const char *const peer[] = { "/bin/true", NULL };

    for (int i = 0; i < 40; i++)
        if (!process_sample(ours, ret, err) || !process_sample_peer(peer, ret, err))
            return false;
    return true;
}

/* --- run --- */

static const char *const *run_true(void)
{
    static const char *argv[] = { NULL, "run", BENCH_ENVIRONMENT, "--", "true", NULL };

    argv[0] = bench_pyro();
    return argv;
}

static bool measure_run_and_cold(struct bench_result *ret, const char *const *cold,
                                 struct pyro_error *err)
{
    for (int i = 0; i < RUNS; i++) {
        if (!process_sample(run_true(), ret, err))
            return false;
        if (i % COLD_EVERY == 0 && !process_sample_peer(cold, ret, err))
            return false;
    }
    return true;
}

/* The root disk that the environment's workspaces are based on; the caller frees. */
static char *base_image(struct pyro_error *err)
{
    const char *const argv[] = {
        bench_pyro(), "env", "inspect", BENCH_ENVIRONMENT, "--json", NULL
    };
    struct outcome o;
    const char *dir;
    char *path = NULL;
    json_t *j;

    if (!process_run(argv, &o, err))
        return NULL;
    j = json_parse(o.out.data, o.out.len, JSON_BYTES_MAX, err);
    outcome_release(&o);
    if (j && json_get_string(j, "install_dir", &dir, err))
        path = str_printf("%s/base.ext4", dir);
    json_decref(j);
    return path;
}

/* Calls `measure` with the command line of a cold boot of the same machine. */
static bool beside_cold_boot(struct bench_result *ret,
                             bool (*measure)(struct bench_result *, const char *const *,
                                             struct pyro_error *),
                             struct pyro_error *err)
{
    scoped_free char *base = base_image(err);
    struct boot_files boot = { 0 };
    bool ok = base && boot_files_ensure(NULL, &boot, err);

    if (ok) {
        const char *const cold[] = {
            bench_program("cold_boot"), boot.kernel, boot.initramfs, base, "1024", NULL
        };
        ok = measure(ret, cold, err);
    }
    boot_files_release(&boot);
    return ok;
}

static bool measure_run(struct bench_result *ret, struct pyro_error *err)
{
    snprintf(ret->note, sizeof(ret->note),
             "where the guest is emulated, QEMU's start and its translation of all that a guest "
             "runs for the first time alone take about a tenth of a cold boot");
    return beside_cold_boot(ret, measure_run_and_cold, err);
}

/* --- without a template of the environment --- */

/* Once nobody builds one: none that is of an environment. */
static bool remove_fresh(struct pyro_error *err)
{
    static const char script[] =
        "cd \"$XDG_CACHE_HOME/pyro/templates\" && flock behind.lock true && "
        "grep -l '\"kind\":\"fresh\"' */template.json | xargs -r dirname | "
        "xargs -r rm -r";
    const char *const argv[] = { "sh", "-c", script, NULL };

    return process_quietly(argv, err);
}

static bool sample_first(bool waits, struct bench_result *ret, struct pyro_error *err)
{
    bool ok;

    setenv("PYRO_CHECK_TEMPLATES", waits ? "now" : "soon", 1);
    ok = remove_fresh(err) &&
         (waits ? process_sample_peer(run_true(), ret, err) : process_sample(run_true(), ret, err));
    setenv("PYRO_CHECK_TEMPLATES", "now", 1);
    return ok;
}

static bool measure_run_first(struct bench_result *ret, struct pyro_error *err)
{
    static const char stopped_once[] = "id=$(\"$1\" workspace create \"$2\" --id-only) && "
                                       "\"$1\" workspace stop $id && \"$1\" workspace start $id && "
                                       "\"$1\" workspace delete $id";
    const char *const restart[] = { "sh", "-c", stopped_once, "sh", bench_pyro(), BENCH_ENVIRONMENT,
                                    NULL };
    bool ok = process_quietly(restart, err);

    for (int i = 0; i < FIRST_RUNS && ok; i++)
        ok = sample_first(false, ret, err) && sample_first(true, ret, err);
    return ok;
}

/* --- with a spare --- */

/* Makes one, and lets the commands that follow claim it, which leave none. */
static bool make_spare(struct pyro_error *err)
{
    const char *const argv[] = { bench_pyro(), "__spare", BENCH_ENVIRONMENT, "1", "1024", "off",
                                 "0",          NULL };
    bool ok;

    setenv("PYRO_CHECK_SPARES", "600", 1); /* at once, at the priority of all else */
    setenv("PYRO_SPARES", "1", 1);
    ok = process_quietly(argv, err);
    unsetenv("PYRO_SPARES");
    return ok;
}

static bool sample_spare_and_cold(struct bench_result *ret, const char *const *cold,
                                  struct pyro_error *err)
{
    for (int i = 0; i < RUNS; i++) {
        if (!make_spare(err) || !process_sample(run_true(), ret, err))
            return false;
        if (i % COLD_EVERY == 0 && !process_sample_peer(cold, ret, err))
            return false;
    }
    return true;
}

static bool measure_run_spare(struct bench_result *ret, struct pyro_error *err)
{
    bool ok = beside_cold_boot(ret, sample_spare_and_cold, err);

    snprintf(ret->note, sizeof(ret->note), "one is made before each run, which is not measured");
    setenv("PYRO_SPARES", "0", 1);
    return ok;
}

static bool measure_run_bwrap(struct bench_result *ret, struct pyro_error *err)
{
    const char *const peer[] = {
        "bwrap",         "--ro-bind",         "/",    "/", "--proc", "/proc", "--dev", "/dev",
        "--unshare-all", "--die-with-parent", "true", NULL
    };
    struct pyro_error why = { 0 };
    bool has_peer = program_exists("bwrap");

    if (!has_peer)
        snprintf(ret->peer_missing, sizeof(ret->peer_missing), "bwrap is not installed");
    for (int i = 0; i < RUNS; i++) {
        if (!process_sample(run_true(), ret, err))
            return false;
        if (has_peer && !process_sample_peer(peer, ret, &why)) {
            has_peer = false;
            snprintf(ret->peer_missing, sizeof(ret->peer_missing), "%.190s", why.message);
        }
    }
    return true;
}

static bool measure_run_network(struct bench_result *ret, struct pyro_error *err)
{
    const char *const ours[] = { bench_pyro(), "run", BENCH_ENVIRONMENT, "--network", "--",
                                 "true",       NULL };

    if (!program_exists("passt"))
        return pyro_fail(err, PYRO_DEPENDENCY_MISSING, "passt is not installed");
    for (int i = 0; i < RUNS; i++)
        if (!process_sample(ours, ret, err) || !process_sample_peer(run_true(), ret, err))
            return false;
    return true;
}

/* --- create --- */

static bool sample_create(struct bench_result *ret, struct pyro_error *err)
{
    const char *const argv[] = { bench_pyro(),      "workspace", "create",
                                 BENCH_ENVIRONMENT, "--id-only", NULL };
    struct outcome o;
    char id[BENCH_ID_BYTES];

    if (!process_run(argv, &o, err))
        return false;
    samples_add(&ret->ours, o.wall_ms);
    samples_add(&ret->cpu_ms, o.cpu_ms);
    if (o.rss_kib > ret->rss_kib)
        ret->rss_kib = o.rss_kib;
    snprintf(id, sizeof(id), "%.*s", o.out.data ? (int)strcspn(o.out.data, "\n") : 0,
             o.out.data ? o.out.data : "");
    outcome_release(&o);
    return bench_delete(id, err);
}

static bool measure_create(struct bench_result *ret, struct pyro_error *err)
{
    snprintf(ret->note, sizeof(ret->note),
             "no other workspace runs: the template's RAM is loaded "
             "from its file each time");
    if (!bench_delete_all(err))
        return false;
    for (int i = 0; i < RUNS; i++)
        if (!sample_create(ret, err))
            return false;
    return true;
}

static bool measure_create_spare(struct bench_result *ret, struct pyro_error *err)
{
    bool ok = true;

    for (int i = 0; i < RUNS && ok; i++)
        ok = make_spare(err) && sample_create(ret, err);
    setenv("PYRO_SPARES", "0", 1);
    return ok;
}

/* The id of the only spare. */
static bool spare_id(char ret[BENCH_ID_BYTES], struct pyro_error *err)
{
    const char *const argv[] = { bench_pyro(), "workspace", "list", "--all", "--json", NULL };
    struct outcome o;
    json_t *j;

    if (!process_run(argv, &o, err))
        return false;
    j = json_parse(o.out.data, o.out.len, JSON_BYTES_MAX, err);
    snprintf(ret, BENCH_ID_BYTES, "%s",
             json_string_or(json_array_get(json_object_get(j, "spares"), 0), "workspace_id", ""));
    json_decref(j);
    outcome_release(&o);
    return ret[0] || pyro_fail(err, PYRO_INTERNAL, "there is no spare");
}

static bool measure_spare(struct bench_result *ret, struct pyro_error *err)
{
    const struct timespec while_it_waits = { .tv_sec = 5 };
    char id[1][BENCH_ID_BYTES];
    struct pid_set pids = { .count = 0 };
    double before_ns, mb = 0, shared_mb = 0;
    bool ok = bench_delete_all(err) && make_spare(err) && spare_id(id[0], err);

    setenv("PYRO_SPARES", "0", 1);
    if (!ok)
        return false;
    pids_of_workspaces(id, 1, &pids);
    before_ns = pids_cpu_ns(&pids);
    nanosleep(&while_it_waits, NULL);
    ok = pids_pss_mb(&pids, &mb, err) && pids_shared_memory_mb(&pids, &shared_mb, err);
    snprintf(ret->note, sizeof(ret->note),
             "QEMU and its supervisor, beside %.1f MB of the template's memory that all machines "
             "of it share; processor time in 5 s: %.2f ms",
             shared_mb, (pids_cpu_ns(&pids) - before_ns) / 1e6);
    for (unsigned i = 0; i < pids.count; i++)
        kill(pids.pid[i], SIGTERM); /* QEMU leaves it to its supervisor */
    if (ok)
        samples_add(&ret->ours, mb - shared_mb);
    return ok;
}

static bool measure_create_beside(struct bench_result *ret, struct pyro_error *err)
{
    char id[BENCH_ID_BYTES];

    snprintf(ret->note, sizeof(ret->note),
             "another workspace of the same template runs and holds "
             "its RAM");
    if (!bench_create(id, err))
        return false;
    for (int i = 0; i < RUNS; i++)
        if (!sample_create(ret, err))
            return false;
    return bench_delete(id, err);
}

static bool burst(struct bench_result *ret, struct pyro_error *err)
{
    const char *const argv[] = { bench_pyro(),      "workspace", "create",
                                 BENCH_ENVIRONMENT, "--id-only", NULL };
    struct process p[BURST];
    struct outcome o;
    double cpu_ms = 0;
    int started = 0;
    bool ok = true;

    while (started < BURST && (ok = process_start(argv, &p[started], err)))
        started++;
    for (int i = 0; i < started; i++) {
        struct pyro_error *first = ok ? err : NULL;
        if (!process_finish(&p[i], "workspace create", &o, first)) {
            ok = false;
            continue;
        }
        cpu_ms += o.cpu_ms;
        if (o.rss_kib > ret->rss_kib)
            ret->rss_kib = o.rss_kib;
        outcome_release(&o);
    }
    samples_add(&ret->ours, (double)(bench_now_ns() - p[0].started_ns) / 1e6);
    samples_add(&ret->cpu_ms, cpu_ms);
    return ok;
}

static bool measure_burst(struct bench_result *ret, struct pyro_error *err)
{
    for (int i = 0; i < BURST_RUNS; i++)
        if (!bench_delete_all(err) || !burst(ret, err))
            return false;
    return bench_delete_all(err);
}

const struct bench_row bench_start_rows[] = {
    { .name = "pyro --version",
      .unit = "ms",
      .target = 3,
      .peer = "`true`, the floor of any process",
      .measure = measure_version },
    { .name = "run debian:12 -- true, warm cache",
      .unit = "ms",
      .target = 250,
      .peer = "plain QEMU, cold boot of the same machine",
      .peer_ratio = 0.1,
      .measure = measure_run },
    { .name = "run debian:12 -- true, the first one of an image",
      .unit = "ms",
      .target = 1000,
      .peer = "the same, waiting for a template of the image",
      .peer_ratio = 0.25,
      .measure = measure_run_first },
    { .name = "run debian:12 -- true, with a spare",
      .unit = "ms",
      .target = 100,
      .peer = "plain QEMU, cold boot of the same machine",
      .peer_ratio = 0.04,
      .measure = measure_run_spare },
    { .name = "run debian:12 -- true, beside bubblewrap",
      .unit = "ms",
      .peer = "`bwrap --unshare-all true` (no VM)",
      .measure = measure_run_bwrap },
    { .name = "run debian:12 --network -- true",
      .unit = "ms",
      .peer = "the same without a network",
      .measure = measure_run_network },
    { .name = "workspace create debian:12, to its prompt back",
      .unit = "ms",
      .target = 200,
      .measure = measure_create },
    { .name = "workspace create debian:12, with a spare",
      .unit = "ms",
      .target = 40,
      .measure = measure_create_spare },
    { .name = "a spare that waits: memory", .unit = "MB", .target = 70, .measure = measure_spare },
    { .name = "workspace create debian:12, beside a running one",
      .unit = "ms",
      .target = 200,
      .measure = measure_create_beside },
    { .name = "ten workspace create at once, to the last one ready",
      .unit = "ms",
      .target = 1500,
      .measure = measure_burst },
    { .name = NULL },
};
