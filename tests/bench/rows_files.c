/* tests/bench/rows_files.c: reading, writing and comparing the files of a running workspace. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/client/handle.h"
#include "engine/disk/snapshot.h"
#include "tests/bench/bench.h"
#include "vmm/base/fs.h"

#define RUNS 40
#define DIFF_RUNS 9
#define FILE_BYTES 4096
#define FILES 20000

static bool exec_in(const char *id, const char *script, struct pyro_error *err)
{
    const char *const argv[] = { bench_pyro(), "workspace", "exec", "--timeout-seconds",
                                 "0",          id,          "--",   "sh",
                                 "-c",         script,      NULL };
    struct outcome o;

    if (!process_run(argv, &o, err))
        return false;
    outcome_release(&o);
    return true;
}

/* A file of 4 KiB of text on the host; the caller frees its path. */
static char *make_text(struct pyro_error *err)
{
    char *path = bench_path("text");
    char text[FILE_BYTES];

    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = i % 64 == 63 ? '\n' : (char)('a' + i % 26);
    if (fs_replace(AT_FDCWD, path, text, sizeof(text), 0644, err))
        return path;
    free(path);
    return NULL;
}

static bool measure_write(struct bench_result *ret, struct pyro_error *err)
{
    scoped_free char *path = make_text(err);
    char id[BENCH_ID_BYTES];
    const char *const argv[] = { bench_pyro(), "workspace",   "file", "write", id,
                                 "text",       "--text-file", path,   NULL };

    if (!path || !bench_create(id, err))
        return false;
    for (int i = 0; i < RUNS; i++)
        if (!process_sample(argv, ret, err))
            return false;
    snprintf(ret->note, sizeof(ret->note), "with fsync in the guest and on the host");
    return bench_delete(id, err);
}

static bool measure_read(struct bench_result *ret, struct pyro_error *err)
{
    scoped_free char *path = make_text(err);
    char id[BENCH_ID_BYTES];
    const char *const write_argv[] = { bench_pyro(), "workspace",   "file", "write", id,
                                       "text",       "--text-file", path,   NULL };
    const char *const argv[] = { bench_pyro(), "workspace", "file", "read", id, "text", NULL };
    struct outcome o;

    if (!path || !bench_create(id, err) || !process_run(write_argv, &o, err))
        return false;
    outcome_release(&o);
    for (int i = 0; i < RUNS; i++)
        if (!process_sample(argv, ret, err))
            return false;
    return bench_delete(id, err);
}

/* 20,000 files in 200 directories, which git knows. */
static bool make_tree(const char *id, struct pyro_error *err)
{
    char script[512];

    snprintf(script, sizeof(script),
             "set -e; seq -f 'd%%03.0f' 0 199 | xargs mkdir; seq 0 %d | awk '{f = sprintf("
             "\"d%%03d/f%%d\", $1 %% 200, $1); print \"line\", $1 > f; close(f)}'; "
             "git init -q .; git config gc.auto 0; git add .; "
             "git -c user.name=b -c user.email=b commit -qm b; sync",
             FILES - 1);
    return exec_in(id, script, err);
}

/* What is there is the baseline, as after seeding. */
static bool seal(const char *id, struct pyro_error *err)
{
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;

    return workspace_open(id, &o, err) && workspace_seal_baseline(&o, err);
}

static bool measure_diff(struct bench_result *ret, struct pyro_error *err)
{
    char id[BENCH_ID_BYTES];
    const char *const ours[] = { bench_pyro(), "workspace", "diff", id, NULL };
    const char *const peer[] = { bench_pyro(), "workspace",
                                 "exec",       "--timeout-seconds",
                                 "0",          id,
                                 "--",         "sh",
                                 "-c",         "git status --porcelain && git diff",
                                 NULL };

    if (!bench_create(id, err) || !make_tree(id, err) || !seal(id, err))
        return false;
    if (!exec_in(id,
                 "for i in 17 5000 19999; do echo more >>d$(printf %03d $((i % 200)))/f$i; done",
                 err))
        return false;
    for (int i = 0; i < DIFF_RUNS; i++)
        if (!process_sample(ours, ret, err) || !process_sample_peer(peer, ret, err))
            return false;
    return bench_delete(id, err);
}

const struct bench_row bench_file_rows[] = {
    { .name = "workspace file read, 4 KiB", .unit = "ms", .target = 12, .measure = measure_read },
    { .name = "workspace file write, 4 KiB", .unit = "ms", .target = 12, .measure = measure_write },
    { .name = "workspace diff, 3 of 20,000 files changed",
      .unit = "ms",
      .peer = "git status && git diff in the guest",
      .peer_ratio = 1,
      .measure = measure_diff },
    { .name = NULL },
};
