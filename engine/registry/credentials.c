/* engine/registry/credentials.c: the files in their order. */
#include "engine/registry/credentials.h"

#include <string.h>

#include "engine/registry/credential_helper.h"
#include "engine/state/paths.h"
#include "vmm/base/fs.h"

#define FILES_MAX 3

struct auth_files {
    char *paths[FILES_MAX];
    unsigned count;
    unsigned own; /* the one that a new entry goes to */
};

static const char *directory_of(const char *variable)
{
    const char *value = getenv(variable);

    return value && *value == '/' ? value : NULL;
}

static void add_file(struct auth_files *files, const char *directory, const char *below,
                     const char *name)
{
    if (directory)
        files->paths[files->count++] = str_printf("%s%s%s", directory, below, name);
}

static struct auth_files list_files(void)
{
    struct auth_files files = { 0 };
    const char *one = getenv("REGISTRY_AUTH_FILE"), *home = paths_home();
    const char *config = directory_of("XDG_CONFIG_HOME"), *docker = directory_of("DOCKER_CONFIG");

    if (one && *one) {
        files.paths[files.count++] = str_printf("%s%s", *one == '/' ? "" : "./", one);
        return files;
    }
    add_file(&files, directory_of("XDG_RUNTIME_DIR"), "", "/containers/auth.json");
    files.own = files.count;
    add_file(&files, config ? config : home, config ? "" : "/.config", "/containers/auth.json");
    add_file(&files, docker ? docker : home, docker ? "" : "/.docker", "/config.json");
    return files;
}

static void release_files(struct auth_files *files)
{
    for (unsigned i = 0; i < files->count; i++)
        free(files->paths[i]);
}
#define scoped_auth_files __attribute__((cleanup(release_files))) struct auth_files

/* --- finding --- */

static bool find_in(const json_t *object, const char *host, const char *repository,
                    struct credentials *ret, bool *ret_found, struct pyro_error *err)
{
    const char *helper;

    if (!auth_file_helper(object, host, &helper, err))
        return false;
    if (helper &&
        (!credential_helper_get(helper, auth_file_key(host), ret, ret_found, err) || *ret_found))
        return *ret_found;
    return auth_file_find(object, host, repository, ret, ret_found, err);
}

bool credentials_find(const char *host, const char *repository, struct credentials *ret,
                      struct pyro_error *err)
{
    scoped_auth_files files = list_files();
    bool found = false;

    memset(ret, 0, sizeof(*ret));
    for (unsigned i = 0; i < files.count && !found; i++) {
        scoped_json json_t *object = NULL;
        if (!auth_file_load(files.paths[i], &object, err))
            return false;
        if (object && !find_in(object, host, repository, ret, &found, err))
            return pyro_wrap(err, "%s", files.paths[i]);
    }
    return true;
}

/* --- keeping and forgetting --- */

/* The file to write to, and its object (new where there is none); or the program to give it to. */
static bool choose(const struct auth_files *files, const char *host, unsigned *ret_file,
                   json_t **ret_object, char **ret_helper, struct pyro_error *err)
{
    bool chosen = false;

    *ret_file = files->own;
    *ret_object = NULL;
    *ret_helper = NULL;
    for (unsigned i = 0; i < files->count && !chosen; i++) {
        scoped_credentials there = { 0 };
        json_t *object;
        const char *helper = NULL;
        if (!auth_file_load(files->paths[i], &object, err))
            return false;
        if (object && !auth_file_helper(object, host, &helper, err)) {
            json_decref(object);
            return pyro_wrap(err, "%s", files->paths[i]);
        }
        /* A damaged entry is one too. */
        if (object && !helper && !auth_file_find(object, host, "", &there, &chosen, NULL))
            chosen = true;
        chosen = chosen || helper;
        if (helper)
            *ret_helper = str_printf("%s", helper);
        if (chosen || i == files->own) {
            json_decref(*ret_object);
            *ret_object = json_incref(object);
            *ret_file = i;
        }
        json_decref(object);
    }
    if (!*ret_object)
        *ret_object = json_object();
    return true;
}

bool credentials_keep(const char *host, const struct credentials *c, char **ret_where,
                      struct pyro_error *err)
{
    scoped_auth_files files = list_files();
    scoped_json json_t *object = NULL;
    scoped_free char *helper = NULL;
    unsigned file;

    if (!files.count)
        return pyro_fail(err, PYRO_IO, "cannot tell where to keep a login: HOME is not set");
    if (!choose(&files, host, &file, &object, &helper, err))
        return false;
    if (helper) {
        if (!credential_helper_store(helper, auth_file_key(host), c, err))
            return false;
        *ret_where = str_printf("docker-credential-%s", helper);
        return true;
    }
    if (!auth_file_set(object, host, c, err) || !auth_file_save(files.paths[file], object, err))
        return false;
    *ret_where = str_printf("%s", files.paths[file]);
    return true;
}

static bool forget_in(const char *path, const char *host, bool *ret_removed, struct pyro_error *err)
{
    scoped_json json_t *object = NULL;
    scoped_credentials there = { 0 };
    const char *helper = NULL;
    bool found = false;

    if (!auth_file_load(path, &object, err) ||
        (object && !auth_file_helper(object, host, &helper, err)))
        return false;
    if (helper && !credential_helper_get(helper, auth_file_key(host), &there, &found, err))
        return false;
    if (found && !credential_helper_erase(helper, auth_file_key(host), err))
        return false;
    *ret_removed = *ret_removed || found;
    if (!object || !auth_file_remove(object, host))
        return true;
    *ret_removed = true;
    return auth_file_save(path, object, err);
}

bool credentials_forget(const char *host, bool *ret_removed, struct pyro_error *err)
{
    scoped_auth_files files = list_files();

    *ret_removed = false;
    for (unsigned i = 0; i < files.count; i++)
        if (!forget_in(files.paths[i], host, ret_removed, err))
            return pyro_wrap(err, "%s", files.paths[i]);
    return true;
}
