/*
 * tui/workspaces_keys.c: what keys do in the list of workspaces. While the filter is being typed,
 * keys only edit or end it; in the details they act on what is listed there.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/state/news.h"
#include "tui/answer.h"
#include "tui/bookmarks.h"
#include "tui/command_output.h"
#include "tui/diff_view.h"
#include "tui/files.h"
#include "tui/job.h"
#include "tui/replay_view.h"
#include "tui/service_log.h"
#include "tui/services.h"
#include "tui/snapshots.h"
#include "tui/spares.h"
#include "tui/timeline.h"
#include "tui/wall.h"
#include "tui/workspace_actions.h"
#include "tui/workspaces.h"
#include "tui/workspaces_private.h"

static bool in_table(const struct workspaces *w)
{
    return !w->find.typing && !w->details.focused;
}

/* The selected workspace: the key's condition has checked that there is one. */
static struct watched_workspace *at(struct screen *s)
{
    return workspaces_selected((struct workspaces *)s);
}

/* ---- the cursor, and what is shown ---- */

static void workspaces_move(struct screen *s, int step)
{
    struct workspaces *w = (struct workspaces *)s;

    if (w->details.focused) {
        details_list_step(&w->details.list, step);
        return;
    }
    workspaces_gather(w);
    list_step(&w->list, step);
    workspaces_keep_selected(w);
}

static bool workspaces_can_focus(struct screen *s, int details)
{
    const struct workspaces *w = (struct workspaces *)s;

    return details ? in_table(w) && at(s) : !w->find.typing && w->details.focused;
}

static void workspaces_focus(struct screen *s, int details)
{
    ((struct workspaces *)s)->details.focused = details;
}

/* Whether tabs of the details are in sight. */
static bool workspaces_has_tabs(struct screen *s, int arg UNUSED)
{
    const struct workspaces *w = (struct workspaces *)s;

    return in_table(w) && at(s) && w->details.area.rows;
}

static void workspaces_turn(struct screen *s, int by)
{
    details_turn(&((struct workspaces *)s)->details, by);
}

static bool workspaces_has_any(struct screen *s, int arg UNUSED)
{
    const struct workspaces *w = (struct workspaces *)s;

    return !w->find.typing && (w->details.focused || model_count(s->app->model) > 0);
}

static void workspaces_filter(struct screen *s, int arg UNUSED)
{
    struct workspaces *w = (struct workspaces *)s;

    screen_filter(s, 0);
    w->details.focused = false;
}

static bool workspaces_is_filtered(struct screen *s, int arg UNUSED)
{
    const struct workspaces *w = (struct workspaces *)s;

    return screen_is_filtered(s, 0) && (w->find.typing || in_table(w));
}

static bool workspaces_can_sort(struct screen *s, int arg UNUSED)
{
    return in_table((struct workspaces *)s) && model_count(s->app->model) > 0;
}

static void workspaces_sort(struct screen *s, int other_way)
{
    struct workspaces *w = (struct workspaces *)s;

    workspaces_sort_by(w, other_way ? w->order : table_next_order(w->order));
}

void workspaces_sort_by(struct workspaces *w, int order)
{
    w->reversed = order == w->order && !w->reversed;
    w->order = order;
}

void workspaces_show_only(struct workspaces *w, enum look look)
{
    char text[32];

    snprintf(text, sizeof(text), "state:%s", looks[look].word);
    list_find_set(&w->find, strcmp(w->find.field.text, text) != 0 ? text : "");
}

/* The next state that something is in; after the last of them all again. */
static void workspaces_next_state(struct screen *s, int arg UNUSED)
{
    struct workspaces *w = (struct workspaces *)s;
    int now = -1;

    for (int i = 0; i < LOOK_COUNT; i++)
        if (!strncmp(w->find.field.text, "state:", 6) &&
            !strcmp(w->find.field.text + 6, looks[i].word))
            now = i;
    for (int i = now + 1; i < LOOK_COUNT; i++)
        for (size_t j = 0; j < model_count(s->app->model); j++)
            if (look_of(model_at(s->app->model, j)) == (enum look)i) {
                workspaces_show_only(w, (enum look)i);
                return;
            }
    list_find_set(&w->find, "");
}

static void workspaces_show_wall(struct screen *s, int arg UNUSED)
{
    wall_open(s->app);
}

static void workspaces_show_services(struct screen *s, int arg UNUSED)
{
    services_open(s->app, ((struct workspaces *)s)->selected);
}

/* ---- groups ---- */

static void workspaces_group(struct screen *s, int arg UNUSED)
{
    groups_ask(s->app);
}

static bool workspaces_is_at_head(struct screen *s, int arg UNUSED)
{
    const struct workspaces *w = (struct workspaces *)s;

    return in_table(w) && w->head && *groups_label();
}

static bool at_open_group(const struct workspaces *w)
{
    return w->head && groups_is_open(&w->groups, w->head);
}

/* Its rows are seen, once it is open. */
static void workspaces_open_group(struct screen *s, int arg UNUSED)
{
    struct workspaces *w = (struct workspaces *)s;
    bool open = !at_open_group(w);

    groups_set_open(&w->groups, w->head, open);
    workspaces_gather(w);
    if (open)
        list_show_to(&w->list, w->list.selected + w->groups.lines[w->list.selected].count);
}

static const char *workspaces_says_group(struct screen *s, int arg UNUSED)
{
    return at_open_group((struct workspaces *)s) ? "close" : "open";
}

/* ---- marks ---- */

static bool workspaces_has_one(struct screen *s, int arg UNUSED)
{
    return in_table((struct workspaces *)s) && at(s);
}

/* And goes on to the next, to mark several. */
static void workspaces_mark(struct screen *s, int arg UNUSED)
{
    struct workspaces *w = (struct workspaces *)s;

    model_mark(at(s), !model_is_marked(at(s)));
    workspaces_gather(w);
    list_move(&w->list, 1);
    workspaces_keep_selected(w);
}

static bool workspaces_has_marks(struct screen *s, int arg UNUSED)
{
    return in_table((struct workspaces *)s) && model_marked_count(s->app->model) > 0;
}

static void workspaces_unmark(struct screen *s, int arg UNUSED)
{
    struct model *m = s->app->model;

    for (size_t i = 0; i < model_count(m); i++)
        model_mark(model_at(m, i), false);
}

/* ---- bookmarks ---- */

static void workspaces_await(struct screen *s, int what)
{
    ((struct workspaces *)s)->awaits = what;
    app_message(s->app, ROLE_TEXT,
                what == AWAIT_BOOKMARK ? "bookmark: 1 to 9, or a letter" : "to which bookmark?");
}

static void go_to_bookmark(struct screen *s, char bookmark)
{
    const char *id = bookmarks_find(bookmark);

    if (id && model_find(s->app->model, id))
        workspaces_go_to(s, id);
    else
        app_message(s->app, ROLE_TEXT, "no bookmark %c: m %c sets it", bookmark, bookmark);
}

static void workspaces_go_to_number(struct screen *s, int arg UNUSED)
{
    go_to_bookmark(s, (char)s->app->key);
}

void workspaces_take_bookmark(struct workspaces *w, const struct key_event *e)
{
    struct screen *s = &w->screen;
    bool sets = w->awaits == AWAIT_BOOKMARK;
    bool known = !e->mods && bookmarks_can_be(e->code);

    w->awaits = AWAIT_NOTHING;
    if (!known && e->code != K_ESC)
        app_message(s->app, ROLE_TEXT, "a bookmark is 1 to 9, or a letter from a to z");
    else if (known && !sets)
        go_to_bookmark(s, (char)e->code);
    else if (known && at(s))
        bookmarks_set(s->app, at(s)->record.id, (char)e->code);
}

/* ---- start, suspend, stop, delete, answers, and that news is known ---- */

static bool workspaces_has_targets(struct screen *s, int what)
{
    struct workspaces *w = (struct workspaces *)s;

    return in_table(w) && workspaces_find_targets(w, what) > 0;
}

static void workspaces_do(struct screen *s, int what)
{
    struct workspaces *w = (struct workspaces *)s;
    size_t count = workspaces_find_targets(w, what);

    if (what == TARGET_START)
        workspace_start_them(s->app, w->targets, count);
    else if (what == TARGET_SUSPEND)
        workspace_suspend_them(s->app, w->targets, count);
    else if (what == TARGET_STOP)
        workspace_ask_stop(s->app, w->targets, count);
    else if (what == TARGET_ACKNOWLEDGE)
        for (size_t i = 0; i < count; i++)
            model_acknowledge(w->targets[i], NEWS_ALL);
    else
        workspace_ask_delete(s->app, w->targets, count);
}

/* ---- one workspace, or a new one ---- */

static bool workspaces_is_empty(struct screen *s, int arg UNUSED)
{
    return in_table((struct workspaces *)s) && !model_count(s->app->model) && !job_first(s->app);
}

static void workspaces_make_first(struct screen *s, int arg UNUSED)
{
    workspace_first_run(s->app);
}

static bool workspaces_can_create(struct screen *s, int arg UNUSED)
{
    return in_table((struct workspaces *)s);
}

static void workspaces_create(struct screen *s, int arg UNUSED)
{
    workspace_ask_create(s->app);
}

static bool workspaces_can_watch(struct screen *s, int arg UNUSED)
{
    return workspaces_has_one(s, 0) && model_running_shells(at(s)) > 0 &&
           at(s)->record.state != WORKSPACE_SUSPENDED;
}

static void workspaces_watch(struct screen *s, int arg UNUSED)
{
    workspace_watch_it(s->app, at(s));
}

static bool workspaces_is_stopped(struct screen *s, int arg UNUSED)
{
    return workspaces_has_one(s, 0) && workspaces_is_target(at(s), TARGET_START);
}

static void workspaces_offer_start(struct screen *s, int arg UNUSED)
{
    workspace_ask_start(s->app, at(s));
}

static bool workspaces_can_fork(struct screen *s, int arg UNUSED)
{
    return workspaces_has_one(s, 0) && !at(s)->record.host_compat &&
           at(s)->record.state != WORKSPACE_SUSPENDED &&
           (workspaces_is_target(at(s), TARGET_START) || workspaces_is_target(at(s), TARGET_STOP));
}

static void workspaces_fork(struct screen *s, int arg UNUSED)
{
    workspace_ask_fork(s->app, at(s));
}

static bool workspaces_is_started(struct screen *s, int arg UNUSED)
{
    return !((struct workspaces *)s)->find.typing && at(s) &&
           at(s)->record.state == WORKSPACE_STARTED && !model_change(at(s));
}

static bool workspaces_has_no_shell(struct screen *s, int arg UNUSED)
{
    return workspaces_has_one(s, 0) && workspaces_is_started(s, 0) && !model_running_shells(at(s));
}

static bool workspaces_can_answer(struct screen *s, int arg UNUSED)
{
    struct workspaces *w = (struct workspaces *)s;

    return in_table(w) && workspaces_find_targets(w, TARGET_ANSWER) > 0;
}

static void workspaces_answer(struct screen *s, int arg UNUSED)
{
    struct workspaces *w = (struct workspaces *)s;

    answer_ask(s->app, w->targets, workspaces_find_targets(w, TARGET_ANSWER), NULL);
}

static void workspaces_open_shell(struct screen *s, int arg UNUSED)
{
    workspace_new_shell(s->app, at(s));
}

/* What failed, where there is something to read of it and no shell to go to. */
static const json_t *failure_to_read(struct screen *s)
{
    bool is_up = workspaces_has_one(s, 0) && workspaces_is_started(s, 0);
    const json_t *attention = is_up ? record_attention(&at(s)->record) : NULL,
                 *source = json_object_get(attention, "source");
    const char *kind = json_string_or(source, "kind", "");
    bool is_read = !strcmp(kind, NEWS_EXEC) || !strcmp(kind, NEWS_SERVICE);

    return is_read && attention_state_of(attention) >= ATTENTION_FINISHED &&
                   !model_running_shells(at(s))
               ? source
               : NULL;
}

static bool workspaces_has_failure(struct screen *s, int arg UNUSED)
{
    return failure_to_read(s);
}

static void workspaces_read_failure(struct screen *s, int arg UNUSED)
{
    const json_t *source = failure_to_read(s);
    const char *id = json_string_or(source, "id", "");
    scoped_close int dir_fd = -1;

    if (!strcmp(json_string_or(source, "kind", ""), NEWS_SERVICE)) {
        service_log_open(((struct workspaces *)s)->details.log, at(s)->record.id, at(s)->path, id);
        return;
    }
    dir_fd = open(at(s)->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    command_output_open(s->app, at(s)->record.id, dir_fd, id, false);
}

static void workspaces_show_files(struct screen *s, int arg UNUSED)
{
    files_open(s->app, at(s));
}

static void workspaces_show_diff(struct screen *s, int arg UNUSED)
{
    diff_view_open(s->app, at(s));
}

/* In the table, or with its details. */
static bool workspaces_is_at_one(struct screen *s, int arg UNUSED)
{
    return !((struct workspaces *)s)->find.typing && at(s);
}

static void workspaces_show_timeline(struct screen *s, int arg UNUSED)
{
    timeline_open(s->app, at(s));
}

static void workspaces_show_snapshots(struct screen *s, int arg UNUSED)
{
    snapshots_open(s->app, at(s));
}

static void workspaces_reset(struct screen *s, int arg UNUSED)
{
    snapshots_ask_reset(s->app, at(s));
}

/* ---- what the details list ---- */

static bool workspaces_has_entry(struct screen *s, int arg UNUSED)
{
    struct workspaces *w = (struct workspaces *)s;

    return workspaces_can_focus(s, false) && at(s) && details_can_open(&w->details, at(s));
}

static void workspaces_open_entry(struct screen *s, int arg UNUSED)
{
    details_open(&((struct workspaces *)s)->details, at(s));
}

/* The shell that the cursor is on, or the one in the preview, or else the last one there was. */
static const struct watched_shell *shell_to_replay(struct screen *s)
{
    const struct workspaces *w = (struct workspaces *)s;
    const struct watched_workspace *of = w->find.typing ? NULL : at(s);
    const struct watched_shell *shell;

    if (!of || !of->shell_count)
        return NULL;
    if (w->details.focused)
        return details_list_shell(&w->details.list, of);
    shell = model_asking_shell(of);
    return shell ? shell : &of->shells[of->shell_count - 1];
}

static bool workspaces_can_replay(struct screen *s, int arg UNUSED)
{
    return shell_to_replay(s);
}

static void workspaces_replay(struct screen *s, int arg UNUSED)
{
    replay_view_open(s->app, at(s)->record.id, shell_to_replay(s)->record.id);
}

static bool workspaces_has_live_entry(struct screen *s, int arg UNUSED)
{
    struct workspaces *w = (struct workspaces *)s;

    return workspaces_can_focus(s, false) && at(s) && details_can_end(&w->details, at(s));
}

static void workspaces_end_entry(struct screen *s, int arg UNUSED)
{
    details_end(&((struct workspaces *)s)->details, at(s));
}

const struct key_binding workspaces_keys[] = {
    { "open", "Enter", "watch", "watch a shell of it", .act = workspaces_watch,
      .can = workspaces_can_watch, .needs = "a workspace that nothing is being done to" },
    { "clear", "Esc", "show all", "show all again", .act = screen_show_all,
      .can = workspaces_is_filtered, .group = KEYS_VIEW },
    { "unmark", "Esc", "unmark", "mark none", .act = workspaces_unmark,
      .can = workspaces_has_marks },
    { "first", "Enter", "make one", "make one, with a shell", .act = workspaces_make_first,
      .can = workspaces_is_empty },
    { "open-group", "Enter", "open", "open or close the group", .act = workspaces_open_group,
      .can = workspaces_is_at_head, .says = workspaces_says_group },
    { "answer", "a", "answer", "type a line into its shell", .act = workspaces_answer,
      .can = workspaces_can_answer, .needs = "a running shell" },
    { "shell", "o", "shell", "open a shell in it", .act = workspaces_open_shell,
      .can = workspaces_is_started, .needs = "a running workspace" },
    { "read-failure", "Enter", "read", "read what failed or finished",
      .act = workspaces_read_failure, .can = workspaces_has_failure },
    { "first-shell", "Enter", NULL, "open a shell in it", .act = workspaces_open_shell,
      .can = workspaces_has_no_shell },
    { "offer-start", "Enter", "start", "start or resume it, after a question",
      .act = workspaces_offer_start, .can = workspaces_is_stopped, .says = workspaces_says_offer },
    { "start", "t", "start", "start or resume it", .act = workspaces_do,
      .can = workspaces_has_targets, .says = workspaces_says_start, .arg = TARGET_START,
      .needs = "a stopped workspace" },
    { "suspend", "z", NULL, "keep its memory, end its machine", .act = workspaces_do,
      .can = workspaces_has_targets, .arg = TARGET_SUSPEND, .needs = "a running workspace" },
    { "stop", "x", "stop", "stop it; its disk stays", .act = workspaces_do,
      .can = workspaces_has_targets, .arg = TARGET_STOP, .needs = "a running workspace" },
    { "delete", "d Delete", "delete", "delete it, with its disk", .act = workspaces_do,
      .can = workspaces_has_targets, .arg = TARGET_DELETE, .needs = "a workspace" },
    { "acknowledge", "A", "seen", "what failed in it is known", .act = workspaces_do,
      .can = workspaces_has_targets, .arg = TARGET_ACKNOWLEDGE,
      .needs = "something that failed or finished" },
    { "create", "c", "create", "make a workspace", .act = workspaces_create,
      .can = workspaces_can_create },
    { "fork", "C", NULL, "make a fork of it", .act = workspaces_fork, .can = workspaces_can_fork,
      .needs = "a workspace in a machine" },
    { "open-entry", "Enter", "open", "open the shell or the log", .act = workspaces_open_entry,
      .can = workspaces_has_entry },
    { "end-entry", "x d Delete", "end", "end the shell or service", .act = workspaces_end_entry,
      .can = workspaces_has_live_entry, .needs = "a running shell or service" },
    { "table", "Tab Esc Left h", "table", "back to the table", .act = workspaces_focus,
      .can = workspaces_can_focus, .arg = false, .group = KEYS_NAVIGATE },
    { "details", "Tab Right l", "details", "to its details", .act = workspaces_focus,
      .can = workspaces_can_focus, .arg = true, .needs = "a workspace", .group = KEYS_NAVIGATE },
    { "next-tab", "]", NULL, "the next tab of its details", .act = workspaces_turn,
      .can = workspaces_has_tabs, .arg = 1, .needs = "the table, with details in sight",
      .group = KEYS_VIEW },
    { "previous-tab", "[", NULL, "the tab before", .act = workspaces_turn,
      .can = workspaces_has_tabs, .arg = -1, .needs = "the table, with details in sight",
      .group = KEYS_VIEW },
    { "wall", "w", "wall", "the wall of live shells", .act = workspaces_show_wall,
      .can = workspaces_has_any, .needs = "a workspace", .group = KEYS_VIEW },
    { "services", "S", "services", "services: logs, start, stop", .act = workspaces_show_services,
      .can = workspaces_has_any, .needs = "a workspace", .group = KEYS_VIEW },
    { "spares", "M", NULL, "machines kept ready", .act = spares_show, .group = KEYS_VIEW },
    { "files", "f", "files", "its files: read, take out", .act = workspaces_show_files,
      .can = workspaces_has_one, .needs = "a workspace", .group = KEYS_VIEW },
    { "diff", "D", "diff", "what changed since its creation", .act = workspaces_show_diff,
      .can = workspaces_has_one, .needs = "a workspace", .group = KEYS_VIEW },
    { "timeline", "T", "timeline", "what happened in it", .act = workspaces_show_timeline,
      .can = workspaces_is_at_one, .needs = "a workspace", .group = KEYS_VIEW },
    { "snapshots", "n", "snapshots", "its snapshots: make, go back",
      .act = workspaces_show_snapshots, .can = workspaces_has_one, .needs = "a workspace",
      .group = KEYS_VIEW },
    { "reset", "R", NULL, "back to how it was created", .act = workspaces_reset,
      .can = workspaces_has_one, .needs = "a workspace" },
    { "replay", "P", "replay", "play its last ten minutes", .act = workspaces_replay,
      .can = workspaces_can_replay, .needs = "a shell", .group = KEYS_VIEW },
    { "mark", "Space", NULL, "mark it: keys then act on all marked", .act = workspaces_mark,
      .can = workspaces_has_one, .needs = "a workspace" },
    { "attention", "!", "who needs me", "the next that needs you", .act = workspaces_next_attention,
      .can = workspaces_can_sort, .needs = "a workspace", .group = KEYS_NAVIGATE },
    { "bookmark", "m", NULL, "bookmark it: 1–9, a letter", .act = workspaces_await,
      .can = workspaces_has_one, .arg = AWAIT_BOOKMARK, .needs = "a workspace" },
    { "go-to", "'", NULL, "to a bookmark", .act = workspaces_await, .can = workspaces_can_sort,
      .arg = AWAIT_PLACE, .group = KEYS_NAVIGATE },
    { "go-to-number", "1 2 3 4 5 6 7 8 9", NULL, "to that bookmark", .act = workspaces_go_to_number,
      .can = workspaces_can_sort, .group = KEYS_NAVIGATE },
    { "filter", "/", "filter", "words, state:X, -not, /regex/", .act = workspaces_filter,
      .can = workspaces_has_any, .needs = "a workspace", .group = KEYS_VIEW },
    { "group", "b", NULL, "in groups by a label", .act = workspaces_group,
      .can = workspaces_can_sort, .group = KEYS_VIEW },
    { "state", "F", NULL, "only those in the next state", .act = workspaces_next_state,
      .can = workspaces_can_sort, .group = KEYS_VIEW },
    { "sort", "s", "sort", "by the next column", .act = workspaces_sort, .can = workspaces_can_sort,
      .arg = false, .group = KEYS_VIEW },
    { "reverse", "r", NULL, "the other way round", .act = workspaces_sort,
      .can = workspaces_can_sort, .arg = true, .group = KEYS_VIEW },
    LIST_KEYS(workspaces_move),
    { 0 },
};
