/*
 * tests/bench/rows_tui.c: the terminal interface, on a terminal of its own: from a key, or a start,
 * to what a person sees. Shells run on this host (host compatibility), so that no guest's time is
 * in the figures; the peer is tmux, attached on the same terminal to the same program.
 */
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/bench/bench.h"
#include "tests/bench/on_terminal.h"
#include "vmm/base/fs.h"
#include "vmm/base/proc.h"

#define KEYS 40
#define LOG_RUNS 3
#define LOG_BYTES 100000000
#define LONG_LOG_BYTES 60000000
#define ATTACH_RUNS 15
#define FLOOD_BYTES 8000000
#define FLOOD_SETTLE_MS 500
#define FLOOD_WINDOW_MS 4000
#define MEMORY_LOGS 6
#define IDLE_SETTLE_MS 2000
#define IDLE_WINDOW_MS 10000

/* --- a shell on this host --- */

static bool open_shell(const char *id, struct pyro_error *err)
{
    const char *const open[] = { bench_pyro(), "workspace", "shell", "open", id, NULL };

    return process_quietly(open, err);
}

/* The interface with the shell at full size; watched, or under control. */
static bool watch(struct terminal *t, const char *id, bool control, struct pyro_error *err)
{
    scoped_free char *target = str_printf("%s/sh1", id);
    const char *const argv[] = { bench_pyro(), "tui", target, NULL };

    if (!terminal_run(t, argv, err) || !terminal_sees(t, "WATCHING", err))
        return false;
    if (control)
        terminal_key(t, "i");
    return !control || terminal_sees(t, "^ CONTROL", err);
}

/* Ends the peer's server, when there is one. */
static bool end_tmux(struct pyro_error *err)
{
    scoped_free char *socket = bench_path("tui-tmux.sock");
    const char *const argv[] = { "sh", "-c", "tmux -S \"$0\" kill-server || :", socket, NULL };

    return process_quietly(argv, err);
}

static bool tmux(struct terminal *t, struct pyro_error *err)
{
    scoped_free char *socket = bench_path("tui-tmux.sock");
    scoped_free char *config = bench_path("tmux.conf");
    const char *const argv[] = { "tmux", "-S", socket,        "-f",   config,
                                 "-2",   "-u", "new-session", "bash", NULL };
    static const char limit[] = "set -g history-limit 100000\n";

    return end_tmux(err) && fs_replace(AT_FDCWD, config, limit, sizeof(limit) - 1, 0600, err) &&
           terminal_run(t, argv, err) && terminal_sees(t, "\\$|#", err);
}

static void say_missing(struct bench_result *ret)
{
    snprintf(ret->peer_missing, sizeof(ret->peer_missing), "tmux is not installed");
}

/* --- an attached shell --- */

/* Each key comes back from cat, in brackets so that it is told from all else on the screen. */
static bool sample_echoes(struct terminal *t, struct samples *to, struct pyro_error *err)
{
    static const char program[] = "clear; stty -icanon -echo min 1; echo be''gin; exec cat";
    char typed[KEYS + 1] = "", pattern[KEYS + 16];

    terminal_key(t, program);
    terminal_key(t, "Enter");
    if (!terminal_sees(t, "^begin", err))
        return false;
    for (int i = 0; i < KEYS; i++) {
        char key[2] = { (char)('a' + i % 26), '\0' };
        typed[i] = key[0];
        snprintf(pattern, sizeof(pattern), "^%s", typed);
        if (!terminal_sample_key(t, key, pattern, to, err))
            return false;
    }
    return true;
}

static bool measure_echo(struct bench_result *ret, struct pyro_error *err)
{
    char id[BENCH_ID_BYTES];
    scoped_terminal ours = { .master = -1 };
    scoped_terminal peer = { .master = -1 };

    if (!bench_create_host(id, err) || !open_shell(id, err) || !watch(&ours, id, true, err) ||
        !sample_echoes(&ours, &ret->ours, err))
        return false;
    if (!program_exists("tmux"))
        say_missing(ret);
    else if (!tmux(&peer, err) || !sample_echoes(&peer, &ret->peer, err))
        return false;
    snprintf(ret->note, sizeof(ret->note), "%d keys, each given back by cat", KEYS);
    return end_tmux(err) && bench_delete(id, err);
}

static const char colour_script[] =
    "git log --stat --color=always -p -n 400 -- '*.c' '*.h' '*.md' | head -c 4000000 >\"$0.part\"; "
    "while cat \"$0.part\"; do :; done 2>/dev/null | head -c \"$1\" >\"$0\"; rm \"$0.part\"; [ -s "
    "\"$0\" ]";

static bool make_log(const char *path, long size, struct pyro_error *err)
{
    scoped_free char *bytes = str_printf("%ld", size);
    const char *const argv[] = { "sh", "-c", colour_script, path, bytes, NULL };

    return process_quietly(argv, err);
}

/* Prints the file, and adds the wall time until what comes behind it is seen. */
static bool sample_log(struct terminal *t, const char *path, int round, struct samples *to,
                       struct pyro_error *err)
{
    scoped_free char *line = str_printf("cat '%s'; printf '\\033[m\\n%%s-%d\\n' done", path, round);
    scoped_free char *pattern = str_printf("^done-%d", round);
    int64_t since = bench_now_ns();

    terminal_key(t, line);
    terminal_key(t, "Enter");
    if (!terminal_sees(t, pattern, err))
        return false;
    samples_add(to, (double)(bench_now_ns() - since) / 1e6);
    return true;
}

static bool measure_log(struct bench_result *ret, struct pyro_error *err)
{
    scoped_free char *path = bench_path("tui.log");
    char id[BENCH_ID_BYTES];
    scoped_terminal ours = { .master = -1 };
    scoped_terminal peer = { .master = -1 };
    bool with_peer = program_exists("tmux");

    if (!make_log(path, LOG_BYTES, err) || !bench_create_host(id, err) || !open_shell(id, err) ||
        !watch(&ours, id, true, err) || (with_peer && !tmux(&peer, err)))
        return false;
    if (!with_peer)
        say_missing(ret);
    for (int i = 0; i < LOG_RUNS; i++)
        if (!sample_log(&ours, path, i, &ret->ours, err) ||
            (with_peer && !sample_log(&peer, path, i, &ret->peer, err)))
            return false;
    if (!end_tmux(err))
        return false;
    snprintf(ret->note, sizeof(ret->note), "its log on the disk, and a screen of %d×%d",
             TERMINAL_COLS, TERMINAL_ROWS);
    return unlink(path) == 0 && bench_delete(id, err);
}

/* --- a shell with a long log --- */

static bool measure_attach(struct bench_result *ret, struct pyro_error *err)
{
    scoped_free char *path = bench_path("tui.log");
    char id[BENCH_ID_BYTES];
    scoped_free char *target = NULL;
    const char *argv[] = { bench_pyro(), "tui", NULL, NULL };

    if (!make_log(path, LONG_LOG_BYTES, err) || !bench_create_host(id, err) || !open_shell(id, err))
        return false;
    argv[2] = target = str_printf("%s/sh1", id);
    {
        scoped_terminal t = { .master = -1 };
        struct samples fill = { .count = 0 };
        if (!watch(&t, id, true, err) || !sample_log(&t, path, 0, &fill, err))
            return false;
    }
    for (int i = 0; i < ATTACH_RUNS; i++) {
        scoped_terminal t = { .master = -1 };
        int64_t since = bench_now_ns();
        if (!terminal_run(&t, argv, err) || !terminal_sees(&t, "^done-0", err))
            return false;
        samples_add(&ret->ours, (double)(bench_now_ns() - since) / 1e6);
    }
    snprintf(ret->note, sizeof(ret->note),
             "`pyro tui W/SHELL` from before its start, a log of %d MB", LONG_LOG_BYTES / 1000000);
    return unlink(path) == 0 && bench_delete(id, err);
}

/* --- a flood --- */

static bool measure_flooded_key(struct bench_result *ret, struct pyro_error *err)
{
    char id[BENCH_ID_BYTES];
    const char *const flood[] = { bench_pyro(), "workspace", "shell", "write", id,
                                  "sh1",        "--input",   "yes",   NULL };
    scoped_terminal t = { .master = -1 };

    if (!bench_create_host(id, err) || !open_shell(id, err) || !watch(&t, id, false, err) ||
        !process_quietly(flood, err) || !terminal_sees(&t, "^y$", err) ||
        !terminal_sample_help(&t, KEYS, &ret->ours, err))
        return false;
    snprintf(ret->note, sizeof(ret->note), "help opened over a shell that floods with `yes`");
    return bench_delete(id, err);
}

static bool measure_flood_cpu(struct bench_result *ret, struct pyro_error *err)
{
    scoped_free char *path = bench_path("tui.log");
    scoped_free char *colour = str_printf("while :; do cat '%s'; done", path);
    const char *const floods[] = { "yes", colour, "yes $'\\e[3;70Hhere\\e[20;1Hthere\\e[9;40H'" };

    if (!make_log(path, FLOOD_BYTES, err))
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(floods); i++) {
        char id[BENCH_ID_BYTES];
        scoped_terminal t = { .master = -1 };
        if (!bench_create_host(id, err) || !open_shell(id, err) || !watch(&t, id, true, err))
            return false;
        terminal_key(&t, floods[i]);
        terminal_key(&t, "Enter");
        terminal_core_percent(&t, FLOOD_SETTLE_MS);
        samples_add(&ret->ours, terminal_core_percent(&t, FLOOD_WINDOW_MS));
        if (!bench_delete(id, err))
            return false;
    }
    snprintf(ret->note, sizeof(ret->note), "text, colours, and cursor addressing, %d s each",
             FLOOD_WINDOW_MS / 1000);
    return unlink(path) == 0;
}

/* Memory after one log and after five more. */
static bool measure_memory(struct bench_result *ret, struct pyro_error *err)
{
    scoped_free char *path = bench_path("tui.log");
    char id[BENCH_ID_BYTES];
    scoped_terminal t = { .master = -1 };
    struct samples times = { .count = 0 };
    struct pid_set tui;
    double first = 0, last = 0;

    if (!make_log(path, LONG_LOG_BYTES, err) || !bench_create_host(id, err) ||
        !open_shell(id, err) || !watch(&t, id, true, err))
        return false;
    for (int i = 0; i < MEMORY_LOGS; i++) {
        if (!sample_log(&t, path, i, &times, err))
            return false;
        pids_below(t.pid, &tui);
        if (!pids_pss_mb(&tui, i ? &last : &first, err))
            return false;
    }
    samples_add(&ret->ours, last - first);
    snprintf(ret->note, sizeof(ret->note),
             "PSS of the interface and its children: %.1f MB after %d MB", last,
             MEMORY_LOGS * (LONG_LOG_BYTES / 1000000));
    return unlink(path) == 0 && bench_delete(id, err);
}

/* --- nothing happens --- */

static bool measure_idle(struct bench_result *ret, struct pyro_error *err)
{
    const char *const argv[] = { bench_pyro(), "tui", NULL };
    scoped_terminal t = { .master = -1 };
    char id[BENCH_ID_BYTES];

    if (!bench_create_host(id, err) || !open_shell(id, err) || !terminal_run(&t, argv, err) ||
        !terminal_sees(&t, "q quit", err))
        return false;
    poll(NULL, 0, IDLE_SETTLE_MS); /* idle is what is measured: time must pass */
    samples_add(&ret->ours, terminal_core_percent(&t, IDLE_WINDOW_MS));
    snprintf(ret->note, sizeof(ret->note),
             "the list with a running workspace, whose figures are read once a second, over %d s",
             IDLE_WINDOW_MS / 1000);
    return bench_delete(id, err);
}

const struct bench_row bench_tui_rows[] = {
    { .name = "tui: key to echo in an attached shell",
      .unit = "ms",
      .target = 5,
      .peer_ratio = 1.5,
      .peer = "tmux, attached to the same program",
      .measure = measure_echo },
    { .name = "tui: 100 MB of coloured log through an attached shell",
      .unit = "ms",
      .peer = "tmux, at the same size",
      .peer_ratio = 1,
      .measure = measure_log },
    { .name = "tui: attach to a shell with a log of 60 MB",
      .unit = "ms",
      .target = 100,
      .measure = measure_attach },
    { .name = "tui: a key while the shell that is watched floods",
      .unit = "ms",
      .target = 20,
      .measure = measure_flooded_key },
    { .name = "tui: a shell that floods, watched: of a core",
      .unit = "%",
      .target = 100,
      .measure = measure_flood_cpu },
    { .name = "tui: memory that output leaves behind",
      .unit = "MB",
      .target = 1,
      .measure = measure_memory },
    { .name = "tui: the list, nothing happening: of a core",
      .unit = "%",
      .target = 0.5,
      .measure = measure_idle },
    { .name = NULL },
};
