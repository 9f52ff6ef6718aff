/*
 * guest/network.c: eth0.
 *
 * Addresses and routes go through rtnetlink(7), a request of one message at a time. Every clone of
 * a template wakes with the same hardware address: it gets its own before the device is up.
 */
#include "guest/network.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "guest/module.h"
#include "guest/replace_file.h"
#include "guest/resolver.h"
#include "guest/uevent.h"
#include "vmm/base/fs.h"

#define DEVICE "eth0"
#define DEVICES_DIR "/sys/bus/virtio/devices"
#define NET_DEVICE_ID "0x0001\n"
#define DEVICE_WAIT_MS 5000
#define MTU                                                                                        \
    65520 /* the largest that passt takes: a few large frames are cheaper than many small ones */

/* ---- the driver ---- */

static bool has_device(void)
{
    scoped_dir DIR *dir = opendir(DEVICES_DIR);
    struct dirent *entry;

    while (dir && (entry = readdir(dir))) {
        scoped_buf id = BUF_INIT(4096);
        char path[sizeof(DEVICES_DIR) + 300];
        snprintf(path, sizeof(path), DEVICES_DIR "/%s/device", entry->d_name);
        if (entry->d_name[0] != '.' && fs_read_file(AT_FDCWD, path, &id, NULL) && id.data &&
            !strcmp(id.data, NET_DEVICE_ID))
            return true;
    }
    return false;
}

static bool network_interface_is_there(void *arg UNUSED)
{
    return if_nametoindex(DEVICE) != 0;
}

void network_load(void)
{
    struct pyro_error err;

    if (!has_device())
        return;
    if (!module_load("virtio_net", &err))
        guest_log("%s", err.message);
    if (!uevent_wait(network_interface_is_there, NULL, DEVICE_WAIT_MS))
        guest_log("there is no " DEVICE);
}

/* ---- rtnetlink ---- */

struct message {
    struct nlmsghdr header;
    union {
        struct ifaddrmsg address;
        struct rtmsg route;
        uint8_t bytes[192];
    };
};

static void start_message(struct message *m, uint16_t type, size_t body)
{
    memset(m, 0, sizeof(*m));
    m->header.nlmsg_type = type;
    m->header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE;
    m->header.nlmsg_len = (uint32_t)NLMSG_LENGTH(body);
}

static void add_attribute(struct message *m, uint16_t type, const void *value, size_t n)
{
    size_t at = NLMSG_ALIGN(m->header.nlmsg_len) - sizeof(m->header);
    struct rtattr attribute = { .rta_len = (uint16_t)RTA_LENGTH(n), .rta_type = type };

    if (at + RTA_SPACE(n) > sizeof(m->bytes))
        return; /* there is room for everything added here */
    memcpy(m->bytes + at, &attribute, sizeof(attribute));
    memcpy(m->bytes + at + RTA_LENGTH(0), value, n);
    m->header.nlmsg_len = (uint32_t)(sizeof(m->header) + at + RTA_LENGTH(n));
}

static bool send_message(const struct message *m, const char *what, struct pyro_error *err)
{
    scoped_close int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    struct {
        struct nlmsghdr header;
        struct nlmsgerr error;
        uint8_t rest[512];
    } answer = { 0 };

    if (fd < 0 || send(fd, m, m->header.nlmsg_len, 0) < 0 ||
        recv(fd, &answer, sizeof(answer), 0) < (ssize_t)NLMSG_LENGTH(sizeof(answer.error)))
        return pyro_fail_errno(err, "%s", what);
    errno = -answer.error.error;
    return errno == 0 || pyro_fail_errno(err, "%s", what);
}

struct address {
    int family;
    uint8_t bytes[16];
    size_t size;
    uint8_t prefix;
};

/* "192.0.0.2/29"; without a length: a single address. */
static bool parse_address(const char *text, struct address *ret)
{
    char copy[64], *slash;

    snprintf(copy, sizeof(copy), "%s", text ? text : "");
    slash = strchr(copy, '/');
    if (slash)
        *slash = '\0';
    ret->family = strchr(copy, ':') ? AF_INET6 : AF_INET;
    ret->size = ret->family == AF_INET6 ? 16 : 4;
    ret->prefix = (uint8_t)(slash ? strtoul(slash + 1, NULL, 10) : 8 * ret->size);
    return ret->prefix <= 8 * ret->size && inet_pton(ret->family, copy, ret->bytes) == 1;
}

static bool add_address(unsigned index, const struct address *a, struct pyro_error *err)
{
    struct message m;

    start_message(&m, RTM_NEWADDR, sizeof(m.address));
    m.address = (struct ifaddrmsg){ .ifa_family = (uint8_t)a->family,
                                    .ifa_prefixlen = a->prefix,
                                    .ifa_index = index,
                                    /* nobody else can have it, and asking takes a second */
                                    .ifa_flags = a->family == AF_INET6 ? IFA_F_NODAD : 0 };
    add_attribute(&m, IFA_LOCAL, a->bytes, a->size);
    add_attribute(&m, IFA_ADDRESS, a->bytes, a->size);
    return send_message(&m, "give " DEVICE " its address", err);
}

static bool add_default_route(unsigned index, const struct address *gateway, struct pyro_error *err)
{
    struct message m;

    start_message(&m, RTM_NEWROUTE, sizeof(m.route));
    m.route = (struct rtmsg){ .rtm_family = (uint8_t)gateway->family,
                              .rtm_table = RT_TABLE_MAIN,
                              .rtm_protocol = RTPROT_STATIC,
                              .rtm_scope = RT_SCOPE_UNIVERSE,
                              .rtm_type = RTN_UNICAST };
    add_attribute(&m, RTA_GATEWAY, gateway->bytes, gateway->size);
    add_attribute(&m, RTA_OIF, &index, sizeof(index));
    return send_message(&m, "set the default route", err);
}

static bool add_family(unsigned index, const json_t *network, const char *address_key,
                       const char *gateway_key, struct pyro_error *err)
{
    struct address address, gateway;

    if (!parse_address(json_string_or(network, address_key, NULL), &address) ||
        !parse_address(json_string_or(network, gateway_key, NULL), &gateway))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "'%s' or '%s' is not an address", address_key,
                         gateway_key);
    return add_address(index, &address, err) && add_default_route(index, &gateway, err);
}

/* ---- the device ---- */

static bool raise_device(const char *mac, struct pyro_error *err)
{
    scoped_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq r = { .ifr_name = DEVICE };
    unsigned b[6];

    if (fd < 0)
        return pyro_fail_errno(err, "socket");
    if (sscanf(mac, "%2x:%2x:%2x:%2x:%2x:%2x", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5]) != 6)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "'mac' is not a hardware address");
    r.ifr_hwaddr.sa_family = ARPHRD_ETHER;
    for (int i = 0; i < 6; i++)
        r.ifr_hwaddr.sa_data[i] = (char)b[i];
    if (ioctl(fd, SIOCSIFHWADDR, &r) != 0)
        return pyro_fail_errno(err, "give " DEVICE " its hardware address");
    r.ifr_mtu = MTU;
    if (ioctl(fd, SIOCSIFMTU, &r) != 0)
        return pyro_fail_errno(err, "set the MTU of " DEVICE);
    r.ifr_flags = IFF_UP | IFF_RUNNING | IFF_BROADCAST | IFF_MULTICAST;
    return ioctl(fd, SIOCSIFFLAGS, &r) == 0 || pyro_fail_errno(err, "raise " DEVICE);
}

/* Only this program sets gateways and addresses, so the kernel need not ask for them. */
static void ignore_advertisements(void)
{
    static const char path[] = "/proc/sys/net/ipv6/conf/" DEVICE "/accept_ra";

    if (!fs_write_setting(AT_FDCWD, path, "0"))
        guest_log("%s: errno %d", path, errno);
}

/* A link that leads somewhere is the user's choice, and left alone. */
static bool name_resolver(struct pyro_error *err)
{
    static const char line[] = "nameserver " RESOLVER_ADDRESS "\n";
    struct stat st;

    if (lstat("/etc/resolv.conf", &st) == 0 && !S_ISREG(st.st_mode) &&
        stat("/etc/resolv.conf", &st) == 0)
        return true;
    return guest_replace_file("/etc/resolv.conf", line, strlen(line), 0644, err);
}

bool network_configure(struct guest *g, const json_t *network, struct pyro_error *err)
{
    unsigned index;
    const char *mac;

    if (!json_is_object(network))
        return true;
    /* Not before: the kernel starts a program to look for the module of a device that is missing. */
    index = if_nametoindex(DEVICE);
    if (!index)
        return pyro_fail(err, PYRO_GUEST_ERROR, "the machine has no network device");
    if (!json_get_string(network, "mac", &mac, err))
        return false;
    ignore_advertisements();
    resolver_listen(g);
    return raise_device(mac, err) && add_family(index, network, "address", "gateway", err) &&
           (!json_object_get(network, "address6") ||
            add_family(index, network, "address6", "gateway6", err)) &&
           name_resolver(err);
}
