/* engine/registry/settings.c: the lines of registries in the configuration file. */
#include "engine/registry/settings.h"

#include <string.h>

#include "engine/registry/reference.h"
#include "engine/state/config_file.h"
#include "vmm/base/fs.h"

#define PREFIX "registry."

void registry_settings_release(struct registry_settings *s)
{
    json_decref(s->mirrors);
    json_decref(s->token_hosts);
    free(s->key_path);
    memset(s, 0, sizeof(*s));
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

/* A file is beside the configuration's, if its path does not begin at the root. */
static bool set_signature(struct registry_settings *s, const char *value, const char *config,
                          struct pyro_error *err)
{
    static const char key[] = "key=";
    const char *slash = strrchr(config, '/'), *file = value + strlen(key);
    bool has_key = !strncmp(value, key, strlen(key)) && *file;
    int directory = slash && *file != '/' ? (int)(slash - config) + 1 : 0;

    if (!has_key && strcmp(value, "accept") != 0 && strcmp(value, "reject") != 0)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "it is accept, reject or key=FILE, not '%s'",
                         value);
    free(s->key_path);
    s->key_path = has_key ? str_printf("%.*s%s", directory, config, file) : NULL;
    s->is_rejected = !strcmp(value, "reject");
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
    return pyro_fail(
        err, PYRO_INVALID_ARGUMENT,
        "no setting '%s': there are mirror, token-host, insecure, blocked and signature", option);
}

/* A line's parts: "registry.HOST[/PREFIX].OPTION = VALUE"; the host has dots of its own. */
struct setting {
    char host[REFERENCE_NAME_MAX + 1];
    const char *prefix, *option; /* prefix "": the whole registry */
    char *value;
};

static bool split(const struct config_setting *line, struct setting *ret, struct pyro_error *err)
{
    char *name = line->name + strlen(PREFIX), *dot, *slash;

    if (!line->value)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "it has no '='");
    dot = strrchr(name, '.');
    if (dot)
        *dot = '\0';
    slash = strchr(name, '/');
    if (slash)
        *slash = '\0';
    *ret = (struct setting){ .prefix = slash ? slash + 1 : "", .value = line->value };
    if (!dot || !reference_parse_host(name, ret->host, NULL) || (slash && !*ret->prefix))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "it is not registry.HOST.SETTING = VALUE");
    ret->option = dot + 1;
    return true;
}

/* Whether it is about "HOST/REPOSITORY", as a whole or by its first parts. */
static bool is_about(const struct setting *s, const char *where)
{
    size_t host = strlen(s->host), prefix = strlen(s->prefix);
    const char *repository = where + host;

    if (strncmp(where, s->host, host) != 0 || (*repository && *repository != '/'))
        return false;
    if (!prefix)
        return true;
    return *repository && !strncmp(repository + 1, s->prefix, prefix) &&
           (!repository[1 + prefix] || repository[1 + prefix] == '/');
}

static bool take_line(const struct config_setting *line, const char *path, const char *where,
                      struct registry_settings *s, struct pyro_error *err)
{
    struct registry_settings others = { .mirrors = json_array(), .token_hosts = json_array() };
    struct setting setting;
    bool ok = split(line, &setting, err), is_signature, counts;

    is_signature = ok && !strcmp(setting.option, "signature");
    if (ok && *setting.prefix && !is_signature)
        ok = pyro_fail(err, PYRO_INVALID_ARGUMENT, "'%s' is of a whole registry", setting.option);
    counts = ok && is_about(&setting, where) &&
             (!is_signature || strlen(setting.prefix) >= s->prefix_bytes);
    if (counts && is_signature)
        s->prefix_bytes = strlen(setting.prefix);
    /* Those of others are held to the same. */
    if (ok)
        ok = is_signature ? set_signature(counts ? s : &others, setting.value, path, err)
                          : apply(setting.option, setting.value, counts ? s : &others, err);
    registry_settings_release(&others);
    return ok;
}

bool registry_settings_parse(const char *text, const char *path, const char *where,
                             struct registry_settings *ret, struct pyro_error *err)
{
    scoped_free char *copy = str_printf("%s", text);
    struct config_setting line = { 0 };

    *ret = (struct registry_settings){ .mirrors = json_array(), .token_hosts = json_array() };
    for (char *at = copy; config_next(&at, &line);)
        if (!strncmp(line.name, PREFIX, strlen(PREFIX)) && !take_line(&line, path, where, ret, err))
            return pyro_wrap(err, "%s:%d", path, line.line);
    return true;
}

bool registry_settings_load(const char *where, struct registry_settings *ret,
                            struct pyro_error *err)
{
    scoped_free char *path = NULL;
    scoped_buf text = BUF_INIT(CONFIG_BYTES_MAX);

    memset(ret, 0, sizeof(*ret));
    if (!config_file_read(&path, &text, err))
        return false;
    return registry_settings_parse(text.data ? text.data : "", path ? path : "", where, ret, err);
}
