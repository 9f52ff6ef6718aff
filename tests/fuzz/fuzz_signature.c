/* Manifests, referrers and payloads of signatures: none by a key that nobody has is good. */
#include <string.h>

#include "engine/fetch/signature.h"
#include "vmm/base/fs.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static const char pem[] = "-----BEGIN PUBLIC KEY-----\n"
                          "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
                          "-----END PUBLIC KEY-----\n";
static const char image[] =
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static struct public_key key;
    static struct signature_layers layers;
    struct signature_layer bundle = { 0 };
    struct oci_descriptor found;
    size_t at = 0;
    const char *text = (const char *)bytes;

    if (!key.key)
        BUG_ON(!public_key_load(&key, pem, NULL));
    signature_layers_take(&layers, text, n);
    BUG_ON(layers.count > SIGNATURES_MAX);
    for (size_t i = 0; i < layers.count; i++) {
        BUG_ON(!oci_digest_is_valid(layers.list[i].blob.digest));
        BUG_ON(signature_is_good(&layers.list[i], text, n, &key, image));
    }
    signature_layers_release(&layers);
    while (signature_next_referrer(text, n, &at, &found))
        BUG_ON(!oci_digest_is_valid(found.digest));
    BUG_ON(signature_is_good(&bundle, text, n, &key, image));
    return 0;
}
