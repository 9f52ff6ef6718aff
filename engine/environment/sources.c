/* engine/environment/sources.c: choosing among the host's apt sources (sources.list(5)). */
#include "engine/environment/sources.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/base/fs.h"
#include "vmm/base/proc.h"

#define APT_CONFIG_TIMEOUT_MS 20000

void sources_release(struct sources *s)
{
    buf_release(&s->lines);
    buf_release(&s->stanzas);
}

static bool is_suite(const char *word, size_t n, const char *suite)
{
    size_t own = strlen(suite);

    return n >= own && !memcmp(word, suite, own) &&
           (n == own || word[own] == '-' || word[own] == '/');
}

/* The next word of a string, or NULL. */
static const char *next_word(const char **text, size_t *ret_length)
{
    const char *word = *text + strspn(*text, " \t\n");
    size_t n = strcspn(word, " \t\n");

    *text = word + n;
    *ret_length = n;
    return n ? word : NULL;
}

static bool has_main(const char *words)
{
    const char *word;
    size_t n;

    while ((word = next_word(&words, &n)))
        if (n == 4 && !memcmp(word, "main", 4))
            return true;
    return false;
}

static bool line_is_wanted(const char *line, const char *suite)
{
    const char *word;
    size_t n;

    word = next_word(&line, &n);
    if (!word || n != 3 || memcmp(word, "deb", 3) != 0)
        return false;
    line += strspn(line, " \t");
    if (*line == '[') {
        line = strchr(line, ']');
        if (!line)
            return false;
        line++;
    }
    if (!next_word(&line, &n) || !(word = next_word(&line, &n)))
        return false;
    return is_suite(word, n, suite) && has_main(line);
}

/* The value of a field of a stanza, with its continuation lines, in *ret; false without it. */
static bool stanza_field(const char *stanza, const char *field, struct buf *ret)
{
    size_t n = strlen(field);

    buf_clear(ret);
    for (const char *line = stanza; line && *line;) {
        const char *end = strchr(line, '\n');
        if (!strncasecmp(line, field, n) && line[n] == ':') {
            const char *at = line + n + 1;
            while (end && (end[1] == ' ' || end[1] == '\t'))
                end = strchr(end + 1, '\n');
            return buf_append(ret, at, end ? (size_t)(end - at) : strlen(at));
        }
        line = end ? end + 1 : NULL;
    }
    return false;
}

static bool stanza_is_wanted(const char *stanza, const char *suite)
{
    scoped_buf value = BUF_INIT(SOURCES_BYTES_MAX);
    const char *words, *word;
    bool deb = false, right_suite = false;
    size_t n;

    if (stanza_field(stanza, "Enabled", &value) && strcasestr(value.data, "no"))
        return false;
    if (!stanza_field(stanza, "Types", &value))
        return false;
    for (words = value.data; (word = next_word(&words, &n));)
        deb |= n == 3 && !memcmp(word, "deb", 3);
    if (!stanza_field(stanza, "Suites", &value))
        return false;
    for (words = value.data; (word = next_word(&words, &n));)
        right_suite |= is_suite(word, n, suite);
    return deb && right_suite && stanza_field(stanza, "Components", &value) && has_main(value.data);
}

static bool take_lines(struct sources *s, char *text, const char *suite, struct pyro_error *err)
{
    char *line;

    while ((line = strsep(&text, "\n")))
        if (line_is_wanted(line, suite) && !buf_printf(&s->lines, "%s\n", line))
            return pyro_fail(err, PYRO_NO_MEMORY, "the host's apt sources are too long");
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
                return pyro_fail(err, PYRO_NO_MEMORY, "the host's apt sources are too long");
            continue;
        }
        if (stanza.len && stanza_is_wanted(stanza.data, suite) &&
            !buf_printf(&s->stanzas, "%s\n", stanza.data))
            return pyro_fail(err, PYRO_NO_MEMORY, "the host's apt sources are too long");
        buf_clear(&stanza);
    } while (line);
    return true;
}

bool sources_take(struct sources *s, const char *text, const char *suite, bool deb822,
                  struct pyro_error *err)
{
    scoped_free char *copy = strdup(text);

    if (!copy)
        return pyro_fail(err, PYRO_NO_MEMORY, "out of memory");
    return deb822 ? take_stanzas(s, copy, suite, err) : take_lines(s, copy, suite, err);
}

static bool ends_with(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);

    return n > m && !strcmp(name + n - m, end);
}

static bool take_file(struct sources *s, const char *path, const char *suite,
                      struct pyro_error *err)
{
    scoped_buf text = BUF_INIT(SOURCES_BYTES_MAX);

    /* One that cannot be read is as good as absent, as for apt itself. */
    if (!fs_read_file(AT_FDCWD, path, &text, NULL) || !text.len)
        return true;
    return sources_take(s, text.data, suite, ends_with(path, ".sources"), err);
}

bool sources_read(const char *etc_apt, const char *suite, struct sources *ret,
                  struct pyro_error *err)
{
    scoped_free char *list = str_printf("%s/sources.list", etc_apt);
    scoped_free char *parts = str_printf("%s/sources.list.d", etc_apt);
    struct sources s = { .lines = BUF_INIT(SOURCES_BYTES_MAX),
                         .stanzas = BUF_INIT(SOURCES_BYTES_MAX) };
    struct dirent **entries = NULL;
    int count = scandir(parts, &entries, NULL, alphasort);
    bool ok = take_file(&s, list, suite, err);

    for (int i = 0; i < count; i++) {
        scoped_free char *path = str_printf("%s/%s", parts, entries[i]->d_name);
        if (ok && (ends_with(path, ".list") || ends_with(path, ".sources")))
            ok = take_file(&s, path, suite, err);
        free(entries[i]);
    }
    free(entries);
    if (ok && !s.lines.len && !s.stanzas.len) {
        ok = pyro_fail(err, PYRO_PULL_FAILED, "the host's apt sources have nothing of Debian's %s",
                       suite);
        pyro_hint(err, "add Debian 12's sources to %s", parts);
    }
    if (!ok) {
        sources_release(&s);
        return false;
    }
    *ret = s;
    return true;
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
    struct proc_spec spec = proc_spec_of(argv);
    scoped_buf out = BUF_INIT(SOURCES_BYTES_MAX);
    char *rest, *line;

    spec.inherit = INHERIT_PACKAGES;
    if (!proc_run(&spec, APT_CONFIG_TIMEOUT_MS, &out, err))
        return pyro_wrap(err, "reading the host's apt configuration");
    rest = out.len ? out.data : NULL;
    while ((line = strsep(&rest, "\n")))
        if (is_fetch_option(line) && !buf_printf(ret, "%s\n", line))
            return pyro_fail(err, PYRO_NO_MEMORY, "out of memory");
    return true;
}
