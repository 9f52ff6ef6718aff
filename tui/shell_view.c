/*
 * tui/shell_view.c: one shell at full size. It opens watching: nothing of what is typed reaches the
 * shell, and its size stays what it is; control is taken and given back by a key, and the first
 * line says which of both it is.
 */
#include "tui/shell_view.h"

#include <stdlib.h>
#include <string.h>

#include "engine/client/connect.h"
#include "engine/state/shell_cursor.h"
#include "tui/doing.h"
#include "tui/history.h"
#include "tui/shell_keys.h"
#include "tui/shell_paint.h"
#include "tui/shell_view_private.h"
#include "tui/tty.h"
#include "vmm/base/fs.h"
#include "vmm/base/sock.h"

#define HEAD_ROWS 1
#define TYPED_MAX (INPUT_PASTE_MAX + 64)
#define PIECE_BYTES 4096
#define REGAIN_MS 300   /* how often a supervisor that was lost is looked for */
#define SILENCE_MS 1000 /* control does not come back into the middle of what is being typed */

/* ---- which part of the screen is shown ---- */

static bool is_larger(const struct shell_view *v)
{
    const struct pane_view *view = live_view(v->live);

    return view->rows > v->rect.rows || view->cols > v->rect.cols;
}

void shell_view_move(struct shell_view *v, int down, int right)
{
    const struct pane_view *view = live_view(v->live);
    struct pane_rect rect = { v->rect.top + down, v->rect.left + right,
                              shell_view_rows(v->screen.rows), v->screen.cols };

    rect = shell_rect_of(view, rect, v->panned);
    if (memcmp(&rect, &v->rect, sizeof(rect)) == 0)
        return;
    v->rect = rect;
    v->whole = true;
    if (!live_set_rect(v->live, &v->rect))
        app_message(v->screen.app, ROLE_BAD, "out of memory");
}

void shell_view_pan(struct shell_view *v, int down, int right)
{
    if (!is_larger(v))
        return;
    v->panned = true;
    shell_view_move(v, down, right);
}

/* ---- control ---- */

/* What has been typed goes out now. */
static void send_typed(struct shell_view *v, bool whole)
{
    loop_defer_cancel(v->screen.app->loop, &v->send_call);
    if (v->typed.len && v->control &&
        (!whole || !shell_control_type(v->control, v->typed.data, v->typed.len)))
        app_message(v->screen.app, ROLE_WARN,
                    "the shell does not read: what was typed last is lost");
    buf_clear(&v->typed);
}

void shell_view_give_back(struct shell_view *v)
{
    if (!v->control)
        return;
    send_typed(v, true);
    loop_defer_cancel(v->screen.app->loop, &v->give_up_call);
    loop_timer_cancel(v->screen.app->loop, &v->regain_timer);
    if (v->given_rows != v->own_rows || v->given_cols != v->own_cols)
        shell_control_resize(v->control, v->own_rows, v->own_cols);
    shell_control_free(v->control);
    v->control = NULL;
    v->told_focus = v->pasting = false;
    v->whole = true;
}

static void shell_view_on_lost(void *arg, const struct pyro_error *why);
static void give_size(struct shell_view *v);

/* Connects, and nothing else: shell_control_new() would start a supervisor, and wait for it. */
static bool supervisor_is_there(const struct shell_view *v)
{
    struct pyro_error err = { 0 };
    scoped_close int fd = sock_connect_at(v->workspace.dir_fd, SUPERVISOR_SOCKET, &err);

    return fd >= 0;
}

static void wait_for_supervisor(struct shell_view *v);

static bool has_focus(const struct shell_view *v)
{
    return v->screen.app->focused && v->screen.app->top == &v->screen;
}

static void shell_view_on_regain(void *arg)
{
    struct shell_view *v = arg;
    struct pyro_error err = { 0 };

    if (!v->cut_off || !live_record(v->live)->running)
        return;
    if (clock_ms() - v->swallowed_ms >= SILENCE_MS && supervisor_is_there(v))
        v->control = shell_control_new(v->screen.app->loop, &v->workspace, v->shell,
                                       shell_view_on_lost, v, &err);
    if (!v->control) {
        wait_for_supervisor(v);
        return;
    }
    v->cut_off = false;
    v->whole = true;
    give_size(v);
    shell_view_tell_focus(v, has_focus(v));
    app_message(v->screen.app, ROLE_GOOD, "control is back");
}

static void wait_for_supervisor(struct shell_view *v)
{
    loop_timer_set(v->screen.app->loop, &v->regain_timer, REGAIN_MS, shell_view_on_regain, v);
}

static void shell_view_give_up(void *arg)
{
    struct shell_view *v = arg;

    shell_view_give_back(v);
    v->cut_off = true;
    app_message(v->screen.app, ROLE_WARN, "control lost: %s", v->lost.message);
    wait_for_supervisor(v);
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
    send_typed(v, true);
    v->given_rows = v->rect.rows;
    v->given_cols = v->rect.cols;
    shell_control_resize(v->control, v->given_rows, v->given_cols);
}

void shell_view_take(struct screen *s, int arg UNUSED)
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
    shell_view_tell_focus(v, has_focus(v));
}

static void shell_view_on_typed(void *arg)
{
    send_typed(arg, true);
}

void shell_view_tell_focus(struct shell_view *v, bool focused)
{
    if (!v->control || v->told_focus == focused)
        return;
    v->told_focus = focused;
    if (live_view(v->live)->modes.focus)
        send_typed(v, buf_append_str(&v->typed, focused ? "\x1b[I" : "\x1b[O"));
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

/* What comes in one piece, such as the keys of a paste that the terminal does not mark, goes out as one: each
 * piece is work for the guest. */
void shell_view_type(struct shell_view *v, const struct key_event *e)
{
    const struct vtgate_modes *modes = &live_view(v->live)->modes;
    bool whole = true;

    if (e->kind == EVENT_PASTE || v->typed.len >= PIECE_BYTES)
        send_typed(v, true); /* a paste may need all the room */
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
            whole = shell_keys_put_wheel(&v->typed, e, SHELL_VIEW_WHEEL_ROWS, modes);
        } else if (e->row >= HEAD_ROWS)
            whole = shell_keys_put_mouse(&v->typed, e, v->rect.top + e->row - HEAD_ROWS,
                                         v->rect.left + e->col, modes);
        break;
    case EVENT_FOCUS:
        shell_view_tell_focus(v, e->focused);
        return;
    }
    if (whole)
        loop_defer(v->screen.app->loop, &v->send_call, shell_view_on_typed, v);
    else
        send_typed(v, false);
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
    if (!r->running && r->exit_code >= 0) {
        *ret_role = r->exit_code ? ROLE_BAD : ROLE_IDLE;
        snprintf(space, size, "ended with exit code %d", r->exit_code);
        return space;
    }
    if (w->record.state == WORKSPACE_FAILED || (v->cut_off && !r->running)) {
        *ret_role = ROLE_BAD;
        return w->record.state != WORKSPACE_FAILED ? v->lost.message
               : w->record.host_compat             ? "its workspace has failed"
                                                   : "its machine has died";
    }
    if (!r->running) {
        *ret_role = ROLE_IDLE;
        return w->record.state == WORKSPACE_STARTED ? "ended" : "ended: its workspace was stopped";
    }
    if (w->record.state == WORKSPACE_SUSPENDED) {
        *ret_role = ROLE_IDLE;
        return "its workspace is suspended";
    }
    if (v->cut_off) {
        *ret_role = ROLE_BAD;
        return v->lost.message;
    }
    *ret_role = doing_in_shell(r, space, size);
    return space;
}

static void shell_view_draw_head(const struct shell_view *v, WINDOW *win)
{
    static const char *const mode[][2] = { { " CONTROL ", " control " },
                                           { " CONTROL LOST ", " control lost " },
                                           { " WATCHING ", " watching " } };
    struct style bar = theme_style(ROLE_BAR);
    bool aside = screen_is_aside(&v->screen);
    const struct pane_view *view = live_view(v->live);
    struct watched_workspace *w = model_find(v->screen.app->model, v->workspace.id);
    char space[256], words[128];
    enum role role;
    const char *state = state_words(v, w, &role, words, sizeof(words));
    int cols = v->screen.cols, at;

    draw_fill(win, 0, 0, cols, bar);
    at = draw_text(win, 0, 0, cols,
                   aside ? style_on(theme_style(ROLE_DIM), bar)
                         : theme_style(v->control ? ROLE_CONTROL : ROLE_WATCHING),
                   mode[v->control   ? 0
                        : v->cut_off ? 1
                                     : 2][aside]);
    snprintf(space, sizeof(space), "%s/%s", model_name_of(v->screen.app->model, v->workspace.id),
             v->shell);
    at +=
        1 + draw_text(win, 0, at + 1, cols - at - 1, aside ? bar : theme_style(ROLE_TITLE), space);
    at += 2 + draw_text(win, 0, at + 2, (cols - at) / 2, style_on(theme_style(role), bar), state);
    if (v->control && live_record(v->live)->controllers > 1) {
        snprintf(space, sizeof(space), "%lld in control",
                 (long long)live_record(v->live)->controllers);
        at += 2 + draw_text(win, 0, at + 2, cols - at - 2, style_on(theme_style(ROLE_WARN), bar),
                            space);
    }
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

static void note_visit(const struct shell_view *v)
{
    struct app *app = v->screen.app;

    if (!strcmp(app->visited[0].workspace, v->workspace.id) &&
        !strcmp(app->visited[0].shell, v->shell))
        return;
    app->visited[1] = app->visited[0];
    snprintf(app->visited[0].workspace, sizeof(app->visited[0].workspace), "%s", v->workspace.id);
    snprintf(app->visited[0].shell, sizeof(app->visited[0].shell), "%s", v->shell);
}

static void shell_view_enter(struct screen *s)
{
    struct shell_view *v = (struct shell_view *)s;

    v->whole = true;
    shell_view_move(v, 0, 0);
    note_visit(v);
    shell_view_tell_focus(v, has_focus(v));
}

static void shell_view_leave(struct screen *s)
{
    shell_view_tell_focus((struct shell_view *)s, false);
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
        shell_view_give_back(v);
    loop_timer_cancel(v->screen.app->loop, &v->regain_timer);
    loop_defer_cancel(v->screen.app->loop, &v->send_call);
    history_free(v->history);
    live_free(v->live);
    workspace_close(&v->workspace);
    buf_release(&v->typed);
    free(v);
}

void shell_view_take_control(struct screen *s)
{
    if (s && shell_view_can_take(s, 0))
        shell_view_take(s, 0);
}

int shell_view_rows(int rows)
{
    return rows > HEAD_ROWS ? rows - HEAD_ROWS : 1;
}

const struct screen_ops shell_view_ops = {
    .name = "shell",
    .title = "Shell",
    .keys = shell_view_keys,
    .text_does = shell_view_text_does,
    .enter = shell_view_enter,
    .leave = shell_view_leave,
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

static uint64_t shell_view_first_of_log(void *arg)
{
    return live_record(((struct shell_view *)arg)->live)->first;
}

static uint64_t shell_view_cursor_of(void *arg, uint64_t offset)
{
    return shell_cursor_at(live_record(((struct shell_view *)arg)->live), offset);
}

static struct history *new_history(struct shell_view *v)
{
    scoped_free char *title = str_printf("log of %s", v->shell);
    const char *const argv[] = { "workspace",   "shell",         "read",     v->workspace.id,
                                 v->shell,      "--plain",       "--colors", "--times",
                                 "--max-chars", HISTORY_LOG_MAX, NULL };
    struct history_spec spec = { .title = title,
                                 .argv = argv,
                                 .dir_fd = v->workspace.dir_fd,
                                 .size = shell_view_size_of_log,
                                 .first = shell_view_first_of_log,
                                 .cursor = shell_view_cursor_of,
                                 .arg = v };

    return history_new(v->screen.app, &spec);
}

struct screen *shell_view_new(struct app *app, const char *workspace_id, const char *shell_id,
                              struct pyro_error *err)
{
    static const struct live_ops ops = { .changed = shell_view_on_changed };
    struct workspace_handle o;
    struct shell_view *v;
    char source[NEWS_SLOT_MAX];

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
    screen_views(&v->screen, o.id, news_slot(NEWS_SHELL, shell_id, source));
    return &v->screen;
}
