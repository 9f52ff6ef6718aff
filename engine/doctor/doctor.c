/*
 * engine/doctor/doctor.c: an examination that always ends.
 *
 * Something on this host may hang, and the examination must not hang with it. So a child examines,
 * and tells each finding as a line of JSON; past the deadline it is killed with all that it
 * started, and what it has not told is unknown.
 */
#include "engine/doctor/doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/doctor/examination.h"
#include "engine/state/store.h"
#include "vmm/base/fs.h"
#include "vmm/base/patience.h"
#include "vmm/base/proc.h"

#define EXAMINE_MS 55000 /* with what follows, a minute */
#define END_MS 3000      /* for all that it started to be gone */
#define LINES_BYTES_MAX (1024 * 1024)

struct findings {
    json_t *report, *problems;
    const struct progress *progress;
    char step[128]; /* what it was at last */
    bool fails;
};

/* ---- the child ---- */

static void doctor_tell_line(void *arg, const json_t *finding)
{
    const int *fd = arg;
    scoped_free char *text = json_compact(finding);
    scoped_free char *line = text ? str_printf("%s\n", text) : NULL;

    if (!line || !fs_write_all(*fd, line, strlen(line), NULL))
        _exit(1);
}

static pid_t start_examination(const char *environment, int *ret_fd, struct pyro_error *err)
{
    pid_t parent = getpid(), pid;
    int fds[2];

    if (pipe2(fds, O_CLOEXEC) != 0) {
        pyro_fail_errno(err, "pipe");
        return -1;
    }
    pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() == parent)
            examine(environment, doctor_tell_line, &fds[1]);
        _exit(0);
    }
    close(fds[1]);
    if (pid < 0) {
        pyro_fail_errno(err, "fork");
        close(fds[0]);
        return -1;
    }
    *ret_fd = fds[0];
    return pid;
}

/* ---- its findings ---- */

static void take_finding(struct findings *f, json_t *finding)
{
    json_t *capabilities = json_object_get(f->report, "capabilities");
    const char *step = json_string_or(finding, "progress", NULL);

    if (step) {
        snprintf(f->step, sizeof(f->step), "%s", step);
        progress_update(f->progress, step, NULL);
    }
    f->fails |= json_bool_or(finding, "fails", false);
    if (json_object_get(finding, "set"))
        json_object_update(f->report, json_object_get(finding, "set"));
    if (json_object_get(finding, "capabilities"))
        json_object_update(capabilities, json_object_get(finding, "capabilities"));
    if (json_object_get(finding, "problem"))
        json_array_append(f->problems, finding);
}

static void take_lines(struct findings *f, struct buf *text)
{
    const char *newline;

    while (text->len && (newline = memchr(text->data, '\n', text->len))) {
        size_t length = (size_t)(newline - text->data);
        scoped_json json_t *finding = json_parse(text->data, length, LINES_BYTES_MAX, NULL);
        if (json_is_object(finding))
            take_finding(f, finding);
        buf_consume(text, length + 1);
    }
}

/* Reads until the child has told all; false past the deadline. */
static bool collect(struct findings *f, int fd, int64_t deadline_ms)
{
    scoped_buf text = BUF_INIT(LINES_BYTES_MAX);
    struct pollfd p = { .fd = fd, .events = POLLIN };
    char chunk[4096];

    for (;;) {
        int64_t left = deadline_ms - clock_ms();
        ssize_t n;
        if (left <= 0)
            return false;
        if (poll(&p, 1, left > INT32_MAX ? INT32_MAX : (int)left) <= 0)
            continue;
        n = read(fd, chunk, sizeof(chunk));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0 || !buf_append(&text, chunk, (size_t)n))
            return true;
        take_lines(f, &text);
    }
}

static void add_problem(struct findings *f, const char *what, const char *action)
{
    f->fails = true;
    json_array_append_new(f->problems, json_pack("{s:s, s:s}", "problem", what, "action", action));
}

/* Ends a child that is not through, with all that it started, and what there is of its machine. */
static void end_examination(struct findings *f, const char *environment)
{
    scoped_store struct store store = { .fd = -1 };
    scoped_free char *what = str_printf("not all could be tried in %lld s; the last step was: %s",
                                        (long long)patience(EXAMINE_MS) / 1000,
                                        f->step[0] ? f->step : "looking at what is installed");
    scoped_free char *action = NULL;

    proc_end_children(clock_ms() + END_MS);
    if (store_open(&store, NULL))
        store_sweep(&store);
    action = str_printf("a start has more patience, and says how it ends: 'pyro run %s -- true', "
                        "then 'pyro doctor' again",
                        environment ? environment : "debian:12");
    add_problem(f, what, action);
}

static void check_end(struct findings *f, pid_t pid)
{
    int status;

    if (!proc_wait(pid, clock_ms() + END_MS, &status, NULL) || status != 0)
        add_problem(f, "the examination itself died", "see docs/troubleshooting.md");
}

/* All that is declared, unknown as yet. */
static json_t *empty_report(void)
{
    return json_pack(
        "{s:s, s:{s:b, s:b, s:b, s:n, s:s}, s:n, s:n, s:n, s:{s:n, s:n, s:n}, s:s, s:n}",
        "platform", "linux-x86_64", "kvm", "exists", false, "readable", false, "writable", false,
        "usable", "reason", "", "accelerator", "qemu_version", "environment_cache", "capabilities",
        "vm_boot", "guest_exec", "guest_network", "networking", DOCTOR_UNKNOWN, "jail");
}

json_t *doctor_examine(const char *environment, const struct progress *progress,
                       struct pyro_error *err)
{
    struct findings f = { .report = empty_report(),
                          .problems = json_array(),
                          .progress = progress };
    int64_t deadline_ms = patience_until(EXAMINE_MS);
    scoped_close int fd = -1;
    pid_t pid;

    if (!f.report || !f.problems) {
        json_decref(f.report);
        json_decref(f.problems);
        return pyro_no_memory(err, NULL);
    }
    json_object_set_new(f.report, "problems", f.problems);
    proc_adopt_orphans();
    pid = start_examination(environment, &fd, err);
    if (pid < 0) {
        json_decref(f.report);
        return NULL;
    }
    if (collect(&f, fd, deadline_ms))
        check_end(&f, pid);
    else
        end_examination(&f, environment);
    json_object_set_new(f.report, "runtime", json_string(f.fails ? "FAIL" : "PASS"));
    return f.report;
}
