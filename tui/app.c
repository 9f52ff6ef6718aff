/* tui/app.c: the stack of screens, events, signals, timers. */
#include "tui/app.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "tui/app_private.h"
#include "tui/log.h"
#include "tui/tty.h"
#include "vmm/base/fs.h"

#define RESIZE_MS 30
#define MESSAGE_MS 5000
#define DOUBLE_CLICK_MS 400
#define TICK_MS 1000

/* ---- the stack ---- */

static void free_screen(struct screen *s)
{
    if (s->win)
        delwin(s->win);
    free(s->about);
    free(s->about_shell);
    free(s->views_workspace);
    free(s->views);
    if (s->ops->free)
        s->ops->free(s);
    else
        free(s);
}

static void app_bury(void *arg)
{
    struct app *app = arg;

    while (app->graveyard) {
        struct screen *s = app->graveyard;
        app->graveyard = s->below;
        free_screen(s);
    }
}

static void stack_changed(struct app *app)
{
    app->restacked = true;
    app_damage(app);
    app_tick_check(app);
    app_check_top(app);
}

/* A screen is on top that was not. */
static void enter_top(struct app *app)
{
    if (app->top->ops->enter)
        app->top->ops->enter(app->top);
    stack_changed(app);
}

static void put_on_top(struct app *app, struct screen *s, struct screen *below)
{
    s->serial = ++app->last_serial;
    s->opened_ms = clock_ms();
    s->below = below;
    app->top = s;
    app_place(app, s);
    enter_top(app);
}

static void leave_top(struct app *app)
{
    if (app->top && app->top->ops->leave)
        app->top->ops->leave(app->top);
}

void app_push(struct app *app, struct screen *s)
{
    leave_top(app);
    put_on_top(app, s, app->top);
}

/* ---- two that share the room ---- */

void app_split(struct app *app, struct screen *s, enum part part)
{
    struct screen *first = app->top;

    BUG_ON(first->beside || first->ops->overlay || s->ops->overlay);
    first->beside = s;
    s->beside = first;
    s->part = part;
    first->part = part == PART_LOWER ? PART_UPPER : PART_LEFT;
    app_place(app, first);
    leave_top(app);
    put_on_top(app, s, first->below);
}

/* Gives its part of the room to the other one, which is returned. */
static struct screen *join(struct app *app, struct screen *s)
{
    struct screen *other = s->beside;

    s->beside = other->beside = NULL;
    other->part = PART_ALL;
    other->below = s->below;
    app_place(app, other);
    return other;
}

void app_focus_other(struct app *app)
{
    struct screen *other = app->top->beside;

    if (!other)
        return;
    leave_top(app);
    other->below = app->top->below;
    app->top = other;
    enter_top(app);
}

void app_turn(struct app *app)
{
    static const enum part turned[] = { [PART_ALL] = PART_ALL,
                                        [PART_UPPER] = PART_LEFT,
                                        [PART_LOWER] = PART_RIGHT,
                                        [PART_LEFT] = PART_UPPER,
                                        [PART_RIGHT] = PART_LOWER };
    struct screen *s = app->top, *other = s->beside;

    if (!other)
        return;
    s->part = turned[s->part];
    other->part = turned[other->part];
    app_place(app, s);
    app_place(app, other);
    stack_changed(app);
}

/* A press, or the wheel, gives the focus to the one of two that it is in; what follows it goes there,
 * too, even when it is outside. */
static struct screen *aim(struct app *app, struct key_event *e)
{
    struct screen *s = app->top, *other = s->beside;
    bool begins = e->mouse == MOUSE_PRESS || e->mouse >= MOUSE_WHEEL_UP;

    if (other && begins && e->row >= other->top && e->row < other->top + other->rows &&
        e->col >= other->left && e->col < other->left + other->cols) {
        app_focus_other(app);
        s = other;
    }
    e->row -= s->top, e->col -= s->left;
    if (other) {
        e->row = e->row < 0 ? 0 : e->row < s->rows ? e->row : s->rows - 1;
        e->col = e->col < 0 ? 0 : e->col < s->cols ? e->col : s->cols - 1;
    }
    return s;
}

/* ---- the end of screens ---- */

void app_pop(struct app *app)
{
    struct screen *s = app->top, **end = &app->graveyard;

    if (!s)
        return;
    leave_top(app);
    app->top = s->beside ? join(app, s) : s->below;
    s->below = NULL;
    while (*end) /* freed in this order: a screen may tell the one that opened it */
        end = &(*end)->below;
    *end = s;
    loop_defer(app->loop, &app->bury, app_bury, app);
    if (app->top)
        enter_top(app);
    else
        app_quit(app);
}

void app_lift(struct app *app)
{
    struct screen *s = app->top;

    BUG_ON(!s->below || s->beside);
    leave_top(app);
    app->top = s->below;
    s->below = app->lifted;
    app->lifted = s;
    enter_top(app);
}

void app_drop(struct app *app, struct screen *s, bool again)
{
    struct screen **at = &app->lifted;

    while (*at != s)
        at = &(*at)->below;
    *at = s->below;
    if (again)
        app_push(app, s);
    else
        free_screen(s);
}

void app_pop_to_first(struct app *app)
{
    while (app->top && app->top->below)
        app_pop(app);
}

/* ---- screens whose time is over ---- */

static void app_on_check(void *arg)
{
    struct app *app = arg;

    while (app->top && (app->top->over || (app->is_gone && app->is_gone(app->top)))) {
        if (!app->top->over)
            app_message(app, ROLE_WARN, "%s is gone",
                        app->top->about_shell ? app->top->about_shell : "what this was about");
        app_pop(app);
    }
    if (!app->top || !app->focused || !app->look)
        return;
    if (app->top->views)
        app->look(app->top);
    if (app->top->beside && app->top->beside->views)
        app->look(app->top->beside);
}

void app_check_top(struct app *app)
{
    loop_defer(app->loop, &app->check, app_on_check, app);
}

void app_quit(struct app *app)
{
    app->ended = true;
    loop_stop(app->loop);
}

bool app_shows(const struct screen *s)
{
    const struct screen *at = s->app->top;

    while (at && at != s && at->ops->overlay)
        at = at->below;
    return at && (at == s || at->beside == s);
}

bool app_may_open(const struct app *app, uint64_t serial)
{
    struct screen *top = app->top;

    return top && top->serial == serial && !screen_captures(top);
}

/* ---- damage and time ---- */

void app_damage(struct app *app)
{
    app->damaged = true;
}

static void app_on_frame(void *arg)
{
    struct app *app = arg;

    app->frame_ms = clock_ms();
    app_damage(app);
}

void app_damage_soon(struct app *app)
{
    int64_t now = clock_ms(), left = app->frame_ms + APP_FRAME_MS - now;

    if (left <= 0 || now - app->key_ms < APP_ECHO_MS)
        app_on_frame(app);
    else if (!app->frame_timer.armed)
        loop_timer_set(app->loop, &app->frame_timer, left, app_on_frame, app);
}

static bool anyone_ticks(const struct app *app)
{
    for (struct screen *s = app->top; s; s = s->ops->overlay ? s->below : NULL)
        if (s->ops->tick_wanted && s->ops->tick_wanted(s))
            return true;
    return false;
}

static void app_on_tick(void *arg)
{
    struct app *app = arg;

    if (anyone_ticks(app))
        app_damage(app);
    app_tick_check(app);
}

void app_tick_check(struct app *app)
{
    if (!anyone_ticks(app))
        loop_timer_cancel(app->loop, &app->tick_timer);
    else if (!app->tick_timer.armed)
        loop_timer_set(app->loop, &app->tick_timer, TICK_MS, app_on_tick, app);
}

static void app_on_message_over(void *arg)
{
    struct app *app = arg;

    app->message[0] = '\0';
    app_damage(app);
}

void app_redraw(struct app *app)
{
    app->restacked = true;
    clearok(curscr, TRUE);
    app_damage(app);
}

void app_message(struct app *app, enum role role, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(app->message, sizeof(app->message), fmt, args);
    va_end(args);
    app->message_role = role;
    if (role == ROLE_BAD || role == ROLE_WARN)
        log_add(role, "%s", app->message);
    loop_timer_set(app->loop, &app->message_timer, MESSAGE_MS, app_on_message_over, app);
    app_damage(app);
}

void app_error(struct app *app, const struct pyro_error *err)
{
    const char *hint = pyro_error_hint(err);

    app_message(app, ROLE_BAD, "%s%s%s", err->message, *hint ? " — " : "", hint);
}

/* ---- events ---- */

/* It cannot be done now. `e`: the key that was pressed for it; NULL: it was another way. */
static void say_why_not(struct app *app, const char *screen, const struct key_binding *binding,
                        const struct key_event *e)
{
    char key[32];

    if (e)
        key_label(e->code, e->mods, key);
    else
        keymap_first_key(screen, binding, key);
    if (binding->needs)
        app_message(app, ROLE_TEXT, "%s needs %s", key, binding->needs);
    else
        app_message(app, ROLE_TEXT, "%s does nothing here now; ? lists what can be done", key);
}

static void act(struct app *app, const char *screen, const struct key_binding *binding,
                const struct key_event *e)
{
    if (!keymap_can(binding, app->top)) {
        say_why_not(app, screen, binding, e);
        return;
    }
    keymap_note("did", screen, binding);
    binding->act(app->top, binding->arg);
}

void app_act(struct app *app, const struct key_binding *binding)
{
    bool own = false;

    for (const struct key_binding *b = app->top->ops->keys; b && b->name; b++)
        own = own || b == binding;
    if (binding)
        act(app, own ? app->top->ops->name : "global", binding, NULL);
}

/* A click on the key bar is the key. */
static void bar_click(struct app *app, int col)
{
    for (int i = 0; i < app->bar_spot_count; i++)
        if (col >= app->bar_spots[i].from && col < app->bar_spots[i].to) {
            act(app, app->bar_spots[i].screen, app->bar_spots[i].binding, NULL);
            return;
        }
}

static void count_clicks(struct app *app, struct key_event *e)
{
    int64_t now = clock_ms();

    e->clicks = 1;
    if (e->button == 1 && app->press_at && now - app->press_at < DOUBLE_CLICK_MS &&
        app->press_row == e->row && app->press_col == e->col) {
        e->clicks = 2;
        app->press_at = 0;
        return;
    }
    app->press_at = now, app->press_row = e->row, app->press_col = e->col;
}

static void app_on_event(void *arg, const struct key_event *event);

/* Alt with a key that nobody takes is Esc and that key: a terminal sends the same bytes for both,
 * and only a pause, which a slow machine does not see, tells which it was. False: it is another
 * event. */
static bool escape_and_key(struct app *app, const struct key_event *event)
{
    struct key_event key = *event, escape = { .kind = EVENT_KEY, .code = K_ESC, .raw = event->raw };
    struct screen *s = app->top;

    if (key.kind != EVENT_KEY || !(key.mods & MOD_ALT) || key.raw_len < 2 ||
        (key.raw_len > 2 && strchr("[O", key.raw[1])) || screen_captures(s) ||
        keymap_find(s->ops->keys, s, s->ops->name, &key) ||
        keymap_find(app_keys, s, "global", &key))
        return false;
    escape.raw_len = 1;
    key.mods &= ~(unsigned)MOD_ALT, key.raw++, key.raw_len--;
    app_on_event(app, &escape);
    app_on_event(app, &key);
    return true;
}

static void app_on_event(void *arg, const struct key_event *event)
{
    struct app *app = arg;
    struct key_event e = *event;
    struct screen *s = app->top;
    const struct key_binding *binding;

    if (app->ended || !s || escape_and_key(app, event))
        return;
    app_damage(app);
    if (e.kind == EVENT_FOCUS)
        app->focused = e.focused, app_check_top(app);
    if (e.kind == EVENT_KEY) {
        app->message[0] = '\0';
        app->key_ms = clock_ms();
        app->key = e.code;
    }
    if (e.kind == EVENT_MOUSE) {
        if (e.mouse == MOUSE_PRESS)
            count_clicks(app, &e);
        if (e.row == app->rows - 1 && e.mouse != MOUSE_DRAG) {
            if (e.mouse == MOUSE_PRESS && e.button == 1)
                bar_click(app, e.col);
            return;
        }
        s = aim(app, &e);
    }
    if (s->find && list_find_event(s->find, &e)) {
        screen_refit_find(s);
        app_paint(app); /* what is selected follows from what is shown: the next key may be here */
        return;
    }
    if (s->ops->event && s->ops->event(s, &e))
        return;
    /* A key of the screen goes to no one else, even while it does nothing. */
    binding = keymap_find(s->ops->keys, s, s->ops->name, &e);
    if (binding) {
        act(app, s->ops->name, binding, &e);
        return;
    }
    binding = keymap_find(app_keys, s, "global", &e);
    if (binding)
        act(app, "global", binding, &e);
    else if (e.kind == EVENT_KEY && e.code != K_UNKNOWN && e.code != K_ESC)
        app_message(app, ROLE_TEXT, "this key does nothing here; ? lists those that do");
    else if (e.kind == EVENT_PASTE)
        app_message(app, ROLE_WARN, "what was pasted is ignored: nothing is typed here");
}

static void app_on_esc_over(void *arg)
{
    struct app *app = arg;

    input_flush(&app->input, app_on_event, app);
}

static void terminal_gone(struct app *app)
{
    tty_abandon();
    app->exit_signal = SIGHUP;
    app_quit(app);
}

static void app_on_input(void *arg, uint32_t events UNUSED)
{
    struct app *app = arg;
    char bytes[4096];
    ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));

    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n <= 0) {
        loop_unwatch(app->loop, STDIN_FILENO);
        terminal_gone(app);
        return;
    }
    loop_timer_cancel(app->loop, &app->esc_timer);
    input_feed(&app->input, bytes, (size_t)n, app_on_event, app);
    if (input_waits(&app->input))
        loop_timer_set(app->loop, &app->esc_timer, INPUT_ESC_MS, app_on_esc_over, app);
}

static void app_on_resize(void *arg)
{
    struct app *app = arg;
    int rows, cols;

    /* Even when it is back at its old size: the terminal may have cut or wrapped what it shows. */
    if (tty_size(&rows, &cols))
        app_resize(app, rows, cols);
}

static void app_on_signal(void *arg, const struct signalfd_siginfo *info)
{
    struct app *app = arg;

    if (info->ssi_signo == SIGWINCH) {
        if (!app->resize_timer.armed)
            loop_timer_set(app->loop, &app->resize_timer, RESIZE_MS, app_on_resize, app);
        return;
    }
    app->exit_signal = (int)info->ssi_signo;
    app_quit(app);
}

/* ---- life ---- */

bool app_init(struct app *app, struct pyro_error *err)
{

    memset(app, 0, sizeof(*app));
    input_init(&app->input);
    app->focused = true;
    app->loop = loop_new(err);
    if (!app->loop || !loop_terminal_signals(app->loop, app_on_signal, app, err) || !tty_open(err))
        return false;
    if (!tty_size(&app->rows, &app->cols))
        app->rows = LINES, app->cols = COLS;
    app_resize(app, app->rows, app->cols);
    loop_before_wait(app->loop, app_paint, app);
    return loop_watch(app->loop, STDIN_FILENO, EPOLLIN, app_on_input, app, err);
}

void app_run(struct app *app)
{
    if (!app->ended)
        loop_run(app->loop);
}

void app_close(struct app *app)
{
    tty_close();
    while (app->top) {
        struct screen *s = app->top;
        app->top = s->below;
        if (s->ops->leave && !s->below)
            s->ops->leave(s);
        if (s->beside)
            free_screen(s->beside);
        free_screen(s);
    }
    while (app->lifted)
        app_drop(app, app->lifted, false);
    if (app->loop)
        app_bury(app);
}

void app_release(struct app *app)
{
    input_release(&app->input);
    if (app->bar)
        delwin(app->bar);
    if (app->shade)
        delwin(app->shade);
    loop_free(app->loop);
    log_release();
    keymap_reset();
}
