/* engine/hash/hash.c: sha256 and sha512. */
#include "engine/hash/hash.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

static EVP_MD *sha256, *sha512;

bool hash_prepare(struct pyro_error *err)
{
    if (sha512)
        return true;
    /* No configuration file says what these are. */
    if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL) == 1)
        sha256 = EVP_MD_fetch(NULL, "SHA256", NULL), sha512 = EVP_MD_fetch(NULL, "SHA512", NULL);
    return (sha256 && sha512) || pyro_fail(err, PYRO_INTERNAL, "OpenSSL has no SHA-2");
}

static void *fail(struct pyro_error *err)
{
    return pyro_fail(err, PYRO_INTERNAL, "OpenSSL could not compute a digest");
}

bool hash_begin(struct hash *ret, const char *digest, struct pyro_error *err)
{
    bool is_long = digest && !strncmp(digest, "sha512:", strlen("sha512:"));

    *ret = (struct hash){ .wanted = digest };
    BUG_ON(digest && !oci_digest_is_valid(digest));
    if (!hash_prepare(err))
        return false;
    ret->ctx = EVP_MD_CTX_new();
    return (ret->ctx && EVP_DigestInit_ex2(ret->ctx, is_long ? sha512 : sha256, NULL) == 1) ||
           fail(err);
}

bool hash_add(struct hash *h, const void *bytes, size_t n, struct pyro_error *err)
{
    return n == 0 || EVP_DigestUpdate(h->ctx, bytes, n) == 1 || fail(err);
}

bool hash_end(struct hash *h, char ret[OCI_DIGEST_SIZE], struct pyro_error *err)
{
    uint8_t bytes[EVP_MAX_MD_SIZE];
    unsigned n;
    int used;

    if (EVP_DigestFinal_ex(h->ctx, bytes, &n) != 1)
        return fail(err);
    used = snprintf(ret, OCI_DIGEST_SIZE, "sha%u:", 8 * n);
    for (unsigned i = 0; i < n; i++)
        used += snprintf(ret + used, (size_t)(OCI_DIGEST_SIZE - used), "%02x", bytes[i]);
    return true;
}

bool hash_check(struct hash *h, const char *what, struct pyro_error *err)
{
    char digest[OCI_DIGEST_SIZE];

    if (!hash_end(h, digest, err))
        return false;
    return !strcmp(digest, h->wanted) ||
           pyro_fail(err, PYRO_CONTENT_REFUSED, "%s has the digest %.80s, and should have %.80s",
                     what, digest, h->wanted);
}

bool hash_check_bytes(const void *bytes, size_t n, const char *digest, const char *what,
                      struct pyro_error *err)
{
    scoped_hash h;

    return hash_begin(&h, digest, err) && hash_add(&h, bytes, n, err) && hash_check(&h, what, err);
}

void hash_release(struct hash *h)
{
    EVP_MD_CTX_free(h->ctx);
    h->ctx = NULL;
}
