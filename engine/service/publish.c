/* engine/service/publish.c: the ports a service is to be reached by. */
#include <stdlib.h>
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

json_t *service_publish_parse(const char *const *items, size_t count, struct pyro_error *err)
{
    scoped_json json_t *list = json_array();

    for (size_t i = 0; i < count; i++) {
        const char *colon = strchr(items[i], ':');
        const char *guest = colon ? colon + 1 : items[i];
        int host_port = 0, guest_port;
        if (!parse_port(guest, strlen(guest), &guest_port) ||
            (colon && !parse_port(items[i], (size_t)(colon - items[i]), &host_port))) {
            pyro_fail(err, PYRO_INVALID_ARGUMENT,
                      "--publish '%.40s' is not [HOST:]GUEST, two ports from 1 to %d", items[i],
                      SERVICE_PORT_MAX);
            return NULL;
        }
        if (is_doubled(list, host_port, guest_port)) {
            pyro_fail(err, PYRO_INVALID_ARGUMENT, "--publish '%.40s': that port is published twice",
                      items[i]);
            return NULL;
        }
        json_array_append_new(
            list, json_pack("{s:i, s:i}", "host_port", host_port, "guest_port", guest_port));
    }
    if (json_array_size(list) > SERVICE_PORTS_MAX) {
        pyro_fail(err, PYRO_INVALID_ARGUMENT, "a service publishes at most %d ports",
                  SERVICE_PORTS_MAX);
        return NULL;
    }
    return json_incref(list);
}
