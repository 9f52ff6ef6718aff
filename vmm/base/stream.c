/* vmm/base/stream.c: the streams of a link: opening, credit, messages, closing. The interface is
 * link.h's. */
#include <string.h>

#include "vmm/base/link_private.h"
#include "vmm/base/printable.h"

#define OUT_HIGH (1024u * 1024) /* above this much queued output, DATA waits */
#define SILENCE_STEPS 8
#define GUEST_WORDS_MAX 512        /* bytes of a guest's error that are shown */
#define GRANT_AT (WIRE_CREDIT / 4) /* credit is given back in steps of at least this */

struct stream *link_find(struct link *link, uint32_t id)
{
    struct stream *s = link->streams;

    while (s && s->id != id)
        s = s->next;
    if (s)
        s->quiet = 0;
    return s;
}

void stream_forget(struct stream *s)
{
    loop_timer_cancel(s->link->loop, &s->silence);
    s->link = NULL;
}

void stream_detach(struct stream *s)
{
    list_remove(&s->link->streams, s);
    stream_forget(s);
}

static void add_stream(struct link *link, struct stream *s, uint32_t id,
                       const struct stream_ops *ops, void *arg)
{
    *s = (struct stream){ .link = link,
                          .next = link->streams,
                          .ops = ops,
                          .arg = arg,
                          .id = id,
                          .send_credit = WIRE_CREDIT,
                          .recv_credit = WIRE_CREDIT };
    link->streams = s;
}

/* Queues a JSON text, in as many frames as it takes. */
static bool queue_json(struct link *link, enum wire_type type, uint32_t id, const json_t *j)
{
    scoped_free char *text = json_compact(j);
    size_t left = text ? strlen(text) : 0;
    const char *at = text;

    if (!text || left > JSON_BYTES_MAX)
        return false;
    do {
        size_t n = left < WIRE_PAYLOAD_MAX ? left : WIRE_PAYLOAD_MAX;
        struct wire_frame f = { .stream = id,
                                .type = type,
                                .flags = n < left ? WIRE_MORE : 0,
                                .payload = (const uint8_t *)at,
                                .length = (uint32_t)n };
        if (!link_queue(link, &f))
            return false;
        at += n;
        left -= n;
    } while (left);
    return true;
}

bool stream_open(struct link *link, struct stream *s, const json_t *request,
                 const struct stream_ops *ops, void *arg, struct pyro_error *err)
{
    if (!link_is_ready(link))
        return pyro_fail(err, PYRO_GUEST_LOST, "the connection is not open");
    add_stream(link, s, ++link->last_id, ops, arg);
    if (!queue_json(link, WIRE_OPEN, s->id, request)) {
        stream_detach(s);
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "the request is too large (over %d bytes)",
                         JSON_BYTES_MAX);
    }
    return true;
}

bool stream_accept(struct link *link, uint32_t id, struct stream *s, const struct stream_ops *ops,
                   void *arg, struct pyro_error *err)
{
    if (!link_is_ready(link))
        return pyro_fail(err, PYRO_GUEST_LOST, "the connection is not open");
    add_stream(link, s, id, ops, arg);
    return true;
}

void stream_reply(struct link *link, uint32_t id, json_t *result)
{
    queue_json(link, WIRE_CLOSE, id, result);
    json_decref(result);
}

json_t *error_to_json(const struct pyro_error *err)
{
    return json_pack("{s:s, s:o, s:o}", "code", pyro_code_name(err->code), "message",
                     json_string_lossy(err->message, strlen(err->message)), "hint",
                     json_string_lossy(err->hint, strlen(err->hint)));
}

bool error_from_result(const json_t *result, struct pyro_error *err)
{
    const json_t *e = json_object_get(result, "error");

    if (!json_is_object(e))
        return true;
    pyro_fail(err, pyro_code_from_peer(json_string_or(e, "code", "internal")), "%s",
              json_string_or(e, "message", "no message"));
    return pyro_hint(err, "%s", json_string_or(e, "hint", ""));
}

/* Errors that can happen inside a guest. None of these makes the host do more than tell the user,
 * and none has exit status 2. */
static bool is_code_of_guests(enum pyro_code code)
{
    static const enum pyro_code codes[] = {
        PYRO_FILE_NOT_FOUND,  PYRO_WRONG_FILE_TYPE,
        PYRO_PATH_REFUSED,    PYRO_PATCH_REJECTED,
        PYRO_CONTENT_REFUSED, PYRO_NO_SPACE,
        PYRO_PERMISSION,      PYRO_TIMEOUT,
        PYRO_NO_MEMORY,       PYRO_IO,
        PYRO_NO_SHELL,
    };

    for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
        if (codes[i] == code)
            return true;
    return false;
}

bool error_from_guest(const json_t *result, struct pyro_error *err)
{
    const json_t *e = json_object_get(result, "error");
    enum pyro_code code = pyro_code_from_name(json_string_or(e, "code", "internal"));
    char said[GUEST_WORDS_MAX];

    if (!e)
        return true;
    printable_copy(json_string_or(e, "message", "nothing intelligible"), said, sizeof(said));
    return pyro_fail(err, is_code_of_guests(code) ? code : PYRO_GUEST_ERROR, "the guest said: %s",
                     said);
}

void stream_refuse(struct link *link, uint32_t id, const struct pyro_error *why)
{
    stream_reply(link, id, json_pack("{s:o}", "error", error_to_json(why)));
}

size_t stream_room(const struct stream *s)
{
    if (!s->link || !link_is_ready(s->link) || link_queued(s->link) >= OUT_HIGH)
        return 0;
    return s->send_credit;
}

void stream_want_room(struct stream *s)
{
    s->wants_write = true;
}

size_t stream_send(struct stream *s, enum wire_channel channel, const void *bytes, size_t n)
{
    size_t room = stream_room(s), sent = 0;

    if (channel == WIRE_PTY && n > room)
        room = 0;
    while (sent < n && sent < room) {
        size_t part = n - sent < room - sent ? n - sent : room - sent;
        struct wire_frame f = { .stream = s->id, .type = WIRE_DATA, .channel = channel };
        if (part > WIRE_PAYLOAD_MAX)
            part = WIRE_PAYLOAD_MAX;
        f.payload = (const uint8_t *)bytes + sent;
        f.length = (uint32_t)part;
        if (!link_queue(s->link, &f))
            break;
        sent += part;
    }
    s->send_credit -= (uint32_t)sent;
    if (sent < n)
        s->wants_write = true;
    return sent;
}

bool stream_end(struct stream *s, enum wire_channel channel)
{
    struct wire_frame f = { .stream = s->id, .type = WIRE_END, .channel = channel };

    return s->link && link_queue(s->link, &f);
}

bool stream_message(struct stream *s, const json_t *message)
{
    return s->link && queue_json(s->link, WIRE_MESSAGE, s->id, message);
}

void stream_consumed(struct stream *s, size_t n)
{
    uint8_t more[4];
    struct wire_frame f = { .type = WIRE_GRANT, .payload = more, .length = sizeof(more) };

    if (!s->link)
        return;
    s->recv_pending += (uint32_t)n;
    if (s->recv_pending < GRANT_AT)
        return;
    f.stream = s->id;
    put_u32(more, s->recv_pending);
    if (link_queue(s->link, &f)) {
        s->recv_credit += s->recv_pending;
        s->recv_pending = 0;
    }
}

void stream_close(struct stream *s, const json_t *result)
{
    scoped_json json_t *empty = NULL;
    struct link *link = s->link;

    if (!link)
        return;
    stream_detach(s);
    if (!result)
        result = empty = json_object();
    queue_json(link, WIRE_CLOSE, s->id, result);
}

static void stream_on_quiet(void *arg)
{
    struct stream *s = arg;
    struct pyro_error err = { 0 };

    if (++s->quiet < SILENCE_STEPS) {
        loop_timer_set(s->link->loop, &s->silence, s->silence_ms / SILENCE_STEPS, stream_on_quiet,
                       s);
        return;
    }
    pyro_fail(&err, PYRO_TIMEOUT, "the guest has not answered for %lld s",
              (long long)s->silence_ms / 1000);
    pyro_hint(&err, "see 'pyro workspace status'; stopping and starting the workspace ends what "
                    "hangs in it");
    stream_close(s, NULL);
    s->ops->closed(s, NULL, &err);
}

void stream_expect(struct stream *s, int64_t silence_ms)
{
    s->silence_ms = silence_ms;
    s->quiet = 0;
    if (s->link)
        loop_timer_set(s->link->loop, &s->silence, silence_ms / SILENCE_STEPS, stream_on_quiet, s);
}

void stream_fail(struct stream *s, const struct pyro_error *why)
{
    scoped_json json_t *result = json_pack("{s:o}", "error", error_to_json(why));

    stream_close(s, result);
}
