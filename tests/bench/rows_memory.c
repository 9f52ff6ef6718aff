/* tests/bench/rows_memory.c: how long a machine stands still while it is kept with its memory, and how
 * long one takes to be suspended and to go on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/bench.h"
#include "vmm/base/fs.h"

#define RUNS 9

/* By the command's own figure; *ret_bytes: of the memory that was kept. */
static bool sample_pause(const char *id, struct bench_result *ret, json_int_t *ret_bytes,
                         struct pyro_error *err)
{
    const char *const create[] = { bench_pyro(), "workspace", "snapshot", "create", id,
                                   "m",          "--memory",  "--json",   NULL };
    const char *const delete[] = { bench_pyro(), "workspace", "snapshot", "delete", id, "m", NULL };
    scoped_json json_t *j = NULL;
    struct outcome o;

    if (!process_run(create, &o, err))
        return false;
    j = json_parse(o.out.data, o.out.len, JSON_BYTES_MAX, err);
    outcome_release(&o);
    if (!j)
        return false;
    samples_add(&ret->ours, json_number_or(j, "pause_ms", 0));
    *ret_bytes = json_int_or(j, "memory_bytes", 0);
    return process_quietly(delete, err);
}

/* What a machine has written by itself comes to 4 MB; so much is added. */
static bool measure_pause(unsigned mib, struct bench_result *ret, struct pyro_error *err)
{
    char id[BENCH_ID_BYTES];
    json_int_t bytes = 0;

    if (!bench_create(id, err) || (mib && !bench_fill_memory(id, mib, err)))
        return false;
    for (int i = 0; i < RUNS; i++)
        if (!sample_pause(id, ret, &bytes, err))
            return false;
    snprintf(ret->note, sizeof(ret->note), "of the kept memory and devices: %.1f MB",
             (double)bytes / 1e6);
    return bench_delete(id, err);
}

static bool measure_pause_4(struct bench_result *ret, struct pyro_error *err)
{
    return measure_pause(0, ret, err);
}

static bool measure_pause_52(struct bench_result *ret, struct pyro_error *err)
{
    return measure_pause(46, ret, err);
}

static bool measure_pause_320(struct bench_result *ret, struct pyro_error *err)
{
    return measure_pause(302, ret, err);
}

/* A machine that is awake, with so much written, is suspended and woken up, RUNS times. */
static bool measure_cycles(unsigned mib, bool is_resume, struct bench_result *ret,
                           struct pyro_error *err)
{
    char id[BENCH_ID_BYTES];
    const char *const suspend[] = { bench_pyro(), "workspace", "suspend", id, NULL };
    const char *const wake[] = { bench_pyro(), "workspace", "exec", id, "--", "true", NULL };
    bool ok = bench_create(id, err) && (!mib || bench_fill_memory(id, mib, err));

    for (int i = 0; ok && i < RUNS; i++) {
        if (is_resume)
            /* Suspended again before the other is created: a machine that runs would lend that one the
             * template's memory, which ours has to load. */
            ok = process_quietly(suspend, err) && process_sample(wake, ret, err) &&
                 process_quietly(suspend, err) && bench_sample_create(ret, err) &&
                 bench_delete_others(id, err);
        else
            ok = process_sample(suspend, ret, err) && process_quietly(wake, err);
    }
    return ok && bench_delete(id, err);
}

static bool measure_suspend(struct bench_result *ret, struct pyro_error *err)
{
    return measure_cycles(0, false, ret, err);
}

static bool measure_suspend_83(struct bench_result *ret, struct pyro_error *err)
{
    return measure_cycles(79, false, ret, err);
}

static bool measure_resume(struct bench_result *ret, struct pyro_error *err)
{
    return measure_cycles(0, true, ret, err);
}

/* The disk space of what is kept: the memory that it has written, and its devices. The template's memory
 * is a link. */
static bool measure_suspended_file(struct bench_result *ret, struct pyro_error *err)
{
    char id[BENCH_ID_BYTES];
    const char *const suspend[] = { bench_pyro(), "workspace", "suspend", id, NULL };
    const char *const usage[] = { "sh",
                                  "-c",
                                  "find \"$XDG_DATA_HOME/pyro/workspaces/$1/suspended\" -type f "
                                  "-links 1 -printf '%b\\n' | awk '{n += $1} END {print n * 512}'",
                                  "sh",
                                  id,
                                  NULL };
    struct outcome o;

    if (!bench_create(id, err) || !process_quietly(suspend, err) || !process_run(usage, &o, err))
        return false;
    samples_add(&ret->ours, strtod(o.out.data, NULL) / 1e6);
    outcome_release(&o);
    return bench_delete(id, err);
}

const struct bench_row bench_memory_rows[] = {
    { .name = "snapshot create --memory: pause, 4 MB written",
      .unit = "ms",
      .target = 10,
      .measure = measure_pause_4 },
    { .name = "snapshot create --memory: pause, 52 MB written",
      .unit = "ms",
      .target = 20,
      .measure = measure_pause_52 },
    { .name = "snapshot create --memory: pause, 320 MB written",
      .unit = "ms",
      .target = 80,
      .measure = measure_pause_320 },
    { .name = "workspace suspend, fresh", .unit = "ms", .target = 60, .measure = measure_suspend },
    { .name = "workspace suspend, 83 MB written",
      .unit = "ms",
      .target = 250,
      .measure = measure_suspend_83 },
    { .name = "a suspended workspace, to its next exec's answer",
      .unit = "ms",
      .peer_ratio = 0.8,
      .peer = "workspace create and its first exec",
      .measure = measure_resume },
    { .name = "the kept memory of a suspended fresh workspace",
      .unit = "MB",
      .target = 4,
      .measure = measure_suspended_file },
    { .name = NULL },
};
