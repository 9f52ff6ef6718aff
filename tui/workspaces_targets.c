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

/* ---- the word for a start ---- */

static const char *start_word(bool resumes)
{
    return resumes ? "resume" : "start";
}

static bool is_suspended(const struct watched_workspace *w)
{
    return w->record.state == WORKSPACE_SUSPENDED;
}

const char *workspaces_says_offer(struct screen *s, int arg UNUSED)
{
    return start_word(is_suspended(workspaces_selected((struct workspaces *)s)));
}

/* Of several that are not all suspended: it starts them. */
const char *workspaces_says_start(struct screen *s, int what)
{
    struct workspaces *w = (struct workspaces *)s;
    size_t count = workspaces_find_targets(w, what), suspended = 0;

    for (size_t i = 0; i < count; i++)
        suspended += is_suspended(w->targets[i]);
    return start_word(suspended == count);
}
