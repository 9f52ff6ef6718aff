/* guest/ops.c: the function of each request. One row per operation. */
#include "guest/ops.h"

#include <string.h>

#include "guest/connect.h"
#include "guest/exec.h"
#include "guest/file.h"
#include "guest/freeze.h"
#include "guest/hold.h"
#include "guest/identity.h"
#include "guest/resolver.h"
#include "guest/root.h"
#include "guest/service.h"
#include "guest/shell.h"
#include "guest/shutdown.h"
#include "guest/stat.h"
#include "guest/tree.h"

struct guest_op {
    const char *name;
    bool vm_only;    /* refused where the guest is a plain child of the supervisor */
    bool needs_self; /* refused until `begin`: a clone must not act as its template */
    /* One of the two: answers at once with *ret (new; NULL: {}), … */
    bool (*answer)(struct guest *g, const json_t *request, json_t **ret, struct pyro_error *err);
    /* … or accepts the stream and closes it later. False: nothing was accepted. */
    bool (*start)(struct guest *g, uint32_t id, const json_t *request, struct pyro_error *err);
};

static const struct guest_op ops[] = {
    { "prepare", .vm_only = true, .answer = root_op_prepare },
    { "begin", .answer = identity_op_begin },
    { "connect", .needs_self = true, .start = connect_op_connect },
    { "exec", .needs_self = true, .start = exec_op_exec },
    { "file_list", .needs_self = true, .start = file_op_list },
    { "file_read", .needs_self = true, .start = file_op_read },
    { "file_write", .needs_self = true, .start = file_op_write },
    { "shell_open", .needs_self = true, .answer = shell_op_open },
    { "shell_list", .needs_self = true, .answer = shell_op_list },
    { "shell_attach", .needs_self = true, .start = shell_op_attach },
    { "freeze", .vm_only = true, .needs_self = true, .start = freeze_op_freeze },
    { "hold", .vm_only = true, .needs_self = true, .start = hold_op_hold },
    { "release", .vm_only = true, .answer = hold_op_release },
    { "resolve_datagrams", .vm_only = true, .needs_self = true, .start = resolver_op_datagrams },
    { "resolve_connection", .vm_only = true, .needs_self = true, .start = resolver_op_connection },
    { "service_start", .needs_self = true, .answer = service_op_start },
    { "service_attach", .needs_self = true, .start = service_op_attach },
    { "stat", .answer = stat_op_stat },
    { "sync", .answer = stat_op_sync },
    { "tree_write", .needs_self = true, .start = tree_op_write },
    { "tree_read", .needs_self = true, .start = tree_op_read },
    { "shutdown", .start = shutdown_op_shutdown },
};

static bool check(const struct guest *g, const struct guest_op *op, struct pyro_error *err)
{
    if (g->stopping)
        return pyro_fail(err, PYRO_GUEST_ERROR, "the guest is shutting down");
    if (op->vm_only && g->host_dir)
        return pyro_fail(err, PYRO_GUEST_ERROR, "'%s' is not possible on a host", op->name);
    if (op->needs_self && !g->begun)
        return pyro_fail(err, PYRO_GUEST_ERROR, "'%s' came before 'begin'", op->name);
    return true;
}

static bool run(struct guest *g, const struct guest_op *op, uint32_t id, const json_t *request,
                struct pyro_error *err)
{
    json_t *result = NULL;

    if (!check(g, op, err))
        return false;
    if (op->start)
        return op->start(g, id, request, err);
    if (!op->answer(g, request, &result, err))
        return false;
    stream_reply(g->link, id, result ? result : json_object());
    return true;
}

void ops_dispatch(struct guest *g, uint32_t id, const json_t *request)
{
    const char *name = json_string_or(request, "op", NULL);
    struct pyro_error err = { 0 };

    for (size_t i = 0; name && i < ARRAY_SIZE(ops); i++) {
        if (strcmp(ops[i].name, name) != 0)
            continue;
        if (!run(g, &ops[i], id, request, &err))
            stream_refuse(g->link, id, &err);
        return;
    }
    pyro_fail(&err, PYRO_INVALID_ARGUMENT, "unknown request '%.64s'", name ? name : "");
    stream_refuse(g->link, id, &err);
}
