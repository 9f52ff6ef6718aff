/* tests/bench/rows_fork.c: forks of running workspaces, beside creates. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/bench.h"
#include "vmm/base/fs.h"

#define RUNS 9
#define BURST_RUNS 3
#define BURST "10"

/* Each with the first command's answer. */
static bool sample_one(const char *id, struct bench_result *ret, struct pyro_error *err)
{
    const char *const fork[] = {
        "sh",
        "-c",
        "\"$1\" workspace exec $(\"$1\" workspace fork \"$2\" --id-only) -- true",
        "sh",
        bench_pyro(),
        id,
        NULL
    };

    return process_sample(fork, ret, err) && bench_sample_create(ret, err) &&
           bench_delete_others(id, err);
}

static bool sample_burst(const char *id, struct bench_result *ret, struct pyro_error *err)
{
    const char *const fork[] = { bench_pyro(), "workspace", "fork",      id,
                                 "--count",    BURST,       "--id-only", NULL };
    const char *const create[] = { "sh",
                                   "-c",
                                   "for i in $(seq " BURST "); do \"$1\" workspace create \"$2\" "
                                   "--id-only & done; wait",
                                   "sh",
                                   bench_pyro(),
                                   BENCH_ENVIRONMENT,
                                   NULL };

    return process_sample(fork, ret, err) && bench_delete_others(id, err) &&
           process_sample_peer(create, ret, err) && bench_delete_others(id, err);
}

/* What a machine has written by itself comes to 4 MB; so much is added. */
static bool measure(unsigned mib, int runs,
                    bool (*sample)(const char *id, struct bench_result *ret,
                                   struct pyro_error *err),
                    struct bench_result *ret, struct pyro_error *err)
{
    char id[BENCH_ID_BYTES];

    if (!bench_delete_all(err) || !bench_create(id, err) || !bench_fill_memory(id, mib, err))
        return false;
    for (int i = 0; i < runs; i++)
        if (!sample(id, ret, err))
            return false;
    return bench_delete(id, err);
}

static bool measure_fork_52(struct bench_result *ret, struct pyro_error *err)
{
    return measure(46, RUNS, sample_one, ret, err);
}

static bool measure_fork_320(struct bench_result *ret, struct pyro_error *err)
{
    snprintf(
        ret->note, sizeof(ret->note),
        "what was written is copied once, for all forks of one command: it cannot take less than "
        "that");
    return measure(302, RUNS, sample_one, ret, err);
}

static bool measure_ten(struct bench_result *ret, struct pyro_error *err)
{
    return measure(46, BURST_RUNS, sample_burst, ret, err);
}

const struct bench_row bench_fork_rows[] = {
    { .name = "fork of a running one, 52 MB written, to its first exec's answer",
      .unit = "ms",
      .peer = "create without a spare, to its first exec's answer",
      .peer_ratio = 1.2,
      .measure = measure_fork_52 },
    { .name = "fork of a running one, 320 MB written, to its first exec's answer",
      .unit = "ms",
      .peer = "create without a spare, to its first exec's answer",
      .peer_ratio = 1.2,
      .measure = measure_fork_320 },
    { .name = "ten forks at once, 52 MB written",
      .unit = "ms",
      .peer = "ten creates at once",
      .peer_ratio = 1.2,
      .measure = measure_ten },
    { .name = NULL },
};
