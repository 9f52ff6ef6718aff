/* What a server answered, apart from the body of an answer that was hoped for. */
#ifndef PYRO_FETCH_RESPONSE_H
#define PYRO_FETCH_RESPONSE_H

#include "engine/fetch/challenge.h"
#include "vmm/base/buf.h"
#include "vmm/base/error.h"

#define RESPONSE_HEADERS_MAX (64 * 1024) /* all of one answer together */
#define RESPONSE_ERROR_MAX (64 * 1024)   /* the body of an answer that is an error */

struct response {
    int status; /* 0: none yet */
    char *location, *content_type, *digest, *content_range, *retry_after, *remaining, *warning;
    int64_t content_length; /* -1: not stated */
    struct challenge challenge;
    struct buf error_body;
    size_t header_bytes;
};

void response_init(struct response *r);
void response_release(struct response *r);
/* Takes a line of the head as libcurl gives it; false past the limit. A status line begins a new
 * answer. */
bool response_take_header(struct response *r, const char *line, size_t n);
bool response_is_success(const struct response *r);
/* Seconds to wait as Retry-After has it, at most `most`; -1: it is not there. */
int64_t response_retry_after(const struct response *r, int64_t most);
/* Whether Content-Range says that the body begins at `from`. */
bool response_begins_at(const struct response *r, int64_t from);
/* What the server says about its error, made printable: "404 MANIFEST_UNKNOWN: …". */
void response_describe_error(const struct response *r, char *ret, size_t size);
/* Whether the error's code is among them. */
bool response_has_code(const struct response *r, const char *code);

#endif
