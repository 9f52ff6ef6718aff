/* engine/registry/reference.c: references taken apart and written in full. */
#include "engine/registry/reference.h"

#include <ctype.h>
#include <string.h>

#define LOWER_OR_DIGIT "abcdefghijklmnopqrstuvwxyz0123456789"
#define LETTER_OR_DIGIT LOWER_OR_DIGIT "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

static bool fail(const char *text, const char *why, struct pyro_error *err)
{
    pyro_fail(err, PYRO_INVALID_ARGUMENT, "'%.300s' is not a reference to an image: %s", text, why);
    return pyro_hint(err,
                     "write [HOST[:PORT]/]NAME[:TAG][@DIGEST], as in docker.io/library/debian:12");
}

/* Labels of letters, digits and inner dashes, with dots between. */
static bool is_domain(const char *s, size_t n)
{
    char before = '.';

    for (size_t i = 0; i < n; before = s[i++])
        if (s[i] == '.' ? !isalnum((unsigned char)before)
                        : !isalnum((unsigned char)s[i]) && (s[i] != '-' || before == '.'))
            return false;
    return isalnum((unsigned char)before);
}

/* "[", an IPv6 address, "]": its characters only, a connection tells the rest. */
static bool is_bracketed(const char *s, size_t n)
{
    return n >= 4 && s[0] == '[' && s[n - 1] == ']' && memchr(s, ':', n) &&
           strspn(s + 1, "0123456789abcdefABCDEF:.") == n - 2;
}

static bool is_port(const char *s, size_t n)
{
    unsigned port = 0;

    for (size_t i = 0; i < n && i < 5; i++)
        port = port * 10 + (unsigned)(s[i] - '0');
    return n > 0 && n <= 5 && strspn(s, "0123456789") >= n && port > 0 && port <= 65535;
}

static bool is_host(const char *s, size_t n)
{
    size_t name = n;

    while (name && isdigit((unsigned char)s[name - 1]))
        name--;
    if (name && s[name - 1] == ':')
        return is_port(s + name, n - name) && (is_domain(s, name - 1) || is_bracketed(s, name - 1));
    return is_domain(s, n) || is_bracketed(s, n);
}

/* Parts of lower-case letters and digits, with one of  . _ __ --- between them. */
static bool is_repository_part(const char *s, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t word = strspn(s + i, LOWER_OR_DIGIT), mark;
        if (!word || i + word > n)
            return false;
        i += word;
        if (i == n)
            return true;
        mark = s[i] == '-'                      ? strspn(s + i, "-")
               : s[i] == '_' && s[i + 1] == '_' ? 2
               : s[i] == '_' || s[i] == '.'     ? 1
                                                : 0;
        if (!mark)
            return false;
        i += mark;
    }
    return false;
}

static bool is_repository(const char *s)
{
    for (;;) {
        size_t n = strcspn(s, "/");
        if (!is_repository_part(s, n))
            return false;
        if (!s[n])
            return true;
        s += n + 1;
    }
}

static bool is_tag(const char *s)
{
    size_t n = strlen(s);

    return n > 0 && n <= REFERENCE_TAG_MAX && strchr("_" LETTER_OR_DIGIT, s[0]) &&
           strspn(s, "_.-" LETTER_OR_DIGIT) == n;
}

static void copy_host(const char *s, size_t n, char *ret)
{
    static const char *const docker_hub[] = { "index.docker.io", "registry-1.docker.io" };

    for (size_t i = 0; i < n; i++)
        ret[i] = (char)tolower((unsigned char)s[i]);
    ret[n] = '\0';
    for (size_t i = 0; i < ARRAY_SIZE(docker_hub); i++)
        if (!strcmp(ret, docker_hub[i])) {
            memset(ret, 0, n);
            memcpy(ret, REFERENCE_DOCKER_HUB, sizeof(REFERENCE_DOCKER_HUB));
        }
}

bool reference_parse_host(const char *text, char ret[REFERENCE_NAME_MAX + 1],
                          struct pyro_error *err)
{
    size_t n = strlen(text);

    if (n > REFERENCE_NAME_MAX || !is_host(text, n))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT,
                         "'%.300s' is not the host of a registry, HOST[:PORT]", text);
    copy_host(text, n, ret);
    return true;
}

/* Host and repository of "NAME", what is left without tag and digest. */
static bool take_name(const char *text, char *name, struct reference *r, struct pyro_error *err)
{
    size_t first = strcspn(name, "/");
    const char *below;
    bool named = name[first] && (memchr(name, '.', first) || memchr(name, ':', first) ||
                                 (first == 9 && !strncmp(name, "localhost", 9)));

    if (strlen(name) > REFERENCE_NAME_MAX)
        return fail(text, "its name is longer than 255 characters", err);
    if (named && !is_host(name, first))
        return fail(text, "what is before the first slash is not a host", err);
    copy_host(named ? name : REFERENCE_DOCKER_HUB, named ? first : strlen(REFERENCE_DOCKER_HUB),
              r->host);
    name += named ? first + 1 : 0;
    if (!is_repository(name))
        return fail(text,
                    "a name has parts of lower-case letters and digits, which '.', '_', '__' or "
                    "dashes may join, and slashes between them",
                    err);
    below = !strcmp(r->host, REFERENCE_DOCKER_HUB) && !strchr(name, '/') ? "library/" : "";
    if (strlen(r->host) + 1 + strlen(below) + strlen(name) > REFERENCE_NAME_MAX)
        return fail(text, "its name is longer than 255 characters", err);
    memcpy(r->repository, below, strlen(below));
    memcpy(r->repository + strlen(below), name, strlen(name) + 1);
    return true;
}

bool reference_parse(const char *text, struct reference *ret, struct pyro_error *err)
{
    struct reference r = { 0 };
    char name[REFERENCE_SIZE], *at, *colon, *slash;

    if (strlen(text) >= sizeof(name))
        return fail(text, "it is too long", err);
    memcpy(name, text, strlen(text) + 1);
    at = strchr(name, '@');
    if (at) {
        *at++ = '\0';
        if (!oci_digest_is_valid(at))
            return fail(text, "what is behind '@' is not sha256: and 64 lower-case hex digits",
                        err);
        memcpy(r.digest, at, strlen(at) + 1);
    }
    colon = strrchr(name, ':');
    slash = strrchr(name, '/');
    if (colon && colon > slash) {
        *colon++ = '\0';
        if (!is_tag(colon))
            return fail(text,
                        "a tag has letters, digits, '_', '.' and '-', begins with none of the last "
                        "two, and is at most 128 characters long",
                        err);
        memcpy(r.tag, colon, strlen(colon) + 1);
    }
    if (!*r.tag && !*r.digest)
        memcpy(r.tag, "latest", sizeof("latest"));
    if (!take_name(text, name, &r, err))
        return false;
    *ret = r;
    return true;
}

void reference_write(const struct reference *r, char ret[REFERENCE_SIZE])
{
    const char *const parts[] = {
        r->host, "/", r->repository, *r->tag ? ":" : "", r->tag, *r->digest ? "@" : "", r->digest
    };
    char *at = ret;

    for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
        at = stpcpy(at, parts[i]);
}

bool reference_host_is_loopback(const char *host)
{
    size_t n = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
    size_t dots = 0;

    if ((n == 9 && !strncmp(host, "localhost", 9)) || (n == 5 && !strncmp(host, "[::1]", 5)))
        return true;
    for (size_t i = 0; i < n; i++)
        dots += host[i] == '.';
    return !strncmp(host, "127.", 4) && dots == 3 && strspn(host, "0123456789.") >= n;
}
