/* engine/fetch/jail.c: the rights pyro-fetch keeps beyond those that every helper has. */
#include "engine/fetch/jail.h"

#include <fcntl.h>
#include <sys/socket.h>

/* Documents of 4 MiB as JSON, TLS of a few connections, and room. */
#define MEMORY_MAX_BYTES (1ULL << 30)

static const struct confine_rule connections[] = {
    HELPER_ALLOW_EQUAL(socket, 0, AF_INET),
    HELPER_ALLOW_EQUAL(socket, 0, AF_INET6),
    HELPER_ALLOW_EQUAL(fcntl, 1, F_SETFL),
    HELPER_ALLOW(connect),
    HELPER_ALLOW(getsockopt),
    HELPER_ALLOW(setsockopt),
    HELPER_ALLOW(getsockname),
    HELPER_ALLOW(getpeername),
    HELPER_ALLOW(recvfrom),
    HELPER_ALLOW(recvmsg),
    HELPER_ALLOW(sendto),
    HELPER_ALLOW(sendmsg),
    HELPER_ALLOW(shutdown),
#ifdef SYS_poll
    HELPER_ALLOW(poll),
#endif
    HELPER_ALLOW(ppoll),
    HELPER_ALLOW(clock_nanosleep),
    HELPER_ALLOW(pread64),
    HELPER_ALLOW(pwrite64),
    HELPER_ALLOW(lseek),
    HELPER_ALLOW(ftruncate),
    HELPER_ALLOW(fsync),
    HELPER_ALLOW(sync_file_range),
};

bool fetch_jail_enter(struct pyro_error *err)
{
    const struct helper_jail jail = { connections, ARRAY_SIZE(connections), MEMORY_MAX_BYTES };
    unsigned missing = 0; /* doctor examines the same of pyro-image */

    return helper_jail_enter(&jail, &missing, err);
}
