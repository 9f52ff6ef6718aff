/*
 * engine/supervisor/secret_use.c: secrets on their way to the guest. Their values are read from
 * their files when they are handed over, and wiped; only the redactor's copy stays here.
 */
#include "engine/supervisor/secret_use.h"

#include "engine/secret/secrets.h"
#include "vmm/base/confine.h"

/* Processes that know the values make no core dumps: this one, and all it starts, QEMU above
 * all. */
bool secret_use_load(struct supervisor *s, struct pyro_error *err)
{
    if (!s->record.secrets)
        return true;
    confine_limit(RLIMIT_CORE, 0);
    return secrets_redactor_of(s->dir_fd, &s->redactor, err);
}

json_t *secret_use_values(struct supervisor *s, struct pyro_error *err)
{
    scoped_secrets secrets = { .count = 0 };

    return secrets_load(s->dir_fd, &secrets, err)
               ? secrets_to_json(&secrets, s->record.secrets, err)
               : NULL;
}
