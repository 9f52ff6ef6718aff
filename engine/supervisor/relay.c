/*
 * engine/supervisor/relay.c: requests between a client and the guest that leave nothing behind
 * here: no record, no log. Input and output go through pipes (pipe.h); the guest's result is sent
 * after all of its output.
 */
#include "engine/supervisor/relay.h"

#include <stdlib.h>

#include "engine/supervisor/pipe.h"

struct relay {
    struct relay *next;
    struct supervisor *supervisor;
    struct stream client, guest;
    struct pipe in, out, errors;
    bool changes;
    json_t *note;   /* what it changes, as the client says: {state, text}; NULL: not said */
    json_t *result; /* the guest's, while output is still on its way to the client */
};

static void relay_free(struct relay *r)
{
    list_remove(&r->supervisor->relays, r);
    pipe_release(&r->in);
    pipe_release(&r->out);
    pipe_release(&r->errors);
    json_decref(r->note);
    json_decref(r->result);
    free(r);
}

static void finish_if_drained(struct relay *r)
{
    if (!r->result || r->out.pending.len || r->errors.pending.len)
        return;
    stream_close(&r->client, r->result);
    relay_free(r);
}

static void relay_on_guest_data(struct stream *s, enum wire_channel channel, const uint8_t *bytes,
                                size_t n)
{
    struct relay *r = s->arg;

    if (channel == WIRE_STDOUT)
        pipe_take(&r->out, bytes, n);
    else if (channel == WIRE_STDERR)
        pipe_take(&r->errors, bytes, n);
    else
        stream_consumed(s, n);
}

static void relay_on_guest_end(struct stream *s, enum wire_channel channel)
{
    if (channel == WIRE_STDOUT)
        pipe_end(&((struct relay *)s->arg)->out);
    else if (channel == WIRE_STDERR)
        pipe_end(&((struct relay *)s->arg)->errors);
}

static void relay_on_guest_writable(struct stream *s)
{
    pipe_pump(&((struct relay *)s->arg)->in);
}

static void note_change(struct relay *r)
{
    if (json_is_object(r->note))
        supervisor_note(r->supervisor,
                        TIMELINE_ENTRY(TIMELINE_FILES,
                                       .state = json_string_or(r->note, "state", NULL),
                                       .text = json_string_or(r->note, "text", NULL)));
    supervisor_touch(r->supervisor);
}

static void relay_on_guest_closed(struct stream *s, const json_t *result,
                                  const struct pyro_error *why)
{
    struct relay *r = s->arg;
    struct pyro_error err = { 0 };

    /* The VM ends with the link; the client is told how. */
    if (!result && why->code == PYRO_GUEST_LOST)
        return;
    if (!result) {
        pyro_fail(&err, PYRO_GUEST_LOST, "cut short: %s", why->message);
        stream_fail(&r->client, &err);
        relay_free(r);
        return;
    }
    if (r->changes && !json_object_get(result, "error"))
        note_change(r);
    r->result = json_deep_copy(result);
    BUG_ON(!r->result);
    finish_if_drained(r);
}

static void relay_on_client_data(struct stream *s, enum wire_channel channel, const uint8_t *bytes,
                                 size_t n)
{
    struct relay *r = s->arg;

    if (channel == WIRE_STDIN)
        pipe_take(&r->in, bytes, n);
    else
        stream_consumed(s, n);
}

static void relay_on_client_end(struct stream *s, enum wire_channel channel)
{
    if (channel == WIRE_STDIN)
        pipe_end(&((struct relay *)s->arg)->in);
}

static void relay_on_client_writable(struct stream *s)
{
    struct relay *r = s->arg;

    pipe_pump(&r->out);
    pipe_pump(&r->errors);
    finish_if_drained(r);
}

static void relay_on_client_closed(struct stream *s, const json_t *result UNUSED,
                                   const struct pyro_error *why UNUSED)
{
    struct relay *r = s->arg;

    stream_close(&r->guest, NULL);
    relay_free(r);
}

static const struct stream_ops relay_guest_ops = { .data = relay_on_guest_data,
                                                   .end = relay_on_guest_end,
                                                   .writable = relay_on_guest_writable,
                                                   .closed = relay_on_guest_closed };
static const struct stream_ops relay_client_ops = { .data = relay_on_client_data,
                                                    .end = relay_on_client_end,
                                                    .writable = relay_on_client_writable,
                                                    .closed = relay_on_client_closed };

static bool relay_open(struct supervisor *s, struct link *client, uint32_t id,
                       const json_t *request, bool changes, struct pyro_error *err)
{
    scoped_json json_t *passed_on = json_copy((json_t *)(uintptr_t)request);
    struct relay *r;

    if (!supervisor_check_serving(s, err))
        return false;
    r = calloc(1, sizeof(*r));
    BUG_ON(!r);
    r->supervisor = s;
    r->changes = changes;
    r->note = json_incref(json_object_get(request, "note"));
    json_object_del(passed_on, "note");
    r->next = s->relays;
    s->relays = r;
    pipe_init(&r->in, WIRE_STDIN, &r->client, &r->guest);
    pipe_init(&r->out, WIRE_STDOUT, &r->guest, &r->client);
    pipe_init(&r->errors, WIRE_STDERR, &r->guest, &r->client);
    if (!stream_accept(client, id, &r->client, &relay_client_ops, r, err)) {
        relay_free(r);
    } else if (!stream_open(s->guest, &r->guest, passed_on, &relay_guest_ops, r, err)) {
        stream_fail(&r->client, err);
        relay_free(r);
    }
    return true;
}

bool relay_read(struct supervisor *s, struct link *client, uint32_t id, const json_t *request,
                struct pyro_error *err)
{
    return relay_open(s, client, id, request, false, err);
}

bool relay_change(struct supervisor *s, struct link *client, uint32_t id, const json_t *request,
                  struct pyro_error *err)
{
    return relay_open(s, client, id, request, true, err);
}

void relay_fail_all(struct supervisor *s, const struct pyro_error *why)
{
    while (s->relays) {
        struct relay *r = s->relays;
        if (r->result) { /* it had ended; only its output was still on the way */
            stream_close(&r->client, r->result);
        } else {
            stream_close(&r->guest, NULL);
            stream_fail(&r->client, why);
        }
        relay_free(r);
    }
}
