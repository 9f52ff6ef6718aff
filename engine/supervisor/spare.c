/* engine/supervisor/spare.c: a spare's way from its start to its claim. */
#include "engine/supervisor/spare.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "engine/state/place.h"
#include "engine/state/record_change.h"
#include "engine/supervisor/clients.h"
#include "engine/supervisor/machine.h"
#include "engine/supervisor/secret_use.h"
#include "vmm/base/confine.h"
#include "vmm/base/fs.h"
#include "vmm/base/idle.h"
#include "vmm/base/patience.h"
#include "vmm/base/proc.h"
#include "vmm/base/shortage.h"

#define LASTS_MS 600000
#define LOOK_MS 10000 /* between looks at the host's memory */
#define QMP_MS 10000

struct spare {
    json_t *place;
    int keeper_fd; /* a pidfd; -1: it is kept by nobody */
    struct stream warm, claimant;
    void (*begin)(struct supervisor *s);
    struct loop_timer expires, look;
    enum {
        SPARE_MADE, /* it is being made */
        SPARE_READY,
        SPARE_PROMISED, /* to the claimant, whose message is awaited */
        SPARE_CLAIMED
    } state;
};

/* ---- until it is claimed ---- */

static void spare_on_over(void *arg)
{
    supervisor_stop(arg, true);
}

static void spare_on_keeper_gone(void *arg, uint32_t events UNUSED)
{
    supervisor_stop(arg, true);
}

static void spare_on_look(void *arg)
{
    struct supervisor *s = arg;

    if (memory_is_short())
        supervisor_stop(s, true);
    else
        loop_timer_set(s->loop, &s->spare->look, LOOK_MS, spare_on_look, s);
}

static bool follow_keeper(struct supervisor *s, struct pyro_error *err)
{
    struct spare *spare = s->spare;

    if (!s->record.keeper_pid)
        return true;
    spare->keeper_fd = proc_open(s->record.keeper_pid, s->record.keeper_start_time);
    if (spare->keeper_fd < 0)
        return pyro_fail(err, PYRO_INTERRUPTED, "the process that keeps the spare has ended");
    return loop_watch(s->loop, spare->keeper_fd, EPOLLIN, spare_on_keeper_gone, s, err);
}

static void follow_nobody(struct supervisor *s)
{
    struct spare *spare = s->spare;

    if (spare->keeper_fd >= 0) {
        loop_unwatch(s->loop, spare->keeper_fd);
        close(take_fd(&spare->keeper_fd));
    }
    loop_timer_cancel(s->loop, &spare->expires);
    loop_timer_cancel(s->loop, &spare->look);
}

static bool spare_check_op(const struct supervisor *s, const char *op, struct pyro_error *err)
{
    if (s->phase > PHASE_SPARE)
        return true;
    if (s->spare->state == SPARE_READY) {
        if (!strcmp(op, "claim") || !strcmp(op, "stop"))
            return true;
        return record_fail_spare(s->record.id, err);
    }
    return pyro_fail(err, PYRO_WORKSPACE_BUSY, "workspace '%s' is not there yet", s->record.id);
}

static bool spare_tell(struct supervisor *s, const struct pyro_error *err)
{
    struct stream *claimant = &s->spare->claimant;

    if (!claimant->link)
        return false;
    if (err)
        stream_fail(claimant, err);
    else
        stream_close(claimant, NULL);
    return true;
}

bool spare_new(struct supervisor *s, void (*begin)(struct supervisor *s), struct pyro_error *err)
{
    s->spare = calloc(1, sizeof(*s->spare));
    BUG_ON(!s->spare);
    s->spare->keeper_fd = -1;
    s->spare->begin = begin;
    s->check_op = spare_check_op;
    s->tell_claimant = spare_tell;
    s->spare->place = place_of_this_process(err);
    confine_limit(RLIMIT_CORE, 0); /* it may get secrets (secret_use.c) */
    return s->spare->place && follow_keeper(s, err);
}

void spare_end(struct supervisor *s, const struct pyro_error *why)
{
    if (!s->spare)
        return;
    stream_close(&s->spare->warm, NULL);
    spare_tell(s, why);
    follow_nobody(s);
    json_decref(s->spare->place);
    free(take_ptr(&s->spare));
    s->tell_claimant = NULL;
    s->check_op = NULL;
}

/* ---- warmed, and paused ---- */

static int64_t lasts_ms(void)
{
    const char *check = getenv("PYRO_CHECK_SPARES"); /* of tests: seconds */

    return check ? strtol(check, NULL, 10) * 1000 : LASTS_MS;
}

static void pause_machine(struct supervisor *s)
{
    struct pyro_error err = { 0 };

    if (!qmp_command(s->vm.qmp, "stop", NULL, patience_until(QMP_MS), NULL, &err) ||
        !clients_listen(s, &err)) {
        supervisor_give_up(s, "%s", err.message);
        return;
    }
    idle_leave();
    loop_timer_cancel(s->loop, &s->deadline);
    loop_timer_set(s->loop, &s->spare->expires, lasts_ms(), spare_on_over, s);
    loop_timer_set(s->loop, &s->spare->look, LOOK_MS, spare_on_look, s);
    s->spare->state = SPARE_READY;
    s->phase = PHASE_SPARE;
    supervisor_save(s, false);
    supervisor_tell_ready(s);
}

static void spare_on_warm(struct stream *c, const json_t *result, const struct pyro_error *why)
{
    struct supervisor *s = c->arg;

    if (!result)
        supervisor_give_up(s, "the guest was lost as it started: %s", why->message);
    else
        pause_machine(s);
}

bool spare_begun(struct supervisor *s)
{
    static const struct stream_ops ops = { .closed = spare_on_warm };
    scoped_json json_t *request = NULL;
    struct pyro_error err = { 0 };

    if (!s->spare || s->spare->state != SPARE_MADE)
        return false;
    request = json_pack("{s:s, s:[s, s, s], s:s, s:{}, s:i}", "op", "exec", "command", "sh", "-c",
                        "true | cat", "cwd", "/workspace", "env", "timeout_ms", 0);
    if (!stream_open(s->guest, &s->spare->warm, request, &ops, s, &err) ||
        !stream_end(&s->spare->warm, WIRE_STDIN))
        supervisor_give_up(s, "%s", err.message);
    return true;
}

/* ---- the claim ---- */

static bool is_same(const json_t *request, const char *member, const char *own)
{
    const char *wanted = json_string_or(request, member, NULL);

    return wanted && own && !strcmp(wanted, own);
}

/* Whether it is what the claimant would make for itself now. */
static bool fits(struct supervisor *s, const json_t *request, struct pyro_error *err)
{
    const struct workspace_record *r = &s->record;

    if (!json_equal(json_object_get(request, "place"), s->spare->place))
        return pyro_fail(err, PYRO_PERMISSION, "the spare was made in another place");
    if (!is_same(request, "environment", r->environment) ||
        json_int_or(request, "vcpu_count", 0) != r->vcpu_count ||
        json_int_or(request, "mem_mib", 0) != r->mem_mib ||
        json_bool_or(request, "network", false) != (r->network_policy != NETWORK_OFF))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "the spare is another machine");
    if (is_same(request, "environment_digest", r->environment_digest) &&
        machine_template_is_current(s, err))
        return true;
    supervisor_stop(s, true); /* nobody will want it any more */
    return pyro_fail(err, PYRO_WORKSPACE_STATE, "the spare is of an old template");
}

static bool take_record(struct workspace_record *r, const json_t *message, struct pyro_error *err)
{
    const char *policy = json_string_or(message, "network_policy", "");
    const json_t *secrets = json_object_get(message, "secrets");

    if (!network_policy_parse(policy, &r->network_policy))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "there is no network policy '%s'", policy);
    if (!workspace_apply_change(r, message, err))
        return false;
    r->ttl_seconds = json_int_or(message, "ttl_seconds", 0);
    r->ephemeral = json_bool_or(message, "ephemeral", true);
    r->throw_away = json_bool_or(message, "throw_away", false);
    r->secrets = json_is_array(secrets) ? json_deep_copy(secrets) : NULL;
    r->spare = false;
    r->keeper_pid = 0;
    r->keeper_start_time = 0;
    r->created_at = r->last_activity_at = clock_wall();
    return true;
}

/* From here on it starts like any other. */
static bool go_on(struct supervisor *s, const json_t *message, struct pyro_error *err)
{
    scoped_json json_t *taken = json_object();

    follow_nobody(s);
    s->began_ms = clock_ms();
    s->phase = PHASE_STARTING;
    s->spare->state = SPARE_CLAIMED;
    if (!take_record(&s->record, message, err) || !record_save(s->dir_fd, &s->record, false, err) ||
        !secret_use_load(s, err))
        return false;
    console_redact(s->console, s->redactor);
    stream_message(&s->spare->claimant, taken);
    supervisor_await_guest(s);
    return qmp_command(s->vm.qmp, "cont", NULL, patience_until(QMP_MS), NULL, err);
}

static void spare_on_message(struct stream *stream, const json_t *message)
{
    struct supervisor *s = stream->arg;
    struct pyro_error err = { 0 };

    if (s->spare->state != SPARE_PROMISED)
        return;
    if (go_on(s, message, &err))
        s->spare->begin(s);
    else
        supervisor_give_up(s, "%s", err.message);
}

static void spare_on_claimant_gone(struct stream *stream, const json_t *result UNUSED,
                                   const struct pyro_error *why UNUSED)
{
    struct supervisor *s = stream->arg;

    if (s->spare->state == SPARE_PROMISED) /* what it wrote here is nobody else's business */
        supervisor_stop(s, true);
    else if (s->phase == PHASE_STARTING)
        supervisor_give_up(s, "its claimant has ended");
}

bool spare_op_claim(struct supervisor *s, struct link *client, uint32_t id, const json_t *request,
                    struct pyro_error *err)
{
    static const struct stream_ops ops = { .message = spare_on_message,
                                           .closed = spare_on_claimant_gone };
    scoped_json json_t *yours = json_object();

    if (!s->spare || s->spare->state != SPARE_READY)
        return pyro_fail(err, PYRO_WORKSPACE_STATE, "workspace '%s' is not a spare", s->record.id);
    if (!fits(s, request, err))
        return false;
    if (!stream_accept(client, id, &s->spare->claimant, &ops, s, err))
        return false;
    s->spare->state = SPARE_PROMISED;
    stream_message(&s->spare->claimant, yours);
    return true;
}
