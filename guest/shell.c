/*
 * guest/shell.c: one PTY from its start to the host's last word.
 *
 * The PTY is read only while the backlog has room; a shell whose host is away blocks once it is
 * full, and nothing is lost.
 */
#include "guest/shell.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest/backlog.h"
#include "guest/child.h"
#include "guest/foreground.h"
#include "guest/input.h"
#include "guest/inputrc.h"
#include "guest/login_shell.h"
#include "guest/modes.h"
#include "guest/prompt.h"
#include "guest/reply.h"
#include "vmm/base/fs.h"

#define SHELLS_MAX 64
#define ID_MAX 64
#define PROMPT_IDLE_MS 20
#define DRAIN_MS 2000
#define DRAIN_TURNS 4
#define CLOSE_LOOK_MS 20
#define CLOSE_MAX_MS 10000
#define BATCH_MS 2
#define BATCH_BYTES (32 * 1024)

struct shell {
    struct shell *next;
    struct guest *g;
    char id[ID_MAX + 1];
    struct child child;
    int pty_fd; /* -1 once it is read to its end */
    bool watched, in_watched;
    bool hung_up;   /* no process has the terminal open: nothing comes, and nothing is watched */
    bool told;      /* the host, how it ended */
    bool forgotten; /* the host has all of it: the shell goes with its attachment */
    struct backlog out;
    struct modes modes;
    struct inputrc inputrc;
    struct reply_gate reply_gate;
    struct input in;
    struct loop_timer held; /* armed: the next input waits for the terminal to be ready */
    int64_t active_ms;      /* clock_ms() of the last output or input */
    struct loop_timer drain;
    struct loop_timer closing; /* armed: it was hung up on, and the rest is killed when it fires */
    int64_t close_ms;          /* clock_ms() of that end */
    int64_t pumped_ms;         /* clock_ms() of the last reading */
    struct loop_timer batch;
    struct foreground foreground;
    struct stream stream; /* the host's attachment */
};

static void pump(struct shell *s);
static void write_input(struct shell *s);

static struct shell *find(struct guest *g, const char *id)
{
    struct shell *s = g->shells;

    while (s && strcmp(s->id, id) != 0)
        s = s->next;
    return s;
}

static void unwatch(struct shell *s)
{
    if (s->watched || s->in_watched)
        loop_unwatch(s->g->loop, s->pty_fd);
    s->watched = s->in_watched = false;
}

static void close_pty(struct shell *s)
{
    if (s->pty_fd < 0)
        return;
    unwatch(s);
    foreground_stop(&s->foreground);
    close(s->pty_fd);
    s->pty_fd = -1;
    input_release(&s->in);
}

static void shell_free(struct shell *s)
{
    list_remove(&s->g->shells, s);
    s->g->shell_count--;
    close_pty(s);
    loop_timer_cancel(s->g->loop, &s->drain);
    loop_timer_cancel(s->g->loop, &s->batch);
    loop_timer_cancel(s->g->loop, &s->held);
    loop_timer_cancel(s->g->loop, &s->closing);
    child_release(&s->child);
    inputrc_remove(&s->inputrc);
    backlog_release(&s->out);
    free(s);
}

/* ---- output ---- */

static void shell_on_pty(void *arg, uint32_t events);

/* One watch for both directions: which events are wanted now. */
static void watch(struct shell *s, bool in, bool out)
{
    uint32_t events;

    if (s->hung_up)
        in = out = false;
    events = (in ? EPOLLIN : 0) | (out ? EPOLLOUT : 0);
    if (s->pty_fd < 0 || (s->watched == in && s->in_watched == out))
        return;
    if (!events)
        loop_unwatch(s->g->loop, s->pty_fd);
    else if (s->watched || s->in_watched)
        loop_rewatch(s->g->loop, s->pty_fd, events);
    else if (!loop_watch(s->g->loop, s->pty_fd, events, shell_on_pty, s, NULL))
        return;
    s->watched = in;
    s->in_watched = out;
}

/* Once everything is out: how it ended. */
static void tell_end(struct shell *s)
{
    scoped_json json_t *message = NULL;

    if (!s->child.ended || s->pty_fd >= 0 || s->told || !s->stream.link ||
        !backlog_is_sent(&s->out))
        return;
    message = json_pack("{s:i, s:I}", "ended", child_exit_code(&s->child), "offset",
                        (json_int_t)backlog_end(&s->out));
    s->told = stream_message(&s->stream, message);
}

/* Something was printed or typed. */
static void touch(struct shell *s)
{
    s->active_ms = clock_ms();
    foreground_touch(&s->foreground);
}

static bool tell_host(void *arg, const json_t *message)
{
    struct shell *s = arg;

    return s->stream.link && stream_message(&s->stream, message);
}

/* Whether everything printed before the shell began to wait has been read. */
static bool is_settled(const struct shell *s)
{
    struct pollfd output = { .fd = s->pty_fd, .events = POLLIN };

    return clock_ms() - s->active_ms >= PROMPT_IDLE_MS && poll(&output, 1, 0) == 0;
}

/* Reports the prompt and the offset of the output's end, once that is certain. */
static bool shell_tell_foreground(void *arg, const json_t *message)
{
    scoped_json json_t *told = json_copy((json_t *)(uintptr_t)message);
    struct shell *s = arg;
    bool settled = is_settled(s);

    if (!json_bool_or(message, "prompt", false))
        return tell_host(s, message);
    if (!settled)
        foreground_repeat(&s->foreground);
    else if (told)
        json_object_set_new(told, "offset", json_integer((json_int_t)backlog_end(&s->out)));
    return told && tell_host(s, told) && settled;
}

static void shell_tell_input(void *arg, const json_t *message)
{
    if (!tell_host(arg, message))
        return; /* the client that typed it is gone with the connection */
}

/* Reads the PTY, as far as there is room. False at its end. */
static bool read_pty(struct shell *s)
{
    const char *bytes;
    ssize_t n;

    for (ssize_t taken = 0; taken < BACKLOG_TURN_BYTES; taken += n) {
        n = backlog_read(&s->out, &s->stream, s->pty_fd, &bytes);
        if (n <= 0)
            return n == 0;
        modes_feed(&s->modes, bytes, (size_t)n);
        input_saw_output(&s->in);
        reply_saw_output(&s->reply_gate, s->pty_fd, bytes, (size_t)n);
        touch(s);
    }
    return true;
}

static void pump(struct shell *s)
{
    s->pumped_ms = clock_ms();
    if (s->pty_fd >= 0 && !read_pty(s)) {
        s->hung_up = true; /* if it lives on, SIGCHLD reports its end */
        if (s->child.ended)
            close_pty(s);
    }
    backlog_send(&s->out, &s->stream);
    if (s->held.armed) /* a prompt may have come */
        write_input(s);
    if (s->pty_fd >= 0 && !backlog_room(&s->out, &s->stream)) {
        watch(s, false, s->in_watched);
        if (s->stream.link)
            stream_want_room(&s->stream);
    } else if (s->pty_fd >= 0) {
        watch(s, true, input_waits(&s->in) && !s->held.armed);
    }
    tell_end(s);
}

static void shell_held_long(void *arg)
{
    write_input(arg);
}

static void write_input(struct shell *s)
{
    struct input_terminal t = { .pty_fd = s->pty_fd,
                                .wants_pastes = s->modes.paste,
                                .idle_ms = clock_ms() - s->active_ms };
    int64_t again_ms = 0;
    size_t waiting = s->in.bytes.len;

    loop_timer_cancel(s->g->loop, &s->held);
    if (s->pty_fd < 0)
        return;
    stream_consumed(&s->stream, input_write(&s->in, &t, &again_ms));
    if (s->in.bytes.len < waiting)
        touch(s);
    if (again_ms)
        loop_timer_set(s->g->loop, &s->held, again_ms, shell_held_long, s);
    watch(s, s->watched, input_waits(&s->in) && !s->held.armed);
}

static void shell_batched(void *arg)
{
    pump(arg);
}

static void shell_on_pty(void *arg, uint32_t events)
{
    struct shell *s = arg;

    if (events & EPOLLOUT)
        write_input(s);
    if (!(events & ~(uint32_t)EPOLLOUT))
        return;
    /* The first bytes after a pause go at once. The rest is read as it comes, because the terminal
     * holds a page at most, and sent when there is more, or after a moment. */
    if (!s->child.ended && clock_ms() - s->pumped_ms < BATCH_MS && read_pty(s) &&
        backlog_unsent(&s->out) < BATCH_BYTES && backlog_room(&s->out, &s->stream)) {
        if (!s->batch.armed)
            loop_timer_set(s->g->loop, &s->batch, BATCH_MS, shell_batched, s);
    } else {
        pump(s);
    }
}

static void shell_drained(void *arg)
{
    struct shell *s = arg;

    for (int i = 0; i < DRAIN_TURNS; i++) /* more than a terminal holds */
        pump(s);
    if (s->pty_fd >= 0 && !backlog_room(&s->out, &s->stream)) { /* the host is slow or away */
        loop_timer_set(s->g->loop, &s->drain, DRAIN_MS, shell_drained, s);
        return;
    }
    close_pty(s);
    tell_end(s);
}

static void shell_child_ended(void *arg)
{
    struct shell *s = arg;

    if (!s->closing.armed)
        cgroup_kill(s->child.group);
    loop_timer_set(s->g->loop, &s->drain, DRAIN_MS, shell_drained, s);
    pump(s);
}

/* ---- requests of the host ---- */

static void resize(struct shell *s, const json_t *size)
{
    int64_t cols = json_integer_value(json_array_get(size, 0));
    int64_t rows = json_integer_value(json_array_get(size, 1));
    struct winsize ws = { .ws_col = (unsigned short)cols, .ws_row = (unsigned short)rows };
    scoped_json json_t *answer = NULL;

    if (cols < 1 || cols > 1000 || rows < 1 || rows > 1000 || s->pty_fd < 0)
        return;
    pump(s); /* output drawn at the old size comes first */
    if (s->pty_fd < 0 || ioctl(s->pty_fd, TIOCSWINSZ, &ws) != 0)
        return;
    answer = json_pack("{s:[I, I], s:I}", "resized", (json_int_t)cols, (json_int_t)rows, "offset",
                       (json_int_t)backlog_end(&s->out));
    stream_message(&s->stream, answer);
}

static void shell_close_look(void *arg)
{
    struct shell *s = arg;

    if (clock_ms() < s->close_ms && (!s->child.ended || cgroup_count(s->child.group)))
        loop_timer_set(s->g->loop, &s->closing, CLOSE_LOOK_MS, shell_close_look, s);
    else
        child_kill(&s->child);
}

/* As when a terminal is hung up: programs that save their work get a moment for it. Stopped jobs
 * are woken by the shell, which hears HUP first. */
static void close_shell(struct shell *s, int64_t grace_ms)
{
    pid_t foreground = s->pty_fd >= 0 ? tcgetpgrp(s->pty_fd) : -1;

    if (s->closing.armed)
        return;
    child_signal(&s->child, SIGHUP);
    child_signal(&s->child, SIGCONT);
    if (foreground > 0 && foreground != s->child.pid)
        kill(-foreground, SIGHUP);
    s->close_ms = clock_ms() + (grace_ms < CLOSE_MAX_MS ? grace_ms : CLOSE_MAX_MS);
    loop_timer_set(s->g->loop, &s->closing, CLOSE_LOOK_MS, shell_close_look, s);
}

static void send_signal(struct shell *s, const char *name)
{
    static const struct {
        const char *name;
        int number;
    } known[] = { { "HUP", SIGHUP }, { "INT", SIGINT }, { "TERM", SIGTERM } };
    pid_t foreground = s->pty_fd >= 0 ? tcgetpgrp(s->pty_fd) : -1;

    if (!strcmp(name, "KILL")) {
        child_kill(&s->child);
        return;
    }
    touch(s); /* it is input, too */
    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        if (!strcmp(name, known[i].name) && foreground > 0)
            kill(-foreground, known[i].number);
}

static void ask_prompt(struct shell *s, int64_t token)
{
    scoped_json json_t *answer = NULL;
    bool is_open, at_prompt;

    pump(s);
    is_open = !s->child.ended && s->pty_fd >= 0 && !input_waits(&s->in);
    /* Input counts too: the shell wakes a moment after it. */
    at_prompt = is_open && clock_ms() - s->active_ms >= PROMPT_IDLE_MS &&
                prompt_is_waiting(s->child.pid, s->pty_fd);
    answer = json_pack("{s:I, s:b, s:s, s:I}", "prompt", (json_int_t)token, "at_prompt", at_prompt,
                       "state", is_open ? foreground_state_name(&s->foreground, at_prompt) : "runs",
                       "offset", (json_int_t)backlog_end(&s->out));
    stream_message(&s->stream, answer);
}

/* Passes a terminal's answer to the program that asked in the output up to the offset. */
static void give_reply(struct shell *s, const char *text, int64_t offset)
{
    pump(s); /* output printed after the question */
    if (s->pty_fd < 0 || s->child.ended || input_waits(&s->in) ||
        backlog_end(&s->out) != (uint64_t)offset ||
        !reply_is_awaited(&s->reply_gate, s->pty_fd, s->child.pid))
        return;
    if (write(s->pty_fd, text, strlen(text)) > 0)
        touch(s);
}

static void shell_on_message(struct stream *stream, const json_t *message)
{
    struct shell *s = stream->arg;

    if (json_is_array(json_object_get(message, "resize")))
        resize(s, json_object_get(message, "resize"));
    if (json_is_string(json_object_get(message, "signal")))
        send_signal(s, json_string_or(message, "signal", ""));
    if (json_is_integer(json_object_get(message, "prompt")))
        ask_prompt(s, json_int_or(message, "prompt", 0));
    if (json_is_string(json_object_get(message, "reply")))
        give_reply(s, json_string_or(message, "reply", ""), json_int_or(message, "offset", -1));
    if (json_is_integer(json_object_get(message, "close")))
        close_shell(s, json_int_or(message, "close", 0));
    if (json_is_object(json_object_get(message, "input")) && s->pty_fd >= 0) {
        input_announce(&s->in, json_object_get(message, "input"));
        write_input(s);
    }
    if (json_bool_or(message, "forget", false))
        s->forgotten = s->told;
}

static void shell_on_data(struct stream *stream, enum wire_channel channel, const uint8_t *bytes,
                          size_t n)
{
    struct shell *s = stream->arg;

    if (channel != WIRE_STDIN || s->pty_fd < 0 || s->child.ended || !input_take(&s->in, bytes, n)) {
        stream_consumed(stream, n);
        return;
    }
    write_input(s);
}

static void shell_on_writable(struct stream *stream)
{
    pump(stream->arg);
}

/* That the end was sent does not mean that the host has read it: until it says so, the shell waits
 * for the next attachment. */
static void shell_on_closed(struct stream *stream, const json_t *result UNUSED,
                            const struct pyro_error *err UNUSED)
{
    struct shell *s = stream->arg;

    if (s->forgotten) {
        shell_free(s);
        return;
    }
    s->told = false;
    input_disconnected(&s->in);
}

bool shell_op_attach(struct guest *g, uint32_t id, const json_t *request, struct pyro_error *err)
{
    static const struct stream_ops ops = { .data = shell_on_data,
                                           .message = shell_on_message,
                                           .writable = shell_on_writable,
                                           .closed = shell_on_closed };
    const char *name;
    struct shell *s;
    int64_t offset;

    if (!json_get_string(request, "shell", &name, err) ||
        !json_get_int(request, "offset", 0, INT64_MAX, &offset, err))
        return false;
    s = find(g, name);
    if (!s)
        return pyro_fail(err, PYRO_SHELL_NOT_FOUND, "there is no shell '%.64s'", name);
    if (s->stream.link)
        return pyro_fail(err, PYRO_SHELL_STATE, "shell '%s' is attached", s->id);
    if (!backlog_has(&s->out, offset))
        return pyro_fail(err, PYRO_SHELL_STATE, "shell '%s' has offsets %llu to %llu, not %lld",
                         s->id, (unsigned long long)s->out.start,
                         (unsigned long long)backlog_end(&s->out), (long long)offset);
    if (!stream_accept(g->link, id, &s->stream, &ops, s, err))
        return false;
    backlog_rewind(&s->out, offset);
    foreground_repeat(&s->foreground);
    pump(s);
    return true;
}

/* ---- start and end ---- */

static int open_pty(int cols, int rows, int *ret_slave, struct pyro_error *err)
{
    scoped_close int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    struct winsize ws = { .ws_col = (unsigned short)cols, .ws_row = (unsigned short)rows };
    int slave;

    if (master < 0 || unlockpt(master) != 0 || ioctl(master, TIOCSWINSZ, &ws) != 0 ||
        (slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0) {
        pyro_fail_errno(err, "open a terminal");
        return -1;
    }
    *ret_slave = slave;
    return take_fd(&master);
}

static bool start(struct shell *s, struct command *c, int cols, int rows, struct pyro_error *err)
{
    scoped_close int slave = -1;

    s->pty_fd = open_pty(cols, rows, &slave, err);
    if (s->pty_fd < 0 || !login_shell_start(&s->child, s->g, c, slave, err))
        return false;
    s->active_ms = clock_ms();
    s->in.shell = s->child.pid;
    foreground_start(&s->foreground, s->g->loop,
                     &(struct foreground){ .shell = s->child.pid,
                                           .pty_fd = s->pty_fd,
                                           .cgroup = s->child.group,
                                           .modes = &s->modes,
                                           .tell = shell_tell_foreground,
                                           .arg = s });
    return true;
}

static struct shell *shell_new(struct guest *g, const char *id)
{
    struct shell *s = calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    s->g = g;
    s->pty_fd = -1;
    s->child = (struct child){ .on_end = shell_child_ended, .arg = s, .on_terminal = true };
    s->inputrc = (struct inputrc)INPUTRC_INIT;
    snprintf(s->id, sizeof(s->id), "%s", id);
    backlog_init(&s->out);
    input_init(&s->in, shell_tell_input, s);
    s->next = g->shells;
    g->shells = s;
    g->shell_count++;
    return s;
}

bool shell_op_open(struct guest *g, const json_t *message, json_t **ret UNUSED,
                   struct pyro_error *err)
{
    scoped_command_request request = { 0 };
    struct command command;
    const char *id;
    struct shell *s;
    bool ok;

    if (!command_request_load(shell_request_rows, message, &request, err))
        return false;
    id = request.shell ? request.shell : "";
    if (!*id || strlen(id) > ID_MAX || find(g, id))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "shell id '%.64s' is taken or too long", id);
    if (g->shell_count >= SHELLS_MAX)
        return pyro_fail(err, PYRO_GUEST_ERROR, "%d shells are open; no more at once", SHELLS_MAX);
    if (!command_parse(&command, g, &request, err))
        return false;
    s = shell_new(g, id);
    if (s && request.for_program)
        inputrc_make(&s->inputrc, g, id, &command);
    ok = (s || pyro_no_memory(err, "shell")) &&
         start(s, &command, (int)request.cols, (int)request.rows, err);
    command_release(&command);
    if (!ok && s)
        shell_free(s);
    if (ok)
        pump(s);
    return ok;
}

bool shell_op_list(struct guest *g, const json_t *request UNUSED, json_t **ret,
                   struct pyro_error *err)
{
    json_t *list = json_array();

    for (struct shell *s = g->shells; s; s = s->next)
        json_array_append_new(list,
                              json_pack("{s:s, s:b}", "shell", s->id, "ended", s->child.ended));
    *ret = json_pack("{s:o}", "shells", list);
    return *ret || pyro_no_memory(err, "shells");
}

json_t *shell_ends(const struct guest *g)
{
    json_t *ends = json_object();

    for (const struct shell *s = g->shells; s; s = s->next)
        json_object_set_new(ends, s->id, json_integer((json_int_t)backlog_end(&s->out)));
    return ends;
}
