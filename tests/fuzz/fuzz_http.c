/*
 * A client of `pyro mcp serve --http`: lines of headers, an empty one, a message. Whatever they say, only the token is
 * served; and a request that becomes a line for the engine keeps its id to itself, and gets it back.
 */
#include <string.h>

#include "engine/http/exchange.h"
#include "engine/http/head.h"
#include "vmm/base/cleanup.h"
#include "vmm/base/fs.h"
#include "vmm/base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

#define TOKEN "0123456789abcdef"

/* Takes the lines up to an empty one; what is left is the message. */
static const char *take_headers(struct http_head *h, char *text)
{
    for (char *line; (line = strsep(&text, "\n")) && *line;) {
        char *value = strchr(line, ':');

        if (value)
            *value++ = '\0';
        head_take(h, line, value);
    }
    return text ? text : "";
}

static void check_head(const struct http_head *h)
{
    struct http_refusal refusal = { 0 };

    if (head_is_served(h, TOKEN, &refusal))
        BUG_ON(h->repeated || !h->authorization || !strstr(h->authorization, TOKEN) || !h->host);
    else
        BUG_ON(refusal.status < 400 || refusal.status > 499 || !refusal.why);
    (void)head_accepts_events(h);
}

static void answer(struct exchanges *all, struct exchange *x)
{
    scoped_free char *line =
        str_printf("{\"id\":%lld,\"jsonrpc\":\"2.0\",\"result\":{}}", (long long)x->number);
    struct exchange_news news;
    json_t *back;

    BUG_ON(!exchange_take(all, line, strlen(line), &news) || news.exchange != x || !news.is_answer);
    back = json_loads(news.text, 0, NULL);
    BUG_ON(!json_equal(json_object_get(back, "id"), x->id));
    json_decref(back);
    free(news.text);
    exchange_end(all, x);
}

static void check_message(const struct http_head *h, const char *text)
{
    struct exchanges all = { 0 };
    struct exchange_news news;
    struct mcp_message m;
    struct mcp_error err = { 0 };
    scoped_free char *line = NULL;
    struct exchange *x;

    if (exchange_take(&all, text, strlen(text), &news))
        BUG_ON(true); /* nothing is under way */
    (void)mcp_message_parse(&m, text, strlen(text), &err);
    if (!head_fits(h, &m, &err))
        BUG_ON(!err.message[0]);
    if (m.id && m.method) {
        x = exchange_begin(&all, &m, h->session, head_accepts_events(h), &line);
        BUG_ON(!strchr(line, '\n') || strchr(line, '\n')[1]);
        answer(&all, x);
    }
    BUG_ON(all.count);
    mcp_message_release(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    scoped_free char *text = strndup((const char *)bytes, n);
    struct http_head h = { .method = "POST", .path = HTTP_PATH };
    const char *message = take_headers(&h, text);

    check_head(&h);
    check_message(&h, message);
    head_release(&h);
    return 0;
}
