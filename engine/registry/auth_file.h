/* One file of credentials, as docker and podman write them: JSON, of which only what is about
 * registries is read, and all else is kept. */
#ifndef PYRO_REGISTRY_AUTH_FILE_H
#define PYRO_REGISTRY_AUTH_FILE_H

#include "vmm/base/error.h"
#include "vmm/base/json.h"

struct credentials {
    char *user, *password; /* NULL: none */
    char *identity_token;  /* in their place; NULL: none */
};
/* Wipes them too. */
void credentials_release(struct credentials *c);
#define scoped_credentials __attribute__((cleanup(credentials_release))) struct credentials

/* The file's object; NULL without an error when there is no file. */
bool auth_file_load(const char *path, json_t **ret, struct pyro_error *err) MUST_CHECK;
bool auth_file_save(const char *path, const json_t *object, struct pyro_error *err) MUST_CHECK;
/* The program that keeps the host's, a name of docker-credential-NAME, borrowed; NULL: none.
 * PYRO_INVALID_ARGUMENT when it is not such a name. */
bool auth_file_helper(const json_t *object, const char *host, const char **ret,
                      struct pyro_error *err) MUST_CHECK;
/* The entry that fits a repository of the host best; *ret_found: there is one that says something. */
bool auth_file_find(const json_t *object, const char *host, const char *repository,
                    struct credentials *ret, bool *ret_found, struct pyro_error *err) MUST_CHECK;
bool auth_file_set(json_t *object, const char *host, const struct credentials *c,
                   struct pyro_error *err) MUST_CHECK;
/* Removes the entries of the host itself; returns whether there were any. */
bool auth_file_remove(json_t *object, const char *host);
/* What the host is called there: "https://index.docker.io/v1/" for Docker Hub. */
const char *auth_file_key(const char *host);

#endif
