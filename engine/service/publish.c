/* engine/service/publish.c: the ports a service is to be reached by. */
#include <string.h>

#include "engine/service/service.h"

/* Decimal digits, n of them, and nothing else. */
static bool parse_port(const char *text, size_t n, int *ret)
{
    int port = 0;

    if (!n || n > 5 || strspn(text, "0123456789") < n)
        return false;
    for (size_t i = 0; i < n; i++)
        port = port * 10 + (text[i] - '0');
    *ret = port;
    return port >= 1 && port <= SERVICE_PORT_MAX;
}

static bool is_doubled(const json_t *list, int host_port, int guest_port)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *other = json_array_get(list, i);
        if (json_int_or(other, "guest_port", 0) == guest_port ||
            (host_port && json_int_or(other, "host_port", 0) == host_port))
            return true;
    }
    return false;
}

bool service_publish_add(void *published, const char *item, struct pyro_error *err)
{
    const char *colon = strchr(item, ':'), *guest = colon ? colon + 1 : item;
    json_t **list = published;
    int host_port = 0, guest_port;

    if (!parse_port(guest, strlen(guest), &guest_port) ||
        (colon && !parse_port(item, (size_t)(colon - item), &host_port)))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT,
                         "'%.40s' is not [HOST:]GUEST, two ports from 1 to %d", item,
                         SERVICE_PORT_MAX);
    if (is_doubled(*list, host_port, guest_port))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "'%.40s': that port is published twice", item);
    if (json_array_size(*list) >= SERVICE_PORTS_MAX)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "a service publishes at most %d ports",
                         SERVICE_PORTS_MAX);
    if (!*list)
        *list = json_array();
    json_array_append_new(
        *list, json_pack("{s:i, s:i}", "host_port", host_port, "guest_port", guest_port));
    return true;
}
