/* engine/environment/sources_image.c: which options of apt's sources an image keeps. */
#include "engine/environment/sources_image.h"

#include <string.h>
#include <strings.h>

#include "engine/environment/source_address.h"
#include "vmm/base/fs.h"

#define ARCHIVE_KEYS "/usr/share/keyrings/debian-archive-"

/* The options of a source, in the spellings of both styles, that mean the same in the image and
 * make nothing in it less checked. */
static bool is_for_image(const char *name, size_t n, const char *value, size_t value_bytes)
{
    static const char *const kept[] = { "arch",   "architectures", "lang",   "languages",
                                        "target", "targets",       "pdiffs", "by-hash" };

    for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
        if (n == strlen(kept[i]) && !strncasecmp(name, kept[i], n))
            return true;
    /* Debian's own keyrings are in the image, and a key itself may be in a source. */
    return n == 9 && !strncasecmp(name, "signed-by", 9) &&
           (memmem(value, value_bytes, "-----BEGIN", 10) ||
            (value_bytes > strlen(ARCHIVE_KEYS) &&
             !memcmp(value, ARCHIVE_KEYS, strlen(ARCHIVE_KEYS)) &&
             !memchr(value, ',', value_bytes)));
}

/* Debian 13 has its keyrings as .pgp and, as all releases have them, as .gpg. */
static bool put_kept(struct buf *to, const char *text, size_t n)
{
    size_t before = to->len;
    char *at, *end;

    if (!n || !buf_append(to, text, n))
        return !n;
    at = to->data + before;
    while ((at = strstr(at, ARCHIVE_KEYS))) {
        at += strlen(ARCHIVE_KEYS);
        end = at + strcspn(at, ", \t\n");
        if (end - at > 4 && !memcmp(end - 4, ".pgp", 4))
            memcpy(end - 4, ".gpg", 4);
    }
    return true;
}

/* The part of the text in [] that the image may have. */
static bool put_options(struct buf *to, const char *at)
{
    while (*at) {
        size_t n = strcspn(at, " \t"), name = strcspn(at, "=");
        size_t plain = name && name < n && strchr("+-", at[name - 1]) ? name - 1 : name;
        if (n && name < n && is_for_image(at, plain, at + name + 1, n - name - 1) &&
            ((to->len && !buf_append(to, " ", 1)) || !put_kept(to, at, n)))
            return false;
        at += n;
        at += strspn(at, " \t");
    }
    return true;
}

static bool is_always_kept(const struct stanza_field *f)
{
    return stanza_field_is(f, "types") || stanza_field_is(f, "components") ||
           stanza_field_is(f, "enabled");
}

static bool put_fields(struct buf *to, const char *fields)
{
    struct stanza_field f;

    while (stanza_next_field(&fields, &f)) {
        size_t name = f.name_bytes;
        name -= name > 7 && !strncasecmp(f.text + name - 7, "-remove", 7) ? 7 : 0;
        name -= name > 4 && !strncasecmp(f.text + name - 4, "-add", 4) ? 4 : 0;
        if ((is_always_kept(&f) || is_for_image(f.text, name, f.value, f.value_bytes)) &&
            !put_kept(to, f.text, f.bytes))
            return false;
    }
    return true;
}

bool sources_image(const struct sources *built_from, struct buf *lines, struct buf *stanzas,
                   struct pyro_error *err)
{
    struct sources image;
    bool ok = true;

    sources_init(&image);
    for (size_t i = 0; ok && image.items && i < built_from->count; i++) {
        struct source one = built_from->items[i];
        scoped_buf options = BUF_INIT(SOURCES_BYTES_MAX), rest = BUF_INIT(SOURCES_BYTES_MAX);
        if (!source_address_is_remote(one.uri))
            continue;
        ok = one.is_deb822 ? put_fields(&rest, one.rest)
                           : buf_append_str(&rest, one.rest) &&
                                 (!one.options || put_options(&options, one.options));
        one.uri = str_printf("%s", one.uri);
        one.suite = str_printf("%s", one.suite);
        one.options = buf_take(&options);
        one.rest = buf_take(&rest);
        image.items[image.count++] = one;
    }
    if (!ok || !image.items)
        ok = pyro_fail(err, PYRO_NO_MEMORY, "the host's apt sources are too long");
    ok = ok && sources_print(&image, lines, stanzas, err);
    sources_release(&image);
    return ok;
}
