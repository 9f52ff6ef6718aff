/* engine/api/call.c: a call's child, its channels and its end. */
#include "engine/api/call.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/api/lines.h"
#include "engine/client/handle.h"
#include "vmm/base/fs.h"
#include "vmm/base/json.h"
#include "vmm/base/patience.h"
#include "vmm/base/proc.h"
#include "vmm/base/utf8.h"

#define KILL_AFTER_MS 3000
#define TOLD_MAX ((size_t)16 * 1024 * 1024) /* an entry may have all that is kept of a command */
#define CHUNK ((size_t)16 * 1024)

/* One pipe from the child. */
struct channel {
    struct call *call;
    int fd;
    bool watched;
    char rest[4]; /* of a character */
    size_t rest_len;
};

enum { OUT, ERR, TOLD, CHANNELS };

struct call {
    struct call_spec spec;
    struct json_args args;
    pid_t pid;
    int pid_fd, answer_fd;
    struct channel channels[CHANNELS];
    struct lines told;
    struct loop_timer kill;
    bool ended, cancelled;
    int status;
};

/* ---- in this process ---- */

static bool runs_here(const struct json_args *a)
{
    scoped_workspace struct workspace_handle w = WORKSPACE_HANDLE_INIT;
    const char *ref;
    struct pyro_error why;

    if (!a->cmd->is_quick || !a->cmd->is_quick(a->args))
        return false;
    ref = args_workspace(a->cmd, a->args);
    return ref && workspace_open(ref, &w, &why) && store_is_held(w.dir_fd);
}

static void send_text(const struct call_spec *spec, const char *text, size_t n)
{
    if (spec->ops->answered)
        spec->ops->answered(spec->arg, text, n, -1);
    else
        outgoing_put(spec->out, text, n);
}

static void send_file(const struct call_spec *spec, int fd)
{
    if (spec->ops->answered)
        spec->ops->answered(spec->arg, NULL, 0, fd);
    else
        outgoing_put_file(spec->out, fd);
}

static void run_here(const struct call_spec *spec, const struct json_args *args)
{
    scoped_free char *text = NULL;
    struct cmd_io io;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);

    BUG_ON(!out);
    cmd_io_init(&io, true);
    io.progress = (struct progress){ 0 };
    io.out_fd = -1; /* it is the client's */
    call_execute(args, &io, spec->ops, spec->arg, out);
    cmd_io_release(&io);
    BUG_ON(fclose(out) != 0);
    send_text(spec, text, n);
}

/* The answer to a call that has none of its own. */
static void answer_failure(const struct call_spec *spec, const struct pyro_error *why)
{
    scoped_free char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);

    BUG_ON(!out);
    spec->ops->answer(spec->arg, NULL, why, &(struct redaction){ 0 }, out);
    BUG_ON(fclose(out) != 0);
    send_text(spec, text, n);
}

/* ---- what the child says ---- */

static void close_channel(struct channel *ch)
{
    if (ch->watched)
        loop_unwatch(ch->call->spec.loop, ch->fd);
    ch->watched = false;
    if (ch->fd >= 0)
        close(take_fd(&ch->fd));
}

static void pass_output(struct channel *ch, const char *bytes, size_t n, bool final)
{
    struct call *c = ch->call;
    scoped_buf text = BUF_INIT(CHUNK + sizeof(ch->rest));

    BUG_ON(!buf_append(&text, ch->rest, ch->rest_len) || !buf_append(&text, bytes, n));
    ch->rest_len = final ? 0 : utf8_unfinished(text.data, text.len);
    text.len -= ch->rest_len;
    memcpy(ch->rest, text.data + text.len, ch->rest_len);
    if (text.len)
        c->spec.ops->output(c->spec.arg, ch == &c->channels[ERR], text.data, text.len);
}

static void pass_told(struct call *c, const char *bytes, size_t n)
{
    size_t length;
    char *line;

    if (!lines_add(&c->told, bytes, n))
        return;
    while (lines_next(&c->told, false, &line, &length) == LINES_LINE) {
        scoped_json json_t *what = json_loadb(line, length, 0, NULL);
        if (json_is_object(what))
            c->spec.ops->told(c->spec.arg, what);
    }
}

/* Takes one piece; false: nothing is there now, or ever. */
static bool take_some(struct channel *ch)
{
    char bytes[CHUNK];
    ssize_t n = ch->fd < 0 ? 0 : read(ch->fd, bytes, sizeof(bytes));

    if (n < 0 && errno == EINTR)
        return true;
    if (n < 0 && errno == EAGAIN)
        return false;
    if (ch == &ch->call->channels[TOLD] && n > 0)
        pass_told(ch->call, bytes, (size_t)n);
    else if (n > 0 || ch->rest_len)
        pass_output(ch, bytes, n > 0 ? (size_t)n : 0, n <= 0);
    if (n <= 0)
        close_channel(ch);
    return n > 0;
}

static void end_if_done(struct call *c);

static void call_on_channel(void *arg, uint32_t events UNUSED)
{
    struct channel *ch = arg;
    struct call *c = ch->call;

    if (outgoing_is_full(c->spec.out)) { /* epoll(7) reports a hang-up in any case */
        loop_unwatch(c->spec.loop, ch->fd);
        ch->watched = false;
        return;
    }
    take_some(ch);
    end_if_done(c);
}

void call_go_on(struct call *c)
{
    for (int i = 0; i < CHANNELS; i++) {
        struct channel *ch = &c->channels[i];

        if (ch->fd >= 0 && !ch->watched)
            ch->watched = loop_watch(c->spec.loop, ch->fd, EPOLLIN, call_on_channel, ch, NULL);
    }
    end_if_done(c);
}

/* ---- its end ---- */

static void free_call(struct call *c)
{
    loop_timer_cancel(c->spec.loop, &c->kill);
    for (int i = 0; i < CHANNELS; i++)
        close_channel(&c->channels[i]);
    if (c->pid_fd >= 0) {
        loop_unwatch(c->spec.loop, c->pid_fd);
        close(c->pid_fd);
    }
    if (c->answer_fd >= 0)
        close(c->answer_fd);
    lines_release(&c->told);
    json_args_release(&c->args);
    free(c);
}

static void tell_end(struct call *c)
{
    struct pyro_error why = { 0 };
    struct stat st;

    if (WIFEXITED(c->status) && WEXITSTATUS(c->status) == 0 && !fstat(c->answer_fd, &st) &&
        st.st_size && lseek(c->answer_fd, 0, SEEK_SET) == 0) {
        send_file(&c->spec, take_fd(&c->answer_fd));
        return;
    }
    if (c->cancelled)
        pyro_fail(&why, PYRO_INTERRUPTED, "the call was cancelled");
    else if (WIFSIGNALED(c->status))
        pyro_fail(&why, PYRO_INTERNAL, "the call was ended by signal %d", WTERMSIG(c->status));
    else
        pyro_fail(&why, PYRO_INTERNAL, "the call did not answer: status %d",
                  WEXITSTATUS(c->status));
    answer_failure(&c->spec, &why);
}

/* All that a child which has ended said goes out before its answer. A pipe that something it
 * started still holds is not waited for. */
static void end_if_done(struct call *c)
{
    if (!c->ended)
        return;
    for (int i = 0; i < CHANNELS; i++)
        while (!outgoing_is_full(c->spec.out) && take_some(&c->channels[i]))
            ;
    if (outgoing_is_full(c->spec.out))
        return;
    for (int i = OUT; i <= ERR; i++)
        if (c->channels[i].rest_len)
            pass_output(&c->channels[i], "", 0, true);
    tell_end(c);
    c->spec.ops->over(c->spec.arg);
    free_call(c);
}

static void call_on_end(void *arg, uint32_t events UNUSED)
{
    struct call *c = arg;

    if (waitpid(c->pid, &c->status, WNOHANG) != c->pid)
        return;
    loop_unwatch(c->spec.loop, c->pid_fd);
    close(take_fd(&c->pid_fd));
    c->ended = true;
    end_if_done(c);
}

static void call_kill(void *arg)
{
    struct call *c = arg;

    if (!c->ended)
        proc_signal(-c->pid, SIGKILL); /* it leads a group */
}

void call_cancel(struct call *c)
{
    if (c->cancelled || c->ended)
        return;
    c->cancelled = true;
    proc_signal(-c->pid, SIGTERM);
    loop_timer_set(c->spec.loop, &c->kill, patience(KILL_AFTER_MS), call_kill, c);
}

/* ---- its start ---- */

static bool open_channel(struct channel *ch, int *ret_theirs, struct pyro_error *err)
{
    int fds[2];

    if (pipe2(fds, O_CLOEXEC) != 0)
        return pyro_fail_errno(err, "a pipe for the call");
    fcntl(fds[0], F_SETFL, O_NONBLOCK);
    ch->fd = fds[0];
    *ret_theirs = fds[1];
    ch->watched = loop_watch(ch->call->spec.loop, ch->fd, EPOLLIN, call_on_channel, ch, err);
    return ch->watched;
}

static bool open_input(const struct call_spec *spec, int *ret, struct pyro_error *err)
{
    if (!spec->input)
        return true;
    *ret = memfd_create("pyro-input", MFD_CLOEXEC);
    if (*ret < 0)
        return pyro_fail_errno(err, "a file for the call's input");
    return fs_write_all(*ret, spec->input, spec->input_len, err) &&
           (lseek(*ret, 0, SEEK_SET) == 0 || pyro_fail_errno(err, "the call's input"));
}

static bool start_child(struct call *c, struct call_child *child, struct pyro_error *err)
{
    c->pid = fork();
    if (c->pid == 0)
        call_child_main(child);
    if (c->pid < 0)
        return pyro_fail_errno(err, "start a process for the call");
    setpgid(c->pid, c->pid); /* a cancel may come at once */
    c->pid_fd = pidfd_open(c->pid, 0);
    if (c->pid_fd < 0) {
        proc_kill(c->pid);
        return pyro_fail_errno(err, "watch the call");
    }
    if (loop_watch(c->spec.loop, c->pid_fd, EPOLLIN, call_on_end, c, err))
        return true;
    proc_kill(c->pid);
    return false;
}

static bool start(struct call *c, struct pyro_error *err)
{
    scoped_close int in = -1, told = -1, out = -1, errors = -1;
    struct call_child child;

    c->answer_fd = memfd_create("pyro-answer", MFD_CLOEXEC);
    if (c->answer_fd < 0)
        return pyro_fail_errno(err, "a file for the call's answer");
    if (!open_input(&c->spec, &in, err) ||
        (c->spec.events && (!open_channel(&c->channels[TOLD], &told, err) ||
                            !open_channel(&c->channels[OUT], &out, err) ||
                            !open_channel(&c->channels[ERR], &errors, err))))
        return false;
    child = (struct call_child){ .args = &c->args,
                                 .ops = c->spec.ops,
                                 .arg = c->spec.arg,
                                 .parent = getpid(),
                                 .in = in,
                                 .answer = c->answer_fd,
                                 .told = told,
                                 .out = out,
                                 .err = errors };
    return start_child(c, &child, err);
}

struct call *call_begin(const struct call_spec *spec)
{
    struct pyro_error err = { 0 };
    struct call *c;

    if (runs_here(spec->args)) {
        run_here(spec, spec->args);
        spec->ops->over(spec->arg);
        json_args_release(spec->args);
        return NULL;
    }
    c = calloc(1, sizeof(*c));
    BUG_ON(!c);
    *c = (struct call){ .spec = *spec, .args = *spec->args, .pid_fd = -1, .answer_fd = -1 };
    *spec->args = (struct json_args){ 0 };
    lines_init(&c->told, TOLD_MAX);
    for (int i = 0; i < CHANNELS; i++)
        c->channels[i] = (struct channel){ .call = c, .fd = -1 };
    if (start(c, &err))
        return c;
    answer_failure(&c->spec, &err);
    c->spec.ops->over(c->spec.arg);
    free_call(c);
    return NULL;
}
