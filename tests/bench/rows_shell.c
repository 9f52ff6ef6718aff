/*
 * tests/bench/rows_shell.c: shells in a running workspace: what a read costs, how soon a key is
 * seen, how fast output comes, and that who waits costs nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/in_shell.h"
#include "vmm/base/fs.h"

#define READ_BYTES 65536
#define READ_RUNS 30
#define WAIT_MS 60000
#define LOOK_MS 2
#define KEYS 64
#define KEY_REST_MS 10
#define IDLE_SETTLE_MS 4000 /* after a second a reader looks who runs the machine, once */
#define IDLE_WINDOW_MS 5000
#define FLOOD_LINE "0123456789 the quick brown fox jumps over the lazy dog 0123456789 and runs on.."
#define FLOOD_LINES 100000
#define FLOOD_RUNS 5
#define RSS_RUNS 5
#define ECHOES 40
#define FLOODED_BYTES (1 << 20) /* of output: the flood is on */

/* --- a read as a whole process --- */

static const char corpus_script[] = "git log --stat --color=always -n 400 | head -c 65536 >\"$0\"";
static const char copy_script[] =
    "exec \"$0\" workspace exec \"$1\" -- sh -c 'cat >/var/tmp/log' <\"$2\"";

/* tmux with the same bytes in a pane and its history. */
static bool start_tmux(const char *socket, const char *corpus, struct pyro_error *err)
{
    scoped_free char *config = bench_path("tmux.conf");
    scoped_free char *command = str_printf("cat '%s'; echo; echo all is there; exec cat", corpus);
    static const char limit[] = "set -g history-limit 100000\n";
    const char *const start[] = { "tmux", "-S",  socket, "-f", config,  "new-session", "-d",
                                  "-x",   "120", "-y",   "30", command, NULL };
    const char *const look[] = { "sh", "-c",
                                 "until tmux -S \"$0\" capture-pane -p | grep -q 'is there'; "
                                 "do sleep 0.05; done",
                                 socket, NULL };

    return fs_replace(AT_FDCWD, config, limit, sizeof(limit) - 1, 0600, err) &&
           process_quietly(start, err) && process_quietly(look, err);
}

static bool sample_reads(const struct bench_shell *sh, const char *corpus, struct bench_result *ret,
                         struct pyro_error *err)
{
    scoped_free char *socket = bench_path("tmux.sock");
    const char *const ours[] = { bench_pyro(), "workspace", "shell",   "read",
                                 sh->id,       "sh1",       "--plain", NULL };
    const char *const peer[] = { "tmux", "-S", socket, "capture-pane", "-p", "-S", "-", NULL };
    const char *const stop[] = { "tmux", "-S", socket, "kill-server", NULL };
    bool with_peer = program_exists("tmux"), ok = true;

    if (with_peer && !start_tmux(socket, corpus, err))
        return false;
    if (!with_peer)
        snprintf(ret->peer_missing, sizeof(ret->peer_missing), "tmux is not installed");
    for (int i = 0; i < READ_RUNS && ok; i++)
        ok = process_sample(ours, ret, err) && (!with_peer || process_sample_peer(peer, ret, err));
    return (!with_peer || process_quietly(stop, err)) && ok;
}

/* A shell with the corpus in its log. */
static bool start_filled(struct bench_shell *sh, const char *corpus, struct pyro_error *err)
{
    const char *const make[] = { "sh", "-c", corpus_script, corpus, NULL };
    const char *const copy[] = { "sh", "-c", copy_script, bench_pyro(), sh->id, corpus, NULL };

    off_t before;

    if (!process_quietly(make, err) || !shell_start(sh, err) || !process_quietly(copy, err))
        return false;
    before = shell_log_size(sh);
    return shell_type(sh, "cat /var/tmp/log", err) && shell_wait_log(sh, before + READ_BYTES, err);
}

static bool measure_read_rss(struct bench_result *ret, struct pyro_error *err)
{
    scoped_shell sh = { .log = NULL };
    scoped_free char *corpus = bench_path("read.log");
    const char *const read[] = { bench_pyro(), "workspace", "shell",   "read",
                                 sh.id,        "sh1",       "--plain", NULL };

    if (!start_filled(&sh, corpus, err))
        return false;
    for (int i = 0; i < RSS_RUNS; i++) {
        long kib;
        if (!process_rss_kib(read, &kib, err))
            return false;
        samples_add(&ret->ours, (double)kib * 1024 / 1e6);
        ret->rss_kib = kib > ret->rss_kib ? kib : ret->rss_kib;
    }
    snprintf(ret->note, sizeof(ret->note), "its largest RSS, of a process started by a small one");
    return bench_delete(sh.id, err);
}

static bool measure_read(struct bench_result *ret, struct pyro_error *err)
{
    scoped_shell sh = { .log = NULL };
    scoped_free char *corpus = bench_path("read.log");

    if (!start_filled(&sh, corpus, err) || !sample_reads(&sh, corpus, ret, err))
        return false;
    snprintf(ret->note, sizeof(ret->note), "64 Ki characters of a coloured log");
    return bench_delete(sh.id, err);
}

/* --- key to echo --- */

/* pyro attached to the shell, on a terminal that this process holds. */
static bool attach(const struct bench_shell *sh, pid_t *ret_pid, int *ret_fd,
                   struct pyro_error *err)
{
    struct winsize size = { .ws_col = 120, .ws_row = 30 };

    *ret_pid = forkpty(ret_fd, NULL, NULL, &size);
    if (*ret_pid < 0)
        return pyro_fail_errno(err, "open a terminal");
    if (*ret_pid == 0) {
        execl(bench_pyro(), bench_pyro(), "workspace", "shell", "attach", sh->id, "sh1",
              (char *)NULL);
        _exit(127);
    }
    return true;
}

/* Reads until `wanted` has come; NULL: until nothing comes for a while. */
static bool read_until(int fd, const char *wanted, struct pyro_error *err)
{
    scoped_buf got = BUF_INIT(8 << 20);
    struct pollfd readable = { .fd = fd, .events = POLLIN };
    char chunk[4096];

    while (poll(&readable, 1, wanted ? WAIT_MS : 200) > 0) {
        ssize_t n = read(fd, chunk, sizeof(chunk));
        if (n <= 0 || !buf_append(&got, chunk, (size_t)n))
            return pyro_fail(err, PYRO_INTERNAL, "'shell attach' ended: %.300s",
                             got.len ? got.data : "");
        if (wanted && memmem(got.data, got.len, wanted, strlen(wanted)))
            return true;
    }
    return !wanted || pyro_fail(err, PYRO_TIMEOUT, "'%s' was not shown", wanted);
}

static bool sample_keys(int fd, struct bench_result *ret, struct pyro_error *err)
{
    for (int i = 0; i < KEYS; i++) {
        char key[2] = { (char)('a' + i % 26), '\0' };
        int64_t start;
        poll(NULL, 0, KEY_REST_MS); /* who types leaves the machine time to fall asleep */
        start = bench_now_ns();
        if (write(fd, key, 1) != 1)
            return pyro_fail_errno(err, "write to the terminal");
        if (!read_until(fd, key, err))
            return false;
        samples_add(&ret->ours, (double)(bench_now_ns() - start) / 1e6);
    }
    return true;
}

static bool measure_keys(struct bench_result *ret, struct pyro_error *err)
{
    scoped_shell sh = { .log = NULL };
    scoped_close int fd = -1;
    pid_t pid;
    bool ok;

    if (!shell_start(&sh, err) || !attach(&sh, &pid, &fd, err))
        return false;
    ok = shell_type(&sh, "stty -icanon -echo; echo rea''dy; exec cat", err) &&
         read_until(fd, "ready\r\n", err) && read_until(fd, NULL, err) && sample_keys(fd, ret, err);
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
    snprintf(ret->note, sizeof(ret->note), "%d keys, each written back by cat in the guest", KEYS);
    return ok && bench_delete(sh.id, err);
}

/* --- who waits --- */

static bool measure_waiting(struct bench_result *ret, struct pyro_error *err)
{
    scoped_shell sh = { .log = NULL };
    const char *const read[] = { bench_pyro(), "workspace",          "shell", "read", sh.id, "sh1",
                                 "--plain",    "--wait-for-idle-ms", "60000", NULL };
    const char *const end[] = { bench_pyro(), "workspace", "shell", "close", sh.id, "sh1", NULL };
    struct pid_set reader = { .count = 1 };
    struct process p;
    struct outcome o;
    double before, after;

    if (!shell_start(&sh, err) || !process_start(read, &p, err))
        return false;
    poll(NULL, 0, IDLE_SETTLE_MS);
    reader.pid[0] = p.pid;
    before = pids_cpu_ns(&reader);
    poll(NULL, 0, IDLE_WINDOW_MS); /* idle is what is measured: time must pass */
    after = pids_cpu_ns(&reader);
    if (!process_quietly(end, err) || !process_finish(&p, "shell read", &o, err))
        return false;
    outcome_release(&o);
    if (before <= 0 || after < before)
        return pyro_fail(err, PYRO_INTERNAL, "the reader did not wait");
    samples_add(&ret->ours, (after - before) / 1e3);
    ret->rss_kib = o.rss_kib;
    snprintf(ret->note, sizeof(ret->note), "CPU time in %d s", IDLE_WINDOW_MS / 1000);
    return bench_delete(sh.id, err);
}

/* --- a flood --- */

#define FLOOD_BYTES (FLOOD_LINES * (int64_t)(sizeof(FLOOD_LINE) - 1 + 2)) /* CR and LF */

#define RAW_BYTES (FLOOD_LINES * (int64_t)(sizeof(FLOOD_LINE) - 1 + 1)) /* LF alone */

static bool sample_flood(const struct bench_shell *sh, int64_t bytes, struct bench_result *ret,
                         struct pyro_error *err)
{
    int64_t before = shell_log_size(sh), start = bench_now_ns();

    if (!shell_type(sh, "cat /var/tmp/flood", err) || !shell_wait_log(sh, before + bytes, err))
        return false;
    samples_add(&ret->ours, (double)bytes * 1e3 / (double)(bench_now_ns() - start));
    return true;
}

/* The same through a terminal of script(1), all of it inside the guest: what its kernel can do. */
static bool sample_script(const struct bench_shell *sh, const char *command, int64_t bytes,
                          struct bench_result *ret, struct pyro_error *err)
{
    scoped_free char *script = str_printf("script -qc '%s' /dev/null >/dev/null", command);
    const char *const argv[] = { bench_pyro(), "workspace", "exec", "--timeout-seconds",
                                 "0",          sh->id,      "--",   "sh",
                                 "-c",         script,      NULL };
    int64_t start = bench_now_ns();

    if (!process_quietly(argv, err))
        return false;
    samples_add(&ret->peer, (double)bytes * 1e3 / (double)(bench_now_ns() - start));
    return true;
}

static bool make_flood(const struct bench_shell *sh, struct pyro_error *err)
{
    scoped_free char *script =
        str_printf("yes '%s' | head -n %d >/var/tmp/flood; cat /var/tmp/flood >/dev/null",
                   FLOOD_LINE, FLOOD_LINES);
    const char *const make[] = { bench_pyro(), "workspace", "exec", sh->id, "--",
                                 "sh",         "-c",        script, NULL };

    return process_quietly(make, err);
}

static bool measure_flood(struct bench_result *ret, struct pyro_error *err)
{
    scoped_shell sh = { .log = NULL };

    if (!shell_start(&sh, err) || !make_flood(&sh, err))
        return false;
    for (int i = 0; i < FLOOD_RUNS; i++)
        if (!sample_flood(&sh, FLOOD_BYTES, ret, err) ||
            !sample_script(&sh, "cat /var/tmp/flood", FLOOD_BYTES, ret, err))
            return false;
    snprintf(ret->note, sizeof(ret->note),
             "%.1f MB of lines through the terminal's output processing, measured in the log",
             (double)FLOOD_BYTES / 1e6);
    return bench_delete(sh.id, err);
}

/* The same bytes without output processing: what is left is the kernel's terminal, a page at a
 * time, and the way to the log. */
static bool measure_raw_flood(struct bench_result *ret, struct pyro_error *err)
{
    scoped_shell sh = { .log = NULL };

    if (!shell_start(&sh, err) || !make_flood(&sh, err) ||
        !shell_type(&sh, "PS1= PROMPT_COMMAND='stty -opost'; bind 'set enable-bracketed-paste off'",
                    err))
        return false;
    for (int i = 0; i < FLOOD_RUNS; i++)
        if (!sample_flood(&sh, RAW_BYTES, ret, err) ||
            !sample_script(&sh, "stty -opost; cat /var/tmp/flood", RAW_BYTES, ret, err))
            return false;
    snprintf(ret->note, sizeof(ret->note), "the same %d lines after stty -opost", FLOOD_LINES);
    return bench_delete(sh.id, err);
}

/* --- a shell beside a flood --- */

/* A second shell in the workspace of `sh`, whose cat gives every line back once. */
static bool start_echo(const struct bench_shell *sh, struct bench_shell *ret,
                       struct pyro_error *err)
{
    const char *const open[] = { bench_pyro(), "workspace", "shell", "open", sh->id, NULL };
    const char *const type[] = { bench_pyro(), "workspace",
                                 "shell",      "write",
                                 sh->id,       "sh2",
                                 "--input",    "stty -echo; echo rea''dy; exec cat",
                                 NULL };
    const char *const prompt[] = { bench_pyro(), "workspace", "shell",   "read",
                                   sh->id,       "sh2",       "--plain", "--wait-for-prompt",
                                   NULL };
    scoped_free char *log =
        str_printf("%.*s2.log", (int)(strlen(sh->log) - strlen("1.log")), sh->log);
    const char *const look[] = { "sh", "-c", "until grep -q ready \"$0\"; do sleep 0.05; done", log,
                                 NULL };

    memcpy(ret->id, sh->id, sizeof(ret->id));
    ret->log = str_printf("%s", log);
    return process_quietly(open, err) && process_quietly(prompt, err) &&
           process_quietly(type, err) && process_quietly(look, err);
}

/* Writes a line to the second shell, and reads until it is there: as two programs and more. */
static bool sample_echo(const struct bench_shell *sh, int number, struct bench_result *ret,
                        struct pyro_error *err)
{
    char line[32], cursor[32];
    const char *const write[] = { bench_pyro(), "workspace", "shell", "write", sh->id,
                                  "sh2",        "--input",   line,    NULL };
    const char *const read[] = { bench_pyro(), "workspace", "shell",    "read", sh->id,
                                 "sh2",        "--plain",   "--cursor", cursor, NULL };
    int64_t start, until;
    bool there = false;

    snprintf(line, sizeof(line), "line %d.", number);
    snprintf(cursor, sizeof(cursor), "%lld", (long long)shell_log_size(sh));
    start = bench_now_ns();
    until = start + (int64_t)WAIT_MS * 1000000;
    if (!process_quietly(write, err))
        return false;
    while (!there) {
        struct outcome o;
        if (!process_run(read, &o, err))
            return false;
        there = o.out.len && memmem(o.out.data, o.out.len, line, strlen(line));
        outcome_release(&o);
        if (!there && bench_now_ns() > until)
            return pyro_fail(err, PYRO_TIMEOUT, "'%s' was not given back", line);
    }
    samples_add(&ret->ours, (double)(bench_now_ns() - start) / 1e6);
    return true;
}

static bool measure_echo(struct bench_result *ret, struct pyro_error *err)
{
    scoped_shell flood = { .log = NULL };
    scoped_shell echo = { .log = NULL };
    int64_t before, start;

    if (!shell_start(&flood, err) || !start_echo(&flood, &echo, err) ||
        !shell_type(&flood, "yes", err) || !shell_wait_log(&flood, FLOODED_BYTES, err))
        return false;
    before = shell_log_size(&flood);
    start = bench_now_ns();
    for (int i = 0; i < ECHOES; i++)
        if (!sample_echo(&echo, i, ret, err))
            return false;
    if (shell_log_size(&flood) <= before)
        return pyro_fail(err, PYRO_INTERNAL, "the other shell did not flood meanwhile");
    snprintf(ret->note, sizeof(ret->note),
             "%d lines, each by `shell write` and `shell read`; the other shell wrote %.1f MB/s",
             ECHOES,
             (double)(shell_log_size(&flood) - before) * 1e3 / (double)(bench_now_ns() - start));
    return bench_delete(flood.id, err);
}

const struct bench_row bench_shell_rows[] = {
    { .name = "shell read --plain of 64 KiB",
      .unit = "ms",
      .target = 4,
      .peer = "tmux capture-pane -p -S - of the same bytes",
      .measure = measure_read },
    { .name = "shell read --plain of 64 KiB: RSS",
      .unit = "MB",
      .target = 8,
      .measure = measure_read_rss },
    { .name = "key to echo through shell attach",
      .unit = "ms",
      .target = 6,
      .measure = measure_keys },
    { .name = "a reader that waits: CPU", .unit = "µs", .target = 1, .measure = measure_waiting },
    { .name = "shell output, guest to log",
      .unit = "MB/s",
      .target = 80,
      .sense = AT_LEAST,
      .peer = "script(1) in the guest, its output dropped there",
      .measure = measure_flood },
    { .name = "shell output of a terminal without output processing, guest to log",
      .unit = "MB/s",
      .sense = AT_LEAST,
      .peer = "script(1) in the guest, its output dropped there",
      .measure = measure_raw_flood },
    { .name = "shell write and its echo, another shell flooding",
      .unit = "ms",
      .target = 20,
      .measure = measure_echo },
    { .name = NULL },
};
