/* tests/unit/peer.c: the supervisor's side of a link in tests. */
#include "tests/unit/peer.h"

#include <stdarg.h>
#include <time.h>
#include <unistd.h>

#include "vmm/base/fs.h"

void die(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    exit(1);
}

int64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

uint32_t peer_sum(uint32_t sum, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;

    for (size_t i = 0; i < n; i++)
        sum = (sum ^ p[i]) * 16777619u;
    return sum;
}

static void on_ready(struct link *link)
{
    struct peer *p = link_arg(link);

    p->ready = true;
}

static void on_lost(struct link *link, const struct pyro_error *err)
{
    struct peer *p = link_arg(link);

    p->lost = true;
    p->why = *err;
    link_free(link);
    p->link = NULL;
}

static const struct link_ops callbacks = { .ready = on_ready, .lost = on_lost };

void peer_open(struct peer *p, int fd, enum link_kind kind)
{
    struct pyro_error err = { 0 };

    *p = (struct peer){ 0 };
    p->loop = loop_new(&err);
    p->link = p->loop ? link_new(p->loop, fd, kind, &callbacks, p, &err) : NULL;
    if (!p->link)
        die("%s", err.message);
}

void peer_close(struct peer *p)
{
    link_free(p->link);
    loop_free(p->loop);
    p->link = NULL;
    p->loop = NULL;
}

void peer_wait(struct peer *p, const bool *flag)
{
    int64_t deadline_ms = clock_ms() + PEER_WAIT_MS;

    while (!*flag && clock_ms() < deadline_ms)
        loop_run_once(p->loop, 1000);
    if (!*flag)
        die("what the test waits for does not happen");
}

static void on_data(struct stream *s, enum wire_channel channel, const uint8_t *bytes, size_t n)
{
    struct call *c = s->arg;
    bool out = channel == WIRE_STDOUT;

    if (!out && channel != WIRE_STDERR)
        die("data on channel %d", channel);
    if (out ? c->out_ended : c->err_ended)
        die("data after the end of channel %d", channel);
    if (out) {
        c->sum = peer_sum(c->sum, bytes, n);
        c->out_bytes += n;
    } else {
        c->err_bytes += n;
    }
    if (!c->discard && !buf_append(out ? &c->out : &c->err, bytes, n))
        die("more output than the test takes");
    if (c->stall)
        c->owed += n;
    else
        stream_consumed(s, n);
}

static void on_end(struct stream *s, enum wire_channel channel)
{
    struct call *c = s->arg;

    *(channel == WIRE_STDOUT ? &c->out_ended : &c->err_ended) = true;
}

static void feed(struct stream *s)
{
    struct call *c = s->arg;

    if (!c->input || c->input_at > c->input_len)
        return;
    c->input_at += stream_send(s, WIRE_STDIN, c->input + c->input_at, c->input_len - c->input_at);
    if (c->input_at == c->input_len) {
        c->input_at++;
        if (!c->input_open)
            stream_end(s, WIRE_STDIN);
    }
}

static void on_closed(struct stream *s, const json_t *result, const struct pyro_error *err UNUSED)
{
    struct call *c = s->arg;

    c->done = true;
    c->lost = !result;
    c->result = result ? json_deep_copy(result) : NULL;
}

static const struct stream_ops call_ops = {
    .data = on_data, .end = on_end, .writable = feed, .closed = on_closed
};

void call_init(struct call *c, struct peer *p)
{
    *c = (struct call){ .peer = p };
    buf_init(&c->out, 64 * 1024 * 1024);
    buf_init(&c->err, 64 * 1024 * 1024);
}

void call_start(struct call *c, json_t *request)
{
    struct pyro_error err = { 0 };

    if (!stream_open(c->peer->link, &c->stream, request, &call_ops, c, &err))
        die("%s", err.message);
    json_decref(request);
    feed(&c->stream);
}

void call_wait(struct call *c)
{
    peer_wait(c->peer, &c->done);
}

void call_wait_output(struct call *c, uint64_t bytes)
{
    int64_t deadline_ms = clock_ms() + PEER_WAIT_MS;

    while (c->out_bytes < bytes && !c->done && clock_ms() < deadline_ms)
        loop_run_once(c->peer->loop, 1000);
    if (c->out_bytes < bytes)
        die("%llu bytes came, not %llu: %s", (unsigned long long)c->out_bytes,
            (unsigned long long)bytes, c->result ? json_dumps(c->result, 0) : "and no result");
}

void call_resume(struct call *c)
{
    c->stall = false;
    stream_consumed(&c->stream, c->owed);
    c->owed = 0;
}

void call_run(struct call *c, struct peer *p, json_t *request)
{
    call_init(c, p);
    call_start(c, request);
    call_wait(c);
}

void call_release(struct call *c)
{
    json_decref(c->result);
    buf_release(&c->out);
    buf_release(&c->err);
    c->result = NULL;
}

json_t *peer_begin_request(const char *root)
{
    char entropy[129], machine_id[33];
    uint8_t bytes[64];

    random_bytes(bytes, 64);
    hex_encode(bytes, 64, entropy);
    random_bytes(bytes, 16);
    hex_encode(bytes, 16, machine_id);
    return json_pack("{s:s, s:s, s:I, s:s, s:s, s:s}", "op", "begin", "entropy", entropy, "time_ns",
                     (json_int_t)(clock_wall() * 1e9), "hostname", "test-host", "machine_id",
                     machine_id, "root", root);
}

json_t *peer_sh(const char *script)
{
    return json_pack("{s:s, s:[s, s, s]}", "op", "exec", "command", "sh", "-c", script);
}

json_t *peer_op(const char *name)
{
    return json_pack("{s:s}", "op", name);
}
