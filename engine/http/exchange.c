/* engine/http/exchange.c: numbers for ids, and ids for numbers. */
#include "engine/http/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "engine/cmd/output.h"
#include "vmm/base/json.h"

struct exchange *exchange_begin(struct exchanges *all, const struct mcp_message *m,
                                const char *session, bool events, char **ret_line)
{
    struct exchange *x = calloc(1, sizeof(*x));
    json_t *meta = json_object_get(m->params, "_meta");

    BUG_ON(!x);
    *x = (struct exchange){ .next = all->first,
                            .number = ++all->last,
                            .id = json_incref(m->id),
                            .token = events ? json_incref(m->progress_token) : NULL,
                            .modern = m->modern,
                            .initializes = !m->modern && !strcmp(m->method, "initialize") };
    if (session)
        snprintf(x->session, sizeof(x->session), "%s", session);
    all->first = x;
    all->count++;
    json_object_set_new(m->json, "id", json_integer(x->number));
    if (x->token)
        json_object_set_new(meta, "progressToken", json_integer(x->number));
    else
        json_object_del(meta, "progressToken");
    *ret_line = output_json_line(m->json);
    BUG_ON(!*ret_line);
    return x;
}

void exchange_end(struct exchanges *all, struct exchange *x)
{
    struct exchange **at = &all->first;

    while (*at != x)
        at = &(*at)->next;
    *at = x->next;
    all->count--;
    json_decref(x->id);
    json_decref(x->token);
    free(x);
}

void exchanges_release(struct exchanges *all)
{
    while (all->first)
        exchange_end(all, all->first);
}

static struct exchange *find_number(const struct exchanges *all, const json_t *number)
{
    for (struct exchange *x = all->first; x; x = x->next)
        if (json_is_integer(number) && json_integer_value(number) == x->number)
            return x;
    return NULL;
}

struct exchange *exchange_find(const struct exchanges *all, const char *session, const json_t *id)
{
    for (struct exchange *x = all->first; x; x = x->next)
        if (!strcmp(x->session, session) && json_equal(x->id, id))
            return x;
    return NULL;
}

/* Clients of the older era look at the error itself. */
static unsigned status_of(const struct exchange *x, const json_t *error)
{
    switch (error && x->modern ? json_int_or(error, "code", 0) : 0) {
    case 0:
        return 200;
    case MCP_NO_METHOD:
        return 404;
    case MCP_INTERNAL:
        return 500;
    default:
        return 400;
    }
}

bool exchange_take(const struct exchanges *all, const char *line, size_t n,
                   struct exchange_news *ret)
{
    scoped_json json_t *message = json_parse(line, n, n, NULL);
    json_t *params = json_object_get(message, "params");
    const json_t *error = json_object_get(message, "error");
    bool is_answer = !json_object_get(message, "method");
    struct exchange *x = find_number(all, is_answer ? json_object_get(message, "id")
                                                    : json_object_get(params, "progressToken"));

    if (!x || (!is_answer && !x->token))
        return false;
    if (is_answer)
        json_object_set(message, "id", x->id);
    else
        json_object_set(params, "progressToken", x->token);
    *ret = (struct exchange_news){ .exchange = x,
                                   .text = output_json_line(message),
                                   .is_answer = is_answer,
                                   .failed = error != NULL,
                                   .status = status_of(x, error) };
    return ret->text != NULL;
}

char *exchange_cancel_line(const struct exchange *x)
{
    scoped_json json_t *message =
        json_pack("{s:s, s:s, s:{s:I}}", "jsonrpc", "2.0", "method", "notifications/cancelled",
                  "params", "requestId", (json_int_t)x->number);
    char *line = output_json_line(message);

    BUG_ON(!line);
    return line;
}

char *exchange_error_line(json_t *id, const struct mcp_error *why)
{
    scoped_json json_t *message = json_pack("{s:s, s:{s:i, s:s}}", "jsonrpc", "2.0", "error",
                                            "code", why->code, "message", why->message);
    char *line;

    if (id)
        json_object_set(message, "id", id);
    line = output_json_line(message);
    BUG_ON(!line);
    return line;
}
