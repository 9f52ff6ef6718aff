/*
 * tui/shell_view_keys.c: what keys do in a shell's view. Under control all but one of them are the
 * shell's; while it is watched what text is made of does nothing.
 */
#include <string.h>

#include "tui/history.h"
#include "tui/model.h"
#include "tui/replay_view.h"
#include "tui/shell_actions.h"
#include "tui/shell_view.h"
#include "tui/shell_view_private.h"
#include "tui/split.h"
#include "tui/timeline.h"
#include "vmm/base/fs.h"

bool shell_view_captures(struct screen *s)
{
    const struct shell_view *v = (struct shell_view *)s;

    return v->control || v->cut_off;
}

static bool shell_view_watches(struct screen *s, int arg UNUSED)
{
    const struct shell_view *v = (struct shell_view *)s;

    return !v->cut_off && !v->control;
}

static bool shell_view_can_release(struct screen *s, int arg UNUSED)
{
    const struct shell_view *v = (struct shell_view *)s;

    return !v->cut_off && v->control;
}

static void shell_view_release(struct screen *s, int arg UNUSED)
{
    struct shell_view *v = (struct shell_view *)s;

    shell_view_tell_focus(v, false);
    shell_view_give_back(v);
    v->gave_back = true;
}

static bool shell_view_is_cut_off(struct screen *s, int arg UNUSED)
{
    return ((struct shell_view *)s)->cut_off;
}

static void shell_view_acknowledge(struct screen *s, int arg UNUSED)
{
    struct shell_view *v = (struct shell_view *)s;

    v->cut_off = false;
    loop_timer_cancel(s->app->loop, &v->regain_timer);
}

/* What it has printed, and what happened, went with its workspace. */
static bool shell_view_has_past(struct screen *s, int arg UNUSED)
{
    return shell_view_watches(s, 0) &&
           model_find(s->app->model, ((struct shell_view *)s)->workspace.id);
}

static bool shell_view_runs(struct screen *s, int arg UNUSED)
{
    return shell_view_has_past(s, 0) && live_record(((struct shell_view *)s)->live)->running;
}

bool shell_view_can_take(struct screen *s, int arg UNUSED)
{
    return shell_view_runs(s, 0) && !live_failure(((struct shell_view *)s)->live);
}

static bool shell_view_has_given_back(struct screen *s, int arg UNUSED)
{
    return ((struct shell_view *)s)->gave_back && shell_view_can_take(s, 0);
}

/* The key that gives back, once more: then it is meant for the shell. */
static void shell_view_send_release(struct screen *s, int arg UNUSED)
{
    struct shell_view *v = (struct shell_view *)s;

    v->gave_back = false;
    shell_view_take(s, 0);
    if (v->control)
        shell_view_type(v, &v->key);
}

static bool shell_view_can_restart(struct screen *s, int arg UNUSED)
{
    const struct shell_view *v = (struct shell_view *)s;

    return !v->cut_off && live_failure(v->live);
}

static void shell_view_restart(struct screen *s, int arg UNUSED)
{
    live_restart(((struct shell_view *)s)->live);
}

static void shell_view_open_history(struct screen *s, int searching)
{
    history_open(((struct shell_view *)s)->history, searching);
}

static void shell_view_replay(struct screen *s, int arg UNUSED)
{
    const struct shell_view *v = (struct shell_view *)s;

    replay_view_open(s->app, v->workspace.id, v->shell);
}

static void shell_view_open_timeline(struct screen *s, int arg UNUSED)
{
    const struct watched_workspace *w =
        model_find(s->app->model, ((struct shell_view *)s)->workspace.id);

    if (w)
        timeline_open(s->app, w);
}

static void shell_view_ask_signal(struct screen *s, int arg UNUSED)
{
    const struct shell_view *v = (struct shell_view *)s;

    shell_ask_signal(s->app, v->workspace.id, v->shell);
}

static void shell_view_ask_close(struct screen *s, int arg UNUSED)
{
    const struct shell_view *v = (struct shell_view *)s;

    shell_ask_close(s->app, v->workspace.id, v->shell, live_record(v->live)->foreground);
}

static bool shell_view_is_split(struct screen *s, int arg UNUSED)
{
    return s->beside && shell_view_watches(s, 0);
}

static bool shell_view_can_split(struct screen *s, int arg UNUSED)
{
    return !s->beside && shell_view_watches(s, 0);
}

static void shell_view_go_over(struct screen *s, int arg UNUSED)
{
    app_focus_other(s->app);
}

static void shell_view_turn(struct screen *s, int arg UNUSED)
{
    app_turn(s->app);
}

static void shell_view_pan_down(struct screen *s, int by)
{
    shell_view_pan((struct shell_view *)s, by, 0);
}

static void shell_view_pan_right(struct screen *s, int by)
{
    shell_view_pan((struct shell_view *)s, 0, by);
}

static void shell_view_follow(struct screen *s, int arg UNUSED)
{
    struct shell_view *v = (struct shell_view *)s;

    v->panned = false;
    shell_view_move(v, 0, 0);
}

/* What text is made of does nothing to a shell that is only watched, nor leaves it: only `i`, a
 * search, and the keys of every screen that open help and the palette. */
const struct key_binding shell_view_keys[] = {
    { "release", "Ctrl-]", "give it back", "give control back", .act = shell_view_release,
      .can = shell_view_can_release },
    { "send-release", "Ctrl-]", "send Ctrl-]", "once more: send this key itself, under control",
      .act = shell_view_send_release, .can = shell_view_has_given_back },
    { "acknowledge", "Esc Ctrl-]", "keep watching",
      "after control was lost: until then keys do nothing", .act = shell_view_acknowledge,
      .can = shell_view_is_cut_off },
    { "take", "i", "take control", "type into the shell, at the size of this terminal",
      .act = shell_view_take, .can = shell_view_can_take, .needs = "a running shell" },
    { "back", "Esc Ctrl-]", "back", "leave the shell as it is; of two: only this one",
      .act = screen_close, .can = shell_view_watches, .group = KEYS_NAVIGATE },
    { "other", "Tab F6", "other one", "of two: go to the other one", .act = shell_view_go_over,
      .can = shell_view_is_split, .needs = "two shells in this view", .group = KEYS_NAVIGATE },
    { "turn", "Ctrl-r F7", "turn", "of two: one above the other, or side by side",
      .act = shell_view_turn, .can = shell_view_is_split, .needs = "two shells in this view",
      .group = KEYS_VIEW },
    { "restart", "r", "draw it again", "start drawing again after it has failed",
      .act = shell_view_restart, .can = shell_view_can_restart, .needs = "a renderer that failed" },
    { "scroll-back", "PgUp Ctrl-u", "scroll back",
      "all that it has printed, to scroll, search and copy", .act = shell_view_open_history,
      .can = shell_view_has_past, .arg = false, .needs = "a workspace that was not deleted",
      .group = KEYS_VIEW },
    { "search", "/", "search", "look for something in it", .act = shell_view_open_history,
      .can = shell_view_has_past, .arg = true, .needs = "a workspace that was not deleted",
      .group = KEYS_VIEW },
    { "replay", "Ctrl-p", "replay", "play its last ten minutes", .act = shell_view_replay,
      .can = shell_view_has_past, .needs = "a workspace that was not deleted", .group = KEYS_VIEW },
    { "timeline", "Ctrl-t", "timeline", "what happened in its workspace",
      .act = shell_view_open_timeline, .can = shell_view_has_past,
      .needs = "a workspace that was not deleted", .group = KEYS_VIEW },
    { "signal", "Ctrl-k F9", "signal", "send a signal to what runs in it",
      .act = shell_view_ask_signal, .can = shell_view_runs, .needs = "a running shell" },
    { "close", "Ctrl-x Delete", "close", "close the shell: all that runs in it ends",
      .act = shell_view_ask_close, .can = shell_view_runs, .needs = "a running shell" },
    { "split", "Ctrl-w F6", "split", "a second shell beside it, or below it", .act = split_ask,
      .can = shell_view_can_split, .needs = "one shell in this view", .group = KEYS_VIEW },
    { "down", "Down", NULL, "show what is further down of a larger screen",
      .act = shell_view_pan_down, .can = shell_view_watches, .arg = 1, .group = KEYS_NAVIGATE },
    { "up", "Up", NULL, "… further up", .act = shell_view_pan_down, .can = shell_view_watches,
      .arg = -1, .group = KEYS_NAVIGATE },
    { "right", "Right", NULL, "… further right", .act = shell_view_pan_right,
      .can = shell_view_watches, .arg = 1, .group = KEYS_NAVIGATE },
    { "left", "Left", NULL, "… further left", .act = shell_view_pan_right,
      .can = shell_view_watches, .arg = -1, .group = KEYS_NAVIGATE },
    { "follow", "End", NULL, "follow the cursor again", .act = shell_view_follow,
      .can = shell_view_watches, .group = KEYS_NAVIGATE },
    { 0 },
};

static bool is_key(const struct screen *s, const char *name, const struct key_event *e)
{
    return keymap_has(s->ops->name, keymap_named(shell_view_keys, name), e);
}

/* A key without a meaning is probably text for the shell. */
static void tell_how_to_type(struct shell_view *v)
{
    const struct key_binding *b = keymap_named(shell_view_keys, "take");
    char key[32];

    keymap_first_key(v->screen.ops->name, b, key);
    if (keymap_can(b, &v->screen))
        app_message(v->screen.app, ROLE_TEXT, "watching: %s takes control, to type into it", key);
    else
        app_message(v->screen.app, ROLE_TEXT, "nothing can be typed into it; Esc goes back");
}

const char *const shell_view_text_does[] = { "help", "palette", NULL };

/* Whether a key that was pressed while watching does nothing. */
static bool is_idle_key(struct screen *s, const struct key_event *e)
{
    const struct key_binding *global = keymap_find(app_keys, s, "global", e);

    return !keymap_find(shell_view_keys, s, s->ops->name, e) &&
           !(global && screen_passes(s, global, e));
}

bool shell_view_event(struct screen *s, const struct key_event *e)
{
    struct shell_view *v = (struct shell_view *)s;

    if (e->kind == EVENT_KEY)
        v->key = *e;
    if (v->control && is_key(s, "release", e))
        return false;
    if (v->control) {
        shell_view_type(v, e);
        return true;
    }
    /* Keys that were meant for the shell must not become commands. */
    if (v->cut_off && e->kind != EVENT_MOUSE) {
        v->swallowed_ms = clock_ms();
        return !is_key(s, "acknowledge", e);
    }
    if (e->kind == EVENT_KEY && !is_key(s, "send-release", e))
        v->gave_back = false;
    if (e->kind == EVENT_PASTE ||
        (e->kind == EVENT_KEY && e->code != K_UNKNOWN && is_idle_key(s, e))) {
        tell_how_to_type(v);
        return true;
    }
    if (e->kind == EVENT_MOUSE && e->mouse == MOUSE_WHEEL_UP && !v->rect.top &&
        shell_view_has_past(s, 0))
        history_open(v->history, false);
    else if (e->kind == EVENT_MOUSE && e->mouse >= MOUSE_WHEEL_UP)
        shell_view_pan(
            v, e->mouse == MOUSE_WHEEL_UP ? -SHELL_VIEW_WHEEL_ROWS : SHELL_VIEW_WHEEL_ROWS, 0);
    return e->kind != EVENT_KEY;
}
