/* Programs that keep credentials: docker-credential-NAME, by the protocol of
 * docker-credential-helpers. */
#ifndef PYRO_REGISTRY_CREDENTIAL_HELPER_H
#define PYRO_REGISTRY_CREDENTIAL_HELPER_H

#include "engine/registry/auth_file.h"

/* `key` as auth_file_key() has it. *ret_found: it has some. PYRO_PULL_FAILED when it fails. */
bool credential_helper_get(const char *name, const char *key, struct credentials *ret,
                           bool *ret_found, struct pyro_error *err) MUST_CHECK;
bool credential_helper_store(const char *name, const char *key, const struct credentials *c,
                             struct pyro_error *err) MUST_CHECK;
bool credential_helper_erase(const char *name, const char *key, struct pyro_error *err) MUST_CHECK;

#endif
