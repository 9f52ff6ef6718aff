/* engine/registry/signature_policy.c: accept, reject, or a key out of its file. */
#include "engine/registry/signature_policy.h"

#include <fcntl.h>

#include "engine/registry/settings.h"
#include "vmm/base/fs.h"

#define KEY_BYTES_MAX (64 * 1024)

bool signature_policy_add(json_t *job, const struct reference *r, struct pyro_error *err)
{
    scoped_free char *where = str_printf("%s/%s", r->host, r->repository);
    scoped_registry_settings settings = { 0 };
    scoped_buf key = BUF_INIT(KEY_BYTES_MAX);

    if (!registry_settings_load(where, &settings, err))
        return false;
    if (settings.is_rejected)
        return pyro_fail(err, PYRO_CONTENT_REFUSED, "%s is rejected by the configuration file",
                         where);
    if (!settings.key_path)
        return true;
    if (!fs_read_file(AT_FDCWD, settings.key_path, &key, err))
        return pyro_wrap(err, "the key that %s has to be signed with", where);
    json_object_set_new(job, "signature_key", json_string_lossy(key.data ? key.data : "", key.len));
    return true;
}
