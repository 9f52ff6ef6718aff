/*
 * engine/supervisor/service.c: one service: its record, why it ended, and the clients that are
 * told.
 */
#include "engine/supervisor/service.h"

#include <stdlib.h>
#include <string.h>

#include "engine/state/service_files.h"
#include "engine/supervisor/ports.h"
#include "vmm/base/fs.h"

#define TAIL_BYTES 300 /* of its output, in the message of a start that failed */
#define TAIL_LINES 3

json_t *service_view(const struct service *sv)
{
    return service_record_to_view(&sv->record, sv->supervisor->record.id);
}

void service_note(struct service *sv)
{
    const struct service_record *r = &sv->record;

    if (sv->is_noted && sv->noted == r->state)
        return;
    sv->is_noted = true;
    sv->noted = r->state;
    supervisor_note(sv->supervisor,
                    TIMELINE_ENTRY(TIMELINE_SERVICE, .id = r->name,
                                   .state = service_state_name(r->state), .text = r->stop_reason,
                                   .command = r->stop_reason ? NULL : r->command,
                                   .secrets = sv->secrets, .exit_code = r->exit_code));
}

void service_save(struct service *sv)
{
    struct supervisor *s = sv->supervisor;
    struct pyro_error err = { 0 };

    if (!service_record_save(s->dir_fd, &sv->record, &err))
        record_set_string(&s->record.last_error, err.message);
    service_note(sv);
    supervisor_touch(s);
}

void service_free(struct service *sv)
{
    list_remove(&sv->supervisor->services, sv);
    ports_close(sv->supervisor, sv->record.name);
    for (int i = 0; i < 2; i++) {
        stream_close(&sv->out[i].guest, NULL);
        intake_release(&sv->out[i].intake);
        guest_log_close(&sv->out[i].log);
    }
    service_record_release(&sv->record);
    json_decref(sv->secrets);
    free(sv);
}

/* The last lines it printed, errors before all else; "" when there are none. */
static json_t *last_output(const struct service *sv)
{
    for (int i = 1; i >= 0; i--) {
        const struct guest_log *log = &sv->out[i].log;
        uint64_t from = log->size > TAIL_BYTES ? log->size - TAIL_BYTES : 0;
        char text[TAIL_BYTES], *at;
        ssize_t n = fs_pread_full(log->fd, text, sizeof(text), (off_t)from);
        int lines = 0;
        while (n > 0 && text[n - 1] == '\n')
            n--;
        if (n <= 0)
            continue;
        for (at = text + n; at > text && lines < TAIL_LINES; at--)
            lines += at[-1] == '\n';
        at += lines == TAIL_LINES;
        while (at > text && at < text + n && (*at & 0xc0) == 0x80) /* not inside a character */
            at++;
        return json_string_lossy(at, (size_t)(text + n - at));
    }
    return json_string("");
}

static void explain_failed_start(const struct service *sv, struct pyro_error *ret)
{
    scoped_json json_t *tail = last_output(sv);
    const char *text = json_string_value(tail);

    pyro_fail(ret, PYRO_SERVICE_FAILED, "service '%s' did not start: %s%s%s", sv->record.name,
              sv->record.stop_reason ? sv->record.stop_reason : "",
              text && *text ? "; it last printed: " : "", text ? text : "");
}

static void tell_end(const struct service *sv)
{
    const struct service_record *r = &sv->record;
    bool failed = r->state == SERVICE_FAILED || (r->state == SERVICE_EXITED && r->exit_code != 0);
    char slot[NEWS_SLOT_MAX];

    news_slot(NEWS_SERVICE, r->name, slot);
    if (failed || r->state == SERVICE_EXITED)
        supervisor_news(sv->supervisor, slot, failed ? ATTENTION_FAILED : ATTENTION_FINISHED,
                        "service", r->name, r->stop_reason);
    else
        supervisor_news_over(sv->supervisor, slot);
}

void service_await_end(struct service *sv, struct link *client, uint32_t id, const json_t *start,
                       supervisor_op_fn *starter)
{
    struct stop_waiter *w = calloc(1, sizeof(*w));

    BUG_ON(!w);
    *w = (struct stop_waiter){ .next = sv->waiters,
                               .client = client,
                               .id = id,
                               .start = start ? json_deep_copy(start) : NULL,
                               .starter = starter };
    sv->waiters = w;
}

static void answer_waiter(struct supervisor *s, const struct stop_waiter *w, json_t *view)
{
    struct pyro_error err = { 0 };

    if (!w->client)
        return;
    if (!w->start)
        stream_reply(w->client, w->id, json_incref(view));
    else if (!w->starter(s, w->client, w->id, w->start, &err))
        stream_refuse(w->client, w->id, &err);
}

void service_finish(struct service *sv, bool was_starting)
{
    struct supervisor *s = sv->supervisor;
    struct stop_waiter *waiters = take_ptr(&sv->waiters), *w;
    scoped_json json_t *view = NULL;

    s->record.running_service_count--;
    for (int i = 0; i < 2; i++) {
        if (sv->out[i].log.fd < 0)
            continue;
        intake_flush(&sv->out[i].intake);
        guest_log_sync(&sv->out[i].log);
    }
    service_save(sv);
    tell_end(sv);
    if (sv->start_client && was_starting) {
        struct pyro_error err = { 0 };
        explain_failed_start(sv, &err);
        stream_refuse(sv->start_client, sv->start_id, &err);
    }
    view = service_view(sv);
    service_free(sv);
    while ((w = waiters)) {
        waiters = w->next;
        answer_waiter(s, w, view);
        json_decref(w->start);
        free(w);
    }
}

/* How a process ended, as text. */
static void describe_code(int code, char *ret, size_t n)
{
    if (code > 128)
        snprintf(ret, n, "was ended by signal %d", code - 128);
    else
        snprintf(ret, n, "exited with status %d", code);
}

void service_ended(struct service *sv)
{
    struct service_record *r = &sv->record;
    bool starting = r->state == SERVICE_STARTING;
    scoped_free char *text = NULL;
    char how[64], left[160] = "";

    describe_code(sv->code, how, sizeof(how));
    if (sv->left_behind > 0)
        snprintf(left, sizeof(left),
                 "; %d process%s it had left running %s killed: run it in the foreground",
                 sv->left_behind, sv->left_behind == 1 ? "" : "es",
                 sv->left_behind == 1 ? "was" : "were");
    r->ended_at = clock_wall();
    r->exit_code = sv->code;
    if (sv->supervisor->phase != PHASE_RUNNING) {
        r->state = SERVICE_STOPPED;
        text = str_printf("the workspace was stopped");
    } else if (r->stop_reason) { /* it was given up */
        r->state = SERVICE_FAILED;
        text = str_printf("%s", r->stop_reason);
    } else if (!strcmp(sv->reason, "stopped")) {
        r->state = SERVICE_STOPPED;
        text = str_printf(sv->killed ? "stopped by KILL, as it did not heed TERM" : "stopped");
    } else if (!strcmp(sv->reason, "not_ready")) {
        r->state = SERVICE_FAILED;
        text = str_printf("not ready within %lld s: %s",
                          (long long)json_int_or(r->readiness, "timeout_ms", 0) / 1000,
                          sv->probe_error);
    } else if (!strcmp(sv->reason, "out_of_memory")) {
        r->state = SERVICE_FAILED;
        text = str_printf("out of memory");
    } else {
        r->state = starting ? SERVICE_FAILED : SERVICE_EXITED;
        text = str_printf("it %s%s%s", how, starting ? " before it was ready" : "", left);
    }
    record_set_string(&r->stop_reason, text);
    service_finish(sv, starting);
}

void service_lost(struct service *sv, const char *why)
{
    bool starting = sv->record.state == SERVICE_STARTING;

    sv->record.state = sv->supervisor->stop_wanted ? SERVICE_STOPPED : SERVICE_FAILED;
    sv->record.ended_at = clock_wall();
    if (sv->supervisor->stop_wanted || !sv->record.stop_reason)
        record_set_string(&sv->record.stop_reason,
                          sv->supervisor->stop_wanted ? "the workspace was stopped" : why);
    service_finish(sv, starting);
}
