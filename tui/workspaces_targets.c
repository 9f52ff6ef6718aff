/* tui/workspaces_targets.c: which workspaces a key of the list acts on. */
#include "tui/answer.h"
#include "tui/model.h"
#include "tui/workspaces_private.h"

bool workspaces_is_target(const struct watched_workspace *one, int what)
{
    enum workspace_state state = model_change(one) ? WORKSPACE_CREATED : one->record.state;

    switch ((enum target)what) {
    case TARGET_START:
        return state == WORKSPACE_SUSPENDED || state == WORKSPACE_STOPPED ||
               state == WORKSPACE_FAILED;
    case TARGET_SUSPEND:
        return state == WORKSPACE_STARTED && !one->record.host_compat;
    case TARGET_STOP:
        return state == WORKSPACE_STARTED || state == WORKSPACE_SUSPENDED;
    case TARGET_ANSWER:
        return state == WORKSPACE_STARTED && answer_is_possible(one);
    case TARGET_ACKNOWLEDGE:
        return workspaces_has_news(one);
    case TARGET_DELETE:
        break;
    }
    return true;
}

size_t workspaces_find_targets(struct workspaces *w, int what)
{
    struct model *m = w->screen.app->model;
    struct watched_workspace *only = workspaces_selected(w);
    bool marks = model_marked_count(m) > 0;
    size_t count = 0, total = marks ? model_count(m) : only != NULL;

    for (size_t i = 0; i < total && i < w->room; i++) {
        struct watched_workspace *one = marks ? model_at(m, i) : only;
        if ((!marks || model_is_marked(one)) && workspaces_is_target(one, what))
            w->targets[count++] = one;
    }
    table_sort_by_name(w->targets, count);
    return count;
}
