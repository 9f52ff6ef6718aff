/*
 * tui/shell_view.c: one shell at full size. It opens watching: nothing of what is typed reaches the
 * shell, and its size stays what it is; control is taken and given back by a key, and the first
 * line says which of both it is.
 */
#include "tui/shell_view.h"

#include <stdlib.h>
#include <string.h>

#include "engine/client/handle.h"
#include "engine/shell/control.h"
#include "engine/shell/live.h"
#include "tui/history.h"
#include "tui/model.h"
#include "tui/shell_actions.h"
#include "tui/shell_keys.h"
#include "tui/shell_paint.h"
#include "tui/tty.h"
#include "vmm/base/fs.h"

#define HEAD_ROWS 1
#define TYPED_MAX (INPUT_PASTE_MAX + 64)
#define WHEEL_ROWS 3
#define LOG_MAX "67108864" /* the most that a read takes; a log is capped there */

struct shell_view {
    struct screen screen;
    struct workspace_handle workspace;
    char shell[SHELL_ID_MAX + 1];
    struct live *live;
    struct history *history;
    struct shell_control *control; /* NULL: watching */
    struct loop_deferred give_up_call;
    struct pyro_error lost; /* why control was lost */
    bool cut_off;           /* it was, and the operator may still be typing: see event() */
    /* The shell's size before control was taken, 0 when it has that; and what it was given. The
     * record tells of neither at once. */
    int own_rows, own_cols, given_rows, given_cols;
    struct pane_rect rect;
    bool panned;  /* by hand: the view does not follow the cursor */
    bool pasting; /* a long paste is under way */
    bool whole;   /* everything is drawn again, not only the rows that have changed */
    uint32_t bells;
    struct buf typed;
};

/* ---- which part of the screen is shown ---- */

static bool is_larger(const struct shell_view *v)
{
    const struct pane_view *view = live_view(v->live);

    return view->rows > v->rect.rows || view->cols > v->rect.cols;
}

/* Moves what is shown by this much, or to where the cursor is in sight. */
static void shell_view_move(struct shell_view *v, int down, int right)
{
    const struct pane_view *view = live_view(v->live);
    struct pane_rect rect = { v->rect.top + down, v->rect.left + right,
                              v->screen.rows > HEAD_ROWS ? v->screen.rows - HEAD_ROWS : 1,
                              v->screen.cols };

    rect = v->panned ? shell_rect_on_screen(view, rect) : shell_rect_at_cursor(view, rect);
    if (memcmp(&rect, &v->rect, sizeof(rect)) == 0)
        return;
    v->rect = rect;
    v->whole = true;
    if (!live_set_rect(v->live, &v->rect))
        app_message(v->screen.app, ROLE_BAD, "out of memory");
}

static void pan(struct shell_view *v, int down, int right)
{
    if (!is_larger(v))
        return;
    v->panned = true;
    shell_view_move(v, down, right);
}

/* ---- control ---- */

static void release(struct shell_view *v)
{
    if (!v->control)
        return;
    loop_defer_cancel(v->screen.app->loop, &v->give_up_call);
    if (v->given_rows != v->own_rows || v->given_cols != v->own_cols)
        shell_control_resize(v->control, v->own_rows, v->own_cols);
    shell_control_free(v->control);
    v->control = NULL;
    v->pasting = false;
    v->whole = true;
}

static void shell_view_give_up(void *arg)
{
    struct shell_view *v = arg;

    release(v);
    v->cut_off = true;
    app_message(v->screen.app, ROLE_WARN, "control lost: %s", v->lost.message);
}

static void lose_control(struct shell_view *v, const struct pyro_error *why)
{
    v->lost = *why;
    loop_defer(v->screen.app->loop, &v->give_up_call, shell_view_give_up, v);
}

static void shell_view_on_lost(void *arg, const struct pyro_error *why)
{
    lose_control(arg, why);
}

static void give_size(struct shell_view *v)
{
    v->given_rows = v->rect.rows;
    v->given_cols = v->rect.cols;
    shell_control_resize(v->control, v->given_rows, v->given_cols);
}

static void shell_view_take(struct screen *s, int arg UNUSED)
{
    struct shell_view *v = (struct shell_view *)s;
    const struct shell_record *r = live_record(v->live);
    struct pyro_error err = { 0 };

    v->control = shell_control_new(v->screen.app->loop, &v->workspace, v->shell, shell_view_on_lost,
                                   v, &err);
    if (!v->control) {
        app_error(v->screen.app, &err);
        return;
    }
    /* One that was given back a moment ago may still be on its way to its own size. */
    if (!v->own_rows || r->rows != v->given_rows || r->cols != v->given_cols) {
        v->own_rows = (int)r->rows;
        v->own_cols = (int)r->cols;
    }
    v->panned = false;
    v->whole = true;
    give_size(v);
}

static void send_typed(struct shell_view *v, bool whole)
{
    if (v->typed.len && v->control &&
        (!whole || !shell_control_type(v->control, v->typed.data, v->typed.len)))
        app_message(v->screen.app, ROLE_WARN,
                    "the shell does not read: what was typed last is lost");
    buf_clear(&v->typed);
}

/*
 * The wheel while in control is the program's when it wants the mouse, and moves the cursor of one
 * on the alternate screen; else it scrolls back.
 */
static bool wheel_scrolls(const struct shell_view *v, const struct key_event *e)
{
    return e->kind == EVENT_MOUSE && e->mouse >= MOUSE_WHEEL_UP &&
           !live_view(v->live)->modes.mouse && !live_view(v->live)->alternate;
}

/* Everything an operator does while in control. */
static void type(struct shell_view *v, const struct key_event *e)
{
    const struct vtgate_modes *modes = &live_view(v->live)->modes;
    bool whole = true;

    switch (e->kind) {
    case EVENT_KEY:
        whole = shell_keys_put_key(&v->typed, e, modes);
        break;
    case EVENT_PASTE:
        whole = shell_keys_put_paste(&v->typed, e->text, e->text_len, !v->pasting, !e->more, modes);
        v->pasting = e->more;
        break;
    case EVENT_MOUSE:
        if (wheel_scrolls(v, e)) {
            if (e->mouse == MOUSE_WHEEL_UP)
                history_open(v->history, false);
        } else if (e->mouse >= MOUSE_WHEEL_UP && !modes->mouse) {
            whole = shell_keys_put_wheel(&v->typed, e, WHEEL_ROWS, modes);
        } else if (e->row >= HEAD_ROWS)
            whole = shell_keys_put_mouse(&v->typed, e, v->rect.top + e->row - HEAD_ROWS,
                                         v->rect.left + e->col, modes);
        break;
    case EVENT_FOCUS:
        if (modes->focus)
            whole = buf_append_str(&v->typed, e->focused ? "\x1b[I" : "\x1b[O");
    }
    send_typed(v, whole);
}

/* ---- what the shell does ---- */

static void shell_view_on_changed(void *arg)
{
    struct shell_view *v = arg;
    const struct shell_record *r;
    const struct pane_view *view;
    struct pyro_error why = { 0 };

    if (!v->live)
        return;
    r = live_record(v->live);
    view = live_view(v->live);
    if (!v->control && r->rows == v->own_rows && r->cols == v->own_cols)
        v->own_rows = v->own_cols = 0;
    if (v->control && !r->running) {
        pyro_fail(&why, PYRO_SHELL_STATE, "the shell has ended");
        lose_control(v, &why);
    } else if (v->control && live_failure(v->live)) {
        lose_control(v, live_failure(v->live));
    }
    if (v->control && view->bells != v->bells)
        tty_send("\a", 1);
    v->bells = view->bells;
    shell_view_move(v, 0, 0);
    app_damage_soon(v->screen.app);
}

/* ---- drawing ---- */

static const char *state_words(const struct shell_view *v, struct watched_workspace *w,
                               enum role *ret_role, char *space, size_t size)
{
    const struct shell_record *r = live_record(v->live);

    *ret_role = ROLE_GOOD;
    if (!w) {
        *ret_role = ROLE_BAD;
        return "its workspace was deleted";
    }
    if (!r->running) {
        *ret_role = r->exit_code > 0 ? ROLE_BAD : ROLE_IDLE;
        if (r->exit_code < 0)
            return "ended";
        snprintf(space, size, "ended with exit code %d", r->exit_code);
        return space;
    }
    if (v->cut_off) {
        *ret_role = ROLE_BAD;
        return v->lost.message;
    }
    if (shell_attention_state(r) == ATTENTION_ASKS) {
        *ret_role = ROLE_WARN;
        snprintf(space, size, "asks %s", r->foreground ? r->foreground : "");
        return space;
    }
    if (r->at_prompt)
        return "at its prompt";
    if (!r->foreground || !*r->foreground)
        return "running";
    snprintf(space, size, "runs %s", r->foreground);
    return space;
}

static void shell_view_draw_head(const struct shell_view *v, WINDOW *win)
{
    struct style bar = theme_style(ROLE_BAR);
    const struct pane_view *view = live_view(v->live);
    struct watched_workspace *w = model_find(v->screen.app->model, v->workspace.id);
    char space[256], words[128];
    enum role role;
    const char *state = state_words(v, w, &role, words, sizeof(words));
    int cols = v->screen.cols, at;

    draw_fill(win, 0, 0, cols, bar);
    at = draw_text(win, 0, 0, cols, theme_style(v->control ? ROLE_CONTROL : ROLE_WATCHING),
                   v->control   ? " CONTROL "
                   : v->cut_off ? " CONTROL LOST "
                                : " WATCHING ");
    snprintf(space, sizeof(space), "%s/%s", w ? model_name(w) : v->workspace.id, v->shell);
    at += 1 + draw_text(win, 0, at + 1, cols - at - 1, theme_style(ROLE_TITLE), space);
    at += 2 + draw_text(win, 0, at + 2, (cols - at) / 2, style_on(theme_style(role), bar), state);
    if (is_larger(v)) {
        snprintf(space, sizeof(space), "%d×%d from %d,%d", view->cols, view->rows, v->rect.left + 1,
                 v->rect.top + 1);
        at += 2 + draw_text(win, 0, at + 2, cols - at - 2, style_on(theme_style(ROLE_WARN), bar),
                            space);
    }
    if (*view->title && cols - at > 6)
        draw_right(win, 0, at + 2, cols - at - 3, bar, view->title);
}

/* Why nothing is drawn, in the pane itself. */
static void draw_failure(const struct shell_view *v, WINDOW *win)
{
    const struct pyro_error *why = live_failure(v->live);
    int row = v->screen.rows / 3, width = v->screen.cols - 4;
    int used = draw_wrapped(win, (struct area){ row, 2, v->screen.rows - row - 1, width },
                            theme_style(ROLE_BAD), why->message);

    draw_text(win, row + used + 1, 2, width, theme_style(ROLE_TEXT),
              "The shell itself goes on. r draws it again.");
}

static void shell_view_draw(struct screen *s, WINDOW *win)
{
    struct shell_view *v = (struct shell_view *)s;

    if (live_failure(v->live) || !live_is_shown(v->live)) {
        draw_clear(win, theme_style(ROLE_TEXT));
        v->whole = true;
        if (live_failure(v->live))
            draw_failure(v, win);
    } else {
        struct area shell_view_move = { HEAD_ROWS, 0, getmaxy(win) - HEAD_ROWS, getmaxx(win) };
        shell_paint(win, &shell_view_move, live_view(v->live), v->whole);
        live_drawn(v->live);
        v->whole = false;
    }
    shell_view_draw_head(v, win);
}

static bool shell_view_cursor(struct screen *s, int *ret_row, int *ret_col)
{
    struct shell_view *v = (struct shell_view *)s;
    const struct pane_view *view = live_view(v->live);
    int shape;

    if (live_failure(v->live) || !live_is_shown(v->live) || !view->cursor_visible ||
        view->cursor_row < v->rect.top)
        return false;
    *ret_row = HEAD_ROWS + view->cursor_row - v->rect.top;
    *ret_col = view->cursor_col - v->rect.left;
    shape = view->cursor_shape == PANE_CURSOR_UNDERLINE ? 3
            : view->cursor_shape == PANE_CURSOR_BAR     ? 5
                                                        : 1;
    tty_cursor_shape(view->cursor_blinks ? shape : shape + 1);
    return true;
}

/* ---- the screen ---- */

static bool shell_view_captures(struct screen *s)
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
    release((struct shell_view *)s);
}

static bool shell_view_is_cut_off(struct screen *s, int arg UNUSED)
{
    return ((struct shell_view *)s)->cut_off;
}

static void shell_view_acknowledge(struct screen *s, int arg UNUSED)
{
    ((struct shell_view *)s)->cut_off = false;
}

static bool shell_view_runs(struct screen *s, int arg UNUSED)
{
    return shell_view_watches(s, 0) && live_record(((struct shell_view *)s)->live)->running;
}

static bool shell_view_can_take(struct screen *s, int arg UNUSED)
{
    return shell_view_runs(s, 0) && !live_failure(((struct shell_view *)s)->live);
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

static void shell_view_pan_down(struct screen *s, int by)
{
    pan((struct shell_view *)s, by, 0);
}

static void shell_view_pan_right(struct screen *s, int by)
{
    pan((struct shell_view *)s, 0, by);
}

static void shell_view_follow(struct screen *s, int arg UNUSED)
{
    struct shell_view *v = (struct shell_view *)s;

    v->panned = false;
    shell_view_move(v, 0, 0);
}

/* No key that text contains touches the shell: typing into a shell that is only watched
 * must not do anything to it. */
static const struct key_binding keys[] = {
    { "release", "Ctrl-]", "give it back", "give control back; when watching, leave",
      .act = shell_view_release, .can = shell_view_can_release },
    { "acknowledge", "Esc Ctrl-]", "keep watching",
      "after control was lost: until then keys do nothing", .act = shell_view_acknowledge,
      .can = shell_view_is_cut_off },
    { "take", "i", "take control", "type into the shell, at the size of this terminal",
      .act = shell_view_take, .can = shell_view_can_take },
    { "back", "Esc q", "back", "leave the shell as it is", .act = screen_close,
      .can = shell_view_watches },
    { "restart", "r", "draw it again", "start drawing again after it has failed",
      .act = shell_view_restart, .can = shell_view_can_restart },
    { "scroll-back", "PgUp Ctrl-u g", "scroll back",
      "all that it has printed, to scroll, search and copy", .act = shell_view_open_history,
      .can = shell_view_watches, .arg = false },
    { "search", "/", "search", "look for something in it", .act = shell_view_open_history,
      .can = shell_view_watches, .arg = true },
    { "signal", "Ctrl-k F9", "signal", "send a signal to what runs in it",
      .act = shell_view_ask_signal, .can = shell_view_runs },
    { "close", "Ctrl-x Delete", "close", "close the shell: all that runs in it ends",
      .act = shell_view_ask_close, .can = shell_view_runs },
    { "down", "Down j", NULL, "show what is further down of a larger screen",
      .act = shell_view_pan_down, .can = shell_view_watches, .arg = 1 },
    { "up", "Up k", NULL, "… further up", .act = shell_view_pan_down, .can = shell_view_watches,
      .arg = -1 },
    { "right", "Right l", NULL, "… further right", .act = shell_view_pan_right,
      .can = shell_view_watches, .arg = 1 },
    { "left", "Left h", NULL, "… further left", .act = shell_view_pan_right,
      .can = shell_view_watches, .arg = -1 },
    { "follow", "f", NULL, "follow the cursor again", .act = shell_view_follow,
      .can = shell_view_watches },
    { 0 },
};

static bool is_key(const struct screen *s, const char *name, const struct key_event *e)
{
    return keymap_has(s->ops->name, keymap_named(keys, name), e);
}

/* A key without a meaning is probably text for the shell. */
static void tell_how_to_type(struct shell_view *v)
{
    const struct key_binding *b = keymap_named(keys, "take");
    char key[32];

    keymap_first_key(v->screen.ops->name, b, key);
    if (keymap_can(b, &v->screen))
        app_message(v->screen.app, ROLE_TEXT, "watching: %s takes control, to type into it", key);
}

static bool shell_view_event(struct screen *s, const struct key_event *e)
{
    struct shell_view *v = (struct shell_view *)s;
    bool releases = is_key(s, "release", e);

    if (v->control && releases)
        return false;
    if (v->control) {
        type(v, e);
        return true;
    }
    /* Keys that were meant for the shell must not become commands. */
    if (v->cut_off && e->kind != EVENT_MOUSE)
        return !is_key(s, "acknowledge", e);
    if (releases) {
        keymap_note("did", s->ops->name, keymap_named(keys, "release"));
        app_pop(s->app);
        return true;
    }
    if (e->kind == EVENT_KEY && !keymap_find(keys, s, s->ops->name, e) &&
        !keymap_find(app_keys, s, "global", e))
        tell_how_to_type(v);
    if (e->kind == EVENT_MOUSE && e->mouse == MOUSE_WHEEL_UP && !v->rect.top)
        history_open(v->history, false);
    else if (e->kind == EVENT_MOUSE && e->mouse >= MOUSE_WHEEL_UP)
        pan(v, e->mouse == MOUSE_WHEEL_UP ? -WHEEL_ROWS : WHEEL_ROWS, 0);
    return e->kind != EVENT_KEY;
}

static void shell_view_enter(struct screen *s)
{
    struct shell_view *v = (struct shell_view *)s;

    v->whole = true;
    shell_view_move(v, 0, 0);
}

static void shell_view_resize(struct screen *s, int rows UNUSED, int cols UNUSED)
{
    struct shell_view *v = (struct shell_view *)s;

    v->whole = true;
    shell_view_move(v, 0, 0);
    if (v->control)
        give_size(v);
}

static void shell_view_free(struct screen *s)
{
    struct shell_view *v = (struct shell_view *)s;

    if (v->live)
        release(v);
    history_free(v->history);
    live_free(v->live);
    workspace_close(&v->workspace);
    buf_release(&v->typed);
    free(v);
}

const struct screen_ops shell_view_ops = {
    .name = "shell",
    .title = "Shell",
    .keys = keys,
    .enter = shell_view_enter,
    .event = shell_view_event,
    .captures = shell_view_captures,
    .resize = shell_view_resize,
    .draw = shell_view_draw,
    .cursor = shell_view_cursor,
    .free = shell_view_free,
};

static uint64_t shell_view_size_of_log(void *arg)
{
    return live_size(((struct shell_view *)arg)->live);
}

static struct history *new_history(struct shell_view *v)
{
    scoped_free char *title = str_printf("log of %s", v->shell);
    const char *const argv[] = { "workspace", "shell",    "read",        v->workspace.id, v->shell,
                                 "--plain",   "--colors", "--max-chars", LOG_MAX,         NULL };
    struct history_spec spec = { .title = title,
                                 .argv = argv,
                                 .dir_fd = v->workspace.dir_fd,
                                 .size = shell_view_size_of_log,
                                 .arg = v };

    return history_new(v->screen.app, &spec);
}

struct screen *shell_view_new(struct app *app, const char *workspace_id, const char *shell_id,
                              struct pyro_error *err)
{
    static const struct live_ops ops = { .changed = shell_view_on_changed };
    struct workspace_handle o;
    struct shell_view *v;

    if (!workspace_open(workspace_id, &o, err))
        return NULL;
    v = screen_new(app, &shell_view_ops, sizeof(*v));
    buf_init(&v->typed, TYPED_MAX);
    snprintf(v->shell, sizeof(v->shell), "%s", shell_id);
    v->workspace = o;
    v->live = live_new(app->loop, v->workspace.dir_fd, v->shell, &ops, v, err);
    if (!v->live) {
        shell_view_free(&v->screen);
        return NULL;
    }
    v->history = new_history(v);
    model_acknowledge_one(model_find(app->model, o.id), NEWS_SHELL, shell_id);
    return &v->screen;
}
