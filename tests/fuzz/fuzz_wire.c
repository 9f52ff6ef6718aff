/*
 * tests/fuzz/fuzz_wire.c: the frame codec and both ends of a link, fed with arbitrary bytes.
 *
 * The first byte chooses the end (a supervisor's, a guest's, a client's server), the rest is what
 * the peer sends, cut into reads by further choices. Whatever comes: no more DATA than the credit
 * is handed out, a stream is closed once, a lost link is told of once, what is queued stays
 * bounded, and every frame that is decoded encodes to the bytes it came from.
 */
#include <fcntl.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/cmd/status.h"
#include "vmm/base/link.h"

#define STREAMS 8
#define PASSES 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (!(cond))                                                                               \
            __builtin_trap();                                                                      \
    } while (0)

struct slot {
    struct stream stream;
    size_t outstanding; /* DATA that came and was not given back */
    bool open;
};

static struct slot slots[STREAMS];
static bool lost;
static enum link_kind kind;

static void on_data(struct stream *s, enum wire_channel channel, const uint8_t *bytes, size_t n)
{
    struct slot *slot = s->arg;

    CHECK(slot->open && n > 0 && n <= WIRE_PAYLOAD_MAX && channel < WIRE_CHANNEL_COUNT);
    slot->outstanding += n;
    CHECK(slot->outstanding <= WIRE_CREDIT);
    if (bytes[0] & 1) {
        stream_consumed(s, slot->outstanding);
        slot->outstanding = 0;
    }
    if (bytes[0] & 2)
        stream_send(s, WIRE_STDOUT, bytes, n);
    if (bytes[0] == 0x77) {
        slot->open = false;
        stream_close(s, NULL);
    }
}

static void on_end(struct stream *s, enum wire_channel channel)
{
    stream_end(s, channel);
}

static void on_message(struct stream *s, const json_t *message)
{
    CHECK(json_is_object(message));
    stream_message(s, message);
}

static void on_writable(struct stream *s)
{
    CHECK(s->send_credit > 0 && s->send_credit <= WIRE_CREDIT);
}

static void on_closed(struct stream *s, const json_t *result, const struct pyro_error *err)
{
    struct slot *slot = s->arg;
    struct pyro_error said = { 0 };

    CHECK(slot->open && !s->link && (result || err->code != PYRO_OK));
    slot->open = false;
    /* A guest's error is its words, whatever it looks like. */
    if (kind == LINK_HOST_SOCKET && result && !error_from_result(result, &said))
        CHECK(strncmp(said.message, "the guest said: ", 16) == 0 && !said.hint[0] &&
              status_of_code(said.code, 0) == 1);
    else
        CHECK(kind != LINK_HOST_SOCKET || !json_object_get(result, "error"));
}

static const struct stream_ops stream_callbacks = { .data = on_data,
                                                    .end = on_end,
                                                    .message = on_message,
                                                    .writable = on_writable,
                                                    .closed = on_closed };

static struct slot *free_slot(void)
{
    for (size_t i = 0; i < STREAMS; i++)
        if (!slots[i].open)
            return &slots[i];
    return NULL;
}

static void on_opened(struct link *link, uint32_t id, const json_t *request)
{
    struct slot *slot = free_slot();
    struct pyro_error err = { 0 };

    CHECK(json_is_object(request));
    if (!slot) {
        pyro_fail(&err, PYRO_GUEST_ERROR, "no more");
        stream_refuse(link, id, &err);
    } else if (json_object_get(request, "r")) {
        stream_reply(link, id, json_object());
    } else if (stream_accept(link, id, &slot->stream, &stream_callbacks, slot, &err)) {
        slot->outstanding = 0;
        slot->open = true;
    }
}

static void on_ready(struct link *link)
{
    CHECK(link_is_ready(link));
}

static void on_lost(struct link *link, const struct pyro_error *err)
{
    CHECK(!lost && err->code != PYRO_OK && err->message[0]);
    for (size_t i = 0; i < STREAMS; i++)
        CHECK(!slots[i].open);
    if (kind == LINK_GUEST_PORT)
        link_listen(link);
    else
        lost = true;
}

static const struct link_ops opener_ops = { .ready = on_ready, .lost = on_lost };
static const struct link_ops acceptor_ops = { .opened = on_opened,
                                              .ready = on_ready,
                                              .lost = on_lost };

/* Every frame that is taken for one encodes to the very bytes it came from. */
static void fuzz_codec(const uint8_t *data, size_t size)
{
    struct reader r = reader_of(data, size);
    struct pyro_error err = { 0 };
    uint8_t header[WIRE_HEADER_SIZE], nonce[WIRE_NONCE_SIZE];
    struct wire_frame f;
    bool found;
    size_t spent;

    for (;;) {
        const uint8_t *at = r.at;
        enum wire_status status = wire_decode(&r, &f, &err);
        if (status != WIRE_FRAME) {
            CHECK(r.at == at && (status == WIRE_INCOMPLETE || err.code == PYRO_GUEST_PROTOCOL));
            break;
        }
        CHECK(f.length <= WIRE_PAYLOAD_MAX && r.at == at + WIRE_HEADER_SIZE + f.length);
        wire_put_header(header, &f);
        CHECK(memcmp(header, at, sizeof(header)) == 0);
    }
    spent = wire_find_hello(data, size, NULL, nonce, &found);
    CHECK(spent <= size && (!found || spent >= WIRE_HELLO_SIZE));
    CHECK(!found || memcmp(data + spent - WIRE_NONCE_SIZE, nonce, sizeof(nonce)) == 0);
}

static void drain(int fd)
{
    static char sink[65536];

    while (recv(fd, sink, sizeof(sink), MSG_DONTWAIT) > 0)
        ;
}

static void open_some(struct link *link)
{
    json_t *request = json_pack("{s:s}", "op", "x");

    for (int i = 0; i < 3 && link_is_ready(link); i++) {
        struct slot *slot = &slots[i];
        slot->outstanding = 0;
        slot->open = stream_open(link, &slot->stream, request, &stream_callbacks, slot, NULL);
    }
    json_decref(request);
}

static void fuzz_link(const uint8_t *data, size_t size)
{
    static const enum link_kind kinds[] = { LINK_HOST_SOCKET, LINK_SOCKET, LINK_GUEST_PORT };
    bool opener = data[0] % 3 == 0;
    struct loop *loop = loop_new(NULL);
    struct link *link;
    int fds[2];

    kind = kinds[data[0] % 3];
    lost = false;
    memset(slots, 0, sizeof(slots));
    CHECK(loop && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
    link = link_new(loop, fds[0], kind, opener ? &opener_ops : &acceptor_ops, NULL, NULL);
    CHECK(link);
    if (opener)
        open_some(link);
    for (size_t at = 1; at < size && !lost;) {
        size_t n = 1 + (size_t)data[at] * 37;
        if (n > size - at)
            n = size - at;
        if (send(fds[1], data + at, n, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
            at += n;
        loop_run_once(loop, 0);
        drain(fds[1]);
    }
    shutdown(fds[1], SHUT_WR);
    for (int i = 0; i < PASSES && !lost; i++) {
        loop_run_once(loop, 0);
        drain(fds[1]);
    }
    CHECK(link_queued(link) <= 17 * 1024 * 1024);
    link_free(link);
    loop_free(loop);
    close(fds[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    fuzz_codec(data + 1, size - 1);
    fuzz_link(data, size);
    return 0;
}
