/* engine/registry/endpoints.c: the addresses of registries. */
#include "engine/registry/endpoints.h"

#include <string.h>

#include "engine/registry/reference.h"
#include "vmm/base/fs.h"

json_t *endpoints_of(const char *host, struct pyro_error *err)
{
    const char *server = !strcmp(host, REFERENCE_DOCKER_HUB) ? "registry-1.docker.io" : host;
    scoped_free char *url = str_printf("https://%s", server);
    json_t *list = json_pack("[{s:s, s:s, s:b}]", "url", url, "name", host, "may_be_plain",
                             reference_host_is_loopback(host));

    return list ? list : pyro_no_memory(err, NULL);
}
