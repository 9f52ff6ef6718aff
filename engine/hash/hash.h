/*
 * The digests that images are named by (engine/oci/descriptor.h), by OpenSSL. In the helper programs
 * only: pyro itself would have to load OpenSSL at every start.
 */
#ifndef PYRO_HASH_H
#define PYRO_HASH_H

#include "engine/oci/descriptor.h"

struct hash {
    struct evp_md_ctx_st *ctx;
    const char *wanted; /* borrowed; NULL: any sha256 */
};

/* Loads what the algorithms need, for a program that confines itself afterwards. */
bool hash_prepare(struct pyro_error *err) MUST_CHECK;
/* Begins one by the algorithm of a valid digest; NULL: sha256. Release *ret in any case. */
bool hash_begin(struct hash *ret, const char *digest, struct pyro_error *err) MUST_CHECK;
bool hash_add(struct hash *h, const void *bytes, size_t n, struct pyro_error *err) MUST_CHECK;
/* The digest of all that was added; nothing more may be. */
bool hash_end(struct hash *h, char ret[OCI_DIGEST_SIZE], struct pyro_error *err) MUST_CHECK;
/* The same, which must be the one begun with; PYRO_CONTENT_REFUSED says that `what` has another. */
bool hash_check(struct hash *h, const char *what, struct pyro_error *err) MUST_CHECK;
/* Of n bytes in memory, which must have that digest. */
bool hash_check_bytes(const void *bytes, size_t n, const char *digest, const char *what,
                      struct pyro_error *err) MUST_CHECK;
void hash_release(struct hash *h);
#define scoped_hash __attribute__((cleanup(hash_release))) struct hash

#endif
