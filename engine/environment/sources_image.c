/* engine/environment/sources_image.c: addresses and options of apt's sources, taken apart. */
#include "engine/environment/sources_image.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "vmm/base/fs.h"

void sources_parts_release(struct sources_parts *p)
{
    sources_release(&p->build);
    sources_release(&p->image);
    buf_release(&p->auth);
}

static bool too_long(struct pyro_error *err)
{
    return pyro_fail(err, PYRO_NO_MEMORY, "the host's apt sources are too long");
}

/* --- addresses --- */

static int hex_digit(char c)
{
    return isdigit((unsigned char)c)    ? c - '0'
           : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10
                                        : -1;
}

/* A name or password as it is meant: without percent signs, and without what would end it. */
static bool put_decoded(struct buf *to, const char *s, size_t n, struct pyro_error *err)
{
    for (size_t i = 0; i < n; i++) {
        char c = s[i];
        if (c == '%' && i + 2 < n && hex_digit(s[i + 1]) >= 0 && hex_digit(s[i + 2]) >= 0) {
            c = (char)(hex_digit(s[i + 1]) << 4 | hex_digit(s[i + 2]));
            i += 2;
        }
        if ((unsigned char)c <= ' ' || c == 0x7f || c == '#')
            return pyro_fail(err, PYRO_PULL_FAILED,
                             "a password in the host's apt sources has a character that "
                             "apt_auth.conf(5) cannot hold");
        if (!buf_append(to, &c, 1))
            return too_long(err);
    }
    return true;
}

/* "machine SCHEME://HOST/PATH login NAME password WORD": apt sends it there and nowhere else. */
static bool put_auth(struct buf *to, const char *uri, size_t scheme, const char *user, size_t n,
                     const char *rest, size_t rest_bytes, struct pyro_error *err)
{
    const char *colon = memchr(user, ':', n);
    size_t name = colon ? (size_t)(colon - user) : n;

    if (!buf_append_str(to, "machine ") || !buf_append(to, uri, scheme) ||
        !buf_append(to, rest, rest_bytes) || !buf_append_str(to, " login "))
        return too_long(err);
    if (!put_decoded(to, user, name, err))
        return false;
    if (colon &&
        (!buf_append_str(to, " password ") || !put_decoded(to, colon + 1, n - name - 1, err)))
        return false;
    return buf_append(to, "\n", 1) || too_long(err);
}

/* The address without a name and a password. */
static bool put_address(struct buf *to, struct buf *auth, const char *uri, size_t n,
                        struct pyro_error *err)
{
    const char *mark = memmem(uri, n, "://", 3), *at = NULL;
    size_t scheme = mark ? (size_t)(mark - uri) + 3 : 0, end = scheme;

    while (mark && end < n && uri[end] != '/') {
        at = uri[end] == '@' ? uri + end : at;
        end++;
    }
    if (!at)
        return buf_append(to, uri, n) || too_long(err);
    if (!buf_append(to, uri, scheme) || !buf_append(to, at + 1, n - (size_t)(at + 1 - uri)))
        return too_long(err);
    return put_auth(auth, uri, scheme, uri + scheme, (size_t)(at - uri) - scheme, at + 1,
                    n - (size_t)(at + 1 - uri), err);
}

/* Whether the address leads to something else than a file of this host's. */
static bool is_remote(const char *uri, size_t n)
{
    static const char *const local[] = { "file:", "copy:", "cdrom:", "mirror+file:", "store:" };

    for (size_t i = 0; i < ARRAY_SIZE(local); i++)
        if (n >= strlen(local[i]) && !strncasecmp(uri, local[i], strlen(local[i])))
            return false;
    return true;
}

/* --- options --- */

/* Of the options of a source, whatever their spelling in each of the two styles: those that mean
 * the same in the image, and make nothing of it less checked. */
static bool is_for_image(const char *name, size_t n, const char *value, size_t value_bytes)
{
    static const char *const kept[] = { "arch",   "architectures", "lang",   "languages",
                                        "target", "targets",       "pdiffs", "by-hash" };
    static const char archive[] = "/usr/share/keyrings/debian-archive-";

    for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
        if (n == strlen(kept[i]) && !strncasecmp(name, kept[i], n))
            return true;
    /* Debian's own keyrings are in the image, and a key itself may be in a source. */
    return n == 9 && !strncasecmp(name, "signed-by", 9) &&
           (memmem(value, value_bytes, "-----BEGIN", 10) ||
            (value_bytes > sizeof(archive) - 1 && !memcmp(value, archive, sizeof(archive) - 1) &&
             !memchr(value, ',', value_bytes)));
}

static void skip_blanks(const char **at)
{
    *at += strspn(*at, " \t");
}

/* --- one-line style: deb [NAME=VALUE …] ADDRESS SUITE COMPONENT… --- */

/* "[…] " with what of the options the image may have; nothing when that is none. */
static bool put_options(struct buf *to, const char *at, const char *end, struct pyro_error *err)
{
    bool any = false;

    while (at < end) {
        size_t n = strcspn(at, " \t]"), name = strcspn(at, "=]");
        size_t plain = name && name < n && strchr("+-", at[name - 1]) ? name - 1 : name;
        if (n && name < n && is_for_image(at, plain, at + name + 1, n - name - 1)) {
            if (!buf_append_str(to, any ? " " : "[") || !buf_append(to, at, n))
                return too_long(err);
            any = true;
        }
        at += n;
        at += at < end ? 1 : 0;
    }
    return !any || buf_append_str(to, "] ") || too_long(err);
}

static bool part_line(const char *line, struct sources_parts *p, struct pyro_error *err)
{
    const char *at = line, *options = NULL, *options_end = NULL;
    struct buf *image = &p->image.lines, *build = &p->build.lines;
    size_t n;

    skip_blanks(&at);
    at += strcspn(at, " \t"); /* "deb" */
    skip_blanks(&at);
    if (*at == '[') {
        options = at + 1;
        options_end = strchr(at, ']');
        at = options_end + 1;
        skip_blanks(&at);
    }
    n = strcspn(at, " \t");
    if (!buf_append_str(build, "deb ") ||
        (options && !buf_printf(build, "[%.*s] ", (int)(options_end - options), options)))
        return too_long(err);
    if (!put_address(build, &p->auth, at, n, err))
        return false;
    if (!buf_printf(build, "%s\n", at + n))
        return too_long(err);
    if (is_remote(at, n)) {
        scoped_buf unused = BUF_INIT(SOURCES_BYTES_MAX);
        if (!buf_append_str(image, "deb ") ||
            (options && !put_options(image, options, options_end, err)) ||
            !put_address(image, &unused, at, n, NULL) || !buf_printf(image, "%s\n", at + n))
            return too_long(err);
    }
    return true;
}

/* --- deb822 style --- */

/* The addresses of a field, all or those of use in the image; *ret_count: how many there are. */
static bool put_addresses(struct buf *to, struct buf *auth, const char *value, size_t n, bool image,
                          unsigned *ret_count, struct pyro_error *err)
{
    const char *end = value + n;

    *ret_count = 0;
    while (value < end) {
        size_t word = 0;
        while (value < end && isspace((unsigned char)*value))
            value++;
        while (value + word < end && !isspace((unsigned char)value[word]))
            word++;
        if (word && (!image || is_remote(value, word))) {
            ++*ret_count;
            if (!buf_append(to, " ", 1))
                return too_long(err);
            if (!put_address(to, auth, value, word, err))
                return false;
        }
        value += word;
    }
    return buf_append(to, "\n", 1) || too_long(err);
}

static bool is_field(const char *line, size_t n, const char *name)
{
    return n == strlen(name) && !strncasecmp(line, name, n);
}

static bool is_always_kept(const char *line, size_t n)
{
    return is_field(line, n, "types") || is_field(line, n, "suites") ||
           is_field(line, n, "components") || is_field(line, n, "enabled");
}

/* One stanza, for the image or to build with; nothing is appended when no address is left. */
static bool put_stanza(const char *stanza, size_t all, bool image, struct buf *to, struct buf *auth,
                       struct pyro_error *err)
{
    const char *end = stanza + all;
    size_t before = to->len;
    unsigned addresses = 0;

    for (const char *line = stanza; line < end;) {
        size_t name = strcspn(line, ":\n"), n = 0, plain;
        const char *value = line + name + (line[name] == ':');
        do /* the field, with its continuation lines */
            n += strcspn(line + n, "\n") + 1;
        while (line + n < end && (line[n] == ' ' || line[n] == '\t'));
        plain = name > 7 && !strncasecmp(line + name - 7, "-remove", 7) ? name - 7 : name;
        plain = name > 4 && !strncasecmp(line + name - 4, "-add", 4) ? name - 4 : plain;
        while (value < line + n && isblank((unsigned char)*value))
            value++;
        if (is_field(line, name, "uris")) {
            if (!buf_append_str(to, "URIs:"))
                return too_long(err);
            if (!put_addresses(to, auth, value, (size_t)(line + n - value), image, &addresses, err))
                return false;
        } else if (!image || is_always_kept(line, name) ||
                   is_for_image(line, plain, value, (size_t)(line + n - value))) {
            if (!buf_append(to, line, n))
                return too_long(err);
        }
        line += n;
    }
    if (!addresses) {
        to->len = before;
        return true;
    }
    return buf_append(to, "\n", 1) || too_long(err);
}

bool sources_part(const struct sources *host, struct sources_parts *ret, struct pyro_error *err)
{
    struct sources_parts p = {
        .build = { BUF_INIT(SOURCES_BYTES_MAX), BUF_INIT(SOURCES_BYTES_MAX) },
        .image = { BUF_INIT(SOURCES_BYTES_MAX), BUF_INIT(SOURCES_BYTES_MAX) },
        .auth = BUF_INIT(SOURCES_BYTES_MAX),
    };
    scoped_free char *lines = strdup(host->lines.len ? host->lines.data : "");
    const char *at = host->stanzas.len ? host->stanzas.data : "";
    char *rest = lines, *line;
    bool ok = lines || too_long(err);

    while (ok && (line = strsep(&rest, "\n")))
        ok = !*line || part_line(line, &p, err);
    while (ok && *at) { /* sources_take() ends each with an empty line */
        const char *end = strstr(at, "\n\n");
        size_t n = end ? (size_t)(end - at) + 1 : strlen(at);
        scoped_buf unused = BUF_INIT(SOURCES_BYTES_MAX);
        ok = put_stanza(at, n, false, &p.build.stanzas, &p.auth, err) &&
             put_stanza(at, n, true, &p.image.stanzas, &unused, err);
        at += end ? n + 1 : n;
    }
    if (!ok) {
        sources_parts_release(&p);
        return false;
    }
    *ret = p;
    return true;
}
