/* A user, and the passwd and group that it is looked up in, parted by NULs. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "guest/users.h"
#include "vmm/base/cleanup.h"
#include "vmm/base/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* The next part, copied; "" at the end. */
static char *next_part(const uint8_t **at, size_t *left)
{
    size_t length = strnlen((const char *)*at, *left);
    char *part = strndup((const char *)*at, length);

    *at += length < *left ? length + 1 : length;
    *left -= length < *left ? length + 1 : length;
    return part;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    scoped_free char *user = next_part(&bytes, &n), *passwd = next_part(&bytes, &n),
                     *group = next_part(&bytes, &n);
    struct guest_user u;

    if (!user_find_in(user, passwd, group, &u, NULL))
        return 0;
    BUG_ON(u.group_count > USERS_GROUPS_MAX || u.uid == UINT32_MAX || u.gid == UINT32_MAX);
    BUG_ON(!memchr(u.name, '\0', sizeof(u.name)) || !memchr(u.home, '\0', sizeof(u.home)) ||
           !memchr(u.shell, '\0', sizeof(u.shell)));
    return 0;
}
