/* engine/fetch/place.c: URLs taken apart by libcurl, so that what is checked is what it will use. */
#include "engine/fetch/place.h"

#include <string.h>

#include <curl/curl.h>

#include "engine/fetch/address.h"
#include "vmm/base/fs.h"

static void cleanup_url(CURLU **url)
{
    curl_url_cleanup(*url);
}
#define scoped_url __attribute__((cleanup(cleanup_url))) CURLU

static void cleanup_curl(char **text)
{
    curl_free(*text);
}
#define scoped_curl_text __attribute__((cleanup(cleanup_curl))) char

static bool is_printable(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text <= ' ' || (unsigned char)*text >= 0x7f)
            return false;
    return true;
}

/* A parser that holds the URL; NULL if it is none. */
static CURLU *parse(const char *url)
{
    CURLU *parser = strlen(url) < PLACE_URL_MAX && is_printable(url) ? curl_url() : NULL;

    if (parser && curl_url_set(parser, CURLUPART_URL, url, 0) == CURLUE_OK)
        return parser;
    curl_url_cleanup(parser);
    return NULL;
}

static bool copy_host(const char *host, char ret[PLACE_HOST_MAX])
{
    size_t n = strlen(host);

    if (*host == '[') {
        host++;
        n -= 2;
    }
    if (n == 0 || n >= PLACE_HOST_MAX ||
        strspn(host, "0123456789abcdefghijklmnopqrstuvwxyz"
                     "ABCDEFGHIJKLMNOPQRSTUVWXYZ.:-_") < n)
        return false;
    for (size_t i = 0; i < n; i++)
        ret[i] = (char)(host[i] >= 'A' && host[i] <= 'Z' ? host[i] + ('a' - 'A') : host[i]);
    ret[n] = '\0';
    return true;
}

bool place_of(const char *url, struct place *ret, struct pyro_error *err)
{
    scoped_url *parser = parse(url);
    scoped_curl_text *scheme = NULL, *host = NULL, *port = NULL, *user = NULL;
    struct place p = { 0 };

    if (!parser || curl_url_get(parser, CURLUPART_SCHEME, &scheme, 0) ||
        curl_url_get(parser, CURLUPART_HOST, &host, 0) ||
        curl_url_get(parser, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) ||
        curl_url_get(parser, CURLUPART_USER, &user, 0) == CURLUE_OK || !copy_host(host, p.host))
        return pyro_fail(err, PYRO_PULL_FAILED, "'%.200s' is not an address it can be fetched from",
                         url);
    p.is_plain = !strcmp(scheme, "http");
    if (!p.is_plain && strcmp(scheme, "https") != 0)
        return pyro_fail(err, PYRO_PULL_FAILED, "'%.200s' is neither https nor http", url);
    p.port = (int)strtol(port, NULL, 10);
    if (p.port <= 0)
        return pyro_fail(err, PYRO_PULL_FAILED, "'%.200s' names the port 0", url);
    *ret = p;
    return true;
}

char *place_join(const char *url, const char *location, struct pyro_error *err)
{
    scoped_url *parser = parse(url);
    scoped_curl_text *whole = NULL;

    if (!parser || strlen(location) >= PLACE_URL_MAX || !is_printable(location) ||
        curl_url_set(parser, CURLUPART_URL, location, 0) ||
        curl_url_set(parser, CURLUPART_FRAGMENT, NULL, 0) ||
        curl_url_get(parser, CURLUPART_URL, &whole, 0))
        return pyro_fail(err, PYRO_PULL_FAILED, "it leads on to '%.200s', which is not an address",
                         location);
    return str_printf("%s", whole);
}

bool place_is_same(const struct place *a, const struct place *b)
{
    return a->is_plain == b->is_plain && a->port == b->port && !strcmp(a->host, b->host);
}

static bool is_below(const char *host, const char *parent)
{
    size_t n = strlen(host), m = strlen(parent);

    return n > m && host[n - m - 1] == '.' && !strcmp(host + n - m, parent) && strchr(parent, '.');
}

bool place_is_related(const char *host, const char *other)
{
    enum address_reach reach;

    if (!strcmp(host, other))
        return true;
    return !address_reach(host, &reach) && !address_reach(other, &reach) &&
           (is_below(host, other) || is_below(other, host));
}
