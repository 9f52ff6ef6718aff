/* A file of credentials: what is found in it can be kept and forgotten again, and no other entry is
 * touched by that. */
#include <string.h>

#include "engine/registry/auth_file.h"
#include "vmm/base/fs.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

#define HOST "registry.example:5000"

static bool finds(const json_t *object, const char *host, struct credentials *ret)
{
    bool found = false;

    return auth_file_find(object, host, "", ret, &found, NULL) && found;
}

static void keep_and_forget(json_t *object)
{
    struct credentials kept = { .user = str_printf("u"), .password = str_printf("p:w") };
    scoped_credentials other = { 0 }, after = { 0 }, again = { 0 }, gone = { 0 };
    bool has_other = finds(object, "docker.io", &other);

    BUG_ON(!auth_file_set(object, HOST, &kept, NULL));
    BUG_ON(!finds(object, HOST, &again) || strcmp(again.user, "u") ||
           strcmp(again.password, "p:w"));
    BUG_ON(!auth_file_remove(object, HOST) || auth_file_remove(object, HOST));
    BUG_ON(finds(object, HOST, &gone));
    BUG_ON(finds(object, "docker.io", &after) != has_other);
    BUG_ON(has_other && other.user && strcmp(other.user, after.user) != 0);
    credentials_release(&kept);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    scoped_json json_t *object = json_parse((const char *)bytes, n, 65536, NULL);
    scoped_credentials found = { 0 };
    const char *helper;

    if (!json_is_object(object))
        return 0;
    if (auth_file_helper(object, HOST, &helper, NULL) && helper)
        BUG_ON(!*helper || strpbrk(helper, "/. \n"));
    if (finds(object, HOST, &found))
        BUG_ON(!found.identity_token &&
               (!found.user || !found.password || strchr(found.user, ':')));
    keep_and_forget(object);
    return 0;
}
