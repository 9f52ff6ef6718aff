/* tests/bench/in_shell.c: by the program itself, as a user would. */
#include "tests/bench/in_shell.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "vmm/base/fs.h"

#define WAIT_MS 60000
#define LOOK_MS 2

void shell_release(struct bench_shell *sh)
{
    free(sh->log);
}

bool shell_start(struct bench_shell *ret, struct pyro_error *err)
{
    const char *const open[] = { bench_pyro(), "workspace", "shell", "open", ret->id, NULL };
    const char *const read[] = { bench_pyro(), "workspace",         "shell", "read", ret->id, "sh1",
                                 "--plain",    "--wait-for-prompt", NULL };

    if (!bench_create(ret->id, err))
        return false;
    ret->log = str_printf("%s/pyro/workspaces/%s/shells/sh1.log", getenv("XDG_DATA_HOME"), ret->id);
    return process_quietly(open, err) && process_quietly(read, err);
}

bool shell_type(const struct bench_shell *sh, const char *line, struct pyro_error *err)
{
    const char *const argv[] = { bench_pyro(), "workspace", "shell", "write", sh->id,
                                 "sh1",        "--input",   line,    NULL };

    return process_quietly(argv, err);
}

int64_t shell_log_size(const struct bench_shell *sh)
{
    struct stat st;

    return stat(sh->log, &st) == 0 ? (int64_t)st.st_size : 0;
}

bool shell_wait_log(const struct bench_shell *sh, int64_t size, struct pyro_error *err)
{
    int64_t until = bench_now_ns() + (int64_t)WAIT_MS * 1000000;

    while (shell_log_size(sh) < size) {
        if (bench_now_ns() > until)
            return pyro_fail(err, PYRO_TIMEOUT, "the shell's log stays at %lld of %lld bytes",
                             (long long)shell_log_size(sh), (long long)size);
        poll(NULL, 0, LOOK_MS);
    }
    return true;
}
