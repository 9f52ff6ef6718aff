/* engine/registry/auth_file.c: entries by host, and by host and a part of the repository. */
#include "engine/registry/auth_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "engine/registry/reference.h"
#include "vmm/base/base64.h"
#include "vmm/base/fs.h"

#define FILE_BYTES_MAX (1024 * 1024)
#define AUTH_BYTES_MAX (64 * 1024)
#define DOCKER_HUB_KEY "https://index.docker.io/v1/"

static void wipe(char **text)
{
    if (*text)
        explicit_bzero(*text, strlen(*text));
    free(*text);
    *text = NULL;
}

void credentials_release(struct credentials *c)
{
    wipe(&c->user);
    wipe(&c->password);
    wipe(&c->identity_token);
}

const char *auth_file_key(const char *host)
{
    return strcmp(host, REFERENCE_DOCKER_HUB) ? host : DOCKER_HUB_KEY;
}

bool auth_file_load(const char *path, json_t **ret, struct pyro_error *err)
{
    scoped_buf text = BUF_INIT(FILE_BYTES_MAX);
    struct pyro_error why = { 0 };

    *ret = NULL;
    if (!fs_read_file(AT_FDCWD, path, &text, &why))
        return why.sys_errno == ENOENT || why.sys_errno == ENOTDIR || pyro_copy(err, &why);
    *ret = text.len ? json_parse(text.data, text.len, FILE_BYTES_MAX, NULL) : json_object();
    if (!json_is_object(*ret)) {
        json_decref(*ret);
        *ret = NULL;
        /* Its content is not quoted: it may be a password. */
        pyro_fail(err, PYRO_RECORD_INVALID, "'%s' is not a JSON object", path);
        return pyro_hint(err, "repair or remove it; 'pyro login' writes it again");
    }
    explicit_bzero(text.data, text.len);
    return true;
}

bool auth_file_save(const char *path, const json_t *object, struct pyro_error *err)
{
    scoped_free char *text = json_dumps(object, JSON_INDENT(2) | JSON_SORT_KEYS);
    scoped_free char *directory = strndup(path, (size_t)(strrchr(path, '/') - path));
    /* A link to where somebody keeps it stays one. */
    scoped_free char *target = realpath(path, NULL);
    bool ok =
        text ? fs_mkdir_p(directory, 0700, err) &&
                   fs_write_atomic(AT_FDCWD, target ? target : path, text, strlen(text), 0600, err)
             : pyro_no_memory(err, NULL) != NULL;

    if (text)
        explicit_bzero(text, strlen(text));
    return ok;
}

/* "https://HOST/v1/" and the like as "HOST/…", in lower case up to the first slash. */
static bool normalise(const char *key, char ret[REFERENCE_NAME_MAX + 1])
{
    char host[REFERENCE_NAME_MAX + 1], given[REFERENCE_NAME_MAX + 1];
    const char *at = strstr(key, "://");
    size_t n;

    at = at ? at + 3 : key;
    n = strcspn(at, "/");
    if (n >= sizeof(given) || strlen(at) >= sizeof(given))
        return false;
    memcpy(given, at, n);
    given[n] = '\0';
    if (!reference_parse_host(given, host, NULL))
        return false;
    at += n;
    if (!strcmp(at, "/") || !strncmp(at, "/v1", 3) || !strncmp(at, "/v2", 3))
        at = "";
    return (size_t)snprintf(ret, REFERENCE_NAME_MAX + 1, "%s%s", host, at) <= REFERENCE_NAME_MAX;
}

/* How much of "HOST/REPOSITORY" the key covers, in whole parts; 0: it is another's. */
static size_t fit(const char *key, const char *host, const char *repository)
{
    char normal[REFERENCE_NAME_MAX + 1];
    scoped_free char *whole = str_printf("%s/%s", host, repository);
    size_t n;

    if (!normalise(key, normal))
        return 0;
    n = strlen(normal);
    return !strncmp(normal, whole, n) && (whole[n] == '/' || !whole[n]) ? n : 0;
}

bool auth_file_helper(const json_t *object, const char *host, const char **ret,
                      struct pyro_error *err)
{
    json_t *helpers = json_object_get(object, "credHelpers"), *value;
    const char *key, *name = json_string_or(object, "credsStore", NULL);

    if (json_is_object(helpers))
        json_object_foreach (helpers, key, value)
            if (fit(key, host, "") && json_is_string(value))
                name = json_string_value(value);
    *ret = name && *name ? name : NULL;
    return !*ret || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(name) ||
           pyro_fail(err, PYRO_INVALID_ARGUMENT,
                     "'%.100s' is not the name of a program that keeps credentials", name);
}

/* "auth" is base 64 of USER:PASSWORD. */
static bool take_auth(const char *auth, struct credentials *ret, struct pyro_error *err)
{
    scoped_buf text = BUF_INIT(AUTH_BYTES_MAX);
    bool ok = base64_decode(&text, auth, strlen(auth));
    const char *colon;

    /* Some write the password with zeros behind it. */
    while (ok && text.len && !text.data[text.len - 1])
        text.len--;
    if (!ok || !text.len || memchr(text.data, '\0', text.len) ||
        !(colon = memchr(text.data, ':', text.len)))
        return pyro_fail(err, PYRO_RECORD_INVALID, "an entry that is not USER:PASSWORD in base 64");
    ret->user = str_printf("%.*s", (int)(colon - text.data), text.data);
    ret->password = str_printf("%s", colon + 1);
    explicit_bzero(text.data, text.len);
    return true;
}

bool auth_file_find(const json_t *object, const char *host, const char *repository,
                    struct credentials *ret, bool *ret_found, struct pyro_error *err)
{
    json_t *auths = json_object_get(object, "auths"), *entry, *best = NULL;
    size_t best_fit = 0;
    const char *key, *auth, *token;

    if (json_is_object(auths))
        json_object_foreach (auths, key, entry) {
            size_t n = fit(key, host, repository);
            if (n > best_fit) {
                best_fit = n;
                best = entry;
            }
        }
    auth = json_string_or(best, "auth", "");
    token = json_string_or(best, "identitytoken", "");
    *ret_found = *auth || *token;
    if (*token)
        ret->identity_token = str_printf("%s", token);
    return *token || !*auth || take_auth(auth, ret, err);
}

bool auth_file_remove(json_t *object, const char *host)
{
    json_t *auths = json_object_get(object, "auths"), *entry;
    const char *key;
    void *next;
    bool removed = false;

    if (json_is_object(auths))
        json_object_foreach_safe (auths, next, key, entry) {
            if (fit(key, host, "")) {
                json_object_del(auths, key);
                removed = true;
            }
        }
    return removed;
}

bool auth_file_set(json_t *object, const char *host, const struct credentials *c,
                   struct pyro_error *err)
{
    scoped_free char *text = str_printf("%s:%s", c->user, c->password);
    scoped_buf auth = BUF_INIT(AUTH_BYTES_MAX);
    json_t *auths = json_object_get(object, "auths");

    if (!json_is_object(auths)) {
        auths = json_object();
        json_object_set_new(object, "auths", auths);
    }
    auth_file_remove(object, host);
    if (!base64_encode(&auth, text, strlen(text)))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "the password is too long");
    explicit_bzero(text, strlen(text));
    json_object_set_new(auths, auth_file_key(host), json_pack("{s:s}", "auth", auth.data));
    explicit_bzero(auth.data, auth.len);
    return true;
}
