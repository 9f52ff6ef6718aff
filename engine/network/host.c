/* engine/network/host.c: addresses and routes of this host. */
#include "engine/network/host.h"

#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/rtnetlink.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "vmm/base/fs.h"

static bool take_address(const struct sockaddr *a, struct in6_addr *ret)
{
    if (a && a->sa_family == AF_INET6) {
        *ret = ((const struct sockaddr_in6 *)(const void *)a)->sin6_addr;
        return true;
    }
    if (!a || a->sa_family != AF_INET)
        return false;
    *ret = (struct in6_addr){ .s6_addr = { [10] = 0xff, [11] = 0xff } };
    memcpy(ret->s6_addr + 12, &((const struct sockaddr_in *)(const void *)a)->sin_addr, 4);
    return true;
}

bool host_addresses(struct frame_refused *ret, struct pyro_error *err)
{
    struct ifaddrs *list;
    bool fits = true;

    if (getifaddrs(&list) != 0)
        return pyro_fail_errno(err, "this host's addresses");
    ret->count = 0;
    for (const struct ifaddrs *i = list; i && fits; i = i->ifa_next) {
        fits = ret->count < FRAME_ADDRESSES_MAX;
        if (fits && take_address(i->ifa_addr, &ret->addresses[ret->count]))
            ret->count++;
    }
    freeifaddrs(list);
    return fits || pyro_fail(err, PYRO_INTERNAL, "this host has more than %d addresses",
                             FRAME_ADDRESSES_MAX);
}

int host_watch_addresses(struct pyro_error *err)
{
    struct sockaddr_nl groups = { .nl_family = AF_NETLINK,
                                  .nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR };
    scoped_close int fd =
        socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

    if (fd < 0 || bind(fd, (struct sockaddr *)&groups, sizeof(groups)) != 0) {
        pyro_fail_errno(err, "watch this host's addresses");
        return -1;
    }
    return take_fd(&fd);
}

/* Lines of /proc/net/route: interface, destination, gateway, flags, three numbers, mask; addresses
 * in memory order. */
bool host_gateway(struct in_addr *ret)
{
    scoped_file FILE *f = fopen("/proc/net/route", "re");
    unsigned destination, gateway, mask;
    char line[256];

    while (f && fgets(line, sizeof(line), f))
        if (sscanf(line, "%*s %x %x %*x %*d %*d %*d %x", &destination, &gateway, &mask) == 3 &&
            !destination && !mask) {
            ret->s_addr = gateway;
            return true;
        }
    return false;
}

/* Lines of /proc/net/ipv6_route: destination, its length, … , interface. */
static bool has_ipv6_route(void)
{
    static const char any[] = "00000000000000000000000000000000 00 ";
    scoped_file FILE *f = fopen("/proc/net/ipv6_route", "re");
    char line[256];
    bool found = false;

    while (f && !found && fgets(line, sizeof(line), f)) {
        const char *name = strrchr(line, ' ');
        found = !strncmp(line, any, strlen(any)) && name && strcmp(name, " lo\n") != 0;
    }
    return found;
}

bool host_has_route(int family)
{
    struct in_addr gateway;

    return family == AF_INET6 ? has_ipv6_route() : host_gateway(&gateway);
}

void host_any_interface(char ret[IF_NAMESIZE])
{
    struct ifaddrs *list = NULL;

    snprintf(ret, IF_NAMESIZE, "lo");
    if (getifaddrs(&list) != 0)
        return;
    for (const struct ifaddrs *i = list; i; i = i->ifa_next) {
        if (i->ifa_addr && i->ifa_addr->sa_family == AF_INET && (i->ifa_flags & IFF_UP) &&
            !(i->ifa_flags & IFF_LOOPBACK)) {
            snprintf(ret, IF_NAMESIZE, "%s", i->ifa_name);
            break;
        }
    }
    freeifaddrs(list);
}

static bool parse_resolver(const char *text, struct host_resolver *ret)
{
    /* With a scope, as in fe80::1%eth0, too. */
    const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                                    .ai_socktype = SOCK_DGRAM };
    struct addrinfo *found;

    if (getaddrinfo(text, "53", &hints, &found) != 0)
        return false;
    memcpy(&ret->address, found->ai_addr, found->ai_addrlen);
    ret->size = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

unsigned resolvers_parse(const char *text, struct host_resolver ret[HOST_RESOLVERS_MAX])
{
    unsigned n = 0;

    while (text && *text && n < HOST_RESOLVERS_MAX) {
        char address[64];
        if (sscanf(text, "nameserver%*[ \t]%63[^ \t\n]", address) == 1 &&
            parse_resolver(address, &ret[n]))
            n++;
        text = strchr(text, '\n');
        text += text ? 1 : 0;
    }
    return n ? n : parse_resolver("127.0.0.1", ret);
}

unsigned host_resolvers(struct host_resolver ret[HOST_RESOLVERS_MAX])
{
    scoped_buf text = BUF_INIT(64 * 1024);

    return resolvers_parse(
        fs_read_file(AT_FDCWD, "/etc/resolv.conf", &text, NULL) ? text.data : NULL, ret);
}
