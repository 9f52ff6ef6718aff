/* engine/fetch/client.c: calls by libcurl, with everything that it would look up given to it. */
#include "engine/fetch/client.h"

#include <string.h>

#include "vmm/base/fs.h"
#include "vmm/base/printable.h"

#define RESOLVE_LIMIT_MS 30000
#define RECEIVE_BUFFER_BYTES (256L * 1024)
#define STALL_BYTES_PER_SECOND 1024L

bool client_prepare(struct client *c, struct pyro_error *err)
{
    CURL *easy;

    memset(c, 0, sizeof(*c));
    if (curl_global_init(CURL_GLOBAL_ALL) != 0 || !(c->multi = curl_multi_init()))
        return pyro_fail(err, PYRO_INTERNAL, "libcurl does not start");
    curl_multi_setopt(c->multi, CURLMOPT_MAX_HOST_CONNECTIONS, 4L);
    easy = curl_easy_init();
    curl_easy_cleanup(easy);
    return easy || pyro_no_memory(err, NULL);
}

bool client_init(struct client *c, const struct job *job, int resolver_fd, const struct buf *ca,
                 struct pyro_error *err)
{
    c->job = job;
    c->resolver_fd = resolver_fd;
    c->ca = ca;
    for (unsigned i = 0; i < job->endpoint_count; i++)
        if (!place_of(job->endpoints[i].url, &c->endpoints[i].place, err))
            return false;
    return true;
}

void client_release(struct client *c)
{
    for (unsigned i = 0; i < JOB_ENDPOINTS_MAX; i++)
        free(c->endpoints[i].token);
    curl_multi_cleanup(c->multi);
}

char *client_url(const struct client *c, unsigned endpoint, const char *path)
{
    const struct job_endpoint *e = &c->job->endpoints[endpoint];
    const char *rest = strstr(e->url, "://");
    const struct job_endpoint *origin = &c->job->endpoints[c->job->endpoint_count - 1];
    const char *repository = c->job->repository;

    return str_printf("%s%s/v2/%s%s%s%s%s",
                      c->endpoints[endpoint].place.is_plain ? "http" : "https", rest ? rest : "",
                      repository ? repository : "", repository ? "/" : "", path,
                      e->is_mirror ? "?ns=" : "", e->is_mirror ? origin->name : "");
}

bool client_use_plain(struct client *c, unsigned endpoint, CURLcode code)
{
    struct client_endpoint *e = &c->endpoints[endpoint];

    if (code != CURLE_SSL_CONNECT_ERROR || !c->job->endpoints[endpoint].may_be_plain)
        return false;
    if (e->place.is_plain)
        return true; /* another call found that out meanwhile */
    if (e->is_reached)
        return false;
    e->place.is_plain = true;
    e->place.port = e->place.port == 443 ? 80 : e->place.port;
    return true;
}

/* --- names and addresses --- */

static const struct client_host *resolve(struct client *c, const char *name, struct pyro_error *err)
{
    struct client_host *host = &c->hosts[c->host_count];

    for (unsigned i = 0; i < c->host_count; i++)
        if (!strcmp(c->hosts[i].name, name))
            return &c->hosts[i];
    if (c->host_count == CLIENT_HOSTS_MAX)
        return pyro_fail(err, PYRO_PULL_FAILED, "it leads to more than %d hosts", CLIENT_HOSTS_MAX);
    if (!resolver_ask(c->resolver_fd, name, RESOLVE_LIMIT_MS, host->addresses, err))
        return NULL;
    snprintf(host->name, sizeof(host->name), "%s", name);
    c->host_count++;
    return host;
}

/* Those of the addresses that may be connected to; false when none is. `from` NULL: all, and
 * *ret_reach is the nearest. */
static bool choose(const char *addresses, const enum address_reach *from,
                   char ret[RESOLVER_ANSWER_MAX], enum address_reach *ret_reach)
{
    char list[RESOLVER_ANSWER_MAX], *rest = list, *one;
    size_t used = 0;

    snprintf(list, sizeof(list), "%s", addresses);
    ret[0] = '\0';
    *ret_reach = ADDRESS_PUBLIC;
    while ((one = strsep(&rest, ","))) {
        enum address_reach reach;
        if (!address_reach(one, &reach) || (from && !address_may_lead(*from, reach)))
            continue;
        *ret_reach = reach > *ret_reach ? reach : *ret_reach;
        used +=
            (size_t)snprintf(ret + used, RESOLVER_ANSWER_MAX - used, "%s%s%s%s", used ? "," : "",
                             strchr(one, ':') ? "[" : "", one, strchr(one, ':') ? "]" : "");
    }
    return used > 0;
}

static bool add_address(struct call *call, const char *host, int port, const char *addresses,
                        struct pyro_error *err)
{
    scoped_free char *entry = str_printf("%s:%d:%s", host, port, addresses);
    struct curl_slist *list = curl_slist_append(call->addresses, entry);

    if (!list)
        return pyro_no_memory(err, NULL);
    call->addresses = list;
    return true;
}

/* The proxy's address is the operator's own business. */
static bool add_proxy(struct call *call, struct client *c, const char *proxy,
                      struct pyro_error *err)
{
    scoped_free char *url = str_printf("%s%s", strstr(proxy, "://") ? "" : "http://", proxy);
    CURLU *parser = curl_url();
    char *host = NULL, *port = NULL;
    const struct client_host *found;
    enum address_reach reach;
    bool ok = parser && !curl_url_set(parser, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) &&
              !curl_url_get(parser, CURLUPART_HOST, &host, 0);

    if (ok && curl_url_get(parser, CURLUPART_PORT, &port, 0) != 0)
        port = strdup("1080"); /* as curl has it */
    if (!ok) {
        pyro_fail(err, PYRO_PULL_FAILED, "the proxy that the environment names is not a URL");
    } else if (*host != '[' && !address_reach(host, &reach)) {
        char list[RESOLVER_ANSWER_MAX];
        found = resolve(c, host, err);
        ok = found && choose(found->addresses, NULL, list, &reach) &&
             add_address(call, host, port ? (int)strtol(port, NULL, 10) : 1080, list, err);
    }
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(parser);
    return ok;
}

static bool refuse_place(const struct client *c, unsigned endpoint, const struct place *place,
                         struct pyro_error *err)
{
    return pyro_fail(err, PYRO_PULL_FAILED,
                     "%s leads to '%s', an address that is not on the internet: refused",
                     c->job->endpoints[endpoint].name, place->host);
}

/* Where the call may connect to. With a proxy a name that is not known here may be known there. */
static bool add_addresses(struct call *call, struct client *c, unsigned endpoint,
                          const struct place *place, bool has_proxy, struct pyro_error *err)
{
    struct client_endpoint *e = &c->endpoints[endpoint];
    bool is_own = !strcmp(place->host, e->place.host);
    const enum address_reach *from = is_own ? NULL : &e->reach;
    char chosen[RESOLVER_ANSWER_MAX];
    enum address_reach reach;
    const struct client_host *found = NULL;
    const char *addresses = place->host;
    struct pyro_error why = { 0 };

    if (!address_reach(place->host, &reach)) {
        found = resolve(c, place->host, &why);
        if (!found)
            return has_proxy || pyro_copy(err, &why);
        addresses = found->addresses;
    }
    if (!choose(addresses, from, chosen, &reach))
        return refuse_place(c, endpoint, place, err);
    if (is_own && !e->is_known) {
        e->reach = reach;
        e->is_known = true;
    }
    return !found || add_address(call, place->host, place->port, chosen, err);
}

/* --- calls --- */

static void set_limits(struct call *call, const struct job *job)
{
    CURL *easy = call->easy;

    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)job->connect_ms);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, STALL_BYTES_PER_SECOND);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)job->stall_seconds);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "pyro");
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, RECEIVE_BUFFER_BYTES);
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->error);
}

static void set_certificates(CURL *easy, const struct buf *ca)
{
    struct curl_blob blob = { .data = ca->data, .len = ca->len, .flags = CURL_BLOB_NOCOPY };

    if (ca->len)
        curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
}

static bool set_proxy(struct call *call, struct client *c, const struct place *place,
                      bool *ret_has_proxy, struct pyro_error *err)
{
    const char *proxy = place->is_plain ? c->job->http_proxy : c->job->https_proxy;

    curl_easy_setopt(call->easy, CURLOPT_PROXY, proxy ? proxy : "");
    curl_easy_setopt(call->easy, CURLOPT_NOPROXY, c->job->no_proxy ? c->job->no_proxy : "");
    *ret_has_proxy = proxy != NULL;
    return !proxy || add_proxy(call, c, proxy, err);
}

bool call_init(struct call *call, struct client *c, unsigned endpoint, const char *url,
               struct pyro_error *err)
{
    const struct client_endpoint *e = &c->endpoints[endpoint];
    struct place place;
    bool has_proxy;

    memset(call, 0, sizeof(*call));
    if (!place_of(url, &place, err))
        return false;
    if (place.is_plain && !e->place.is_plain)
        return pyro_fail(err, PYRO_PULL_FAILED, "%s leads from https to http, at '%s': refused",
                         c->job->endpoints[endpoint].name, place.host);
    call->easy = curl_easy_init();
    if (!call->easy)
        return pyro_no_memory(err, NULL);
    if (!set_proxy(call, c, &place, &has_proxy, err) ||
        !add_addresses(call, c, endpoint, &place, has_proxy, err))
        return false;
    set_limits(call, c->job);
    set_certificates(call->easy, c->ca);
    curl_easy_setopt(call->easy, CURLOPT_URL, url);
    curl_easy_setopt(call->easy, CURLOPT_RESOLVE, call->addresses);
    return true;
}

void call_release(struct call *call)
{
    curl_easy_cleanup(call->easy);
    curl_slist_free_all(call->headers);
    curl_slist_free_all(call->addresses);
    memset(call, 0, sizeof(*call));
}

bool call_add_header(struct call *call, const char *name, const char *value, struct pyro_error *err)
{
    scoped_free char *line = str_printf("%s: %s", name, value);
    struct curl_slist *list = curl_slist_append(call->headers, line);

    if (!list)
        return pyro_no_memory(err, NULL);
    call->headers = list;
    curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, list);
    return true;
}

bool call_fail(const struct call *call, const char *url, CURLcode code, struct pyro_error *err)
{
    char said[CURL_ERROR_SIZE * 2];
    struct place place = { .host = "the server" };

    if (!place_of(url, &place, NULL))
        place.host[0] = '\0';
    printable_copy(*call->error ? call->error : curl_easy_strerror(code), said, sizeof(said));
    switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        pyro_fail(err, PYRO_PULL_FAILED, "the certificate of %s is not trusted: %.300s", place.host,
                  said);
        return pyro_hint(err, "if the registry is your own, name its certificate authority with "
                              "--ca-file");
    case CURLE_OPERATION_TIMEDOUT:
        return pyro_fail(err, PYRO_PULL_FAILED, "%s is too slow: %.300s", place.host, said);
    case CURLE_COULDNT_RESOLVE_HOST:
        return pyro_fail(err, PYRO_PULL_FAILED, "the name '%s' cannot be resolved", place.host);
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_PROXY:
        pyro_fail(err, PYRO_PULL_FAILED, "cannot connect to %s: %.300s", place.host, said);
        return pyro_hint(err, "check the network, and the proxy if the environment names one");
    default:
        return pyro_fail(err, PYRO_PULL_FAILED, "the connection to %s failed: %.300s", place.host,
                         said);
    }
}
