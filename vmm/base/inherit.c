/* vmm/base/inherit.c: the variables that programs started here may have. */
#include "vmm/base/inherit.h"

#include <stdlib.h>
#include <string.h>

#include "vmm/base/cleanup.h"

extern char **environ;

/* The first matching row counts; a name that ends in '*' is a prefix. A variable that is not here
 * is passed to nobody. */
static const struct {
    const char *name;
    unsigned purposes;
} variables[] = {
    { "PATH", INHERIT_PYRO | INHERIT_PACKAGES | INHERIT_PERSON },
    { "HOME", INHERIT_PYRO | INHERIT_PACKAGES | INHERIT_PERSON },
    { "TMPDIR", INHERIT_PYRO | INHERIT_PACKAGES | INHERIT_PERSON },
    { "PYRO_PROGRESS_FD", INHERIT_NOTHING }, /* it goes with its descriptor: proc_spec.set */
    { "PYRO_*", INHERIT_PYRO },
    { "XDG_CACHE_HOME", INHERIT_PYRO | INHERIT_AGENT },
    { "XDG_CONFIG_HOME", INHERIT_PYRO | INHERIT_AGENT },
    { "XDG_DATA_HOME", INHERIT_PYRO | INHERIT_AGENT },
    { "XDG_STATE_HOME", INHERIT_AGENT },
    { "CLAUDE_CONFIG_DIR", INHERIT_AGENT },
    { "CODEX_HOME", INHERIT_AGENT },
    { "GEMINI_CLI_HOME", INHERIT_AGENT },
    { "LD_LIBRARY_PATH", INHERIT_PYRO }, /* pyro's own libraries may need it */
    { "ASAN_OPTIONS", INHERIT_PYRO },
    { "LSAN_OPTIONS", INHERIT_PYRO },
    { "TSAN_OPTIONS", INHERIT_PYRO },
    { "UBSAN_OPTIONS", INHERIT_PYRO },
    { "GCOV_PREFIX*", INHERIT_PYRO },
    { "APT_CONFIG", INHERIT_PACKAGES },
    { "http_proxy", INHERIT_PACKAGES },
    { "https_proxy", INHERIT_PACKAGES },
    { "ftp_proxy", INHERIT_PACKAGES },
    { "no_proxy", INHERIT_PACKAGES },
    { "all_proxy", INHERIT_PACKAGES },
    { "HTTP_PROXY", INHERIT_PACKAGES },
    { "HTTPS_PROXY", INHERIT_PACKAGES },
    { "FTP_PROXY", INHERIT_PACKAGES },
    { "NO_PROXY", INHERIT_PACKAGES },
    { "ALL_PROXY", INHERIT_PACKAGES },
    { "DBUS_SESSION_BUS_ADDRESS", INHERIT_KEYS },
    { "XDG_RUNTIME_DIR", INHERIT_KEYS },
    { "GNUPGHOME", INHERIT_KEYS },
    { "PASSWORD_STORE_DIR", INHERIT_KEYS },
    { "USER", INHERIT_PERSON },
    { "LOGNAME", INHERIT_PERSON },
    { "SHELL", INHERIT_PERSON },
    { "TZ", INHERIT_PERSON },
    { "LANG", INHERIT_PYRO | INHERIT_PERSON },
    { "LANGUAGE", INHERIT_PERSON },
    { "LC_*", INHERIT_PYRO | INHERIT_PERSON },
    { "TERM", INHERIT_TERMINAL },
    { "TERMINFO", INHERIT_TERMINAL },
    { "COLORTERM", INHERIT_TERMINAL },
    { "NO_COLOR", INHERIT_TERMINAL },
};

static bool is_named(const char *entry, size_t n, unsigned inherit)
{
    for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
        size_t length = strlen(variables[i].name);
        bool prefix = variables[i].name[length - 1] == '*';
        if (prefix ? n >= length && !strncmp(entry, variables[i].name, length - 1)
                   : n == length && !strncmp(entry, variables[i].name, n))
            return (variables[i].purposes & inherit) != 0;
    }
    return false;
}

static bool is_set(const char *entry, size_t n, const char *const *set)
{
    for (; set && *set; set++)
        if (!strncmp(*set, entry, n) && (*set)[n] == '=')
            return true;
    return false;
}

const char **inherit_environment(unsigned inherit, const char *const *set)
{
    size_t most = 1, count = 0;
    const char **ret;

    for (char **e = environ; e && *e; e++)
        most++;
    for (const char *const *s = set; s && *s; s++)
        most++;
    ret = calloc(most, sizeof(*ret));
    if (!ret)
        return NULL;
    for (const char *const *s = set; s && *s; s++)
        ret[count++] = *s;
    for (char **e = environ; e && *e; e++) {
        size_t n = strcspn(*e, "=");
        if (is_named(*e, n, inherit) && !is_set(*e, n, set))
            ret[count++] = *e;
    }
    return ret;
}

void inherit_wipe_environment(void)
{
    for (char **e = environ; e && *e; e++)
        explicit_bzero(*e, strlen(*e));
    if (environ)
        *environ = NULL;
}
