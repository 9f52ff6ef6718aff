/* engine/api/call_run.c: the command between its channels. */
#include "engine/api/call_run.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "engine/cmd/call.h"
#include "engine/cmd/status.h"
#include "vmm/base/fs.h"
#include "vmm/base/json.h"

void call_execute(const struct json_args *args, struct cmd_io *io, const struct call_ops *ops,
                  void *arg, FILE *answer)
{
    struct pyro_error err = { 0 };
    scoped_json json_t *result = cmd_call(args->cmd, args->args, io, &err);

    if (!result) {
        status_of_failure(&err, args->cmd->traits);
        cmd_hide_in_error(args->cmd, args->args, io, &err);
    }
    ops->answer(arg, result, result ? NULL : &err, &io->redaction, answer);
}

/* ---- a child ---- */

enum { AT_ANSWER = 3, AT_TOLD, AT_OUT, AT_ERR, AT_END };
#define ABOVE 64 /* where they are while they change places */

/* The child's own descriptors in their places, and no other. */
static bool place_descriptors(const struct call_child *c)
{
    const struct {
        int from, to;
    } all[] = { { c->in, 0 },
                { c->answer, AT_ANSWER },
                { c->told, AT_TOLD },
                { c->out, AT_OUT },
                { c->err, AT_ERR } };
    int moved[ARRAY_SIZE(all)], null = open("/dev/null", O_RDWR | O_CLOEXEC);

    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        moved[i] = fcntl(all[i].from < 0 ? null : all[i].from, F_DUPFD_CLOEXEC, ABOVE);
        if (moved[i] < 0)
            return false;
    }
    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        if (dup3(moved[i], all[i].to, O_CLOEXEC) < 0)
            return false;
    return dup2(null, 1) == 1 && close_range(AT_END, ~0U, 0) == 0;
}

/* Takes the value. */
static void tell(const char *what, json_t *value)
{
    scoped_json json_t *told = json_pack("{s:o}", what, value);
    scoped_free char *json = json_compact(told);
    scoped_free char *line = json ? str_printf("%s\n", json) : NULL;

    if (line)
        (void)!fs_write_all(AT_TOLD, line, strlen(line), NULL);
}

static void call_run_tell_note(void *arg UNUSED, const char *text)
{
    tell("note", json_string_lossy(text, strlen(text)));
}

static void call_run_tell_entry(void *arg UNUSED, const json_t *entry)
{
    tell("entry", json_incref((json_t *)(uintptr_t)entry));
}

/* Without events, warnings go where those of this program go, and progress nowhere. */
static void start_io(struct cmd_io *io, bool events)
{
    cmd_io_init(io, true);
    if (events) {
        io->passes = true;
        io->out_fd = AT_OUT;
        io->err_fd = AT_ERR;
        io->told.fd = AT_TOLD;
        io->note = call_run_tell_note;
        io->entry = call_run_tell_entry;
    } else {
        io->progress.phase = NULL;
        io->progress.update = NULL;
    }
}

void call_child_main(const struct call_child *c)
{
    struct cmd_io io;
    sigset_t none;
    FILE *answer;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpgid(0, 0); /* as the parent does: whoever comes first */
    sigemptyset(&none);
    if (getppid() != c->parent || !place_descriptors(c) || !(answer = fdopen(AT_ANSWER, "w")))
        _exit(STATUS_OWN_FAILURE);
    sigprocmask(SIG_SETMASK, &none, NULL);
    start_io(&io, c->told >= 0);
    call_execute(c->args, &io, c->ops, c->arg, answer);
    _exit(fflush(answer) || ferror(answer) ? STATUS_OWN_FAILURE : 0);
}
