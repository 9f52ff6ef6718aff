/* guest/command.c: from a request to the arguments of execve(2). */
#include "guest/command.h"

#include <unistd.h>

#include "vmm/base/file_name.h"

#define VARIABLES_OURS 16 /* that the guest adds */
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

extern char **environ;

static const char *const vm_env[] = { "PATH=" DEFAULT_PATH, "HOME=/root", "LANG=C.UTF-8",
                                      "USER=root", "LOGNAME=root" };

static bool parse_user(struct command *c, const struct guest *g, const char *given,
                       struct pyro_error *err)
{
    if (!given)
        return true;
    if (g->host_dir)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT,
                         "without a machine, there is no other user than the one who runs it");
    c->user = calloc(1, sizeof(*c->user));
    return (c->user || pyro_no_memory(err, "exec")) && user_find(given, c->user, err);
}

static bool parse_arguments(struct command *c, const json_t *list, struct pyro_error *err)
{
    size_t n = json_array_size(list);

    if (!n)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "no command given");
    c->vector = calloc(n + 2, sizeof(*c->vector));
    if (!c->vector)
        return pyro_no_memory(err, "exec");
    for (size_t i = 0; i < n; i++)
        c->vector[i + 1] = (char *)(uintptr_t)json_string_value(json_array_get(list, i));
    return true;
}

/* Sets NAME=VALUE, in place of an older one; `env` has room. */
static bool env_set(char **env, const char *name, const char *value)
{
    size_t n = strlen(name), i = 0;
    char *entry;

    if (asprintf(&entry, "%s=%s", name, value) < 0)
        return false;
    while (env[i] && !(strncmp(env[i], name, n) == 0 && env[i][n] == '='))
        i++;
    free(env[i]);
    env[i] = entry;
    return true;
}

/* What a login of the user would set. */
static bool user_env(char **env, const struct guest_user *u)
{
    char number[16];
    const char *name = *u->name ? u->name : number;

    snprintf(number, sizeof(number), "%u", u->uid);
    return env_set(env, "HOME", *u->home ? u->home : "/") && env_set(env, "USER", name) &&
           env_set(env, "LOGNAME", name) && (!*u->shell || env_set(env, "SHELL", u->shell));
}

static bool base_env(char **env, const struct guest *g)
{
    size_t n = 0, count = g->host_dir ? COMMAND_VARIABLES_MAX : ARRAY_SIZE(vm_env);
    const char *const *from = g->host_dir ? (const char *const *)environ : vm_env;

    while (n < count && from[n]) {
        env[n] = strdup(from[n]);
        if (!env[n])
            return false;
        n++;
    }
    if (g->host_dir)
        return true;
    return env_set(env, "SHELL", access("/bin/bash", X_OK) == 0 ? "/bin/bash" : "/bin/sh");
}

static bool parse_env(struct command *c, const struct guest *g, json_t *given,
                      struct pyro_error *err)
{
    const char *name;
    json_t *value;

    c->env = calloc(2 * COMMAND_VARIABLES_MAX + VARIABLES_OURS, sizeof(*c->env));
    if (!c->env || !base_env(c->env, g) || (c->user && !user_env(c->env, c->user)) ||
        !env_set(c->env, "PWD", c->cwd))
        return pyro_no_memory(err, "exec");
    json_object_foreach (given, name, value)
        if (!env_set(c->env, name, json_string_value(value)))
            return pyro_no_memory(err, "exec");
    c->search_path = command_variable(c, "PATH");
    if (!c->search_path)
        c->search_path = DEFAULT_PATH;
    return true;
}

bool command_set_variable(struct command *c, const char *name, const char *value)
{
    return env_set(c->env, name, value);
}

const char *command_variable(const struct command *c, const char *name)
{
    size_t n = strlen(name);

    for (size_t i = 0; c->env[i]; i++)
        if (strncmp(c->env[i], name, n) == 0 && c->env[i][n] == '=')
            return c->env[i] + n + 1;
    return NULL;
}

char *command_path(const struct guest *g, const char *path)
{
    size_t n = strlen(WORKSPACE_DIR);
    char *ret;

    if (!g->host_dir || strncmp(path, WORKSPACE_DIR, n) != 0 || (path[n] && path[n] != '/'))
        return strdup(path);
    return asprintf(&ret, "%s%s", g->host_dir, path + n) < 0 ? NULL : ret;
}

static bool parse_cwd(struct command *c, const struct guest *g, const char *given,
                      struct pyro_error *err)
{
    scoped_free char *cwd = name_given(given, err);

    if (!cwd)
        return false;
    if (*cwd != '/')
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "'%.300s' is not an absolute path", cwd);
    c->cwd = command_path(g, cwd);
    return c->cwd || pyro_no_memory(err, "exec");
}

bool command_parse(struct command *ret, const struct guest *g,
                   const struct command_request *request, struct pyro_error *err)
{
    *ret = (struct command){ .secret_files = request->secret_files };
    if (parse_user(ret, g, request->user, err) && parse_arguments(ret, request->command, err) &&
        parse_cwd(ret, g, request->cwd, err) && parse_env(ret, g, request->env, err))
        return true;
    command_release(ret);
    return false;
}

bool command_of_self(struct command *ret, const char *const *arguments, struct pyro_error *err)
{
    size_t n = 0;

    while (arguments[n])
        n++;
    *ret = (struct command){ .vector = calloc(n + 3, sizeof(*ret->vector)),
                             .env = calloc(1, sizeof(*ret->env)),
                             .cwd = strdup("/"),
                             .search_path = "" };
    if (!ret->vector || !ret->env || !ret->cwd) {
        command_release(ret);
        return pyro_no_memory(err, "exec");
    }
    ret->vector[1] = (char *)(uintptr_t)"/proc/self/exe";
    for (size_t i = 0; i < n; i++)
        ret->vector[i + 2] = (char *)(uintptr_t)arguments[i];
    return true;
}

void command_release(struct command *c)
{
    for (size_t i = 0; c->env && c->env[i]; i++)
        free(c->env[i]);
    free(c->env);
    free(c->vector);
    free(c->cwd);
    free(c->user);
    *c = (struct command){ 0 };
}
