/*
 * engine/supervisor/exec.c: a running command, relayed between a client and the guest.
 *
 * Three pipes of bytes, stdin one way, stdout and stderr the other. Bytes are kept only while the
 * far side has no credit, and credit is returned to the near side only for what the far side took:
 * so a pipe holds at most one stream's credit, and a client that stalls stalls only its own
 * command. The head of both outputs is kept for the history. Secrets are taken out of both on the
 * way, and out of the command in the history.
 *
 * A detached command has no client: its outputs go into its log, and what the host's disk has no
 * room for yet is pending like what a client does not take. One whose client waits for a time only
 * has a log from the start, and its client gets what went into it: so the client knows by what it
 * got where reading goes on once it has been let go of.
 */
#include "engine/supervisor/exec.h"

#include <stdlib.h>

#include "engine/secret/hide.h"
#include "engine/state/commands.h"
#include "engine/supervisor/command_env.h"
#include "engine/supervisor/guest_watch.h"
#include "engine/supervisor/history.h"
#include "engine/supervisor/pipe.h"
#include "vmm/base/fs.h"

#define PAUSE_MS 50      /* after this, the possible start of a secret is shown, within limits */
#define SILENCE_MS 10000 /* from a command's timeout to the guest's report of its end */
#define RETRY_MS 1000    /* between two attempts to write a log */

/* One of the two outputs, secrets taken out. */
struct outlet {
    struct redact_stream redact;
    struct capture capture;
};

struct exec {
    struct exec *next;
    struct supervisor *supervisor;
    struct stream client, guest;
    struct guest_waiter waiter; /* its client, when it could wait for a silent guest for long */
    struct pipe pipes[3];       /* by enum wire_channel: STDIN, STDOUT, STDERR */
    struct outlet outlets[3];   /* the same; there is none of STDIN */
    struct command_entry entry;
    json_t *command; /* this and cwd without secrets */
    json_t *secrets; /* the names of those that it was given */
    char *cwd;
    json_t *result; /* the guest's, while output is still on its way to the client or log */
    struct command_outcome how; /* once there is a result */
    bool logged;                /* it is detached, or may be */
    bool detached;              /* nobody waits for it */
    bool unwanted;              /* it was ended from outside: how it ended is no news */
    struct command_log log;
    int64_t began_ms;
    int64_t paused_ms; /* how much of the machine's pauses its timeout was extended by */
    struct loop_timer silence, pause, retry, let_go;
};

static void outlet_init(struct outlet *o, const struct redactor *r)
{
    redact_stream_init(&o->redact, r);
    capture_init(&o->capture);
}

static void outlet_release(struct outlet *o)
{
    redact_stream_release(&o->redact);
    capture_release(&o->capture);
}

static void exec_free(struct exec *x)
{
    loop_timer_cancel(x->supervisor->loop, &x->silence);
    loop_timer_cancel(x->supervisor->loop, &x->pause);
    loop_timer_cancel(x->supervisor->loop, &x->retry);
    loop_timer_cancel(x->supervisor->loop, &x->let_go);
    guest_watch_remove(x->supervisor, &x->waiter);
    command_log_close(&x->log);
    list_remove(&x->supervisor->execs, x);
    for (int i = 0; i < 3; i++)
        pipe_release(&x->pipes[i]);
    outlet_release(&x->outlets[WIRE_STDOUT]);
    outlet_release(&x->outlets[WIRE_STDERR]);
    json_decref(x->command);
    json_decref(x->secrets);
    json_decref(x->result);
    free(x->cwd);
    free(x);
}

/* "exit code 2: make check", into ret. */
static void describe_end(const struct exec *x, const struct command_outcome *how, char *ret,
                         size_t size)
{
    int used = how->timed_out ? snprintf(ret, size, "timed out:")
                              : snprintf(ret, size, "exit code %d:", how->exit_code);
    const json_t *word;
    size_t i;

    json_array_foreach (x->command, i, word)
        if (used < (int)size)
            used += snprintf(ret + used, size - (size_t)used, " %s", json_string_value(word));
}

/* What it means for whoever looks next. */
static void tell_end(struct exec *x, const struct command_outcome *how)
{
    const char *slot = x->detached ? NEWS_DETACHED : NEWS_EXEC;
    char text[256], id[32];

    if (x->unwanted)
        return;
    describe_end(x, how, text, sizeof(text));
    snprintf(id, sizeof(id), "%lld", (long long)x->entry.sequence);
    if (how->exit_code || x->detached)
        supervisor_news(x->supervisor, slot, how->exit_code ? ATTENTION_FAILED : ATTENTION_FINISHED,
                        "exec", id, text);
    else
        supervisor_news_over(x->supervisor, slot);
}

/* Into the timeline; `how` NULL: it begins. */
static void note(struct exec *x, const struct command_outcome *how)
{
    char id[32];

    snprintf(id, sizeof(id), "%lld", (long long)x->entry.sequence);
    supervisor_note(x->supervisor,
                    TIMELINE_ENTRY(how ? TIMELINE_EXEC_ENDED : TIMELINE_EXEC_STARTED, .id = id,
                                   .command = x->command, .secrets = x->secrets,
                                   .state = !how             ? NULL
                                            : how->timed_out ? "timed out"
                                                             : how->error,
                                   .exit_code = how ? how->exit_code : -1,
                                   .duration_ms = how ? how->duration_ms : 0));
}

/* The history's entry and the record's summary of a command that ended; `how` without outputs. */
static void record_end(struct exec *x, struct command_outcome how)
{
    struct supervisor *s = x->supervisor;
    scoped_free char *why = how.error ? hide_in_text(s->redactor, how.error, false) : NULL;

    how.error = why;
    how.outputs[0] = &x->outlets[WIRE_STDOUT].capture;
    how.outputs[1] = &x->outlets[WIRE_STDERR].capture;
    history_add(s, command_ended(&x->entry, &how));
    json_decref(s->record.last_command);
    s->record.last_command =
        json_pack("{s:O, s:i}", "command", x->command, "exit_code", how.exit_code);
    s->record.running_command_count--;
    note(x, &how);
    tell_end(x, &how);
    supervisor_touch(s);
}

/* The same for one that was cut short. */
static void record_cut(struct exec *x, int exit_code, const char *why)
{
    record_end(x, (struct command_outcome){ .exit_code = exit_code,
                                            .duration_ms = clock_ms() - x->began_ms,
                                            .error = why });
}

static bool has_pending(const struct exec *x)
{
    return x->pipes[WIRE_STDOUT].pending.len || x->pipes[WIRE_STDERR].pending.len;
}

/* The result is sent once all output was; with a log it is recorded once all is in that. */
static void finish_if_drained(struct exec *x)
{
    if (!x->result || has_pending(x))
        return;
    if (x->logged)
        record_end(x, x->how);
    stream_close(&x->client, x->result);
    exec_free(x);
}

static void take(struct exec *x, enum wire_channel channel, const uint8_t *bytes, size_t n,
                 bool final);
static void exec_on_silence(void *arg);

/* No more output will come, which settles what was held back. */
static void end_outputs(struct exec *x)
{
    take(x, WIRE_STDOUT, NULL, 0, true);
    take(x, WIRE_STDERR, NULL, 0, true);
}

static void fail(struct exec *x, const struct pyro_error *why)
{
    end_outputs(x);
    record_cut(x, 125, why->message);
    stream_fail(&x->client, why);
    exec_free(x);
}

/* The guest's clock stopped with the machine, and so does the command's time. */
static bool has_time_left(struct exec *x)
{
    struct supervisor *s = x->supervisor;
    int64_t left = s->paused_ms - x->paused_ms;

    if (s->record.paused_reason || left <= 0)
        return false;
    x->paused_ms = s->paused_ms;
    loop_timer_set(s->loop, &x->silence, left, exec_on_silence, x);
    return true;
}

/* The guest ends a command that has timed out; if it does not, it is not worth waiting for. */
static void exec_on_silence(void *arg)
{
    struct exec *x = arg;
    struct pyro_error err = { 0 };

    if (x->result || has_time_left(x))
        return;
    if (x->pipes[WIRE_STDOUT].pending.len || x->pipes[WIRE_STDERR].pending.len) {
        /* The client is the one that does not take the output. */
        loop_timer_set(x->supervisor->loop, &x->silence, SILENCE_MS, exec_on_silence, x);
        return;
    }
    if (x->supervisor->record.paused_reason) {
        supervisor_fail_full(&err);
    } else {
        pyro_fail(&err, PYRO_GUEST_LOST,
                  "the guest does not answer: the command timed out %d s ago", SILENCE_MS / 1000);
        pyro_hint(&err, "stop and start the workspace");
    }
    stream_close(&x->guest, NULL);
    fail(x, &err);
}

static bool is_output(enum wire_channel channel)
{
    return channel == WIRE_STDOUT || channel == WIRE_STDERR;
}

static void put_out(struct exec *x, enum wire_channel channel, const void *bytes, size_t n,
                    size_t came)
{
    capture_add(&x->outlets[channel].capture, bytes, n);
    pipe_take_changed(&x->pipes[channel], bytes, n, came);
}

static void exec_on_pause(void *arg)
{
    struct exec *x = arg;

    for (int channel = WIRE_STDOUT; channel <= WIRE_STDERR; channel++) {
        scoped_buf shown = BUF_INIT(REDACT_HELD_MAX);
        BUG_ON(!redact_stream_pause(&x->outlets[channel].redact, &shown));
        if (shown.len)
            put_out(x, (enum wire_channel)channel, shown.data, shown.len, 0);
    }
}

/* n more bytes, or the end of them. */
static void take(struct exec *x, enum wire_channel channel, const uint8_t *bytes, size_t n,
                 bool final)
{
    struct redact_stream *redact = &x->outlets[channel].redact;
    scoped_buf clean = BUF_INIT(SIZE_MAX / 2);

    if (!redact->redactor) {
        if (n)
            put_out(x, channel, bytes, n, n);
        return;
    }
    BUG_ON(!redact_stream_push(redact, bytes, n, final, &clean));
    put_out(x, channel, clean.data, clean.len, n);
    if (redact_stream_holds(redact))
        loop_timer_set(x->supervisor->loop, &x->pause, PAUSE_MS, exec_on_pause, x);
}

static void exec_on_guest_data(struct stream *s, enum wire_channel channel, const uint8_t *bytes,
                               size_t n)
{
    if (is_output(channel))
        take(s->arg, channel, bytes, n, false);
    else
        stream_consumed(s, n);
}

static void exec_on_guest_end(struct stream *s, enum wire_channel channel)
{
    struct exec *x = s->arg;

    if (!is_output(channel))
        return;
    take(x, channel, NULL, 0, true);
    pipe_end(&x->pipes[channel]);
}

static void exec_on_guest_writable(struct stream *s)
{
    pipe_pump(&((struct exec *)s->arg)->pipes[WIRE_STDIN]);
}

/* The guest's report of the end, checked: only this is passed on. */
static bool check_result(const json_t *result, struct command_outcome *ret, struct pyro_error *err)
{
    int64_t code;

    if (!error_from_result(result, err))
        return false;
    if (json_get_int(result, "exit_code", 0, 255, &code, err) &&
        json_get_bool(result, "timed_out", &ret->timed_out, err) &&
        json_get_int(result, "duration_ms", 0, INT64_MAX, &ret->duration_ms, err)) {
        ret->exit_code = (int)code;
        return true;
    }
    pyro_recode(err, PYRO_GUEST_PROTOCOL);
    return pyro_wrap(err, "the guest");
}

static void exec_on_guest_closed(struct stream *s, const json_t *result,
                                 const struct pyro_error *why)
{
    struct exec *x = s->arg;
    struct command_outcome *how = &x->how;
    struct pyro_error err = { 0 };

    /* The VM ends with the link; the client is told how, and that the record says so. */
    if (!result && why->code == PYRO_GUEST_LOST)
        return;
    if (!result) {
        pyro_fail(&err, PYRO_GUEST_LOST, "the command was cut short: %s", why->message);
        fail(x, &err);
        return;
    }
    if (!check_result(result, how, &err)) {
        fail(x, &err);
        return;
    }
    end_outputs(x); /* in case it did not end both outputs */
    guest_watch_remove(x->supervisor, &x->waiter);
    if (!x->logged)
        record_end(x, *how);
    x->result = json_pack("{s:I, s:i, s:b, s:I, s:I}", "sequence", (json_int_t)x->entry.sequence,
                          "exit_code", how->exit_code, "timed_out", how->timed_out, "duration_ms",
                          (json_int_t)how->duration_ms, "left_behind",
                          (json_int_t)(json_int_or(result, "left_behind", 0) & 0xffff));
    finish_if_drained(x);
}

static void exec_on_client_data(struct stream *s, enum wire_channel channel, const uint8_t *bytes,
                                size_t n)
{
    if (channel == WIRE_STDIN)
        pipe_take(&((struct exec *)s->arg)->pipes[channel], bytes, n);
    else
        stream_consumed(s, n);
}

static void exec_on_client_end(struct stream *s, enum wire_channel channel)
{
    struct exec *x = s->arg;

    if (channel != WIRE_STDIN)
        return;
    pipe_end(&x->pipes[WIRE_STDIN]);
}

static void exec_on_client_message(struct stream *s, const json_t *message)
{
    struct exec *x = s->arg;

    if (json_is_string(json_object_get(message, "signal"))) {
        x->unwanted = true;
        stream_message(&x->guest, message);
    }
}

static void pump_outputs(struct exec *x)
{
    pipe_pump(&x->pipes[WIRE_STDOUT]);
    pipe_pump(&x->pipes[WIRE_STDERR]);
}

static void exec_on_client_writable(struct stream *s)
{
    struct exec *x = s->arg;

    pump_outputs(x);
    finish_if_drained(x);
}

/* The client is gone, and so is its command; the rest of what that printed may still go into a
 * log. */
static void exec_on_client_closed(struct stream *s, const json_t *result UNUSED,
                                  const struct pyro_error *why UNUSED)
{
    struct exec *x = s->arg;

    if (x->result && x->logged) {
        pump_outputs(x);
        finish_if_drained(x);
        return;
    }
    if (!x->result) {
        stream_close(&x->guest, NULL);
        end_outputs(x);
        x->unwanted = true;
        record_cut(x, 137, "its caller went away");
    }
    exec_free(x);
}

static const struct stream_ops exec_guest_ops = { .data = exec_on_guest_data,
                                                  .end = exec_on_guest_end,
                                                  .writable = exec_on_guest_writable,
                                                  .closed = exec_on_guest_closed };
static const struct stream_ops exec_client_ops = { .data = exec_on_client_data,
                                                   .end = exec_on_client_end,
                                                   .message = exec_on_client_message,
                                                   .writable = exec_on_client_writable,
                                                   .closed = exec_on_client_closed };

/* ---- logged and detached ---- */

static void exec_on_retry(void *arg)
{
    struct exec *x = arg;

    pump_outputs(x);
    finish_if_drained(x);
}

static size_t exec_put_into_log(void *arg, enum wire_channel channel, const uint8_t *bytes,
                                size_t n)
{
    struct exec *x = arg;
    struct supervisor *s = x->supervisor;
    size_t wanted = n, done;

    if (x->client.link && n > stream_room(&x->client)) {
        wanted = stream_room(&x->client);
        stream_want_room(&x->client);
    }
    done = command_print(&s->commands, &x->log, channel == WIRE_STDERR, bytes, wanted);
    if (done < wanted) /* the host's disk is full */
        loop_timer_set(s->loop, &x->retry, RETRY_MS, exec_on_retry, x);
    if (x->client.link)
        stream_send(&x->client, channel, bytes, done);
    return done;
}

/* From here on nobody waits for it. */
static void exec_let_go(void *arg)
{
    struct exec *x = arg;
    scoped_json json_t *answer = json_pack("{s:I}", "sequence", (json_int_t)x->entry.sequence);

    if (x->result) /* its end is on the way */
        return;
    x->detached = true;
    guest_watch_remove(x->supervisor, &x->waiter);
    stream_close(&x->client, answer);
    pipe_end(&x->pipes[WIRE_STDIN]);
    pump_outputs(x);
}

static bool make_log(struct exec *x, struct pyro_error *err)
{
    x->logged = true;
    for (int channel = WIRE_STDOUT; channel <= WIRE_STDERR; channel++) {
        x->pipes[channel].put = exec_put_into_log;
        x->pipes[channel].arg = x;
    }
    return command_log_make(&x->log, x->supervisor->commands.dirfd, x->entry.sequence, err);
}

/* ---- start ---- */

static bool begin(struct exec *x, struct command_request *request, struct pyro_error *err)
{
    struct supervisor *s = x->supervisor;
    int64_t max_wait_ms = request->max_wait_ms;
    scoped_json json_t *to_guest = NULL, *first = NULL;

    x->entry = (struct command_entry){ .sequence = s->record.command_count + 1,
                                       .command = x->command,
                                       .cwd = x->cwd,
                                       .host_compat = s->record.host_compat,
                                       .recorded_at = clock_wall(),
                                       .timeout_seconds = (request->timeout_ms + 999) / 1000 };
    x->secrets = command_env_secrets(request);
    if (!command_env_complete(s, request, err) || !command_begin(&s->commands, &x->entry, err))
        return false;
    note(x, NULL);
    s->record.command_count++;
    s->record.running_command_count++;
    request->max_wait_ms = 0; /* the guest has nothing to do with it */
    to_guest = command_request_pack(exec_request_rows, request, "exec", NULL);
    if (((request->detach || max_wait_ms) && !make_log(x, err)) ||
        !stream_open(s->guest, &x->guest, to_guest, &exec_guest_ops, x, err)) {
        record_cut(x, 125, err->message);
        return false;
    }
    if (request->timeout_ms > 0)
        loop_timer_set(s->loop, &x->silence, request->timeout_ms + SILENCE_MS, exec_on_silence, x);
    if (request->detach) {
        supervisor_touch(s);
        exec_let_go(x);
        return true;
    }
    supervisor_touch_after(s); /* the guest does not wait for it */
    first = json_pack("{s:I}", "sequence", (json_int_t)x->entry.sequence);
    stream_message(&x->client, first);
    if (max_wait_ms)
        loop_timer_set(s->loop, &x->let_go, max_wait_ms, exec_let_go, x);
    if (!request->timeout_ms || request->timeout_ms > STREAM_SILENCE_MS)
        guest_watch_add(s, &x->waiter, &x->client);
    return true;
}

bool exec_open(struct supervisor *s, struct link *client, uint32_t id, const json_t *message,
               struct pyro_error *err)
{
    scoped_command_request request = { 0 };
    struct exec *x;

    if (!supervisor_check_serving(s, err) ||
        !command_request_load(exec_request_rows, message, &request, err))
        return false;
    x = calloc(1, sizeof(*x));
    BUG_ON(!x);
    x->supervisor = s;
    x->log = (struct command_log)COMMAND_LOG_INIT;
    x->next = s->execs;
    s->execs = x;
    x->command = hide_in_copy(s->redactor, request.command);
    x->cwd = hide_in_text(s->redactor, request.cwd, false);
    x->began_ms = clock_ms();
    x->paused_ms = s->paused_ms;
    pipe_init(&x->pipes[WIRE_STDIN], WIRE_STDIN, &x->client, &x->guest);
    pipe_init(&x->pipes[WIRE_STDOUT], WIRE_STDOUT, &x->guest, &x->client);
    pipe_init(&x->pipes[WIRE_STDERR], WIRE_STDERR, &x->guest, &x->client);
    outlet_init(&x->outlets[WIRE_STDOUT], s->redactor);
    outlet_init(&x->outlets[WIRE_STDERR], s->redactor);
    if (!stream_accept(client, id, &x->client, &exec_client_ops, x, err)) {
        exec_free(x);
    } else if (!begin(x, &request, err)) {
        stream_fail(&x->client, err);
        exec_free(x);
    }
    return true;
}

bool exec_signal(struct supervisor *s, struct link *client, uint32_t id, const json_t *request,
                 struct pyro_error *err)
{
    scoped_json json_t *message = NULL;
    struct exec *x = s->execs;
    int64_t sequence;
    const char *name;

    if (!supervisor_check_serving(s, err) ||
        !json_get_int(request, "sequence", 1, INT64_MAX, &sequence, err) ||
        !json_get_string(request, "signal", &name, err))
        return false;
    while (x && (x->entry.sequence != sequence || x->result))
        x = x->next;
    message = json_pack("{s:s}", "signal", name);
    if (x) {
        x->unwanted = true;
        stream_message(&x->guest, message);
    }
    stream_reply(client, id, json_pack("{s:b}", "running", x != NULL));
    return true;
}

void exec_end_all(struct supervisor *s, const struct pyro_error *why)
{
    for (struct exec *x = s->execs; x; x = x->next) {
        if (x->result) { /* it had ended; only its output was still on the way */
            if (x->logged)
                record_end(x, x->how);
            continue;
        }
        stream_close(&x->guest, NULL);
        end_outputs(x);
        record_cut(x, 125, why->message);
    }
}

void exec_fail_all(struct supervisor *s, const struct pyro_error *why)
{
    while (s->execs) {
        struct exec *x = s->execs;
        if (x->result)
            stream_close(&x->client, x->result);
        else
            stream_fail(&x->client, why);
        exec_free(x);
    }
}
