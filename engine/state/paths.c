/* engine/state/paths.c: the directories of state and cache. */
#include "engine/state/paths.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "vmm/base/fs.h"
#include "vmm/base/trust.h"

#define BASES "bases"

static const char *env_or_null(const char *name)
{
    const char *value = getenv(name);

    return value && value[0] ? value : NULL;
}

bool paths_make_absolute(struct pyro_error *err)
{
    static const char *const names[] = { "PYRO_HOME", "PYRO_ENVIRONMENT_CACHE_DIR", "PYRO_LIBEXEC",
                                         "PYRO_QEMU" };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        const char *value = env_or_null(names[i]);
        scoped_free char *here = NULL, *whole = NULL;
        if (!value || value[0] == '/')
            continue;
        here = getcwd(NULL, 0);
        if (!here)
            return pyro_fail_errno(err, "%s is '%s', which is relative to a directory that is gone",
                                   names[i], value);
        whole = str_printf("%s/%s", here, value);
        if (!whole || setenv(names[i], whole, 1) != 0)
            return pyro_no_memory(err, NULL);
    }
    return true;
}

const char *paths_home(void)
{
    const char *home = env_or_null("HOME");
    const struct passwd *user = home ? NULL : getpwuid(geteuid());

    return user && user->pw_dir && user->pw_dir[0] == '/' && user->pw_dir[1] ? user->pw_dir : home;
}

/* The root of one kind of data, by the XDG Base Directory Specification; relative values are
 * ignored there. */
static char *root_of(const char *kind, const char *xdg, const char *below_home,
                     struct pyro_error *err)
{
    const char *pyro_home = env_or_null("PYRO_HOME"), *base = env_or_null(xdg);
    const char *home = paths_home();

    if (pyro_home)
        return str_printf("%s/%s", pyro_home, kind);
    if (base && base[0] == '/')
        return str_printf("%s/pyro", base);
    if (home)
        return str_printf("%s/%s/pyro", home, below_home);
    pyro_fail(err, PYRO_IO,
              "cannot tell where to keep %s: HOME is not set, and passwd names no home", kind);
    return pyro_hint(err, "set HOME or PYRO_HOME");
}

/* The only way to a directory of state or cache: a user who could replace it could replace a
 * disk. */
static char *made(char *path, struct pyro_error *err)
{
    if (!path)
        return NULL;
    if (trust_check(path, err)) {
        if (fs_mkdir_p(path, 0700, err))
            return path;
        pyro_hint(err, "set PYRO_HOME to a directory that you can write");
    }
    free(path);
    return NULL;
}

static char *in_cache(const char *name, struct pyro_error *err)
{
    scoped_free char *root = root_of("cache", "XDG_CACHE_HOME", ".cache", err);

    return root ? made(str_printf("%s%s%s", root, *name ? "/" : "", name), err) : NULL;
}

static char *data_root(struct pyro_error *err)
{
    return root_of("data", "XDG_DATA_HOME", ".local/share", err);
}

static char *in_data(const char *name, struct pyro_error *err)
{
    scoped_free char *root = data_root(err);

    return root ? made(str_printf("%s%s%s", root, *name ? "/" : "", name), err) : NULL;
}

char *paths_config(void)
{
    const char *base = env_or_null("XDG_CONFIG_HOME"), *home = paths_home();

    if (base && *base == '/')
        return str_printf("%s/pyro/config", base);
    return home ? str_printf("%s/.config/pyro/config", home) : NULL;
}

char *paths_data(struct pyro_error *err)
{
    return in_data("", err);
}

char *paths_workspaces(struct pyro_error *err)
{
    return in_data("workspaces", err);
}

char *paths_bases(struct pyro_error *err)
{
    return in_data(BASES, err);
}

bool paths_is_in_bases(const char *path)
{
    scoped_free char *root = data_root(NULL);
    size_t n = root ? strlen(root) : 0;

    return n && !strncmp(path, root, n) && !strncmp(path + n, "/" BASES "/", sizeof("/" BASES));
}

char *paths_mcp_token(struct pyro_error *err)
{
    scoped_free char *root = paths_data(err);

    return root ? str_printf("%s/mcp-token", root) : NULL;
}

char *paths_environments(struct pyro_error *err)
{
    const char *moved = env_or_null("PYRO_ENVIRONMENT_CACHE_DIR");

    return moved ? made(str_printf("%s", moved), err) : in_cache("environments", err);
}

char *paths_boot(struct pyro_error *err)
{
    return in_cache("boot", err);
}

char *paths_templates(struct pyro_error *err)
{
    return in_cache("templates", err);
}

char *paths_apt(struct pyro_error *err)
{
    return in_cache("apt", err);
}

char *paths_blobs(struct pyro_error *err)
{
    return in_cache("blobs", err);
}

char *paths_cache(struct pyro_error *err)
{
    return in_cache("", err);
}

char *paths_state(struct pyro_error *err)
{
    scoped_free char *root = root_of("state", "XDG_STATE_HOME", ".local/state", err);

    return root ? made(str_printf("%s", root), err) : NULL;
}
