/*
 * engine/supervisor/services.c: the services of the workspace: started in the guest, their outputs
 * written to their logs, their states to their records.
 *
 * The guest decides when a service is ready and when it is given up, so it goes on when no
 * supervisor is here. A record is written before the guest is asked: after a crash the next
 * supervisor finds it, and asks the guest for it.
 */
#include "engine/supervisor/services.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "engine/secret/hide.h"
#include "engine/state/names.h"
#include "engine/state/service_files.h"
#include "engine/supervisor/command_env.h"
#include "engine/supervisor/intake.h"
#include "engine/supervisor/ports.h"
#include "engine/supervisor/service.h"
#include "vmm/base/fs.h"

#define STOP_KILL_MS 10000 /* from TERM to KILL */

void services_client_gone(struct supervisor *s, const struct link *client)
{
    for (struct service *sv = s->services; sv; sv = sv->next) {
        if (sv->start_client == client)
            sv->start_client = NULL;
        for (struct stop_waiter *w = sv->waiters; w; w = w->next)
            if (w->client == client)
                w->client = NULL;
    }
}

/* ---- the end ---- */

void services_end_all(struct supervisor *s, const struct pyro_error *why UNUSED)
{
    while (s->services)
        service_lost(s->services, "its VM ended");
}

/* None is waited for: suspend_check(). */
void services_suspend(struct supervisor *s UNUSED)
{
}

static void services_end_stale_one(void *arg, const struct service_record *r)
{
    struct supervisor *s = arg;
    struct service_record ended = *r;

    s->record.service_count++;
    if (!service_is_live(r))
        return;
    ended.state = s->stop_wanted ? SERVICE_STOPPED : SERVICE_FAILED;
    ended.ended_at = clock_wall();
    ended.stop_reason =
        str_printf("%s", s->stop_wanted ? "the workspace was stopped" : "its VM ended");
    if (!service_record_save(s->dir_fd, &ended, NULL))
        fprintf(stderr, "service '%s': its end could not be recorded\n", r->name);
    free(ended.stop_reason);
}

void services_end_stale(struct supervisor *s)
{
    s->record.service_count = s->record.running_service_count = 0;
    if (!service_each(s->dir_fd, services_end_stale_one, s, NULL))
        return; /* the next start tries again */
}

/* ---- messages from the guest ---- */

static void services_on_ready(struct service *sv)
{
    if (sv->record.state != SERVICE_STARTING)
        return;
    sv->record.state = SERVICE_RUNNING;
    sv->record.ready_at = clock_wall();
    service_save(sv);
    if (sv->start_client)
        stream_reply(sv->start_client, sv->start_id, service_view(sv));
    sv->start_client = NULL;
}

static void services_on_drained(void *arg)
{
    struct service *sv = arg;

    if (intake_is_drained(&sv->out[0].intake) && intake_is_drained(&sv->out[1].intake))
        service_ended(sv);
}

static void services_on_ended(struct service *sv, const json_t *message)
{
    scoped_free char *probe_error = NULL;
    bool all;

    sv->code = (int)(json_int_or(message, "ended", 0) & 255);
    sv->killed = json_bool_or(message, "killed", false);
    sv->left_behind = (int)(json_int_or(message, "left_behind", 0) & 0xffff);
    snprintf(sv->reason, sizeof(sv->reason), "%s", json_string_or(message, "reason", ""));
    probe_error =
        hide_in_text(sv->supervisor->redactor, json_string_or(message, "probe_error", ""), false);
    snprintf(sv->probe_error, sizeof(sv->probe_error), "%s", probe_error);
    all = intake_end(&sv->out[0].intake, services_on_drained, sv);
    all &= intake_end(&sv->out[1].intake, services_on_drained, sv);
    if (all)
        service_ended(sv);
}

static void services_on_message(struct stream *stream, const json_t *message)
{
    struct output *o = stream->arg;

    if (o->which != SERVICE_STDOUT)
        return;
    if (json_bool_or(message, "ready", false))
        services_on_ready(o->service);
    if (json_is_integer(json_object_get(message, "ended")))
        services_on_ended(o->service, message);
}

static void services_on_data(struct stream *stream, enum wire_channel channel, const uint8_t *bytes,
                             size_t n)
{
    struct output *o = stream->arg;

    intake_data(&o->intake, channel, bytes, n);
}

/* The guest does not have it (any more), or is lost; the latter is handled with the link. */
static void services_on_closed(struct stream *stream, const json_t *result,
                               const struct pyro_error *why UNUSED)
{
    struct output *o = stream->arg;

    if (result)
        service_lost(o->service, "the guest lost it");
}

static bool attach(struct service *sv, struct pyro_error *err)
{
    static const struct stream_ops ops = { .data = services_on_data,
                                           .message = services_on_message,
                                           .closed = services_on_closed };

    for (int i = 0; i < 2; i++) {
        struct output *o = &sv->out[i];
        intake_recall(&o->intake);
        scoped_json json_t *request = json_pack(
            "{s:s, s:s, s:s, s:I}", "op", "service_attach", "service", sv->record.name, "output",
            service_output_name(o->which), "offset", (json_int_t)guest_log_offset(&o->log));
        if (!stream_open(sv->supervisor->guest, &o->guest, request, &ops, o, err))
            return false;
    }
    return true;
}

/* ---- start ---- */

static bool services_publish(void *arg)
{
    struct output *o = arg;
    struct service *sv = o->service;

    sv->record.first[o->which] = o->log.first;
    return service_record_save(sv->supervisor->dir_fd, &sv->record, NULL);
}

static bool open_output(struct service *sv, enum service_output which, struct pyro_error *err)
{
    const int flags = O_RDWR | O_CREAT | O_APPEND;
    struct supervisor *s = sv->supervisor;
    struct output *o = &sv->out[which];
    int fd = service_open_file(s->dir_fd, sv->record.name, which, "log", flags, err);
    int events_fd =
        fd < 0 ? -1 : service_open_file(s->dir_fd, sv->record.name, which, "events", flags, err);

    int marks_fd = -1;

    if (events_fd >= 0 && s->record.secrets) {
        marks_fd =
            service_open_file(s->dir_fd, sv->record.name, which, "marks", O_RDWR | O_CREAT, err);
        if (marks_fd < 0)
            close(take_fd(&events_fd));
    }
    return guest_log_open(&o->log, fd, events_fd, marks_fd, err);
}

/* Takes the contents of the record. */
static struct service *service_new(struct supervisor *s, struct service_record *r,
                                   struct pyro_error *err)
{
    struct service *sv = calloc(1, sizeof(*sv));

    BUG_ON(!sv);
    sv->supervisor = s;
    sv->record = *r;
    *r = (struct service_record){ 0 };
    for (int i = 0; i < 2; i++) {
        struct output *o = &sv->out[i];
        *o = (struct output){ .service = sv, .which = (enum service_output)i };
        o->log = (struct guest_log){ .fd = -1,
                                     .events = { .fd = -1 },
                                     .marks_fd = -1,
                                     .first = sv->record.first[i],
                                     .publish = services_publish,
                                     .arg = o };
        snprintf(o->log.what, sizeof(o->log.what), "service '%s'", sv->record.name);
        intake_init(&o->intake, s, &o->log, &o->guest);
    }
    if (!open_output(sv, SERVICE_STDOUT, err) || !open_output(sv, SERVICE_STDERR, err)) {
        service_free(sv);
        return NULL;
    }
    sv->next = s->services;
    s->services = sv;
    s->record.running_service_count++;
    return sv;
}

/* It could not even be started. */
static void start_failed(struct service *sv, const struct pyro_error *why)
{
    struct link *client = sv->start_client;
    struct pyro_error err = *why;

    sv->start_client = NULL;
    sv->record.state = SERVICE_FAILED;
    sv->record.ended_at = clock_wall();
    hide_in_error(sv->supervisor->redactor, &err);
    record_set_string(&sv->record.stop_reason, err.message);
    if (client)
        stream_refuse(client, sv->start_id, &err);
    service_finish(sv, true);
}

static void tell_stop(struct service *sv)
{
    scoped_json json_t *message = json_pack("{s:i}", "stop", STOP_KILL_MS);

    stream_message(&sv->out[0].guest, message);
}

/* The guest's answer to service_start. */
static void services_on_started(struct stream *stream, const json_t *result,
                                const struct pyro_error *why)
{
    struct service *sv = stream->arg;
    struct pyro_error err = { 0 };

    if (!result && why->code == PYRO_GUEST_LOST)
        return; /* the end of the VM ends it too */
    if (!result)
        err = *why;
    sv->opening = false;
    if (!result || !error_from_result(result, &err) || !attach(sv, &err)) {
        start_failed(sv, &err);
        return;
    }
    sv->record.pid = (pid_t)(json_int_or(result, "pid", 0) & INT32_MAX);
    service_save(sv);
    if (sv->stop_wanted)
        tell_stop(sv);
}

/* The guest gets the command as it was given, the record without secrets. */
static bool start_in_guest(struct service *sv, struct command_request *r, struct pyro_error *err)
{
    static const struct stream_ops ops = { .closed = services_on_started };
    scoped_json json_t *request = NULL;

    if (!command_env_complete(sv->supervisor, r, err))
        return false;
    request = command_request_pack(service_request_rows, r, "service_start", NULL);
    return stream_open(sv->supervisor->guest, &sv->out[0].guest, request, &ops, sv, err);
}

static struct service *find(const struct supervisor *s, const char *name)
{
    struct service *sv = s->services;

    while (sv && strcmp(sv->record.name, name) != 0)
        sv = sv->next;
    return sv;
}

static bool check_start(struct supervisor *s, const char *name, struct pyro_error *err)
{
    const struct service *sv = find(s, name);

    if (!sv)
        return true;
    pyro_fail(err, PYRO_SERVICE_STATE, "service '%s' is already %s", name,
              service_state_name(sv->record.state));
    return pyro_hint(err, "stop it first: 'pyro workspace service stop %s %s'", s->record.id, name);
}

static struct service *begin(struct supervisor *s, const struct command_request *request,
                             json_t *published, struct pyro_error *err)
{
    const char *name = request->service;
    struct service_record r = { .state = SERVICE_STARTING,
                                .host_compat = s->record.host_compat,
                                .started_at = clock_wall(),
                                .exit_code = -1 };
    struct pyro_error why = { 0 };
    scoped_service_record struct service_record older = { 0 };
    char slot[NEWS_SLOT_MAX];
    struct service *sv;

    if (!service_record_load(s->dir_fd, name, &older, &why) && why.code == PYRO_SERVICE_NOT_FOUND)
        s->record.service_count++;
    if (!service_make_room(s->dir_fd, name, err))
        return NULL;
    snprintf(r.name, sizeof(r.name), "%s", name);
    supervisor_news_over(s, news_slot(NEWS_SERVICE, name, slot));
    r.command = hide_in_copy(s->redactor, request->command);
    r.readiness = request->readiness ? hide_in_copy(s->redactor, request->readiness) : NULL;
    r.published = json_incref(published);
    r.cwd = hide_in_text(s->redactor, request->cwd, false);
    if (!service_record_save(s->dir_fd, &r, err)) {
        service_record_release(&r);
        return NULL;
    }
    sv = service_new(s, &r, err);
    service_record_release(&r);
    return sv;
}

static bool op_start(struct supervisor *s, struct link *client, uint32_t id, const char *name,
                     const json_t *message, struct pyro_error *err)
{
    scoped_command_request request = { 0 };
    scoped_json json_t *published = NULL;
    struct service *sv = find(s, name);

    if (sv && sv->stop_wanted) { /* it begins where that one has ended */
        service_await_end(sv, client, id, message, services_dispatch);
        return true;
    }
    sv = NULL;
    if (check_start(s, name, err) &&
        command_request_load(service_request_rows, message, &request, err) &&
        ports_publish(s, name, request.published, &published, err)) {
        sv = begin(s, &request, published, err);
        if (sv) {
            sv->secrets = command_env_secrets(&request);
            service_note(sv);
        }
        if (!sv)
            ports_close(s, name);
    }
    if (!sv)
        return false;
    supervisor_touch(s);
    sv->opening = true;
    sv->start_client = client;
    sv->start_id = id;
    if (!start_in_guest(sv, &request, err))
        start_failed(sv, err);
    return true;
}

/* Those that it had are the workspace's that was forked: a fork has others. */
static void leave_ports(json_t *published)
{
    size_t i;
    json_t *port;

    json_array_foreach (published, i, port)
        json_object_set_new(port, "host_port", json_integer(0));
}

/* Ends one that cannot go on as it was started. It runs until the guest says that it has ended, for
 * the guest has its name so long; the reason is in its record, also for the next supervisor. */
static void give_up(struct service *sv, const char *why)
{
    if (!sv->record.stop_reason)
        record_set_string(&sv->record.stop_reason, why);
    sv->stop_wanted = true;
    service_save(sv);
    tell_stop(sv);
}

static void services_adopt_one(void *arg, const struct service_record *r)
{
    struct supervisor *s = arg;
    struct pyro_error err = { 0 };
    scoped_service_record struct service_record own = { 0 };
    struct service *sv;
    bool has_ports;

    s->record.service_count++;
    if (!service_is_live(r) || !service_record_load(s->dir_fd, r->name, &own, NULL))
        return;
    sv = service_new(s, &own, &err);
    if (sv) {
        sv->noted = own.state;
        sv->is_noted = true;
    }
    if (!sv)
        return;
    if (s->is_fork)
        leave_ports(sv->record.published);
    has_ports = sv->record.stop_reason || ports_open(s, r->name, sv->record.published, &err);
    if (s->is_fork)
        service_save(sv);
    if (!attach(sv, has_ports ? &err : NULL)) {
        service_lost(sv, err.message);
    } else if (sv->record.stop_reason || (!has_ports && s->resumes)) {
        give_up(sv, err.message); /* another may have taken them meanwhile */
    } else if (!has_ports) {
        record_set_string(&s->record.last_error, err.message);
    }
}

void services_adopt(struct supervisor *s)
{
    struct pyro_error err = { 0 };

    s->record.service_count = s->record.running_service_count = 0;
    if (!service_each(s->dir_fd, services_adopt_one, s, &err))
        record_set_string(&s->record.last_error, err.message);
}

/* ---- requests ---- */

static bool op_stop(struct supervisor *s, struct link *client, uint32_t id, const char *name,
                    struct pyro_error *err)
{
    struct service *sv = find(s, name);
    scoped_service_record struct service_record r = { 0 };

    if (!sv) {
        if (!service_record_load(s->dir_fd, name, &r, err))
            return false;
        stream_reply(client, id, service_record_to_view(&r, s->record.id));
        return true;
    }
    service_await_end(sv, client, id, NULL, NULL);
    sv->stop_wanted = true;
    if (!sv->opening)
        tell_stop(sv);
    return true;
}

bool services_dispatch(struct supervisor *s, struct link *client, uint32_t id,
                       const json_t *request, struct pyro_error *err)
{
    const char *what = json_string_or(request, "do", "");
    const char *name = json_string_or(request, "service", "");

    if (!supervisor_check_serving(s, err) || !workspace_check_name("service", name, err))
        return false;
    if (!strcmp(what, "start"))
        return op_start(s, client, id, name, request, err);
    if (!strcmp(what, "stop"))
        return op_stop(s, client, id, name, err);
    return pyro_fail(err, PYRO_INTERNAL, "the supervisor does not know 'service %s'", what);
}

void services_sync(struct supervisor *s)
{
    for (struct service *sv = s->services; sv; sv = sv->next) {
        guest_log_sync(&sv->out[0].log);
        guest_log_sync(&sv->out[1].log);
    }
}
