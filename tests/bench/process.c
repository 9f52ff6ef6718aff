/* tests/bench/process.c: whole processes, started by posix_spawn(3) and measured by wait4(2). */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "vmm/base/fs.h"

#define OUT_KEPT (256 * 1024)
#define READ_CHUNK (256 * 1024)
#define DEADLINE_MS 180000
#define COMMAND_WORDS 32

extern char **environ;

int64_t bench_now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static bool spawn(const char *const *argv, int out_fd, const char *err_path, pid_t *ret_pid,
                  struct pyro_error *err)
{
    posix_spawn_file_actions_t actions;
    int code;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out_fd, 1);
    posix_spawn_file_actions_addopen(&actions, 2, err_path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    code = posix_spawnp(ret_pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    errno = code;
    if (code == ENOENT)
        return pyro_fail(err, PYRO_DEPENDENCY_MISSING, "%s is not installed", argv[0]);
    return code == 0 || pyro_fail_errno(err, "start '%s'", argv[0]);
}

bool process_start(const char *const *argv, struct process *ret, struct pyro_error *err)
{
    scoped_free char *err_path = bench_path("stderr.log");
    int ends[2];
    bool ok;

    if (truncate(err_path, 0) != 0 && errno != ENOENT)
        return pyro_fail_errno(err, "truncate '%s'", err_path);
    if (pipe2(ends, O_CLOEXEC) != 0)
        return pyro_fail_errno(err, "make a pipe");
    ret->out_fd = ends[0];
    ret->started_ns = bench_now_ns();
    ok = spawn(argv, ends[1], err_path, &ret->pid, err);
    close(ends[1]);
    if (!ok)
        close(ends[0]);
    return ok;
}

/* Reads to the end; false when the process was silent past the deadline. */
static bool drain(const struct process *p, struct outcome *o)
{
    static char chunk[READ_CHUNK];
    struct pollfd readable = { .fd = p->out_fd, .events = POLLIN };

    for (;;) {
        ssize_t n;
        size_t keep;
        if (poll(&readable, 1, DEADLINE_MS) <= 0)
            return false;
        n = read(p->out_fd, chunk, sizeof(chunk));
        if (n <= 0)
            return true;
        o->out_bytes += (uint64_t)n;
        keep = OUT_KEPT - o->out.len < (size_t)n ? OUT_KEPT - o->out.len : (size_t)n;
        if (!buf_append(&o->out, chunk, keep))
            return false;
    }
}

/* Quotes the last line of standard error, or of standard output where errors are JSON. */
static bool fail_status(const char *name, int status, const struct outcome *o,
                        struct pyro_error *err)
{
    scoped_free char *err_path = bench_path("stderr.log");
    scoped_buf text = BUF_INIT(1024 * 1024);
    char *line;

    if (!fs_read_file(AT_FDCWD, err_path, &text, NULL) || text.len == 0)
        return pyro_fail(err, PYRO_INTERNAL, "'%s' ended with status %#x: %.300s", name, status,
                         o->out.data ? o->out.data : "");
    while (text.len && text.data[text.len - 1] == '\n')
        text.data[--text.len] = '\0';
    line = strrchr(text.data, '\n');
    return pyro_fail(err, PYRO_INTERNAL, "'%s' ended with status %#x: %s", name, status,
                     line ? line + 1 : text.data);
}

bool process_finish(struct process *p, const char *name, struct outcome *ret,
                    struct pyro_error *err)
{
    struct outcome o = { .out = BUF_INIT(OUT_KEPT) };
    struct rusage usage, own;
    int status = 0;
    bool answered = drain(p, &o);

    close(take_fd(&p->out_fd));
    if (!answered)
        kill(p->pid, SIGKILL);
    while (wait4(p->pid, &status, 0, &usage) < 0 && errno == EINTR)
        ;
    o.wall_ms = (double)(bench_now_ns() - p->started_ns) / 1e6;
    o.cpu_ms = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
               (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
    /* A process is born with its parent's high-water mark; below that, its own cannot be told. */
    getrusage(RUSAGE_SELF, &own);
    o.rss_kib = usage.ru_maxrss > own.ru_maxrss ? usage.ru_maxrss : 0;
    if (answered && status == 0) {
        *ret = o;
        return true;
    }
    if (answered)
        fail_status(name, status, &o, err);
    else
        pyro_fail(err, PYRO_TIMEOUT, "'%s' kept its output open for too long", name);
    outcome_release(&o);
    return false;
}

bool process_run(const char *const *argv, struct outcome *ret, struct pyro_error *err)
{
    struct process p;

    return process_start(argv, &p, err) && process_finish(&p, argv[0], ret, err);
}

void outcome_release(struct outcome *o)
{
    buf_release(&o->out);
}

bool process_sample(const char *const *argv, struct bench_result *ret, struct pyro_error *err)
{
    struct outcome o;

    if (!process_run(argv, &o, err))
        return false;
    samples_add(&ret->ours, o.wall_ms);
    samples_add(&ret->cpu_ms, o.cpu_ms);
    if (o.rss_kib > ret->rss_kib)
        ret->rss_kib = o.rss_kib;
    outcome_release(&o);
    return true;
}

bool process_sample_peer(const char *const *argv, struct bench_result *ret, struct pyro_error *err)
{
    struct outcome o;

    if (!process_run(argv, &o, err))
        return false;
    samples_add(&ret->peer, o.wall_ms);
    outcome_release(&o);
    return true;
}

bool process_rss_kib(const char *const *argv, long *ret, struct pyro_error *err)
{
    const char *through[COMMAND_WORDS] = { bench_program("child_rss") };
    struct outcome o;

    for (size_t i = 0; argv[i]; i++) {
        BUG_ON(i + 2 >= COMMAND_WORDS);
        through[i + 1] = argv[i];
    }
    if (!process_run(through, &o, err))
        return false;
    *ret = o.out.data ? strtol(o.out.data, NULL, 10) : 0;
    outcome_release(&o);
    return *ret > 0 || pyro_fail(err, PYRO_INTERNAL, "child_rss printed no figure");
}

bool program_exists(const char *name)
{
    const char *path = getenv("PATH");

    while (path && *path) {
        size_t n = strcspn(path, ":");
        scoped_free char *file = str_printf("%.*s/%s", (int)n, path, name);
        if (access(file, X_OK) == 0)
            return true;
        path += n + (path[n] == ':');
    }
    return false;
}

bool process_quietly(const char *const *argv, struct pyro_error *err)
{
    struct outcome o;

    if (!process_run(argv, &o, err))
        return false;
    outcome_release(&o);
    return true;
}
