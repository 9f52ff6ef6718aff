/* tui/target.c: from the command line's word to a workspace and a shell. */
#include "tui/target.h"

#include <string.h>

#include "engine/client/handle.h"
#include "vmm/base/fs.h"

struct newest {
    struct target *target;
    double started_at;
};

static void target_look_at(void *arg, const struct shell_record *r)
{
    struct newest *n = arg;

    if (!r->running || r->started_at < n->started_at)
        return;
    n->started_at = r->started_at;
    snprintf(n->target->shell, sizeof(n->target->shell), "%s", r->id);
}

bool target_find(const char *text, struct target *ret, struct pyro_error *err)
{
    const char *slash = strchr(text, '/');
    scoped_free char *workspace =
        str_printf("%.*s", (int)(slash ? slash - text : (ptrdiff_t)strlen(text)), text);
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    struct newest newest = { .target = ret };

    memset(ret, 0, sizeof(*ret));
    if (!workspace_open(workspace, &o, err))
        return false;
    snprintf(ret->workspace_id, sizeof(ret->workspace_id), "%s", o.id);
    if (!slash)
        return shell_each(o.dir_fd, target_look_at, &newest, err);
    if (!shell_exists(o.dir_fd, slash + 1, err))
        return pyro_hint(err, "'pyro workspace shell list WORKSPACE' shows the shells it has");
    snprintf(ret->shell, sizeof(ret->shell), "%s", slash + 1);
    return true;
}
