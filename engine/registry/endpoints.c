/* engine/registry/endpoints.c: the addresses of registries. */
#include "engine/registry/endpoints.h"

#include <string.h>

#include "engine/registry/credentials.h"
#include "engine/registry/settings.h"
#include "vmm/base/fs.h"

static bool add_credentials(json_t *endpoint, const char *host, const char *repository,
                            struct pyro_error *err)
{
    scoped_credentials c = { 0 };

    if (!credentials_find(host, repository, &c, err))
        return pyro_wrap(err, "the login for %s", host);
    if (c.user) {
        json_object_set_new(endpoint, "user", json_string(c.user));
        json_object_set_new(endpoint, "password", json_string(c.password));
    }
    if (c.identity_token)
        json_object_set_new(endpoint, "identity_token", json_string(c.identity_token));
    return true;
}

static bool add_mirror(json_t *list, const char *url, const char *repository,
                       struct pyro_error *err)
{
    const char *host = strstr(url, "://") + 3;
    char named[REFERENCE_NAME_MAX + 1];
    bool is_plain = !strncmp(url, "http://", 7);
    scoped_free char *tls = str_printf("https://%s", host);
    json_t *endpoint = json_pack("{s:s, s:s, s:b, s:b}", "url", is_plain ? url : tls, "name", host,
                                 "may_be_plain", is_plain, "is_mirror", true);

    json_array_append_new(list, endpoint);
    /* A login is looked for by the mirror's own host, and never the registry's. */
    return !reference_parse_host(host, named, NULL) ||
           add_credentials(endpoint, named, repository, err);
}

json_t *endpoints_of(const struct reference *r, struct pyro_error *err)
{
    bool is_hub = !strcmp(r->host, REFERENCE_DOCKER_HUB);
    scoped_free char *url = str_printf("https://%s", is_hub ? "registry-1.docker.io" : r->host);
    scoped_registry_settings settings = { 0 };
    scoped_json json_t *list = json_array();
    json_t *own;

    if (!registry_settings_load(r->host, &settings, err))
        return NULL;
    if (settings.is_blocked)
        return pyro_fail(err, PYRO_PULL_FAILED, "%s is blocked by the configuration file", r->host);
    for (size_t i = 0; i < json_array_size(settings.mirrors); i++)
        if (!add_mirror(list, json_string_value(json_array_get(settings.mirrors, i)), r->repository,
                        err))
            return NULL;
    own = json_pack("{s:s, s:s, s:b, s:O}", "url", url, "name", r->host, "may_be_plain",
                    settings.is_insecure || reference_host_is_loopback(r->host), "token_hosts",
                    settings.token_hosts);
    if (!own || json_array_append_new(list, own) != 0)
        return pyro_no_memory(err, NULL);
    return add_credentials(own, r->host, r->repository, err) ? json_incref(list) : NULL;
}
