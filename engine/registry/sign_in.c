/* engine/registry/sign_in.c: tried first, then kept. */
#include "engine/registry/sign_in.h"

#include <string.h>

#include "engine/registry/session.h"
#include "vmm/base/fs.h"

void signed_in_release(struct signed_in *s)
{
    free(s->where);
    memset(s, 0, sizeof(*s));
}

bool registry_sign_in(const char *host, const struct credentials *login, const char *ca_file,
                      const struct progress *progress, struct signed_in *ret,
                      struct pyro_error *err)
{
    struct registry_wish wish = { .ca_file = ca_file, .progress = progress };
    struct session s = { .wish = &wish,
                         .login = login,
                         .job = json_pack("{s:b}", "is_login", true) };
    scoped_json json_t *result = NULL;

    memset(ret, 0, sizeof(*ret));
    snprintf(wish.reference.host, sizeof(wish.reference.host), "%s", host);
    result = session_run(&s, err);
    if (!result)
        return pyro_wrap(err, "the login is not kept");
    ret->was_asked = json_bool_or(result, "was_asked", false);
    ret->is_plain = json_bool_or(result, "is_plain", false);
    return credentials_keep(host, login, &ret->where, err);
}
