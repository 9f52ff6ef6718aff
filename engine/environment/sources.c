/* engine/environment/sources.c: choosing among the host's apt sources by their suites. */
#include "engine/environment/sources.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/environment/source_address.h"
#include "vmm/base/fs.h"
#include "vmm/base/proc.h"

#define APT_CONFIG_TIMEOUT_MS 20000

static void *too_long(struct pyro_error *err)
{
    return pyro_fail(err, PYRO_NO_MEMORY, "the host's apt sources are too long");
}

/* --- the list --- */

void sources_init(struct sources *s)
{
    *s = (struct sources){ .items = calloc(SOURCES_MAX, sizeof(*s->items)),
                           .auth = BUF_INIT(SOURCES_BYTES_MAX) };
}

static void source_release(struct source *s)
{
    free(s->uri);
    free(s->suite);
    free(s->options);
    free(s->rest);
}

void sources_release(struct sources *s)
{
    for (size_t i = 0; i < s->count; i++)
        source_release(&s->items[i]);
    free(s->items);
    buf_release(&s->auth);
    memset(s, 0, sizeof(*s));
}

void sources_drop(struct sources *s, size_t index)
{
    source_release(&s->items[index]);
    s->count--;
    memmove(&s->items[index], &s->items[index + 1], (s->count - index) * sizeof(*s->items));
}

/* The same address and suite, which apt does not want twice with different options. */
static bool is_same(const struct source *a, const struct source *b)
{
    size_t n = strlen(a->uri), m = strlen(b->uri);

    n -= n && a->uri[n - 1] == '/';
    m -= m && b->uri[m - 1] == '/';
    return n == m && !memcmp(a->uri, b->uri, n) && !strcmp(a->suite, b->suite);
}

/* Adds the source. The host's own come before those of another release. */
static bool add(struct sources *s, struct source *source, struct pyro_error *err)
{
    for (size_t i = 0; i < s->count; i++) {
        if (!is_same(&s->items[i], source))
            continue;
        if (source->is_renamed) {
            source_release(source);
            return true;
        }
        if (s->items[i].is_renamed)
            sources_drop(s, i--);
    }
    if (!s->items || s->count == SOURCES_MAX) {
        source_release(source);
        return too_long(err);
    }
    s->items[s->count++] = *source;
    return true;
}

/* --- words and fields --- */

/* The next word of the text, which moves on; NULL at the end. */
static const char *sources_next_word(const char **text, const char *end, size_t *ret_length)
{
    const char *word = *text;
    size_t n = 0;

    while (word < end && isspace((unsigned char)*word))
        word++;
    while (word + n < end && !isspace((unsigned char)word[n]))
        n++;
    *text = word + n;
    *ret_length = n;
    return n ? word : NULL;
}

static bool has_word(const char *text, size_t bytes, const char *wanted)
{
    const char *word, *end = text + bytes;
    size_t n;

    while ((word = sources_next_word(&text, end, &n)))
        if (n == strlen(wanted) && !memcmp(word, wanted, n))
            return true;
    return false;
}

bool stanza_next_field(const char **at, struct stanza_field *ret)
{
    const char *line = *at;
    size_t n = 0, name = strcspn(line, ":\n");

    if (!*line)
        return false;
    do /* with its continuation lines */
        n += strcspn(line + n, "\n") + 1;
    while (line[n - 1] && (line[n] == ' ' || line[n] == '\t'));
    n -= !line[n - 1];
    *ret = (struct stanza_field){ line, n, name, line + name + (line[name] == ':'), 0 };
    while (ret->value < line + n && isblank((unsigned char)*ret->value))
        ret->value++;
    ret->value_bytes = (size_t)(line + n - ret->value);
    *at = line + n;
    return true;
}

bool stanza_field_is(const struct stanza_field *f, const char *name)
{
    return f->name_bytes == strlen(name) && !strncasecmp(f->text, name, f->name_bytes);
}

/* Empty if there is none. */
static struct stanza_field field_of(const char *stanza, const char *name)
{
    struct stanza_field f;

    while (stanza_next_field(&stanza, &f))
        if (stanza_field_is(&f, name))
            return f;
    return (struct stanza_field){ .value = "" };
}

/* --- suites --- */

static bool is_of(const char *word, size_t n, const char *suite)
{
    size_t own = strlen(suite);

    return n >= own && !memcmp(word, suite, own) &&
           (n == own || word[own] == '-' || word[own] == '/');
}

/* Whether the keys of a source (Signed-By) may be Debian's: files of that name, or keys and
 * fingerprints that only apt can judge; without any, the keys that apt trusts. */
static bool may_be_debians(const char *keys, size_t bytes)
{
    const char *end = keys + bytes, *at = keys;

    while (at < end && !memmem(keys, bytes, "-----BEGIN", 10)) {
        size_t n = 0;
        const char *name;
        while (at + n < end && at[n] != ',' && !isspace((unsigned char)at[n]))
            n++;
        name = n ? memrchr(at, '/', n) : NULL;
        if (name && ((size_t)(at + n - name) < 7 || strncasecmp(name + 1, "debian", 6) != 0))
            return false;
        at += n + 1;
    }
    return true;
}

/* The suite for which an environment uses the host's source named `word`; NULL: for none. */
static char *suite_for(const char *word, size_t n, const char *suite, bool debians,
                       bool *ret_is_renamed)
{
    /* Debian's own names of releases, as far as a host that runs pyro may have them. */
    static const char *const releases[] = { "bookworm", "trixie",  "forky",     "duke",
                                            "sid",      "stable",  "oldstable", "oldoldstable",
                                            "testing",  "unstable" };
    static const char *const kinds[] = { "", "-updates", "-security" };

    *ret_is_renamed = false;
    if (is_of(word, n, suite))
        return str_printf("%.*s", (int)n, word);
    for (size_t i = 0; debians && i < ARRAY_SIZE(releases); i++)
        for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
            size_t own = strlen(releases[i]);
            if (n != own + strlen(kinds[k]) || memcmp(word, releases[i], own) != 0 ||
                memcmp(word + own, kinds[k], n - own) != 0)
                continue;
            *ret_is_renamed = true;
            return str_printf("%s%s", suite, kinds[k]);
        }
    return NULL;
}

/* --- one-line style: deb [NAME=VALUE …] ADDRESS SUITE COMPONENT… --- */

static bool take_line(struct sources *s, const char *line, const char *suite,
                      struct pyro_error *err)
{
    const char *end = line + strlen(line), *options = NULL, *options_end = NULL, *keys;
    const char *word, *uri, *wanted;
    struct source source = { .number = s->numbers };
    size_t n, uri_bytes;

    word = sources_next_word(&line, end, &n);
    if (!word || n != 3 || memcmp(word, "deb", 3) != 0)
        return true;
    line += strspn(line, " \t");
    if (*line == '[') {
        options = line + 1;
        options_end = strchr(line, ']');
        if (!options_end)
            return true;
        line = options_end + 1;
    }
    uri = sources_next_word(&line, end, &uri_bytes);
    wanted = sources_next_word(&line, end, &n);
    if (!uri || *uri == '[' || !wanted || !has_word(line, (size_t)(end - line), "main"))
        return true;
    keys = options ? strcasestr(options, "signed-by=") : NULL;
    keys = keys && keys < options_end ? keys + 10 : "";
    source.suite = suite_for(wanted, n, suite, may_be_debians(keys, strcspn(keys, " \t]")),
                             &source.is_renamed);
    if (!source.suite)
        return true;
    source.uri = source_address_split(uri, uri_bytes, &s->auth, err);
    if (options)
        source.options = str_printf("%.*s", (int)(options_end - options), options);
    line += strspn(line, " \t");
    source.rest = str_printf("%s", line);
    if (source.uri)
        return add(s, &source, err);
    source_release(&source);
    return false;
}

static bool take_lines(struct sources *s, char *text, const char *suite, struct pyro_error *err)
{
    char *line;
    bool ok = true;

    while (ok && (line = strsep(&text, "\n"))) {
        s->numbers++;
        ok = take_line(s, line, suite, err);
    }
    return ok;
}

/* --- deb822 style --- */

/* Everything except what a source has only one of. */
static char *other_fields(const char *stanza, struct pyro_error *err)
{
    scoped_buf rest = BUF_INIT(SOURCES_BYTES_MAX);
    struct stanza_field f;

    while (stanza_next_field(&stanza, &f))
        if (!stanza_field_is(&f, "URIs") && !stanza_field_is(&f, "Suites") &&
            !buf_append(&rest, f.text, f.bytes))
            return too_long(err);
    return buf_take(&rest);
}

/* One address, with each of its suites. */
static bool take_address(struct sources *s, const char *uri, const char *stanza, const char *suite,
                         struct pyro_error *err)
{
    struct stanza_field suites = field_of(stanza, "Suites"), keys = field_of(stanza, "Signed-By");
    const char *at = suites.value, *end = at + suites.value_bytes, *word;
    bool debians = may_be_debians(keys.value, keys.value_bytes);
    size_t n;

    while ((word = sources_next_word(&at, end, &n))) {
        struct source source = { .number = s->numbers, .is_deb822 = true };
        source.suite = suite_for(word, n, suite, debians, &source.is_renamed);
        if (!source.suite)
            continue;
        source.uri = str_printf("%s", uri);
        source.rest = other_fields(stanza, err);
        if (!source.rest) {
            source_release(&source);
            return false;
        }
        if (!add(s, &source, err))
            return false;
    }
    return true;
}

/* As apt reads a yes or no. */
static bool is_no(const struct stanza_field *f)
{
    static const char *const words[] = { "no", "false", "without", "off", "disable", "0" };
    const char *at = f->value, *word;
    size_t n;

    word = sources_next_word(&at, at + f->value_bytes, &n);
    for (size_t i = 0; word && i < ARRAY_SIZE(words); i++)
        if (n == strlen(words[i]) && !strncasecmp(word, words[i], n))
            return true;
    return false;
}

static bool take_stanza(struct sources *s, const char *stanza, const char *suite,
                        struct pyro_error *err)
{
    struct stanza_field enabled = field_of(stanza, "Enabled"), uris = field_of(stanza, "URIs");
    struct stanza_field types = field_of(stanza, "Types"), suites = field_of(stanza, "Suites");
    struct stanza_field components = field_of(stanza, "Components");
    const char *at = uris.value, *end = at + uris.value_bytes, *word;
    size_t n;

    s->numbers++;
    if (is_no(&enabled) || !suites.text || !has_word(types.value, types.value_bytes, "deb") ||
        !has_word(components.value, components.value_bytes, "main"))
        return true;
    while ((word = sources_next_word(&at, end, &n))) {
        scoped_free char *uri = source_address_split(word, n, &s->auth, err);
        if (!uri || !take_address(s, uri, stanza, suite, err))
            return false;
    }
    return true;
}

static bool take_stanzas(struct sources *s, char *text, const char *suite, struct pyro_error *err)
{
    scoped_buf stanza = BUF_INIT(SOURCES_BYTES_MAX);
    char *line;

    do {
        line = strsep(&text, "\n");
        if (line && line[0] == '#')
            continue;
        if (line && line[strspn(line, " \t")]) {
            if (!buf_printf(&stanza, "%s\n", line))
                return too_long(err);
            continue;
        }
        if (stanza.len && !take_stanza(s, stanza.data, suite, err))
            return false;
        buf_clear(&stanza);
    } while (line);
    return true;
}

/* --- the host's files --- */

bool sources_take(struct sources *s, const char *text, const char *suite, bool deb822,
                  struct pyro_error *err)
{
    scoped_free char *copy = str_printf("%s", text);

    return deb822 ? take_stanzas(s, copy, suite, err) : take_lines(s, copy, suite, err);
}

static bool take_file(struct sources *s, const char *path, const char *suite,
                      struct pyro_error *err)
{
    scoped_buf text = BUF_INIT(SOURCES_BYTES_MAX);

    /* An unreadable file counts as absent, as for apt itself. */
    if (!fs_read_file(AT_FDCWD, path, &text, NULL) || !text.len)
        return true;
    return sources_take(s, text.data, suite, str_ends_with(path, ".sources"), err);
}

static bool ask_apt_config(const char *const *argv, struct buf *out, struct pyro_error *err)
{
    struct proc_spec spec = proc_spec_of(argv);

    spec.inherit = INHERIT_PACKAGES;
    return proc_run(&spec, APT_CONFIG_TIMEOUT_MS, out, err) ||
           pyro_wrap(err, "reading the host's apt configuration");
}

/* A path of apt's configuration ("Dir::Etc::sourcelist/f"), the caller's. */
static char *apt_path(const char *option, struct pyro_error *err)
{
    const char *const argv[] = { "apt-config", "shell", "X", option, NULL };
    scoped_buf out = BUF_INIT(65536);
    const char *from, *to;

    if (!ask_apt_config(argv, &out, err))
        return NULL;
    from = out.len ? strchr(out.data, '\'') : NULL;
    to = from ? strrchr(from + 1, '\'') : NULL;
    return str_printf("%.*s", to ? (int)(to - from - 1) : 0, to ? from + 1 : "");
}

bool sources_read(struct sources *s, const char *suite, struct pyro_error *err)
{
    scoped_free char *list = apt_path("Dir::Etc::sourcelist/f", err);
    scoped_free char *parts = list ? apt_path("Dir::Etc::sourceparts/d", err) : NULL;
    struct dirent **entries = NULL;
    bool ok = parts && take_file(s, list, suite, err);
    int count = ok ? scandir(parts, &entries, NULL, alphasort) : 0;

    for (int i = 0; i < count; i++) {
        scoped_free char *path = str_printf("%s/%s", parts, entries[i]->d_name);
        if (ok && (str_ends_with(path, ".list") || str_ends_with(path, ".sources")))
            ok = take_file(s, path, suite, err);
        free(entries[i]);
    }
    free(entries);
    return ok;
}

/* --- writing them --- */

static bool print_line(const struct source *s, struct buf *to)
{
    return buf_append_str(to, "deb ") &&
           (!s->options || !s->options[0] || buf_printf(to, "[%s] ", s->options)) &&
           buf_printf(to, "%s %s %s\n", s->uri, s->suite, s->rest);
}

bool sources_print(const struct sources *s, struct buf *lines, struct buf *stanzas,
                   struct pyro_error *err)
{
    const struct source *last = NULL;
    bool ok = true;

    for (size_t i = 0; ok && i < s->count; i++) {
        const struct source *one = &s->items[i], *next = i + 1 < s->count ? one + 1 : NULL;
        if (!one->is_deb822) {
            ok = print_line(one, lines);
            continue;
        }
        if (!last || last->number != one->number || strcmp(last->uri, one->uri) != 0)
            ok = buf_printf(stanzas, "%sURIs: %s\nSuites:", one->rest, one->uri);
        ok = ok && buf_printf(stanzas, " %s", one->suite);
        if (!next || next->number != one->number || strcmp(next->uri, one->uri) != 0)
            ok = ok && buf_append_str(stanzas, "\n\n");
        last = one;
    }
    return ok || too_long(err);
}

static bool is_fetch_option(const char *line)
{
    static const char *const wanted[] = { "Acquire::http", "Acquire::https", "Acquire::Check-",
                                          "Acquire::Force", "Acquire::Retries" };

    for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
        if (!strncmp(line, wanted[i], strlen(wanted[i])))
            return true;
    return false;
}

bool sources_fetch_options(struct buf *ret, struct pyro_error *err)
{
    static const char *const argv[] = { "apt-config", "dump",         "--no-empty",
                                        "--format",   "%f \"%v\";%n", NULL };
    scoped_buf out = BUF_INIT(SOURCES_BYTES_MAX);
    char *rest, *line;

    if (!ask_apt_config(argv, &out, err))
        return false;
    rest = out.len ? out.data : NULL;
    while ((line = strsep(&rest, "\n")))
        if (is_fetch_option(line) && !buf_printf(ret, "%s\n", line))
            return pyro_no_memory(err, NULL);
    return true;
}
