/*
 * Operations on a workspace's services: commands that stay, with readiness and logs. Like
 * workspace.h, one engine behind every front.
 *
 * `ref` is a reference to a workspace, `name` a service's name. The functions may block, start or
 * re-adopt the supervisor when that is needed, and return a new JSON object of the shape that
 * docs/commands.md declares, or NULL with err set: PYRO_SERVICE_NOT_FOUND, PYRO_SERVICE_STATE,
 * PYRO_SERVICE_FAILED, PYRO_WORKSPACE_STATE, …
 */
#ifndef PYRO_SERVICE_H
#define PYRO_SERVICE_H

#include "engine/state/service_files.h"
#include "vmm/base/command_request.h"

struct progress;

/* At most one of the four is not NULL. */
struct service_readiness {
    const char *file;        /* a path in the guest, relative to cwd */
    const char *tcp;         /* HOST:PORT, on the guest's loopback */
    const char *http;        /* a URL there: ready at any 2xx or 3xx */
    const char *command;     /* for sh -c: ready at status 0 */
    int64_t timeout_seconds; /* 0: none */
    int64_t interval_ms;
};

struct service_start_spec {
    /* Borrowed, but for `service` and `readiness`, which are not looked at; cwd of workspace_cwd(),
     * NULL: /workspace; `published` of service_publish_add(). */
    struct command_request request;
    struct service_readiness ready;
};
/* Returns once it is ready. One that ends before, or is not ready in time, is PYRO_SERVICE_FAILED;
 * it has been stopped, and its logs can be read. */
json_t *service_start(const char *ref, const char *name, const struct service_start_spec *spec,
                      struct pyro_error *err) MUST_CHECK;
/* {workspace_id, count, running_count, services}, by name. */
json_t *service_list(const char *ref, struct pyro_error *err) MUST_CHECK;
json_t *service_status(const char *ref, const char *name, struct pyro_error *err) MUST_CHECK;
/* TERM, and KILL ten seconds later; returns once it has ended. One that has is returned as it is.
 */
json_t *service_stop(const char *ref, const char *name, struct pyro_error *err) MUST_CHECK;

struct service_logs_spec {
    int64_t tail_lines; /* of each output; -1: all that is kept */
    /* Follow: passes on new output, the requested lines first, until the service has ended. NULL:
     * only what is there. */
    bool (*sink)(void *arg, enum service_output output, const void *bytes, size_t n,
                 struct pyro_error *err);
    void *arg;
    const struct progress *progress; /* for notes while it follows */
};
struct service_logs {
    json_t *view;         /* of the service, at the end */
    struct buf output[2]; /* without a sink */
    uint64_t dropped[2];  /* bytes that the log no longer has, when all was asked for */
};
void service_logs_release(struct service_logs *l);
/* Reads files only, whatever has become of the service and its workspace. Release *ret on success.
 */
bool service_logs(const char *ref, const char *name, const struct service_logs_spec *spec,
                  struct service_logs *ret, struct pyro_error *err) MUST_CHECK;

/* A readiness as the guest understands it, new; *ret NULL when there is none. Refuses what is not
 * on the guest's loopback. */
bool service_readiness_parse(const struct service_readiness *r, json_t **ret,
                             struct pyro_error *err) MUST_CHECK;

/* Adds the ports of one --publish [HOST:]GUEST, {host_port (0: a free one), guest_port}, to an
 * array, which is made when *published (json_t *) is NULL. */
bool service_publish_add(void *published, const char *item, struct pyro_error *err) MUST_CHECK;

#endif
