/* engine/registry/session.c: pyro-fetch started, listened to and ended. */
#include "engine/registry/session.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "engine/helper/helper.h"
#include "engine/registry/endpoints.h"
#include "engine/registry/signature_policy.h"
#include "vmm/base/fs.h"
#include "vmm/base/patience.h"

#define CONNECT_MS 10000
#define STALL_SECONDS 30
#define SILENCE_MS (5 * 60 * 1000) /* longer than all that it may wait for without a word */
#define LINE_BYTES_MAX (1024 * 1024)
#define END_MS 10000

/* A job is in memory only, and in no pipe that could be full. */
static int write_job(const struct session *s, struct pyro_error *err)
{
    scoped_free char *text = json_compact(s->job);
    scoped_close int fd = memfd_create("job", MFD_CLOEXEC);
    bool ok =
        text && fd >= 0 && fs_write_all(fd, text, strlen(text), err) && lseek(fd, 0, SEEK_SET) == 0;

    if (text)
        explicit_bzero(text, strlen(text));
    if (!ok)
        pyro_fail_errno(err, "give pyro-fetch its job");
    return ok ? take_fd(&fd) : -1;
}

static bool complete_job(struct session *s, struct pyro_error *err)
{
    const struct reference *r = &s->wish->reference;
    json_t *endpoints = s->login     ? endpoints_to_try(r->host, s->login, err)
                        : s->is_push ? endpoints_to_push(r, err)
                                     : endpoints_of(r, err);
    static const struct {
        const char *name, *variables[4];
    } proxies[] = {
        { "http_proxy", { "http_proxy", "all_proxy", "ALL_PROXY", NULL } },
        { "https_proxy", { "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" } },
        { "no_proxy", { "no_proxy", "NO_PROXY", NULL } },
    };

    if (!endpoints)
        return false;
    if (!s->login && !s->is_push && !signature_policy_add(s->job, r, err)) {
        json_decref(endpoints);
        return false;
    }
    json_object_set_new(s->job, "endpoints", endpoints);
    if (*r->repository)
        json_object_set_new(s->job, "repository", json_string(r->repository));
    json_object_set_new(s->job, "connect_ms", json_integer(patience(CONNECT_MS)));
    json_object_set_new(s->job, "stall_seconds", json_integer(patience(STALL_SECONDS)));
    for (size_t i = 0; i < ARRAY_SIZE(proxies); i++)
        for (size_t k = 0; k < 4 && proxies[i].variables[k]; k++) {
            const char *value = getenv(proxies[i].variables[k]);
            if (value && *value && !json_object_get(s->job, proxies[i].name))
                json_object_set_new(s->job, proxies[i].name, json_string(value));
        }
    return true;
}

static bool start(struct session *s, pid_t *ret_pid, int *ret_fd, struct pyro_error *err)
{
    static const char *const argv[] = { "", NULL };
    const char *ca = s->wish->ca_file ? s->wish->ca_file : "/dev/null";
    scoped_close int ca_fd = open(ca, O_RDONLY | O_CLOEXEC), job_fd = -1;
    struct proc_spec spec = proc_spec_of(argv);

    if (ca_fd < 0)
        return pyro_fail_errno(err, "open '%s'", ca);
    job_fd = complete_job(s, err) ? write_job(s, err) : -1;
    if (job_fd < 0)
        return false;
    spec.stdin_fd = job_fd;
    spec.fds[0].from = ca_fd;
    spec.fds[0].to = SESSION_FD_FIRST - 1;
    for (unsigned i = 0; i < s->fd_count; i++) {
        spec.fds[i + 1].from = s->fds[i];
        spec.fds[i + 1].to = SESSION_FD_FIRST + (int)i;
    }
    spec.fd_count = s->fd_count + 1;
    return helper_start_program("pyro-fetch", &spec, ret_pid, ret_fd, err);
}

/* --- what it says --- */

static bool take_error(const json_t *error, struct pyro_error *err)
{
    pyro_fail(err, pyro_code_from_peer(json_string_or(error, "code", "internal")), "%s",
              json_string_or(error, "message", "no message"));
    return pyro_hint(err, "%s", json_string_or(error, "hint", ""));
}

/* False when it ends here: with an error, or with the result. */
static bool take_line(struct session *s, const char *text, size_t n, json_t **ret_result,
                      struct pyro_error *err)
{
    scoped_json json_t *line = json_parse(text, n, LINE_BYTES_MAX, NULL);
    const char *note = json_string_or(line, "note", NULL);
    const char *doing = json_string_or(line, "doing", NULL);
    json_t *result = json_object_get(line, "result"), *error = json_object_get(line, "error");

    if (!json_is_object(line))
        return pyro_fail(err, PYRO_INTERNAL, "pyro-fetch says what is not JSON");
    if (error)
        return take_error(error, err);
    if (result)
        *ret_result = json_incref(result);
    else if (note)
        progress_note(s->wish->progress, note);
    else if (doing)
        progress_update(s->wish->progress, doing, NULL);
    else
        return !s->line || s->line(s->arg, line, err);
    return !result;
}

static bool take_lines(struct session *s, struct buf *text, json_t **ret_result,
                       struct pyro_error *err)
{
    char *end;

    while (text->len && (end = memchr(text->data, '\n', text->len))) {
        size_t n = (size_t)(end - text->data);
        if (!take_line(s, text->data, n, ret_result, err))
            return false;
        buf_consume(text, n + 1);
    }
    return true;
}

/* Until there is a result, or an error. */
static void listen_to(struct session *s, int fd, json_t **ret_result, struct pyro_error *err)
{
    scoped_buf text = BUF_INIT(LINE_BYTES_MAX);
    char chunk[16384];

    for (;;) {
        struct pollfd p = { .fd = fd, .events = POLLIN };
        int64_t limit_ms = patience(SILENCE_MS);
        int ready = poll(&p, 1, limit_ms > INT32_MAX ? INT32_MAX : (int)limit_ms);
        ssize_t n = ready > 0 ? read(fd, chunk, sizeof(chunk)) : -1;
        if ((ready < 0 || n < 0) && errno == EINTR)
            continue;
        if (ready == 0)
            pyro_fail(err, PYRO_TIMEOUT, "pyro-fetch has been silent for five minutes");
        else if (n <= 0)
            pyro_fail(err, PYRO_INTERNAL, "pyro-fetch ended without a result");
        else if (!buf_append(&text, chunk, (size_t)n))
            pyro_fail(err, PYRO_INTERNAL, "pyro-fetch says too much");
        else if (take_lines(s, &text, ret_result, err))
            continue;
        return;
    }
}

json_t *session_run(struct session *s, struct pyro_error *err)
{
    scoped_json json_t *job = s->job;
    json_t *result = NULL;
    struct pyro_error why = { 0 };
    scoped_kill pid = 0;
    int fd = -1, status;

    if (!job || !start(s, &pid, &fd, err))
        return NULL;
    listen_to(s, fd, &result, &why);
    close(fd);
    if (!result)
        return pyro_copy(err, &why);
    if (proc_wait(pid, patience_until(END_MS), &status, NULL))
        pid = 0;
    return result;
}
