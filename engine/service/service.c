/* engine/service/service.c: requests about services, on their way to the supervisor. */
#include "engine/service/service.h"

#include "engine/client/connect.h"
#include "engine/client/handle.h"
#include "engine/state/names.h"
#include "vmm/base/fs.h"

#define CALL_DEADLINE_MS 60000 /* beyond what readiness may take; a stop is killed after 10 s */

json_t *service_start(const char *ref, const char *name, const struct service_start_spec *spec,
                      struct pyro_error *err)
{
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    struct command_request asked = spec->request;
    scoped_json json_t *readiness = NULL, *request = NULL;
    scoped_free char *service = str_printf("%s", name);
    struct pyro_error why = { 0 };
    json_t *view;
    int64_t deadline_ms = clock_ms() + spec->ready.timeout_seconds * 1000 + CALL_DEADLINE_MS;

    if (!workspace_check_name("service", name, err) ||
        !service_readiness_parse(&spec->ready, &readiness, err))
        return NULL;
    asked.service = service;
    asked.readiness = readiness;
    if (!command_request_check(service_request_rows, &asked, err) || !workspace_open(ref, &o, err))
        return NULL;
    request = command_request_pack(service_request_rows, &asked, "service", "start");
    if (readiness && !spec->ready.timeout_seconds)
        deadline_ms = 0;
    view = supervisor_call(&o, MACHINE_AWAKE, request, deadline_ms, &why);
    if (!view) {
        if (why.code == PYRO_GUEST_LOST) /* the guest goes on with it */
            pyro_hint(&why, "it may be starting still: see 'pyro workspace service status %s %s'",
                      o.id, name);
        pyro_copy(err, &why);
    }
    return view;
}

/* Opens the workspace, in a true state, and the service's record. */
static bool open_service(const char *ref, const char *name, struct workspace_handle *o,
                         struct service_record *ret, struct pyro_error *err)
{
    return workspace_open(ref, o, err) && workspace_recover(o, err) &&
           service_record_load(o->dir_fd, name, ret, err);
}

json_t *service_status(const char *ref, const char *name, struct pyro_error *err)
{
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    scoped_service_record struct service_record r = { 0 };

    return open_service(ref, name, &o, &r, err) ? service_record_to_view(&r, o.id) : NULL;
}

json_t *service_stop(const char *ref, const char *name, struct pyro_error *err)
{
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    scoped_json json_t *request =
        json_pack("{s:s, s:s, s:s}", "op", "service", "do", "stop", "service", name);
    scoped_service_record struct service_record r = { 0 }, now = { 0 };
    struct pyro_error why = { 0 };
    json_t *view;

    if (!open_service(ref, name, &o, &r, err))
        return NULL;
    if (!service_is_live(&r))
        return service_record_to_view(&r, o.id);
    view = supervisor_call(&o, MACHINE_AWAKE, request, clock_ms() + CALL_DEADLINE_MS, &why);
    if (view)
        return view;
    /* It may have ended with its workspace between the question and the answer. */
    if (!service_record_load(o.dir_fd, name, &now, err))
        return NULL;
    if (!service_is_live(&now))
        return service_record_to_view(&now, o.id);
    return pyro_copy(err, &why);
}

struct listing {
    const char *workspace_id;
    json_t *list;
    int64_t running;
};

static void service_add_to_list(void *arg, const struct service_record *r)
{
    struct listing *l = arg;

    l->running += service_is_live(r);
    json_array_append_new(l->list, service_record_to_view(r, l->workspace_id));
}

json_t *service_list(const char *ref, struct pyro_error *err)
{
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    struct listing l = { 0 };

    if (!workspace_open(ref, &o, err) || !workspace_recover(&o, err))
        return NULL;
    l = (struct listing){ .workspace_id = o.id, .list = json_array() };
    if (!service_each(o.dir_fd, service_add_to_list, &l, err)) {
        json_decref(l.list);
        return NULL;
    }
    return json_pack("{s:s, s:I, s:I, s:o}", "workspace_id", o.id, "count",
                     (json_int_t)json_array_size(l.list), "running_count", (json_int_t)l.running,
                     "services", l.list);
}
