/*
 * tests/bench/rows_list.c: many workspaces, in the interface and in commands. Their records are
 * real; those that run have no machine, but a process that holds their locks.
 */
#include <string.h>

#include "tests/bench/bench.h"
#include "tests/bench/many.h"
#include "tests/bench/on_terminal.h"

#define START_RUNS 15
#define COMMAND_RUNS 15
#define KEYS 40
#define SETTLE_MS 3000
#define WINDOW_MS 20000

/* How many, and which of them run. */
struct size {
    unsigned stopped, started;
};
static const struct size hundred = { 100, 0 }, thousand = { 800, 200 };

/* Measures among so many. */
static bool among(const struct size *size,
                  bool (*measure)(struct bench_result *, struct pyro_error *),
                  struct bench_result *ret, struct pyro_error *err)
{
    struct many m;
    bool ok = many_begin(&m, size->stopped, size->started, err) && measure(ret, err);

    many_end(&m);
    return ok;
}

static bool open_list(struct terminal *t, struct pyro_error *err)
{
    const char *const argv[] = { bench_pyro(), "tui", NULL };

    return terminal_run(t, argv, err) && terminal_sees(t, " [0-9]+ workspaces", err) &&
           terminal_sees(t, "q quit", err) && terminal_sees(t, "│ id ", err);
}

/* --- the interface --- */

static bool measure_start(struct bench_result *ret, struct pyro_error *err)
{
    for (int i = 0; i < START_RUNS; i++) {
        scoped_terminal t = { .master = -1 };
        int64_t since = bench_now_ns();
        if (!open_list(&t, err))
            return false;
        samples_add(&ret->ours, (double)(bench_now_ns() - since) / 1e6);
    }
    snprintf(ret->note, sizeof(ret->note),
             "from before its start until all of a screen of %d×%d is there", TERMINAL_COLS,
             TERMINAL_ROWS);
    return true;
}

/* The details beside the list name the workspace that the cursor is on. */
static bool selected_id(struct terminal *t, char *ret, size_t n)
{
    scoped_buf text = BUF_INIT(1 << 20);
    const char *at;

    terminal_text(t, &text);
    at = text.len ? strstr(text.data, "│ id ") : NULL;
    return at && sscanf(at + strlen("│ id "), " %63s", ret) == 1 && n >= 64;
}

static bool measure_key(struct bench_result *ret, struct pyro_error *err)
{
    char ids[2][64], patterns[2][160];
    scoped_terminal t = { .master = -1 };

    if (!open_list(&t, err))
        return false;
    for (int i = 0; i < 2; i++) {
        if (!selected_id(&t, ids[i], sizeof(ids[i])))
            return pyro_fail(err, PYRO_INTERNAL, "no workspace is selected");
        snprintf(patterns[i], sizeof(patterns[i]), "│ id +%s", ids[i]);
        terminal_key(&t, "j");
        for (char now[64] = ""; !selected_id(&t, now, sizeof(now)) || !strcmp(now, ids[i]);)
            if (!terminal_pump(&t, 100))
                return pyro_fail(err, PYRO_INTERNAL, "it ended");
    }
    terminal_key(&t, "k"); /* on the second of them now */
    if (!terminal_sees(&t, patterns[1], err))
        return false;
    for (int i = 0; i < KEYS; i++)
        if (!terminal_sample_key(&t, i % 2 ? "j" : "k", patterns[i % 2], &ret->ours, err))
            return false;
    return true;
}

static bool measure_idle(struct bench_result *ret, struct pyro_error *err)
{
    scoped_terminal t = { .master = -1 };

    if (!open_list(&t, err))
        return false;
    terminal_core_percent(&t, SETTLE_MS);
    samples_add(&ret->ours, terminal_core_percent(&t, WINDOW_MS));
    snprintf(ret->note, sizeof(ret->note), "over %d s", WINDOW_MS / 1000);
    return true;
}

static bool start_hundred(struct bench_result *ret, struct pyro_error *err)
{
    return among(&hundred, measure_start, ret, err);
}

static bool start_thousand(struct bench_result *ret, struct pyro_error *err)
{
    return among(&thousand, measure_start, ret, err);
}

static bool key_hundred(struct bench_result *ret, struct pyro_error *err)
{
    return among(&hundred, measure_key, ret, err);
}

static bool key_thousand(struct bench_result *ret, struct pyro_error *err)
{
    return among(&thousand, measure_key, ret, err);
}

static bool idle_thousand(struct bench_result *ret, struct pyro_error *err)
{
    return among(&thousand, measure_idle, ret, err);
}

/* --- the command --- */

static bool measure_list(struct bench_result *ret, struct pyro_error *err)
{
    const char *const argv[] = { bench_pyro(), "workspace", "list", NULL };

    for (int i = 0; i < COMMAND_RUNS; i++)
        if (!process_sample(argv, ret, err))
            return false;
    return true;
}

static bool list_hundred(struct bench_result *ret, struct pyro_error *err)
{
    return among(&hundred, measure_list, ret, err);
}

const struct bench_row bench_list_rows[] = {
    { .name = "tui: start to the first full screen, 100 workspaces",
      .unit = "ms",
      .target = 60,
      .measure = start_hundred },
    { .name = "tui: key to screen in the list, 100 workspaces",
      .unit = "ms",
      .target = 5,
      .measure = key_hundred },
    { .name = "tui: start to the first full screen, 1,000 workspaces, 200 running",
      .unit = "ms",
      .target = 100,
      .measure = start_thousand },
    { .name = "tui: key to screen in the list, 1,000 workspaces, 200 running",
      .unit = "ms",
      .target = 8,
      .measure = key_thousand },
    { .name = "tui: the list, nothing happening, 1,000 workspaces, 200 running: of a core",
      .unit = "%",
      .target = 1,
      .measure = idle_thousand },
    { .name = "workspace list with 100 workspaces",
      .unit = "ms",
      .target = 15,
      .measure = list_hundred },
    { .name = NULL },
};
