/* tui/look.c: the looks, and which one a workspace has. */
#include "tui/look.h"

const struct look_row looks[LOOK_COUNT] = {
    [LOOK_ASKS] = { "?", "asks", ROLE_WARN },
    [LOOK_FAILED] = { "✗", "failed", ROLE_BAD },
    [LOOK_FINISHED] = { "✓", "finished", ROLE_GOOD },
    [LOOK_RUNS] = { "▶", "runs", ROLE_GOOD },
    [LOOK_WAITS] = { "❯", "waits", ROLE_ACCENT },
    [LOOK_IDLE] = { "–", "idle", ROLE_IDLE },
    [LOOK_CHANGES] = { "…", "changing", ROLE_WARN },
    [LOOK_SUSPENDED] = { "◌", "suspended", ROLE_IDLE },
    [LOOK_STOPPED] = { "○", "stopped", ROLE_IDLE },
};

static const enum look active[] = {
    [ACTIVITY_NONE] = LOOK_IDLE, [ACTIVITY_WAITS] = LOOK_WAITS, [ACTIVITY_RUNS] = LOOK_RUNS
};

enum look look_of(const struct watched_workspace *w)
{
    const struct workspace_record *r = &w->record;
    enum attention_state attention = model_attention(w);

    if (model_change(w))
        return LOOK_CHANGES;
    if (attention == ATTENTION_ASKS)
        return LOOK_ASKS;
    if (r->state == WORKSPACE_FAILED || r->paused_reason || attention == ATTENTION_FAILED)
        return LOOK_FAILED;
    if (attention == ATTENTION_FINISHED)
        return LOOK_FINISHED;
    if (r->state == WORKSPACE_SUSPENDED)
        return LOOK_SUSPENDED;
    if (r->state != WORKSPACE_STARTED)
        return r->state == WORKSPACE_CREATED ? LOOK_CHANGES : LOOK_STOPPED;
    return active[record_activity(r)];
}

bool look_needs_eye(enum look look)
{
    return look <= LOOK_FINISHED;
}
