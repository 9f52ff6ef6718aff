/* Any text as a reference: what is taken fits URLs and file names, and in full it means the same. */
#include <string.h>

#include "engine/registry/reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

#define UNSAFE " \t\r\n?#%@\\\"'<>{}|^`"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    scoped_free char *text = strndup((const char *)bytes, n);
    char full[REFERENCE_SIZE], host[REFERENCE_NAME_MAX + 1];
    struct reference r, again;

    if (reference_parse_host(text, host, NULL))
        BUG_ON(strpbrk(host, UNSAFE "/") || !*host);
    if (!reference_parse(text, &r, NULL))
        return 0;
    BUG_ON(strpbrk(r.host, UNSAFE "/") || strpbrk(r.repository, UNSAFE ":") ||
           strpbrk(r.tag, UNSAFE ":/") || !(*r.tag || *r.digest));
    BUG_ON(strstr(r.repository, "..") || strstr(r.repository, "//") || *r.repository == '/');
    BUG_ON(*r.digest && !oci_digest_is_valid(r.digest));
    reference_write(&r, full);
    BUG_ON(!reference_parse(full, &again, NULL) || memcmp(&r, &again, sizeof(r)) != 0);
    return 0;
}
