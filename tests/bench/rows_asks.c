/*
 * tests/bench/rows_asks.c: how soon a program that waits for input is seen to ask, and what looking
 * for that costs the guest. The observer is a read that waits for it: a whole process.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/bench.h"
#include "tests/bench/in_shell.h"
#include "vmm/base/fs.h"

#define RUNS 15
#define SILENT_RUNS 6
#define SILENT_S 6
#define SHELLS 20
#define SETTLE_MS 6000 /* the first looks are over */
#define WINDOW_MS 40000
#define WAIT_MS 60000

#define QUESTION "Go on? "

/* A read of what comes behind `cursor`, until something asks. */
static bool start_reader(const struct bench_shell *sh, int64_t cursor, struct process *ret,
                         struct pyro_error *err)
{
    scoped_free char *from = str_printf("%" PRId64, cursor);
    const char *const read[] = {
        bench_pyro(),       "workspace",     "shell", "read",   sh->id,     "sh1", "--plain",
        "--wait-for-input", "--max-wait-ms", "60000", "--json", "--cursor", from,  NULL
    };

    return process_start(read, ret, err);
}

static bool finish_reader(struct process *p, struct pyro_error *err)
{
    struct outcome o;
    bool asks;

    if (!process_finish(p, "shell read", &o, err))
        return false;
    asks = memmem(o.out.data, o.out.len, "\"asks\": true", strlen("\"asks\": true"));
    outcome_release(&o);
    return asks || pyro_fail(err, PYRO_INTERNAL, "the read returned, and nothing asks");
}

/* Whatever runs in the shell ends, and its prompt is back. */
static bool interrupt(const struct bench_shell *sh, struct pyro_error *err)
{
    const char *const signal[] = {
        bench_pyro(), "workspace", "shell", "signal", sh->id, "sh1", NULL
    };
    const char *const read[] = { bench_pyro(), "workspace",         "shell", "read", sh->id, "sh1",
                                 "--plain",    "--wait-for-prompt", NULL };

    return process_quietly(signal, err) && process_quietly(read, err);
}

/* Until the log ends in the question, which it has not at `from` yet. */
static bool wait_question(const struct bench_shell *sh, int64_t from, struct pyro_error *err)
{
    int64_t until = bench_now_ns() + (int64_t)WAIT_MS * 1000000;
    const size_t n = strlen(QUESTION);

    while (bench_now_ns() < until) {
        scoped_buf log = BUF_INIT(1 << 20);
        if (!fs_read_file(AT_FDCWD, sh->log, &log, err))
            return false;
        if ((int64_t)log.len > from && !memcmp(log.data + log.len - n, QUESTION, n))
            return true;
        poll(NULL, 0, 1);
    }
    return pyro_fail(err, PYRO_TIMEOUT, "the shell's log does not end in the question");
}

static bool measure_question(struct bench_result *ret, struct pyro_error *err)
{
    scoped_shell sh = { .log = NULL };

    if (!shell_start(&sh, err))
        return false;
    for (int i = 0; i < RUNS; i++) {
        struct process reader;
        int64_t from, since;
        if (!shell_type(&sh, "sleep 1; bash -c 'read -p \"" QUESTION "\" x'", err))
            return false;
        from = shell_log_size(&sh);
        if (!start_reader(&sh, from, &reader, err) || !wait_question(&sh, from, err))
            return false;
        since = bench_now_ns();
        if (!finish_reader(&reader, err))
            return false;
        samples_add(&ret->ours, (double)(bench_now_ns() - since) / 1e6);
        if (!interrupt(&sh, err))
            return false;
    }
    snprintf(ret->note, sizeof(ret->note),
             "from the question in the log until a read that waits for it has ended; 250 ms of it "
             "are the rule's");
    return bench_delete(sh.id, err);
}

static bool measure_silent(struct bench_result *ret, struct pyro_error *err)
{
    scoped_free char *line = str_printf("bash -c 'sleep %d; exec cat'", SILENT_S);
    scoped_shell sh = { .log = NULL };

    if (!shell_start(&sh, err))
        return false;
    for (int i = 0; i < SILENT_RUNS; i++) {
        struct process reader;
        int64_t since;
        if (!shell_type(&sh, line, err))
            return false;
        since = bench_now_ns() + (int64_t)SILENT_S * 1000000000;
        if (!start_reader(&sh, shell_log_size(&sh), &reader, err) || !finish_reader(&reader, err))
            return false;
        samples_add(&ret->ours, (double)(bench_now_ns() - since) / 1e6);
        if (!interrupt(&sh, err))
            return false;
    }
    snprintf(ret->note, sizeof(ret->note),
             "cat begins to read %d s after the last output, and prints nothing", SILENT_S);
    return bench_delete(sh.id, err);
}

/* Nanoseconds that the guest's first process has been on a CPU. */
static bool guest_cpu_ns(const char *id, uint64_t *ret, struct pyro_error *err)
{
    const char *const argv[] = { bench_pyro(), "workspace",         "exec", id, "--",
                                 "cat",        "/proc/1/schedstat", NULL };
    struct outcome o;
    bool ok;

    if (!process_run(argv, &o, err))
        return false;
    ok = buf_append(&o.out, "", 1) && sscanf(o.out.data, "%" SCNu64, ret) == 1;
    outcome_release(&o);
    return ok || pyro_fail(err, PYRO_INTERNAL, "the guest has no /proc/1/schedstat");
}

static bool run_in_shells(const struct bench_shell *sh, const char *line, struct pyro_error *err)
{
    const char *const open[] = { bench_pyro(), "workspace", "shell", "open", sh->id, NULL };

    for (int i = 1; i <= SHELLS; i++) {
        scoped_free char *shell = str_printf("sh%d", i);
        const char *const write[] = { bench_pyro(), "workspace", "shell", "write", sh->id,
                                      shell,        "--input",   line,    NULL };
        if ((i > 1 && !process_quietly(open, err)) || !process_quietly(write, err))
            return false;
    }
    return true;
}

static bool measure_cost(struct bench_result *ret, struct pyro_error *err)
{
    scoped_shell sh = { .log = NULL };
    uint64_t before, after;
    int64_t since;

    if (!shell_start(&sh, err) || !run_in_shells(&sh, "sleep 1000", err))
        return false;
    poll(NULL, 0, SETTLE_MS);
    since = bench_now_ns();
    if (!guest_cpu_ns(sh.id, &before, err))
        return false;
    poll(NULL, 0, WINDOW_MS);
    if (!guest_cpu_ns(sh.id, &after, err))
        return false;
    samples_add(&ret->ours, 100 * (double)(after - before) / (double)(bench_now_ns() - since));
    snprintf(ret->note, sizeof(ret->note),
             "process 1 of the guest over %d s, one exec included; %d shells in which `sleep` runs",
             WINDOW_MS / 1000, SHELLS);
    return bench_delete(sh.id, err);
}

const struct bench_row bench_asks_rows[] = {
    { .name = "a question, from the last output until it is seen",
      .unit = "ms",
      .target = 300,
      .measure = measure_question },
    { .name = "a program that begins to wait silently, until it is seen",
      .unit = "ms",
      .target = 5000,
      .measure = measure_silent },
    { .name = "looking at twenty shells, in the guest: of a core",
      .unit = "%",
      .target = 0.2,
      .measure = measure_cost },
    { .name = NULL },
};
