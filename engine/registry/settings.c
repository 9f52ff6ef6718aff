/* engine/registry/settings.c: the lines of registries in the configuration file. */
#include "engine/registry/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "engine/registry/reference.h"
#include "engine/state/paths.h"
#include "vmm/base/fs.h"

#define CONFIG_MAX (64 * 1024)
#define PREFIX "registry."

void registry_settings_release(struct registry_settings *s)
{
    json_decref(s->mirrors);
    json_decref(s->token_hosts);
    memset(s, 0, sizeof(*s));
}

/* Cuts white space at both ends, in place. */
static char *trim(char *s)
{
    size_t n;

    s += strspn(s, " \t\r");
    n = strlen(s);
    while (n && strchr(" \t\r", s[n - 1]))
        s[--n] = '\0';
    return s;
}

static bool set_list(json_t *list, char *value, struct pyro_error *err)
{
    json_array_clear(list);
    for (char *word; (word = strsep(&value, " \t"));)
        if (*word)
            json_array_append_new(list, json_string(word));
    return (json_array_size(list) && json_array_size(list) <= SETTINGS_MIRRORS_MAX) ||
           pyro_fail(err, PYRO_INVALID_ARGUMENT, "it takes one to %d words", SETTINGS_MIRRORS_MAX);
}

static bool set_switch(bool *at, const char *value, struct pyro_error *err)
{
    *at = !strcmp(value, "on");
    return *at || !strcmp(value, "off") ||
           pyro_fail(err, PYRO_INVALID_ARGUMENT, "it is on or off, not '%s'", value);
}

static bool check_mirrors(const json_t *list, struct pyro_error *err)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *url = json_string_value(json_array_get(list, i));
        if (strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0)
            return pyro_fail(err, PYRO_INVALID_ARGUMENT,
                             "a mirror is a URL, https://HOST or http://HOST, not '%s'", url);
    }
    return true;
}

static bool apply(const char *option, char *value, struct registry_settings *s,
                  struct pyro_error *err)
{
    if (!strcmp(option, "mirror"))
        return set_list(s->mirrors, value, err) && check_mirrors(s->mirrors, err);
    if (!strcmp(option, "token-host"))
        return set_list(s->token_hosts, value, err);
    if (!strcmp(option, "insecure"))
        return set_switch(&s->is_insecure, value, err);
    if (!strcmp(option, "blocked"))
        return set_switch(&s->is_blocked, value, err);
    return pyro_fail(err, PYRO_INVALID_ARGUMENT,
                     "no setting '%s': there are mirror, token-host, insecure and blocked", option);
}

/* "registry.HOST.OPTION = VALUE"; the host has dots of its own. */
static bool take_line(char *line, const char *host, struct registry_settings *s,
                      struct pyro_error *err)
{
    char *equals = strchr(line, '='), *name, *dot;
    char named[REFERENCE_NAME_MAX + 1];
    struct registry_settings others = { json_array(), json_array(), false, false };
    bool ok;

    if (!equals)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "it has no '='");
    *equals = '\0';
    name = trim(line) + strlen(PREFIX);
    dot = strrchr(name, '.');
    if (dot)
        *dot = '\0';
    if (!dot || !reference_parse_host(name, named, NULL)) {
        registry_settings_release(&others);
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "it is not registry.HOST.SETTING = VALUE");
    }
    /* Those of others are held to the same. */
    ok = apply(dot + 1, trim(equals + 1), strcmp(named, host) ? &others : s, err);
    registry_settings_release(&others);
    return ok;
}

bool registry_settings_parse(const char *text, const char *path, const char *host,
                             struct registry_settings *ret, struct pyro_error *err)
{
    scoped_free char *copy = str_printf("%s", text);
    int number = 0;

    *ret = (struct registry_settings){ json_array(), json_array(), false, false };
    for (char *at = copy, *line; (line = strsep(&at, "\n"));) {
        number++;
        line = trim(line);
        if (!strncmp(line, PREFIX, strlen(PREFIX)) && !take_line(line, host, ret, err))
            return pyro_wrap(err, "%s:%d", path, number);
    }
    return true;
}

bool registry_settings_load(const char *host, struct registry_settings *ret, struct pyro_error *err)
{
    scoped_free char *path = paths_config();
    scoped_buf text = BUF_INIT(CONFIG_MAX);
    struct pyro_error why = { 0 };

    memset(ret, 0, sizeof(*ret));
    if (path && !fs_read_file(AT_FDCWD, path, &text, &why) && why.sys_errno != ENOENT &&
        why.sys_errno != ENOTDIR)
        return pyro_copy(err, &why);
    return registry_settings_parse(text.data ? text.data : "", path ? path : "", host, ret, err);
}
