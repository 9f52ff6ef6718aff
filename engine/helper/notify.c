/* engine/helper/notify.c: a datagram to NOTIFY_SOCKET, a path or, after "@", an abstract name. */
#include "engine/helper/notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "vmm/base/cleanup.h"

void service_notify(const char *state)
{
    const char *name = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    size_t n = name ? strlen(name) : 0;
    scoped_close int fd = -1;

    if (!n || n >= sizeof(to.sun_path) || (name[0] != '/' && name[0] != '@'))
        return;
    memcpy(to.sun_path, name, n);
    if (name[0] == '@')
        to.sun_path[0] = '\0';
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&to,
               (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
}
