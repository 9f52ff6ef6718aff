/* A server's head, line by line, and a body: what is taken from them is bounded, and text. */
#include <string.h>

#include "engine/fetch/place.h"
#include "engine/fetch/response.h"
#include "vmm/base/printable.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void check_text(const char *text)
{
    char printed[4 * 512];

    printable_copy(text, printed, sizeof(printed));
    BUG_ON(strcmp(printed, text) != 0);
}

/* Lines up to an empty one are the head, the rest is the body of an error. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const char *at = (const char *)bytes, *end = at + n;
    struct challenge c = { 0 };
    struct response r;
    struct place p;
    char said[512];

    response_init(&r);
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t line = stop ? (size_t)(stop - at) + 1 : (size_t)(end - at);
        if (!response_take_header(&r, at, line))
            break;
        at += line;
        if (line <= 1)
            break;
    }
    if (at < end && (size_t)(end - at) <= RESPONSE_ERROR_MAX)
        BUG_ON(!buf_append(&r.error_body, at, (size_t)(end - at)));
    response_describe_error(&r, said, sizeof(said));
    check_text(said);
    BUG_ON(response_retry_after(&r, 60) > 60);
    BUG_ON(r.content_length < -1);
    c = r.challenge;
    BUG_ON(c.scheme == CHALLENGE_BEARER && !*c.realm);
    if (place_of(c.realm, &p, NULL))
        BUG_ON(!*p.host || strpbrk(p.host, "/@ \r\n") || p.port <= 0 || p.port > 65535);
    if (r.location) {
        char *joined = place_join("https://registry.example/v2/x", r.location, NULL);
        if (joined)
            BUG_ON(strpbrk(joined, " \r\n\t#"));
        free(joined);
    }
    response_release(&r);
    return 0;
}
