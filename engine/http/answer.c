/* engine/http/answer.c: responses of libmicrohttpd. */
#include "engine/http/answer.h"

#include <string.h>

#include "vmm/base/error.h"

#define BLOCK ((size_t)16 * 1024)
#define EVENTS "text/event-stream"

void answer_init(struct answer *a, struct MHD_Connection *connection, void (*moved)(void *owner),
                 void *owner)
{
    *a = (struct answer){
        .connection = connection, .text = BUF_INIT(ANSWER_BYTES_MAX), .moved = moved, .owner = owner
    };
}

void answer_release(struct answer *a)
{
    buf_release(&a->text);
    a->sent = a->given = 0;
}

size_t answer_held(const struct answer *a)
{
    return a->text.len - a->sent + a->given;
}

/* ---- what there is to say ---- */

static void wake(struct answer *a)
{
    if (a->suspended)
        MHD_resume_connection(a->connection);
    a->suspended = false;
}

static void put_event(struct answer *a, const char *line)
{
    if (!buf_printf(&a->text, "data: %s\n", line)) /* the line has an end of its own */
        a->lost = true;
}

void answer_give(struct answer *a, unsigned status, const char *type, const char *text)
{
    if (a->ended)
        return;
    a->ended = true;
    if (a->streams) {
        put_event(a, text);
    } else {
        a->status = status;
        a->type = type;
        if (text && !buf_append_str(&a->text, text))
            a->lost = true;
    }
    wake(a);
}

void answer_tell(struct answer *a, const char *line)
{
    if (a->ended || answer_held(a) > ANSWER_EVENTS_MAX)
        return;
    a->streams = true;
    a->status = MHD_HTTP_OK;
    put_event(a, line);
    wake(a);
}

void answer_end(struct answer *a)
{
    if (!a->streams)
        a->status = MHD_HTTP_NO_CONTENT;
    a->ended = true;
    wake(a);
}

void answer_lose(struct answer *a)
{
    a->lost = true;
    wake(a);
}

/* ---- to the library ---- */

static void suspend(struct answer *a)
{
    a->suspended = true;
    MHD_suspend_connection(a->connection);
    a->moved(a->owner);
}

static ssize_t answer_on_read(void *cls, uint64_t pos UNUSED, char *to, size_t max)
{
    struct answer *a = cls;
    size_t n = a->text.len - a->sent;

    if (a->lost)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (n) {
        n = n < max ? n : max;
        memcpy(to, a->text.data + a->sent, n);
        a->sent += n;
        a->moved(a->owner);
        return (ssize_t)n;
    }
    buf_clear(&a->text);
    a->sent = 0;
    if (a->ended)
        return MHD_CONTENT_READER_END_OF_STREAM;
    suspend(a);
    return 0;
}

static void describe(const struct answer *a, struct MHD_Response *response)
{
    const char *type = a->streams ? EVENTS : a->type;

    if (type)
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    if (a->streams)
        (void)MHD_add_response_header(response, "X-Accel-Buffering", "no");
    if (a->session)
        (void)MHD_add_response_header(response, "Mcp-Session-Id", a->session);
    if (a->status == MHD_HTTP_UNAUTHORIZED)
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
    if (a->status == MHD_HTTP_METHOD_NOT_ALLOWED)
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "POST, DELETE");
}

/* One with the whole text takes it; a stream reads it here, as long as the request is there. */
static struct MHD_Response *respond(struct answer *a)
{
    size_t n = a->text.len;
    char *text;

    if (a->streams)
        return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, answer_on_read, a, NULL);
    text = buf_take(&a->text);
    a->given = n;
    return MHD_create_response_from_buffer(n, text,
                                           text ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
}

enum MHD_Result answer_go_on(struct answer *a)
{
    struct MHD_Response *response;
    enum MHD_Result queued;

    if (a->lost)
        return MHD_NO;
    if (!a->status) {
        suspend(a);
        return MHD_YES;
    }
    response = respond(a);
    if (!response)
        return MHD_NO;
    describe(a, response);
    queued = MHD_queue_response(a->connection, a->status, response);
    MHD_destroy_response(response);
    return queued;
}
