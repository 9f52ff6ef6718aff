/*
 * tests/bench/rows_wall.c: what the wall costs, all its tiles' processes together, while twenty
 * shells print steadily, and while none does; and that one which floods holds up neither keys nor
 * the others. Shells run on this host.
 */
#include "tests/bench/on_terminal.h"
#include "vmm/base/fs.h"

#define SHELLS 20
#define FEW 6
#define KEYS 40
#define SETTLE_MS 12000 /* prompts have begun to wait by then */
#define WINDOW_MS 10000

/* Ten coloured lines a second. */
#define STEADY                                                                                     \
    "n=0; while :; do n=$((n+1)); printf '\\033[3%dm%6d\\033[m compiling module %d of many\\n' "   \
    "$((n%8)) $n $n; sleep 0.1; done"

/* A tile of a wall shows what is left of the cursor, too. */
#define SHORT_PROMPT "unset PROMPT_COMMAND; PS1='$ '; clear"

static bool open_shells(const char *id, int count, const char *line, struct pyro_error *err)
{
    const char *const open[] = { bench_pyro(), "workspace", "shell", "open", id, NULL };

    for (int i = 0; i < count; i++) {
        scoped_free char *shell = str_printf("sh%d", i + 1);
        const char *const write[] = { bench_pyro(), "workspace", "shell", "write", id,
                                      shell,        "--input",   line,    NULL };
        if (!process_quietly(open, err) || (line && !process_quietly(write, err)))
            return false;
    }
    return true;
}

static bool open_wall(struct terminal *t, const char *shown, struct pyro_error *err)
{
    const char *const argv[] = { bench_pyro(), "tui", NULL };

    if (!terminal_run(t, argv, err) || !terminal_sees(t, "q quit", err))
        return false;
    terminal_key(t, "w");
    return terminal_sees(t, shown, err);
}

/* Of the interface and its tiles; not of the shells nor of their supervisor. */
static bool measure(struct bench_result *ret, const char *line, const char *shown,
                    struct pyro_error *err)
{
    scoped_terminal t = { .master = -1 };
    char id[BENCH_ID_BYTES];
    struct pid_set tui;
    double before;
    int64_t since;

    if (!bench_create_host(id, err) || !open_shells(id, SHELLS, line, err) ||
        !open_wall(&t, shown, err))
        return false;
    for (since = bench_now_ns(); bench_now_ns() - since < (int64_t)SETTLE_MS * 1000000;)
        terminal_pump(&t, 100);
    pids_below(t.pid, &tui);
    before = pids_cpu_ns(&tui);
    for (since = bench_now_ns(); bench_now_ns() - since < (int64_t)WINDOW_MS * 1000000;)
        terminal_pump(&t, 100);
    samples_add(&ret->ours, (pids_cpu_ns(&tui) - before) * 100 / (double)(bench_now_ns() - since));
    snprintf(ret->note, sizeof(ret->note),
             "%d tiles on %d×%d, the interface and its %u processes over %d s", SHELLS,
             TERMINAL_COLS, TERMINAL_ROWS, tui.count - 1, WINDOW_MS / 1000);
    return bench_delete(id, err);
}

static bool measure_steady(struct bench_result *ret, struct pyro_error *err)
{
    return measure(ret, STEADY, "compiling module", err);
}

static bool measure_idle(struct bench_result *ret, struct pyro_error *err)
{
    return measure(ret, NULL, "20 shells", err);
}

/* --- one that floods beside others --- */

/* A wall of a few, the first of which prints as fast as it can. */
static bool open_flooded_wall(struct terminal *t, char id[BENCH_ID_BYTES], struct pyro_error *err)
{
    const char *const flood[] = { bench_pyro(), "workspace", "shell", "write", id,
                                  "sh1",        "--input",   "yes",   NULL };

    return bench_create_host(id, err) && open_shells(id, FEW, SHORT_PROMPT, err) &&
           process_quietly(flood, err) && open_wall(t, "^│y +│", err);
}

static bool measure_flooded_key(struct bench_result *ret, struct pyro_error *err)
{
    scoped_terminal t = { .master = -1 };
    char id[BENCH_ID_BYTES];

    if (!open_flooded_wall(&t, id, err) || !terminal_sample_help(&t, KEYS, &ret->ours, err))
        return false;
    snprintf(ret->note, sizeof(ret->note),
             "help opened over %d tiles, one of which floods with `yes`", FEW);
    return bench_delete(id, err);
}

/* From before a command that types into another shell until its tile shows what that prints. */
static bool measure_flooded_neighbour(struct bench_result *ret, struct pyro_error *err)
{
    scoped_terminal t = { .master = -1 };
    char id[BENCH_ID_BYTES];

    if (!open_flooded_wall(&t, id, err))
        return false;
    for (int i = 0; i < KEYS; i++) {
        scoped_free char *line = str_printf("echo line-$((%d + 1000))", i);
        scoped_free char *pattern = str_printf("line-%d", i + 1000);
        const char *const write[] = { bench_pyro(), "workspace", "shell", "write", id,
                                      "sh2",        "--input",   line,    NULL };
        int64_t since = bench_now_ns();
        if (!process_quietly(write, err) || !terminal_sees(&t, pattern, err))
            return false;
        samples_add(&ret->ours, (double)(bench_now_ns() - since) / 1e6);
    }
    snprintf(ret->note, sizeof(ret->note), "`shell write` as a whole included, %d tiles", FEW);
    return bench_delete(id, err);
}

const struct bench_row bench_wall_rows[] = {
    { .name = "tui: twenty shells on the wall, ten lines a second each: of a core",
      .unit = "%",
      .target = 25,
      .measure = measure_steady },
    { .name = "tui: twenty shells on the wall, nothing happening: of a core",
      .unit = "%",
      .target = 0.1,
      .measure = measure_idle },
    { .name = "tui: a key on the wall while one of its shells floods",
      .unit = "ms",
      .target = 20,
      .measure = measure_flooded_key },
    { .name = "tui: a line in one tile while another floods",
      .unit = "ms",
      .target = 200,
      .measure = measure_flooded_neighbour },
    { .name = NULL },
};
