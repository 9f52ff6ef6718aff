/* engine/fetch/response.c: the headers that matter, and errors as registries write them. */
#include "engine/fetch/response.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <curl/curl.h>

#include "vmm/base/fs.h"
#include "vmm/base/json.h"
#include "vmm/base/printable.h"

#define HEADER_VALUE_MAX 8192
#define WORDS_MAX 300

void response_init(struct response *r)
{
    *r = (struct response){ .content_length = -1 };
    buf_init(&r->error_body, RESPONSE_ERROR_MAX);
}

void response_release(struct response *r)
{
    char *const texts[] = { r->location,    r->content_type, r->digest, r->content_range,
                            r->retry_after, r->remaining,    r->warning };

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        free(texts[i]);
    buf_release(&r->error_body);
    response_init(r);
}

static int64_t number_of(const char *text)
{
    size_t n = strspn(text, "0123456789");

    return n > 0 && n <= 18 && !text[n] ? strtoll(text, NULL, 10) : -1;
}

static void take_value(struct response *r, const char *name, char *value)
{
    const struct {
        const char *name;
        char **at;
    } kept[] = {
        { "Location", &r->location },
        { "Content-Type", &r->content_type },
        { "Docker-Content-Digest", &r->digest },
        { "Content-Range", &r->content_range },
        { "Retry-After", &r->retry_after },
        { "RateLimit-Remaining", &r->remaining },
        { "Warning", &r->warning },
    };

    if (!strcasecmp(name, "WWW-Authenticate"))
        challenge_take(value, &r->challenge);
    if (!strcasecmp(name, "Content-Length"))
        r->content_length = number_of(value);
    for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
        if (!strcasecmp(name, kept[i].name) && !*kept[i].at)
            *kept[i].at = str_printf("%s", value);
}

/* "HTTP/1.1 200 OK": what came before is of another answer. */
static bool take_status(struct response *r, const char *text)
{
    const char *number = strchr(text, ' ');

    if (strncmp(text, "HTTP/", 5) != 0)
        return false;
    response_release(r);
    r->status = number ? (int)strtol(number, NULL, 10) : 0;
    return true;
}

bool response_take_header(struct response *r, const char *line, size_t n)
{
    char text[HEADER_VALUE_MAX], *value;
    size_t bytes = r->header_bytes + n;

    if (bytes > RESPONSE_HEADERS_MAX)
        return false;
    while (n && strchr("\r\n \t", line[n - 1]))
        n--;
    if (n < sizeof(text)) {
        memcpy(text, line, n);
        text[n] = '\0';
        value = strchr(text, ':');
        if (strlen(text) == n && !take_status(r, text) && value) {
            *value++ = '\0';
            take_value(r, text, value + strspn(value, " \t"));
        }
    }
    r->header_bytes = bytes;
    return true;
}

bool response_is_success(const struct response *r)
{
    return r->status == 200 || r->status == 206;
}

int64_t response_retry_after(const struct response *r, int64_t most)
{
    int64_t seconds = r->retry_after ? number_of(r->retry_after) : -1;
    time_t date = r->retry_after && seconds < 0 ? curl_getdate(r->retry_after, NULL) : -1;

    if (date >= 0) {
        double left = (double)date - clock_wall();
        seconds = left > (double)most ? most : left > 0 ? (int64_t)left + 1 : 0;
    }
    return seconds > most ? most : seconds;
}

bool response_begins_at(const struct response *r, int64_t from)
{
    scoped_free char *wanted = str_printf("bytes %lld-", (long long)from);

    return r->content_range && !strncasecmp(r->content_range, wanted, strlen(wanted));
}

/* The first of {"errors": [{code, message}, …]}; NULL if the body is nothing like it. */
static json_t *first_error(const struct response *r)
{
    scoped_json json_t *body = r->error_body.len ? json_parse(r->error_body.data, r->error_body.len,
                                                              RESPONSE_ERROR_MAX, NULL)
                                                 : NULL;

    return json_incref(json_array_get(json_object_get(body, "errors"), 0));
}

void response_describe_error(const struct response *r, char *ret, size_t size)
{
    scoped_json json_t *error = first_error(r);
    const char *code = json_string_or(error, "code", NULL);
    const char *message = json_string_or(error, "message", NULL);
    scoped_free char *text =
        str_printf("%d%s%.80s%s%.*s", r->status, code ? " " : "", code ? code : "",
                   message ? ": " : "", WORDS_MAX, message ? message : "");

    printable_copy(text, ret, size);
}

bool response_has_code(const struct response *r, const char *code)
{
    scoped_json json_t *error = first_error(r);

    return !strcmp(json_string_or(error, "code", ""), code);
}
