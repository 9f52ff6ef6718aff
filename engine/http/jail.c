/* engine/http/jail.c: the rights pyro-http keeps beyond those that every helper has. */
#include "engine/http/jail.h"

/* What is held at once (server.c), what a message of 16 MiB becomes when it is parsed, and room. */
#define MEMORY_MAX_BYTES (2ULL << 30)

static const struct confine_rule sockets[] = {
    HELPER_ALLOW(accept4),    HELPER_ALLOW(recvfrom),    HELPER_ALLOW(sendto),
    HELPER_ALLOW(sendmsg),    HELPER_ALLOW(shutdown),    HELPER_ALLOW(setsockopt),
    HELPER_ALLOW(epoll_ctl),  HELPER_ALLOW(epoll_pwait),
#ifdef SYS_epoll_wait
    HELPER_ALLOW(epoll_wait), HELPER_ALLOW(poll),
#endif
    HELPER_ALLOW(ppoll),
};

bool http_jail_enter(struct pyro_error *err)
{
    const struct helper_jail jail = { sockets, ARRAY_SIZE(sockets), MEMORY_MAX_BYTES };
    unsigned missing = 0; /* doctor examines the same of pyro-image */

    return helper_jail_enter(&jail, &missing, err);
}
