/*
 * tests/bench/rows_timeline.c: a timeline of 10,000 entries in the terminal interface, from the key to
 * what a person sees; the peer is less, with the same lines on the same terminal.
 */
#include <fcntl.h>
#include <stdlib.h>

#include "engine/state/timeline.h"
#include "tests/bench/bench.h"
#include "tests/bench/on_terminal.h"
#include "vmm/base/fs.h"

#define ENTRIES 10000
#define RUNS 15
#define WANTED "part-07314"

/* The workspace's supervisor is stopped: this process writes in its place. */
static bool fill_timeline(const char *id, struct pyro_error *err)
{
    const char *const stop[] = { bench_pyro(), "workspace", "stop", id, NULL };
    scoped_free char *path = str_printf("%s/pyro/workspaces/%s", getenv("XDG_DATA_HOME"), id);
    scoped_close int fd = process_quietly(stop, err) ? fs_open_dir(AT_FDCWD, path, err) : -1;

    for (int i = 0; fd >= 0 && i < ENTRIES; i++) {
        scoped_free char *text = str_printf("make -C part-%05d check", i);
        timeline_add(fd, TIMELINE_ENTRY(TIMELINE_INPUT, .id = "sh1", .by = CALLER_CLI, .text = text,
                                        .offset = i));
    }
    return fd >= 0;
}

static bool make_lines(const char *path, struct pyro_error *err)
{
    scoped_buf text = BUF_INIT(1 << 20);

    for (int i = 0; i < ENTRIES; i++)
        if (!buf_printf(&text, "12:00:00 typed sh1 cli make -C part-%05d check\n", i))
            return pyro_no_memory(err, NULL);
    return fs_replace(AT_FDCWD, path, text.data, text.len, 0600, err);
}

/* The interface in the list, on the workspace. */
static bool list(struct terminal *t, char id[BENCH_ID_BYTES], struct pyro_error *err)
{
    const char *const argv[] = { bench_pyro(), "tui", NULL };

    return bench_create_host(id, err) && fill_timeline(id, err) && terminal_run(t, argv, err) &&
           terminal_sees(t, "q quit", err) && terminal_sees(t, "stopped", err);
}

static bool peer_is_here(struct bench_result *ret)
{
    if (program_exists("less"))
        return true;
    snprintf(ret->peer_missing, sizeof(ret->peer_missing), "less is not installed");
    return false;
}

static bool sample_less_starts(struct samples *to, struct pyro_error *err)
{
    scoped_free char *path = bench_path("timeline.txt");
    const char *const argv[] = { "less", "+G", path, NULL };

    if (!make_lines(path, err))
        return false;
    for (int i = 0; i < RUNS; i++) {
        scoped_terminal t = { .master = -1 };
        int64_t since = bench_now_ns();
        if (!terminal_run(&t, argv, err) || !terminal_sees(&t, "part-09999", err))
            return false;
        samples_add(to, (double)(bench_now_ns() - since) / 1e6);
    }
    return true;
}

static bool measure_open(struct bench_result *ret, struct pyro_error *err)
{
    scoped_terminal t = { .master = -1 };
    char id[BENCH_ID_BYTES];

    if (!list(&t, id, err))
        return false;
    for (int i = 0; i < RUNS; i++) {
        if (!terminal_sample_key(&t, "T", "part-09999", &ret->ours, err))
            return false;
        terminal_key(&t, "Esc");
        if (!terminal_waits(&t, "timeline of", false, err))
            return false;
    }
    if (peer_is_here(ret) && !sample_less_starts(&ret->peer, err))
        return false;
    snprintf(ret->note, sizeof(ret->note), "from the key to a screen of %d×%d; the peer's start",
             TERMINAL_COLS, TERMINAL_ROWS);
    return bench_delete(id, err);
}

/* From Enter; then back to the end. */
static bool sample_less_searches(struct samples *to, struct pyro_error *err)
{
    scoped_free char *path = bench_path("timeline.txt");
    const char *const argv[] = { "less", path, NULL };
    scoped_terminal t = { .master = -1 };

    if (!make_lines(path, err) || !terminal_run(&t, argv, err) ||
        !terminal_sees(&t, "part-00000", err))
        return false;
    for (int i = 0; i < RUNS; i++) {
        terminal_key(&t, "/" WANTED);
        if (!terminal_sees(&t, "^/" WANTED, err) ||
            !terminal_sample_key(&t, "Enter", "C " WANTED " check", to, err))
            return false;
        terminal_key(&t, "g");
        if (!terminal_sees(&t, "part-00000", err))
            return false;
    }
    return true;
}

static bool measure_search(struct bench_result *ret, struct pyro_error *err)
{
    scoped_terminal t = { .master = -1 };
    char id[BENCH_ID_BYTES];

    if (!list(&t, id, err))
        return false;
    terminal_key(&t, "T");
    if (!terminal_sees(&t, "part-09999", err))
        return false;
    for (int i = 0; i < RUNS; i++) {
        terminal_key(&t, "/");
        if (!terminal_sees(&t, "^ */", err))
            return false;
        terminal_key(&t, "part-0731");
        if (!terminal_sees(&t, " 10 of 10", err) ||
            !terminal_sample_key(&t, "4", " 1 of 10", &ret->ours, err))
            return false;
        terminal_key(&t, "Enter");
        terminal_key(&t, "Esc");
        if (!terminal_sees(&t, "part-09999", err))
            return false;
    }
    if (peer_is_here(ret) && !sample_less_searches(&ret->peer, err))
        return false;
    snprintf(ret->note, sizeof(ret->note),
             "one more letter of a filter; the peer's search, on Enter");
    return bench_delete(id, err);
}

const struct bench_row bench_timeline_rows[] = {
    { .name = "tui: open a timeline of 10,000 entries",
      .unit = "ms",
      .target = 60,
      .peer = "less, the same lines",
      .measure = measure_open },
    { .name = "tui: search a timeline of 10,000 entries",
      .unit = "ms",
      .target = 60,
      .peer = "less, the same lines",
      .measure = measure_search },
    { .name = NULL },
};
