/* tests/unit/link_fixture.c: a server that does as it is asked, and a client that counts. */
#include "tests/unit/link_fixture.h"

#include <string.h>
#include <sys/socket.h>

#include "vmm/base/fs.h"

struct loop *loop;
struct link_server server;
struct link_client client;

void send_more(struct stream *s, size_t *sent, size_t total)
{
    static const char zeros[100000];

    while (*sent < total) {
        size_t n = total - *sent < sizeof(zeros) ? total - *sent : sizeof(zeros);
        size_t taken = stream_send(s, WIRE_STDOUT, zeros, n);
        *sent += taken;
        if (taken < n)
            return;
    }
}

static void server_data(struct stream *s, enum wire_channel channel UNUSED,
                        const uint8_t *bytes UNUSED, size_t n)
{
    server.received += n;
    if (server.consume)
        stream_consumed(s, n);
}

static void server_end(struct stream *s UNUSED, enum wire_channel channel UNUSED)
{
    server.ended = true;
}

static void server_message(struct stream *s UNUSED, const json_t *message)
{
    json_decref(server.message);
    server.message = json_deep_copy(message);
}

static void server_writable(struct stream *s)
{
    send_more(s, &server.sent, server.to_send);
}

static void server_closed(struct stream *s, const json_t *result, const struct pyro_error *err)
{
    assert_null(result);
    assert_null(s->link);
    server.cancelled = true;
    server.closed_why = *err;
}

static const struct stream_ops server_stream_ops = { .data = server_data,
                                                     .end = server_end,
                                                     .message = server_message,
                                                     .writable = server_writable,
                                                     .closed = server_closed };

static void server_opened(struct link *link, uint32_t id, const json_t *request)
{
    struct pyro_error why = { 0 };

    server.opened++;
    snprintf(server.op, sizeof(server.op), "%s", json_string_or(request, "op", ""));
    server.request_bytes = strlen(json_string_or(request, "text", ""));
    if (!strcmp(server.op, "reply")) {
        stream_reply(link, id, json_pack("{s:i}", "answer", 42));
    } else if (!strcmp(server.op, "refuse")) {
        pyro_fail(&why, PYRO_NO_SPACE, "no room for it");
        pyro_hint(&why, "make some");
        stream_refuse(link, id, &why);
    } else {
        assert_true(stream_accept(link, id, &server.stream, &server_stream_ops, NULL, &why));
    }
}

static void server_ready(struct link *link UNUSED)
{
    server.ready = true;
    server.readied++;
}

static void server_lost(struct link *link, const struct pyro_error *err)
{
    server.lost = true;
    server.why = *err;
    if (server.readied) {
        link_listen(link); /* a guest */
    } else {
        link_free(link);
        server.link = NULL;
    }
}

const struct link_ops server_ops = { .opened = server_opened,
                                     .ready = server_ready,
                                     .lost = server_lost };

static void client_data(struct stream *s, enum wire_channel channel UNUSED,
                        const uint8_t *bytes UNUSED, size_t n)
{
    client.received += n;
    if (client.consume)
        stream_consumed(s, n);
}

static void client_writable(struct stream *s)
{
    send_more(s, &client.sent, client.to_send);
}

static void client_closed(struct stream *s UNUSED, const json_t *result,
                          const struct pyro_error *err)
{
    assert_false(client.closed);
    client.closed = true;
    client.result = result ? json_deep_copy(result) : NULL;
    if (!result)
        client.closed_why = *err;
}

const struct stream_ops client_stream_ops = { .data = client_data,
                                              .writable = client_writable,
                                              .closed = client_closed };

static void client_ready(struct link *link UNUSED)
{
    client.ready = true;
}

static void client_lost(struct link *link, const struct pyro_error *err)
{
    client.lost = true;
    client.why = *err;
    link_free(link);
    client.link = NULL;
}

const struct link_ops client_ops = { .ready = client_ready, .lost = client_lost };

void run_links(void)
{
    for (int i = 0; i < 200; i++)
        loop_run_once(loop, 0);
}

int set_up_links(void **state UNUSED)
{
    int fds[2];

    memset(&server, 0, sizeof(server));
    memset(&client, 0, sizeof(client));
    client.consume = server.consume = true;
    loop = loop_new(NULL);
    if (!loop || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
        return -1;
    client.link = link_new(loop, fds[0], LINK_SOCKET, &client_ops, NULL, NULL);
    server.link = link_new(loop, fds[1], LINK_SOCKET, &server_ops, NULL, NULL);
    return client.link && server.link ? 0 : -1;
}

int tear_down_links(void **state UNUSED)
{
    link_free(client.link);
    link_free(server.link);
    loop_free(loop);
    json_decref(client.result);
    json_decref(server.message);
    return 0;
}

void open_stream(const char *op)
{
    scoped_json json_t *request = json_pack("{s:s}", "op", op);
    struct pyro_error err = { 0 };

    client.closed = false;
    json_decref(client.result);
    client.result = NULL;
    assert_true(stream_open(client.link, &client.stream, request, &client_stream_ops, NULL, &err));
}

void write_raw(int fd, const struct raw *raw)
{
    static uint8_t bytes[WIRE_FRAME_MAX];
    struct wire_frame f = { .stream = raw->stream,
                            .type = (enum wire_type)raw->type,
                            .channel = (enum wire_channel)raw->channel,
                            .flags = raw->flags,
                            .length = raw->length };
    const char *payload = raw->payload ? raw->payload : "";

    if (!f.length)
        f.length = (uint32_t)strlen(payload);
    memset(bytes, 0, sizeof(bytes));
    wire_put_header(bytes, &f);
    memcpy(bytes + WIRE_HEADER_SIZE, payload, strlen(payload));
    assert_true(fs_write_all(fd, bytes, WIRE_HEADER_SIZE + f.length, NULL));
}
