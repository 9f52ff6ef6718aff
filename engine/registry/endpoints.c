/* engine/registry/endpoints.c: the addresses of registries. */
#include "engine/registry/endpoints.h"

#include <string.h>

#include "engine/registry/credentials.h"
#include "engine/registry/settings.h"
#include "vmm/base/fs.h"

static void add_login(json_t *endpoint, const struct credentials *c)
{
    if (c->user) {
        json_object_set_new(endpoint, "user", json_string(c->user));
        json_object_set_new(endpoint, "password", json_string(c->password));
    }
    if (c->identity_token)
        json_object_set_new(endpoint, "identity_token", json_string(c->identity_token));
}

static bool add_kept_login(json_t *endpoint, const char *host, const char *repository,
                           struct pyro_error *err)
{
    scoped_credentials c = { 0 };

    if (!credentials_find(host, repository, &c, err))
        return pyro_wrap(err, "the login for %s", host);
    add_login(endpoint, &c);
    return true;
}

/* What a login may be sent by: http only where the network is this machine, or that was said. */
static bool may_be_plain(const char *host, bool *ret, struct pyro_error *err)
{
    scoped_registry_settings settings = { 0 };

    if (!registry_settings_load(host, &settings, err))
        return false;
    *ret = settings.is_insecure || reference_host_is_loopback(host);
    return true;
}

static bool add_mirror(json_t *list, const char *url, const char *repository,
                       struct pyro_error *err)
{
    const char *host = strstr(url, "://") + 3;
    char named[REFERENCE_NAME_MAX + 1];
    bool is_plain = !strncmp(url, "http://", 7), may = false;
    scoped_free char *tls = str_printf("https://%s", host);
    json_t *endpoint = json_pack("{s:s, s:s, s:b, s:b}", "url", is_plain ? url : tls, "name", host,
                                 "may_be_plain", is_plain, "is_mirror", true);

    json_array_append_new(list, endpoint);
    if (!reference_parse_host(host, named, NULL))
        return true;
    if (!may_be_plain(named, &may, err))
        return false;
    /* A login is looked for by the mirror's own host, and never the registry's. */
    return (is_plain && !may) || add_kept_login(endpoint, named, repository, err);
}

/* The registry's own, without a login. */
static json_t *own_endpoint(const char *host, const struct registry_settings *settings,
                            struct pyro_error *err)
{
    bool is_hub = !strcmp(host, REFERENCE_DOCKER_HUB);
    scoped_free char *url = str_printf("https://%s", is_hub ? "registry-1.docker.io" : host);
    json_t *own;

    if (settings->is_blocked)
        return pyro_fail(err, PYRO_PULL_FAILED, "%s is blocked by the configuration file", host);
    own = json_pack("{s:s, s:s, s:b, s:O}", "url", url, "name", host, "may_be_plain",
                    settings->is_insecure || reference_host_is_loopback(host), "token_hosts",
                    settings->token_hosts);
    return own ? own : pyro_no_memory(err, NULL);
}

json_t *endpoints_of(const struct reference *r, struct pyro_error *err)
{
    scoped_registry_settings settings = { 0 };
    scoped_json json_t *list = json_array(), *own = NULL;

    if (!registry_settings_load(r->host, &settings, err) ||
        !(own = own_endpoint(r->host, &settings, err)))
        return NULL;
    for (size_t i = 0; i < json_array_size(settings.mirrors); i++)
        if (!add_mirror(list, json_string_value(json_array_get(settings.mirrors, i)), r->repository,
                        err))
            return NULL;
    if (!add_kept_login(own, r->host, r->repository, err))
        return NULL;
    return json_array_append(list, own) == 0 ? json_incref(list) : pyro_no_memory(err, NULL);
}

json_t *endpoints_to_push(const struct reference *r, struct pyro_error *err)
{
    scoped_registry_settings settings = { 0 };
    scoped_json json_t *own = NULL;

    if (!registry_settings_load(r->host, &settings, err) ||
        !(own = own_endpoint(r->host, &settings, err)) ||
        !add_kept_login(own, r->host, r->repository, err))
        return NULL;
    return json_pack("[O]", own);
}

json_t *endpoints_to_try(const char *host, const struct credentials *login, struct pyro_error *err)
{
    scoped_registry_settings settings = { 0 };
    json_t *own;

    if (!registry_settings_load(host, &settings, err) ||
        !(own = own_endpoint(host, &settings, err)))
        return NULL;
    add_login(own, login);
    return json_pack("[o]", own);
}
