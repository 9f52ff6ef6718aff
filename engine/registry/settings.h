/*
 * What the configuration file says of a registry, in lines of $XDG_CONFIG_HOME/pyro/config:
 *
 *     registry.HOST.mirror = URL …          asked before it, in this order
 *     registry.HOST.insecure = on           http where it does not talk https
 *     registry.HOST.token-host = HOST …     of its token server, if that is another's by its name
 *     registry.HOST.blocked = on            it is never asked, and its mirrors neither
 *     registry.HOST[/PREFIX].signature = accept | reject | key=FILE
 *                                           of its images, or of those below PREFIX: pulled as they
 *                                           are, never, or if signed with this key. The longest
 *                                           PREFIX decides
 */
#ifndef PYRO_REGISTRY_SETTINGS_H
#define PYRO_REGISTRY_SETTINGS_H

#include "vmm/base/error.h"
#include "vmm/base/json.h"

#define SETTINGS_MIRRORS_MAX 8

struct registry_settings {
    json_t *mirrors;     /* [URL, …] */
    json_t *token_hosts; /* [host, …] */
    bool is_insecure, is_blocked;
    bool is_rejected;    /* by the signature's policy */
    char *key_path;      /* of the key that images have to be signed with; NULL: none */
    size_t prefix_bytes; /* of the policy that decided */
};
void registry_settings_release(struct registry_settings *s);
#define scoped_registry_settings                                                                   \
    __attribute__((cleanup(registry_settings_release))) struct registry_settings

/* Those of "HOST" or "HOST/REPOSITORY"; PYRO_INVALID_ARGUMENT names a line of a registry's that means
 * nothing. */
bool registry_settings_load(const char *where, struct registry_settings *ret,
                            struct pyro_error *err) MUST_CHECK;
/* The same of a text; `path` is what messages call it. */
bool registry_settings_parse(const char *text, const char *path, const char *where,
                             struct registry_settings *ret, struct pyro_error *err) MUST_CHECK;

#endif
