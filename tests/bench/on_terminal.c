/* tests/bench/on_terminal.c: a program on a terminal, and how long it takes to show something. */
#include "tests/bench/on_terminal.h"

#include <poll.h>

#include "vmm/base/fs.h"

#define SEEN_MS 60000
#define REST_MS 10

bool terminal_run(struct terminal *t, const char *const *argv, struct pyro_error *err)
{
    setenv("TERM", "xterm-256color", 1);
    setenv("COLORTERM", "truecolor", 1);
    return terminal_start(t, TERMINAL_COLS, TERMINAL_ROWS, argv) ||
           pyro_fail_errno(err, "start '%s'", argv[0]);
}

bool terminal_waits(struct terminal *t, const char *pattern, bool wanted, struct pyro_error *err)
{
    int64_t until = bench_now_ns() + (int64_t)SEEN_MS * 1000000;
    scoped_buf text = BUF_INIT(1 << 20);
    regex_t compiled;
    bool seen;

    BUG_ON(regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB) != 0);
    while ((seen = terminal_shows(t, &compiled, NULL)) != wanted && bench_now_ns() < until)
        if (!terminal_pump(t, 100))
            break;
    regfree(&compiled);
    terminal_text(t, &text);
    return seen == wanted || pyro_fail(err, PYRO_TIMEOUT, "'%s' was %s shown: %.400s", pattern,
                                       wanted ? "not" : "always", text.len ? text.data : "");
}

bool terminal_sees(struct terminal *t, const char *pattern, struct pyro_error *err)
{
    return terminal_waits(t, pattern, true, err);
}

bool terminal_sample_key(struct terminal *t, const char *key, const char *pattern,
                         struct samples *to, struct pyro_error *err)
{
    int64_t since;

    poll(NULL, 0, REST_MS); /* who types leaves the machine time to fall asleep */
    while (terminal_pump(t, 0) && poll(&(struct pollfd){ t->master, POLLIN, 0 }, 1, 0) > 0)
        ;
    since = bench_now_ns();
    terminal_key(t, key);
    if (!terminal_sees(t, pattern, err))
        return false;
    samples_add(to, (double)(bench_now_ns() - since) / 1e6);
    return true;
}

bool terminal_sample_help(struct terminal *t, int times, struct samples *to, struct pyro_error *err)
{
    for (int i = 0; i < times; i++) {
        if (!terminal_sample_key(t, "?", "leave pyro tui", to, err))
            return false;
        terminal_key(t, "q");
        if (!terminal_waits(t, "leave pyro tui", false, err))
            return false;
    }
    return true;
}

double terminal_core_percent(struct terminal *t, int64_t window_ms)
{
    struct pid_set tui;
    int64_t since = bench_now_ns();
    double before;

    pids_below(t->pid, &tui);
    before = pids_cpu_ns(&tui);
    while (bench_now_ns() - since < window_ms * 1000000)
        terminal_pump(t, 100);
    return (pids_cpu_ns(&tui) - before) * 100 / (double)(bench_now_ns() - since);
}
