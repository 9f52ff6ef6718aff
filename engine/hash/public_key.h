/* The public keys that images are signed with, by OpenSSL: ECDSA on P-256, RSA, Ed25519. */
#ifndef PYRO_HASH_PUBLIC_KEY_H
#define PYRO_HASH_PUBLIC_KEY_H

#include <stddef.h>

#include "vmm/base/error.h"

struct public_key {
    struct evp_pkey_st *key;
};
/* From PEM; PYRO_INVALID_ARGUMENT when it is none of these, or an RSA key of under 2048 bits. */
bool public_key_load(struct public_key *ret, const char *pem, struct pyro_error *err) MUST_CHECK;
void public_key_release(struct public_key *k);
#define scoped_public_key __attribute__((cleanup(public_key_release))) struct public_key

/* Whether it is a signature over the bytes: of their SHA-256 (RSA: PKCS #1, version 1.5), or of
 * themselves (Ed25519). */
bool public_key_verifies(const struct public_key *k, const void *bytes, size_t n,
                         const void *signature, size_t signature_bytes);

#endif
