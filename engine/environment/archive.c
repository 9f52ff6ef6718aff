/* engine/environment/archive.c: telling Debian's archive from others, and choosing from it. */
#include "engine/environment/archive.h"

#include <fcntl.h>
#include <string.h>

#include "engine/environment/apt.h"
#include "vmm/base/fs.h"

#define OUTPUT_MAX (1024 * 1024)
#define ADD_HINT                                                                                   \
    "add a source of Debian's %s, component main, to /etc/apt/sources.list.d: a mirror that has "  \
    "it, verified by debian-archive-keyring"

enum verdict {
    UNKNOWN, /* not fetched, or not verified */
    DEBIANS,
    OTHERS,
};

/* --- apt's output --- */

static bool is_line(const char *text, const char *line)
{
    return strcspn(text, "\n") == strlen(line) && !strncmp(text, line, strlen(line));
}

/* The start of the next line, or NULL. */
static const char *next_line(const char *text)
{
    text = strchr(text, '\n');
    return text && text[1] ? text + 1 : NULL;
}

/* Whether a line names the source, as "ADDRESS SUITE …" or "ADDRESS/dists/SUITE/…". */
static bool line_names(const char *line, const struct source *s)
{
    size_t bytes = strcspn(line, "\n"), n = strlen(s->uri), suite = strlen(s->suite);
    const char *at;

    n -= n && s->uri[n - 1] == '/';
    at = memmem(line, bytes, s->uri, n);
    if (!at)
        return false;
    at += n;
    at += *at == '/';
    at += !strncmp(at, "dists/", 6) ? 6 : *at == ' ' ? 1 : 0;
    return !strncmp(at, s->suite, suite) && at[suite] && strchr(" /\n", at[suite]);
}

/* apt's result: "ADDRESS SUITE CODENAME ORIGIN". */
static enum verdict verdict_on(const struct source *s, const char *suite, const char *releases)
{
    scoped_free char *start = str_printf(" %s ", s->suite);

    for (const char *line = releases; line; line = next_line(line)) {
        const char *at = strchr(line, ' ');
        if (!line_names(line, s) || !at || strncmp(at, start, strlen(start)) != 0)
            continue;
        at += strlen(start);
        if (strncmp(at, suite, strlen(suite)) != 0)
            return OTHERS; /* a server may give the same file for any name it is asked for */
        at += strcspn(at, " \n");
        at += *at == ' ';
        return is_line(at, "Debian") || is_line(at, "Debian Backports") ? DEBIANS : OTHERS;
    }
    return UNKNOWN;
}

/* Why apt got nothing from a source: the line after "Err:N ADDRESS SUITE …", else an "E: …" that
 * names it. NULL when apt says nothing about it; the caller frees. */
static char *reason_for(const struct source *s, const char *said)
{
    const char *why = NULL;
    size_t n;

    for (const char *line = said; line && !why; line = next_line(line)) {
        const char *next = next_line(line);
        if (!strncmp(line, "Err:", 4) && line_names(line, s) && next && *next == ' ')
            why = next + strspn(next, " ");
    }
    for (const char *line = said; line && !why; line = next_line(line))
        if (!strncmp(line, "E: ", 3) && line_names(line, s))
            why = line + 3;
    if (!why)
        return NULL;
    for (n = strcspn(why, "\n["); n && why[n - 1] == ' ';)
        n--;
    return str_printf("%.*s", (int)n, why);
}

/* Reasons why a source does not give what is wanted, the most telling last. */
enum cause {
    NOT_DEBIANS,
    ABSENT,
    SILENT,
    UNREACHABLE,
    UNVERIFIED,
};

/* For a source that need not be verified, apt does not mention a missing Release file. */
static bool is_passed_over(const struct source *s, const char *said)
{
    for (const char *line = said; line; line = next_line(line)) {
        static const char end[] = " Release";
        size_t n = strcspn(line, "\n");
        if (!strncmp(line, "Ign:", 4) && line_names(line, s) && n > strlen(end) &&
            !strncmp(line + n - strlen(end), end, strlen(end)))
            return true;
    }
    return false;
}

static enum cause cause_of(const struct source *s, const char *reason, const char *said)
{
    if (!reason)
        return is_passed_over(s, said) ? ABSENT : SILENT;
    if (strcasestr(reason, "key") || strcasestr(reason, "signature") ||
        strcasestr(reason, "signed"))
        return UNVERIFIED;
    return !strncmp(reason, "404", 3) || strcasestr(reason, "not found") ? ABSENT : UNREACHABLE;
}

static bool fail_for(const struct source *s, const char *suite, enum cause cause,
                     const char *reason, struct pyro_error *err)
{
    if (cause == NOT_DEBIANS)
        pyro_fail(err, PYRO_PULL_FAILED, "the %s of %s is not Debian's", s->suite, s->uri);
    else if (cause == ABSENT)
        pyro_fail(err, PYRO_PULL_FAILED, "there is no %s at %s", s->suite, s->uri);
    else
        pyro_fail(err, PYRO_PULL_FAILED, "%s of %s: %s", s->suite, s->uri,
                  reason ? reason : "apt could not fetch or verify it");
    if (cause == UNVERIFIED)
        return pyro_hint(err, "none of this host's keys verifies it; get Debian's current "
                              "keys with 'apt-get install debian-archive-keyring'");
    if (cause == UNREACHABLE || cause == SILENT)
        return pyro_hint(err, "check the network and the host's apt sources ('apt-get update')");
    return pyro_hint(err, ADD_HINT, suite);
}

/* No source gives this suite, which belongs to the environment's. */
static bool fail_without(const struct sources *s, const enum verdict *verdicts, const char *wanted,
                         const char *suite, const char *said, struct pyro_error *err)
{
    const struct source *worst = NULL;
    scoped_free char *reason = NULL;
    enum cause cause = NOT_DEBIANS;

    for (size_t i = 0; i < s->count; i++) {
        scoped_free char *why = reason_for(&s->items[i], said);
        enum cause own = verdicts[i] == OTHERS ? NOT_DEBIANS : cause_of(&s->items[i], why, said);
        if (strcmp(s->items[i].suite, wanted) != 0 || (worst && own < cause) ||
            (worst && own == cause && !strcasestr(s->items[i].uri, "debian")))
            continue;
        worst = &s->items[i];
        cause = own;
        free(reason);
        reason = take_ptr(&why);
    }
    if (worst)
        return fail_for(worst, suite, cause, reason, err);
    pyro_fail(err, PYRO_PULL_FAILED, "none of the host's apt sources is Debian's");
    return pyro_hint(err, ADD_HINT, suite);
}

/* --- choosing --- */

/* Whether any source of the suite has the verdict; with `own`, any that is not renamed. */
static bool any(const struct sources *s, const enum verdict *verdicts, const char *suite,
                enum verdict verdict, bool own)
{
    for (size_t i = 0; i < s->count; i++)
        if (verdicts[i] == verdict && !(own && s->items[i].is_renamed) &&
            !strcmp(s->items[i].suite, suite))
            return true;
    return false;
}

/* Whether there is a source for the suite at all; with `renamed`, one of another release. */
static bool has_suite(const struct sources *s, const char *suite, bool renamed)
{
    for (size_t i = 0; i < s->count; i++)
        if (!strcmp(s->items[i].suite, suite) && (s->items[i].is_renamed || !renamed))
            return true;
    return false;
}

/* Whether Debian's sources give the release and, as far as the host has any, its updates. */
static bool check_all_there(const struct sources *s, const enum verdict *verdicts,
                            const char *suite, const char *said, struct pyro_error *err)
{
    static const char *const kinds[] = { "", "-updates", "-security" };

    for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
        scoped_free char *name = str_printf("%s%s", suite, kinds[k]);
        if ((k == 0 || has_suite(s, name, false)) && !any(s, verdicts, name, DEBIANS, false))
            return fail_without(s, verdicts, name, suite, said, err);
    }
    return true;
}

bool archive_select(struct sources *s, const char *suite, const char *releases, const char *said,
                    struct pyro_error *err)
{
    enum verdict verdicts[SOURCES_MAX] = { UNKNOWN };
    bool keep[SOURCES_MAX] = { false }, is_debians;

    for (size_t i = 0; i < s->count; i++)
        verdicts[i] = verdict_on(&s->items[i], suite, releases);
    is_debians = any(s, verdicts, suite, DEBIANS, false);
    if ((is_debians || has_suite(s, suite, true) || !any(s, verdicts, suite, OTHERS, true)) &&
        !check_all_there(s, verdicts, suite, said, err))
        return false;
    for (size_t i = 0; i < s->count; i++) {
        const struct source *one = &s->items[i];
        keep[i] = is_debians ? verdicts[i] == DEBIANS &&
                                   !(one->is_renamed && any(s, verdicts, one->suite, DEBIANS, true))
                             : verdicts[i] == OTHERS && !one->is_renamed;
    }
    for (size_t i = s->count; i-- > 0;)
        if (!keep[i])
            sources_drop(s, i);
    return true;
}

/* --- asking --- */

static bool write_file(const char *directory, const char *name, const struct buf *content,
                       mode_t mode, struct pyro_error *err)
{
    scoped_free char *path = str_printf("%s/%s", directory, name);

    return fs_replace(AT_FDCWD, path, content->len ? content->data : "", content->len, mode, err);
}

static bool write_sources(const struct sources *s, const char *directory, struct pyro_error *err)
{
    scoped_buf lines = BUF_INIT(SOURCES_BYTES_MAX), stanzas = BUF_INIT(SOURCES_BYTES_MAX);
    scoped_free char *parts = str_printf("%s/" APT_SOURCES_DIR, directory);

    return fs_mkdir_p(parts, 0755, err) && sources_print(s, &lines, &stanzas, err) &&
           write_file(parts, "host.list", &lines, 0644, err) &&
           write_file(parts, "host.sources", &stanzas, 0644, err) &&
           write_file(directory, APT_AUTH_FILE, &s->auth, 0600, err);
}

bool archive_choose(struct sources *s, const char *suite, const char *directory,
                    struct pyro_error *err)
{
    scoped_buf releases = BUF_INIT(OUTPUT_MAX), said = BUF_INIT(OUTPUT_MAX);
    struct apt apt;
    bool ok;

    if (!s->count)
        return archive_select(s, suite, "", "", err);
    if (!write_sources(s, directory, err) || !apt_open_releases(&apt, directory, err))
        return false;
    ok = apt_try_update(&apt, &said, err);
    if (ok && said.len && strstr(said.data, "No space left on device"))
        ok = pyro_fail(err, PYRO_NO_SPACE, "no room in '%s' for the package lists", directory);
    if (ok)
        ok = apt_releases(&apt, &releases, err) &&
             archive_select(s, suite, releases.len ? releases.data : "", said.len ? said.data : "",
                            err);
    apt_release(&apt);
    return ok;
}
