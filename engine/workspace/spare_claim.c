/* engine/workspace/spare_claim.c: the claimant's side of a claim. */
#include "engine/workspace/spare_claim.h"

#include <string.h>

#include "engine/client/connect.h"
#include "engine/client/spare_start.h"
#include "engine/secret/secrets.h"
#include "engine/state/place.h"
#include "engine/workspace/undo.h"
#include "vmm/base/fs.h"
#include "vmm/base/patience.h"
#include "vmm/base/sock.h"

#define PROMISE_MS 5000
#define START_MS 60000

struct claim {
    struct loop *loop;
    struct link *link;
    struct stream stream;
    struct loop_timer late;
    unsigned messages;
    bool over, started;
    struct pyro_error why;
};

struct spare_wish spare_wish_of(const struct workspace_spec *spec)
{
    struct spare_wish w = { .vcpu_count = spec->vcpu_count,
                            .mem_mib = spec->mem_mib,
                            .network = spec->network_policy != NETWORK_OFF };

    snprintf(w.environment, sizeof(w.environment), "%s", spec->environment);
    return w;
}

void spare_claim_add(void *arg, const struct workspace_record *r)
{
    struct spares *s = arg;

    if (s->wish && r->spare && s->count < SPARES_MAX && r->environment &&
        r->vcpu_count == s->wish->vcpu_count && r->mem_mib == s->wish->mem_mib &&
        !strcmp(r->environment, s->wish->environment))
        memcpy(s->ids[s->count++], r->id, sizeof(r->id));
}

/* ---- the conversation ---- */

static void spare_claim_on_message(struct stream *s, const json_t *message UNUSED)
{
    struct claim *c = s->arg;

    c->messages++;
    loop_stop(c->loop);
}

static void spare_claim_on_closed(struct stream *s, const json_t *result,
                                  const struct pyro_error *why)
{
    struct claim *c = s->arg;

    c->over = true;
    if (!result)
        c->why = *why;
    else
        c->started = error_from_result(result, &c->why);
    loop_stop(c->loop);
}

static void spare_claim_on_late(void *arg)
{
    struct claim *c = arg;

    pyro_fail(&c->why, PYRO_TIMEOUT, "the supervisor does not answer");
    c->over = true;
    loop_stop(c->loop);
}

/* Until there were so many messages, or it is over: the last one and the end may come at once. */
static bool await(struct claim *c, unsigned messages, int64_t ms)
{
    loop_timer_set(c->loop, &c->late, patience(ms), spare_claim_on_late, c);
    while (!c->over && c->messages < messages)
        loop_run(c->loop);
    loop_timer_cancel(c->loop, &c->late);
    return c->messages >= messages || c->started;
}

static json_t *request_of(const struct spare_wish *wish, const struct environment *e)
{
    json_t *place = place_of_this_process(NULL);

    return place ? json_pack("{s:s, s:o, s:s, s:s, s:I, s:I, s:b}", "op", "claim", "place", place,
                             "environment", wish->environment, "environment_digest", e->digest,
                             "vcpu_count", (json_int_t)wish->vcpu_count, "mem_mib",
                             (json_int_t)wish->mem_mib, "network", wish->network)
                 : NULL;
}

/* True: it is this process's, and nobody else's. */
static bool ask(struct claim *c, int dir_fd, const json_t *request)
{
    static const struct link_ops link_ops = { 0 };
    static const struct stream_ops ops = { .message = spare_claim_on_message,
                                           .closed = spare_claim_on_closed };
    int fd = sock_connect_at(dir_fd, SUPERVISOR_SOCKET, NULL);

    if (fd < 0)
        return false;
    c->link = link_new(c->loop, fd, LINK_SOCKET, &link_ops, c, NULL);
    if (!c->link) {
        close(fd);
        return false;
    }
    return stream_open(c->link, &c->stream, request, &ops, c, NULL) && await(c, 1, PROMISE_MS);
}

static json_t *message_of(const struct workspace_record *r)
{
    return json_pack("{s:s?, s:O, s:O, s:I, s:I, s:s, s:b, s:b, s:O*}", "name", r->name, "labels",
                     r->labels, "env", r->env, "suspend_after_idle",
                     (json_int_t)r->suspend_after_idle, "ttl_seconds", (json_int_t)r->ttl_seconds,
                     "network_policy", network_policy_names[r->network_policy], "ephemeral",
                     r->ephemeral, "throw_away", r->throw_away, "secrets", r->secrets);
}

/* The name is free until the record has it. */
static bool give_record(struct claim *c, const struct store *store, int dir_fd, const char *id,
                        const struct workspace_spec *spec, const struct workspace_record *r,
                        struct pyro_error *err)
{
    scoped_close int names = r->name ? store_lock(store, err) : -1;
    scoped_json json_t *message = message_of(r);

    if (r->name && (names < 0 || !store_check_name_free(store, r->name, id, err)))
        return false;
    if (spec->secrets && spec->secrets->count && !secrets_store(spec->secrets, dir_fd, err))
        return false;
    return (stream_message(&c->stream, message) ||
            pyro_fail(err, PYRO_GUEST_LOST, "the supervisor is gone")) &&
           (await(c, 2, PROMISE_MS) || pyro_copy(err, &c->why));
}

static bool start(struct claim *c, const struct store *store, int dir_fd, const char *id,
                  const struct workspace_spec *spec, struct workspace_record *r,
                  struct pyro_error *err)
{
    struct workspace_record started;

    if (!give_record(c, store, dir_fd, id, spec, r, err))
        return false;
    while (!c->over)
        await(c, UINT32_MAX, START_MS);
    if (!c->started)
        return pyro_copy(err, &c->why);
    if (!record_load(dir_fd, id, &started, err))
        return false;
    record_release(r);
    *r = started;
    return true;
}

static bool claim_one(const struct store *store, const char *id, const json_t *request,
                      const struct workspace_spec *spec, struct workspace_record *r,
                      bool *ret_claimed, struct pyro_error *err)
{
    struct workspace_handle w = { .store = *store }; /* borrowed */
    scoped_close int dir_fd = store_open_workspace(store, id, NULL);
    struct claim c = { .loop = dir_fd < 0 ? NULL : loop_new(NULL) };
    struct pyro_error why = { 0 };
    bool ok = true;

    if (!c.loop)
        return true;
    *ret_claimed = ask(&c, dir_fd, request);
    if (*ret_claimed)
        ok = start(&c, store, dir_fd, id, spec, r, &why);
    if (c.link)
        link_free(c.link);
    loop_free(c.loop);
    if (ok)
        return true;
    w.dir_fd = dir_fd;
    memcpy(w.id, id, WORKSPACE_ID_LENGTH + 1);
    workspace_undo(&w);
    *ret_claimed = false;
    if (why.code != PYRO_NAME_TAKEN) /* a machine that is started now may do better */
        return true;
    return pyro_copy(err, &why);
}

bool spare_claim(const struct store *store, const struct spares *spares,
                 const struct workspace_spec *spec, const struct environment *e,
                 struct workspace_record *r, bool *ret_claimed, struct pyro_error *err)
{
    scoped_json json_t *request = spares->count ? request_of(spares->wish, e) : NULL;

    *ret_claimed = false;
    for (size_t i = 0; request && i < spares->count && !*ret_claimed; i++)
        if (!claim_one(store, spares->ids[i], request, spec, r, ret_claimed, err))
            return false;
    return true;
}

void spare_claim_made_one(const struct spare_wish *wish)
{
    pid_t unheeded;

    spare_wish_note(wish);
    if (spares_allowed(false) > 0)
        (void)!spare_start(wish, 0, &unheeded);
}
