/*
 * engine/commands/watch.c: what happens to workspaces, one event a line.
 *
 * Output goes out when its reader takes it, so that a signal is heard meanwhile; a reader that is
 * far behind is told less often, of what then differs.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include "engine/client/handle.h"
#include "engine/cmd/io.h"
#include "engine/cmd/text.h"
#include "engine/commands/table.h"
#include "engine/workspace/events.h"
#include "vmm/base/fs.h"

#define BEHIND_BYTES (256 * 1024)        /* from here on it is told less */
#define PENDING_MAX (64ll * 1024 * 1024) /* one look at one workspace is far from that */

struct watch_args {
    struct arg_list workspaces;
};

static const struct arg_spec watch_rows[] = {
    ARG_LIST(watch_args, workspaces, .positional = true, .optional = true,
             .metavar = "WORKSPACE_ID...", .complete = COMPLETE_WORKSPACE,
             .help = "Only these; it ends when all of them are deleted"),
    ARG_END,
};

static const struct row_spec watch_result[] = {
    RES_INT("count", .help = "Events told"),
    ROW_END,
};

struct watching {
    struct cmd_io *io;
    struct loop *loop;
    struct workspace_events *events;
    struct buf pending;
    bool waits;    /* for its output to take more */
    bool is_plain; /* its output always takes more: a file */
    bool failed;
    int64_t count;
    struct pyro_error error;
};

/* ---- output ---- */

static void fail(struct watching *w, const struct pyro_error *why)
{
    w->failed = true;
    w->error = *why;
    loop_stop(w->loop);
}

static bool put(struct watching *w, size_t n)
{
    struct pyro_error err = { 0 };

    if (!cmd_io_write(w->io, false, w->pending.data, n, &err)) {
        fail(w, &err);
        return false;
    }
    buf_consume(&w->pending, n);
    return true;
}

/* Writable means that PIPE_BUF bytes fit. An error shows on writing, or with nothing to write. */
static void watch_on_output(void *arg, uint32_t events)
{
    struct watching *w = arg;
    struct pyro_error gone = { .code = PYRO_IO, .sys_errno = EPIPE };
    size_t n = w->pending.len < PIPE_BUF ? w->pending.len : PIPE_BUF;

    if (!n && events & (EPOLLERR | EPOLLHUP)) {
        w->io->quiet_exit = true;
        fail(w, &gone);
        return;
    }
    if (n && !put(w, n))
        return;
    if (!w->pending.len) {
        loop_rewatch(w->loop, cmd_io_output(w->io), 0);
        w->waits = false;
    }
    if (w->pending.len < BEHIND_BYTES / 2)
        workspace_events_pause(w->events, false);
}

static void send(struct watching *w)
{
    if (w->is_plain) {
        put(w, w->pending.len);
        return;
    }
    if (!w->waits)
        loop_rewatch(w->loop, cmd_io_output(w->io), EPOLLOUT);
    w->waits = true;
    if (w->pending.len > BEHIND_BYTES && w->events)
        workspace_events_pause(w->events, true);
}

/* ---- events ---- */

static bool add_text(struct buf *line, const json_t *value)
{
    scoped_free char *json = json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY);

    return text_quote(line, json ? json : json_string_value(value));
}

/* Its words: "failed exec 3 'exit code 1: make'". */
static bool add_attention(struct buf *line, const json_t *attention)
{
    const json_t *source = json_object_get(attention, "source");
    const char *text = json_string_or(attention, "text", NULL);

    return buf_printf(line, " %s", json_string_or(attention, "state", "")) &&
           (!source || (buf_printf(line, " %s ", json_string_or(source, "kind", "")) &&
                        text_quote(line, json_string_or(source, "id", "-")))) &&
           (!text || (buf_append(line, " ", 1) && text_quote(line, text)));
}

/* "12:00:01 6f3a0c41d9be demo exec_ended sequence=3 …" */
static bool watch_add_line(struct buf *line, const json_t *event)
{
    static const char *const fixed[] = { "time", "workspace_id", "name", "event" };
    time_t seconds = (time_t)json_number_or(event, "time", 0);
    char clock[16];
    struct tm tm;
    const char *key;
    json_t *value;
    bool ok;

    strftime(clock, sizeof(clock), "%H:%M:%S", localtime_r(&seconds, &tm));
    ok = buf_printf(line, "%s %s ", clock, json_string_or(event, "workspace_id", "")) &&
         text_quote(line, json_string_or(event, "name", "-")) &&
         buf_printf(line, " %s", json_string_or(event, "event", ""));
    json_object_foreach ((json_t *)(uintptr_t)event, key, value) {
        bool is_fixed = json_is_null(value);
        for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
            is_fixed |= !strcmp(key, fixed[i]);
        if (ok && !is_fixed && !strcmp(key, "attention"))
            ok = add_attention(line, value);
        else if (ok && !is_fixed)
            ok = buf_printf(line, " %s=", key) && add_text(line, value);
    }
    return ok && buf_append(line, "\n", 1);
}

static bool watch_add_json(struct buf *line, const json_t *event)
{
    scoped_free char *json = json_dumps(event, JSON_COMPACT | JSON_SORT_KEYS);

    return json && buf_append_str(line, json) && buf_append(line, "\n", 1);
}

static void watch_on_event(void *arg, const json_t *event)
{
    struct watching *w = arg;
    struct pyro_error err = { 0 };

    if (w->failed)
        return;
    if (!(w->io->json ? watch_add_json : watch_add_line)(&w->pending, event)) {
        pyro_fail(&err, PYRO_NO_MEMORY, "out of memory");
        fail(w, &err);
        return;
    }
    w->count++;
    send(w);
}

static void watch_on_trouble(void *arg, const struct pyro_error *why)
{
    cmd_io_warn(((struct watching *)arg)->io, "%s", why->message);
}

/* What is pending still goes out. */
static void watch_on_none_left(void *arg)
{
    loop_stop(((struct watching *)arg)->loop);
}

static void watch_on_signal(void *arg, const struct signalfd_siginfo *info UNUSED)
{
    struct watching *w = arg;

    buf_clear(&w->pending);
    loop_stop(w->loop);
}

/* ---- the command ---- */

static bool prepare(struct watching *w, struct pyro_error *err)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    w->loop = loop_new(err);
    if (!w->loop || !loop_signals(w->loop, &signals, watch_on_signal, w, err))
        return false;
    w->is_plain = !loop_watch(w->loop, cmd_io_output(w->io), 0, watch_on_output, w, NULL);
    return true;
}

static json_t *watch_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct watch_args *a = args;
    struct watching w = { .io = io, .pending = BUF_INIT(PENDING_MAX) };
    scoped_json json_t *ids = NULL;
    struct workspace_events_spec spec = { .event = watch_on_event,
                                          .trouble = watch_on_trouble,
                                          .none_left = watch_on_none_left,
                                          .arg = &w };
    bool ok =
        workspace_find_ids(a->workspaces.items, a->workspaces.count, &ids, err) && prepare(&w, err);

    spec.ids = ids;
    io->told_lines = true;
    if (ok)
        w.events = workspace_events_new(w.loop, &spec, err);
    if (w.events && !w.failed)
        loop_run(w.loop);
    ok = ok && w.events;
    if (ok && w.pending.len && !w.failed)
        put(&w, w.pending.len);
    if (ok && w.failed && !io->quiet_exit)
        ok = pyro_copy(err, &w.error);
    workspace_events_free(w.events);
    loop_free(w.loop);
    buf_release(&w.pending);
    return ok ? json_pack("{s:I}", "count", (json_int_t)w.count) : NULL;
}

const struct cmd_spec cmd_watch = {
    .path = "watch",
    .summary = "Tell what happens to workspaces, one event a line, until it is ended",
    .details = "It begins with what needs attention now. With --json each line is an object, with "
               "time, event, workspace_id, name and what belongs to the event; docs/workspaces.md "
               "has the events. TERM, INT and a reader that goes away end it.",
    .example = "pyro watch --json",
    .traits = CMD_READ_ONLY | CMD_STREAMING,
    .args = watch_rows,
    .args_size = sizeof(struct watch_args),
    .result = watch_result,
    .run = watch_run,
};
