/* engine/helper/helper.c: finding a helper, and turning the one line of pyro-image into a result or
 * an error. */
#include "engine/helper/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>

#include "vmm/base/fs.h"

#define RESULT_MAX (256 * 1024)
#define ARGS_MAX 256

static char *if_runnable(char *path)
{
    if (access(path, X_OK) == 0)
        return path;
    free(path);
    return NULL;
}

/* The directory of this program: a build tree, or bin/ of any prefix. */
static char *find_beside(const char *name)
{
    char self[PATH_MAX], *slash, *path;
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

    if (n <= 0)
        return NULL;
    self[n] = '\0';
    slash = strrchr(self, '/');
    if (!slash)
        return NULL;
    *slash = '\0';
    path = if_runnable(str_printf("%s/%s", self, name));
    return path ? path : if_runnable(str_printf("%s/../libexec/pyro/%s", self, name));
}

/* The path of the helper program `name` ("pyro-image"): in $PYRO_LIBEXEC, else beside this program
 * (a build tree), else in the libexec directory it was installed to. The caller frees; NULL with
 * PYRO_DEPENDENCY_MISSING. */
static char *helper_find(const char *name, struct pyro_error *err)
{
    const char *moved = getenv("PYRO_LIBEXEC");
    char *path = moved && *moved ? if_runnable(str_printf("%s/%s", moved, name)) : NULL;

    if (!path)
        path = find_beside(name);
    if (!path) {
        pyro_fail(err, PYRO_DEPENDENCY_MISSING,
                  "%s: not found, neither beside pyro nor in ../libexec/pyro from there", name);
        pyro_hint(err, "install pyro completely ('make install'), or build it with 'make'");
    }
    return path;
}

bool helper_start_program(const char *name, const struct proc_spec *spec, pid_t *ret_pid,
                          int *ret_stdout_fd, struct pyro_error *err)
{
    scoped_free char *path = helper_find(name, err);
    const char *argv[ARGS_MAX] = { path };
    struct proc_spec started = *spec;
    unsigned argc = 1;
    int out[2];
    bool ok;

    if (!path)
        return false;
    for (unsigned i = 1; spec->argv[i]; i++) {
        BUG_ON(argc + 1 >= ARGS_MAX);
        argv[argc++] = spec->argv[i];
    }
    if (pipe2(out, O_CLOEXEC) != 0)
        return pyro_fail_errno(err, "start %s: pipe", name);
    started.argv = argv;
    started.stdout_fd = out[1];
    started.stderr_fd = -1;
    started.die_with_parent = true;
    ok = proc_start(&started, ret_pid, err);
    close(out[1]);
    if (!ok) {
        close(out[0]);
        return false;
    }
    *ret_stdout_fd = out[0];
    return true;
}

bool helper_start(const struct proc_spec *spec, pid_t *ret_pid, int *ret_stdout_fd,
                  struct pyro_error *err)
{
    return helper_start_program("pyro-image", spec, ret_pid, ret_stdout_fd, err);
}

static bool read_result(int fd, int64_t deadline_ms, struct buf *ret, struct pyro_error *err)
{
    char chunk[4096];

    for (;;) {
        struct pollfd p = { .fd = fd, .events = POLLIN };
        int64_t left = deadline_ms - clock_ms();
        ssize_t n;
        if (left <= 0)
            return pyro_fail(err, PYRO_TIMEOUT, "pyro-image did not end in time");
        if (poll(&p, 1, left > INT32_MAX ? INT32_MAX : (int)left) <= 0)
            continue;
        n = read(fd, chunk, sizeof(chunk));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return true;
        if (!buf_append(ret, chunk, (size_t)n))
            return pyro_fail(err, PYRO_INTERNAL, "pyro-image wrote too much");
    }
}

/* The helper's own error, or how it died without one. */
static bool take_error(const json_t *result, int status, struct pyro_error *err)
{
    const json_t *error = json_object_get(result, "error");

    if (error) {
        pyro_fail(err, pyro_code_from_peer(json_string_or(error, "code", "internal")), "%s",
                  json_string_or(error, "message", "no message"));
        return pyro_hint(err, "%s", json_string_or(error, "hint", ""));
    }
    if (WIFSIGNALED(status))
        return pyro_fail(err, PYRO_INTERNAL, "pyro-image died of signal %d", WTERMSIG(status));
    return pyro_fail(err, PYRO_INTERNAL, "pyro-image ended with status %d", WEXITSTATUS(status));
}

json_t *helper_wait(pid_t pid, int stdout_fd, int64_t deadline_ms, struct pyro_error *err)
{
    scoped_close int fd = stdout_fd;
    scoped_kill child = pid;
    scoped_buf line = BUF_INIT(RESULT_MAX);
    json_t *result = NULL;
    int status;
    bool ok;

    if (!read_result(fd, deadline_ms, &line, err))
        return NULL;
    ok = proc_wait(pid, deadline_ms, &status, err);
    child = 0;
    if (!ok)
        return NULL;
    if (line.len)
        result = json_parse(line.data, line.len, RESULT_MAX, NULL);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && result)
        return result;
    take_error(result, status, err);
    json_decref(result);
    return NULL;
}

json_t *helper_run(const struct proc_spec *spec, int64_t timeout_ms, struct pyro_error *err)
{
    int64_t deadline_ms = clock_ms() + timeout_ms;
    pid_t pid;
    int fd;

    if (!helper_start(spec, &pid, &fd, err))
        return NULL;
    return helper_wait(pid, fd, deadline_ms, err);
}
