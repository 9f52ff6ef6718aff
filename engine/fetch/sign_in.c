/* engine/fetch/sign_in.c: the registry's front door, which asks those who have nothing to show. */
#include "engine/fetch/sign_in.h"

#include "engine/fetch/report.h"
#include "engine/fetch/request.h"

static bool sign_in_begin(void *arg UNUSED, const struct response *r UNUSED, int64_t from UNUSED,
                          struct pyro_error *err UNUSED)
{
    return true;
}

/* What it says there is of no interest. */
static bool sign_in_data(void *arg, const void *bytes UNUSED, size_t n, struct pyro_error *err)
{
    size_t *left = arg;

    if (n > *left)
        return pyro_fail(err, PYRO_PULL_FAILED, "it says more than a registry does");
    *left -= n;
    return true;
}

static bool sign_in_end(void *arg UNUSED, const struct response *r UNUSED,
                        struct pyro_error *err UNUSED)
{
    return true;
}

static const struct request_sink sign_in_sink = { .begin = sign_in_begin,
                                                  .data = sign_in_data,
                                                  .end = sign_in_end };

json_t *sign_in(struct client *c, struct pyro_error *err)
{
    const struct client_endpoint *e = &c->endpoints[0];
    size_t left = OCI_DOCUMENT_BYTES_MAX;
    struct request request = { .path = "", .what = "the API", .sink = &sign_in_sink, .arg = &left };

    report_doing("asking %s whether it takes the login", c->job->endpoints[0].name);
    if (!requests_run(c, &request, 1, NULL, NULL, err))
        return NULL;
    return json_pack("{s:b, s:b}", "was_asked", e->token || e->uses_basic, "is_plain",
                     e->place.is_plain);
}
