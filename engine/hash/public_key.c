/* engine/hash/public_key.c: EVP_DigestVerify in one call, which all three kinds have. */
#include "engine/hash/public_key.h"

#include <limits.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#define RSA_BITS_MIN 2048

static bool is_accepted(const EVP_PKEY *key)
{
    char group[64] = "";

    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_ED25519:
        return true;
    case EVP_PKEY_RSA:
        return EVP_PKEY_get_bits(key) >= RSA_BITS_MIN;
    case EVP_PKEY_EC:
        return EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 &&
               !strcmp(group, "prime256v1");
    default:
        return false;
    }
}

bool public_key_load(struct public_key *ret, const char *pem, struct pyro_error *err)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);

    ret->key = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    if (!ret->key)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "it is not a public key in PEM");
    if (is_accepted(ret->key))
        return true;
    public_key_release(ret);
    return pyro_fail(err, PYRO_INVALID_ARGUMENT,
                     "it is a key of another kind than ECDSA on P-256, RSA of 2048 bits or more, "
                     "and Ed25519");
}

void public_key_release(struct public_key *k)
{
    EVP_PKEY_free(k->key);
    k->key = NULL;
}

bool public_key_verifies(const struct public_key *k, const void *bytes, size_t n,
                         const void *signature, size_t signature_bytes)
{
    const EVP_MD *hash = EVP_PKEY_get_base_id(k->key) == EVP_PKEY_ED25519 ? NULL : EVP_sha256();
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx && EVP_DigestVerifyInit(ctx, NULL, hash, NULL, k->key) == 1 &&
              EVP_DigestVerify(ctx, signature, signature_bytes, bytes, n) == 1;

    EVP_MD_CTX_free(ctx);
    return ok;
}
