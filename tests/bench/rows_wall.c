/*
 * tests/bench/rows_wall.c: what the wall costs, all its tiles' processes together, while twenty
 * shells print steadily, and while none does. Shells run on this host.
 */
#include <poll.h>

#include "tests/bench/bench.h"
#include "tests/tui/terminal.h"
#include "vmm/base/fs.h"

#define COLS 120
#define ROWS 40
#define SHELLS 20
#define SEEN_MS 60000
#define SETTLE_MS 12000 /* prompts have begun to wait by then */
#define WINDOW_MS 10000

#define scoped_terminal __attribute__((cleanup(terminal_release))) struct terminal

/* Ten coloured lines a second. */
#define STEADY                                                                                     \
    "n=0; while :; do n=$((n+1)); printf '\\033[3%dm%6d\\033[m compiling module %d of many\\n' "   \
    "$((n%8)) $n $n; sleep 0.1; done"

static bool sees(struct terminal *t, const char *pattern, struct pyro_error *err)
{
    int64_t until = bench_now_ns() + (int64_t)SEEN_MS * 1000000;
    regex_t compiled;
    bool seen;

    BUG_ON(regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB) != 0);
    while (!(seen = terminal_shows(t, &compiled, NULL)) && bench_now_ns() < until)
        if (!terminal_pump(t, 100))
            break;
    regfree(&compiled);
    return seen || pyro_fail(err, PYRO_TIMEOUT, "'%s' was not shown", pattern);
}

static bool open_shells(const char *id, const char *line, struct pyro_error *err)
{
    const char *const open[] = { bench_pyro(), "workspace", "shell", "open", id, NULL };

    for (int i = 0; i < SHELLS; i++) {
        scoped_free char *shell = str_printf("sh%d", i + 1);
        const char *const write[] = { bench_pyro(), "workspace", "shell", "write", id,
                                      shell,        "--input",   line,    NULL };
        if (!process_quietly(open, err) || (line && !process_quietly(write, err)))
            return false;
    }
    return true;
}

/* Of the interface and its tiles; not of the shells nor of their supervisor. */
static bool measure(struct bench_result *ret, const char *line, const char *shown,
                    struct pyro_error *err)
{
    const char *const argv[] = { bench_pyro(), "tui", NULL };
    scoped_terminal t = { .master = -1 };
    char id[BENCH_ID_BYTES];
    struct pid_set tui;
    double before;
    int64_t since;

    setenv("TERM", "xterm-256color", 1);
    setenv("COLORTERM", "truecolor", 1);
    if (!bench_create_host(id, err) || !open_shells(id, line, err))
        return false;
    if (!terminal_start(&t, COLS, ROWS, argv))
        return pyro_fail_errno(err, "start '%s'", argv[0]);
    if (!sees(&t, "q quit", err))
        return false;
    terminal_key(&t, "w");
    if (!sees(&t, shown, err))
        return false;
    for (since = bench_now_ns(); bench_now_ns() - since < (int64_t)SETTLE_MS * 1000000;)
        terminal_pump(&t, 100);
    pids_below(t.pid, &tui);
    before = pids_cpu_ns(&tui);
    for (since = bench_now_ns(); bench_now_ns() - since < (int64_t)WINDOW_MS * 1000000;)
        terminal_pump(&t, 100);
    samples_add(&ret->ours, (pids_cpu_ns(&tui) - before) * 100 / (double)(bench_now_ns() - since));
    snprintf(ret->note, sizeof(ret->note),
             "%d tiles on %d×%d, the interface and its %u processes over %d s", SHELLS, COLS, ROWS,
             tui.count - 1, WINDOW_MS / 1000);
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

const struct bench_row bench_wall_rows[] = {
    { .name = "tui: twenty shells on the wall, ten lines a second each: of a core",
      .unit = "%",
      .target = 25,
      .measure = measure_steady },
    { .name = "tui: twenty shells on the wall, nothing happening: of a core",
      .unit = "%",
      .target = 0.1,
      .measure = measure_idle },
    { .name = NULL },
};
