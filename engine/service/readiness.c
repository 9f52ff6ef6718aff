/*
 * engine/service/readiness.c: the readiness that was asked for, checked and parsed for the guest.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "engine/service/service.h"
#include "vmm/base/file_name.h"
#include "vmm/base/utf8.h"

#define HOST_MAX 64
#define URL_MAX 2048
#define HTTP "http://"

/* "localhost", 127.0.0.0/8 or ::1: what reaches nothing but the guest itself. */
static bool is_loopback(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;

    if (!strcmp(host, "localhost"))
        return true;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return (ntohl(v4.s_addr) >> 24) == 127;
    return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

struct address {
    char host[HOST_MAX];
    int port;
};

/* HOST, [HOST] and a :PORT after it, which may be missing when *ret has a port already; n bytes of
 * text. */
static bool parse_address(const char *flag, const char *text, size_t n, struct address *ret,
                          struct pyro_error *err)
{
    const char *end = text + n, *host = text, *host_end, *colon;
    char *stop;
    long port;

    if (n && *text == '[') {
        host = text + 1;
        host_end = memchr(host, ']', (size_t)(end - host));
        colon = host_end ? host_end + 1 : NULL;
    } else {
        colon = memchr(text, ':', n);
        host_end = colon ? colon : end;
        colon = colon ? colon : end;
    }
    if (!host_end || host_end == host || host_end - host >= HOST_MAX ||
        (colon < end ? *colon != ':' || colon + 1 == end : !ret->port))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "%s '%.100s' does not name HOST:PORT", flag,
                         text);
    snprintf(ret->host, sizeof(ret->host), "%.*s", (int)(host_end - host), host);
    if (!is_loopback(ret->host)) {
        pyro_fail(err, PYRO_INVALID_ARGUMENT, "%s: '%s' is not the guest's own loopback", flag,
                  ret->host);
        return pyro_hint(err, "use 127.0.0.1, localhost or [::1]");
    }
    port = colon < end ? strtol(colon + 1, &stop, 10) : ret->port;
    if (colon < end && (stop != end || colon[1] < '0' || colon[1] > '9'))
        port = 0;
    if (port < 1 || port > 65535)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "%s: the port is from 1 to 65535", flag);
    ret->port = (int)port;
    return true;
}

static json_t *parse_http(const char *url, struct pyro_error *err)
{
    const char *authority = url + strlen(HTTP), *path;
    struct address a = { .port = 80 };
    size_t n;

    if (strncmp(url, HTTP, strlen(HTTP)) != 0)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "--ready-http '%.100s' is not an " HTTP " URL",
                         url);
    for (const char *at = url; *at; at++)
        if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7f || at - url >= URL_MAX)
            return pyro_fail(err, PYRO_INVALID_ARGUMENT,
                             "--ready-http: a URL is at most %d printable ASCII characters",
                             URL_MAX);
    n = strcspn(authority, "/?#");
    path = authority + n;
    if (!parse_address("--ready-http", authority, n, &a, err))
        return NULL;
    return json_pack(
        "{s:s, s:s, s:s, s:i, s:o}", "type", "http", "url", url, "host", a.host, "port", a.port,
        "path", json_sprintf("%s%.*s", *path == '/' ? "" : "/", (int)strcspn(path, "#"), path));
}

static json_t *parse_tcp(const char *text, struct pyro_error *err)
{
    struct address a = { .port = 0 };

    if (!parse_address("--ready-tcp", text, strlen(text), &a, err))
        return NULL;
    return json_pack("{s:s, s:s, s:s, s:i}", "type", "tcp", "address", text, "host", a.host, "port",
                     a.port);
}

static json_t *parse_file(const char *text, struct pyro_error *err)
{
    scoped_free char *name = name_given(text, err);

    if (name && *name)
        return json_pack("{s:s, s:o}", "type", "file", "path", name_to_json("", name));
    if (name)
        pyro_fail(err, PYRO_INVALID_ARGUMENT, "--ready-file is empty");
    else
        pyro_wrap(err, "--ready-file");
    return NULL;
}

static json_t *parse_text(const char *flag, const char *type, const char *member, const char *text,
                          struct pyro_error *err)
{
    if (*text && utf8_is_valid(text, strlen(text)))
        return json_pack("{s:s, s:s}", "type", type, member, text);
    return pyro_fail(err, PYRO_INVALID_ARGUMENT, "%s is empty or not UTF-8", flag);
}

bool service_readiness_parse(const struct service_readiness *r, json_t **ret,
                             struct pyro_error *err)
{
    int count = !!r->file + !!r->tcp + !!r->http + !!r->command;
    json_t *j = NULL;

    if (count > 1)
        return pyro_fail(err, PYRO_USAGE,
                         "at most one of --ready-file, --ready-tcp, --ready-http "
                         "and --ready-command can be given");
    if (!count) {
        *ret = NULL;
        return true;
    }
    if (r->file)
        j = parse_file(r->file, err);
    else if (r->tcp)
        j = parse_tcp(r->tcp, err);
    else if (r->http)
        j = parse_http(r->http, err);
    else
        j = parse_text("--ready-command", "command", "command", r->command, err);
    if (!j)
        return false;
    json_object_set_new(j, "timeout_ms", json_integer((json_int_t)r->timeout_seconds * 1000));
    json_object_set_new(j, "interval_ms", json_integer((json_int_t)r->interval_ms));
    *ret = j;
    return true;
}
