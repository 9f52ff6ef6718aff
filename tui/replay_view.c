/*
 * tui/replay_view.c: a playback moves through a recording, a pane shows the screen at its place,
 * and the last line says where that is. It is the recording as it was when the view was opened.
 */
#include "tui/replay_view.h"

#include <stdlib.h>
#include <string.h>

#include "engine/client/handle.h"
#include "engine/shell/playback.h"
#include "engine/shell/playback_pane.h"
#include "tui/ask.h"
#include "tui/format.h"
#include "tui/model.h"
#include "tui/pager_time.h"
#include "tui/shell_paint.h"
#include "vmm/base/fs.h"

#define HEAD_ROWS 1
#define LINE_ROWS 1
#define LATELY_SECONDS 600
#define LATELY_SPEED "4"
#define SEEK_SECONDS 5
#define SEEK_FAR_SECONDS 60

struct replay_view {
    struct screen screen;
    struct workspace_handle workspace;
    char shell[SHELL_ID_MAX + 1];
    struct recording recording;
    struct playback playback;
    struct playback_pane *pane;
    struct pane_rect rect;
    bool panned;            /* by hand: the view does not follow the cursor */
    bool whole;             /* everything is drawn again, not only the rows that have changed */
    int bar_left, bar_cols; /* where the bar was drawn last */
};

/* ---- the place ---- */

static void show_part(struct replay_view *v, int down, int right)
{
    const struct pane_view *view = playback_pane_view(v->pane);
    int rows = v->screen.rows - HEAD_ROWS - LINE_ROWS;
    struct pane_rect rect = { v->rect.top + down, v->rect.left + right, rows > 1 ? rows : 1,
                              v->screen.cols };

    rect = shell_rect_of(view, rect, v->panned);
    if (memcmp(&rect, &v->rect, sizeof(rect)) == 0)
        return;
    v->rect = rect;
    v->whole = true;
    if (!playback_pane_set_rect(v->pane, &rect))
        app_message(v->screen.app, ROLE_BAD, "out of memory");
}

static void replay_view_on_moved(void *arg)
{
    struct replay_view *v = arg;

    playback_pane_show(v->pane, v->playback.at);
    app_damage_soon(v->screen.app);
    app_tick_check(v->screen.app);
}

static void replay_view_on_changed(void *arg)
{
    struct replay_view *v = arg;

    show_part(v, 0, 0);
    app_damage_soon(v->screen.app);
}

static void play(struct replay_view *v, bool on)
{
    playback_play(&v->playback, on);
    app_tick_check(v->screen.app);
}

/* To a point in time, and on from there. */
static void go_to_time(struct replay_view *v, double wall)
{
    playback_seek(&v->playback, recording_ms_of(&v->recording, wall));
    play(v, true);
}

static void go_to_lately(struct replay_view *v)
{
    go_to_time(v, clock_wall() - LATELY_SECONDS);
    if (playback_is_at_end(&v->playback))
        app_message(v->screen.app, ROLE_TEXT, "it has printed nothing in the last ten minutes");
}

/* ---- drawing ---- */

static void draw_head(const struct replay_view *v, WINDOW *win)
{
    struct style bar = theme_style(ROLE_BAR);
    const char *title = playback_pane_view(v->pane)->title;
    double when = v->recording.started_at + (double)playback_ms(&v->playback) / 1000;
    struct short_text clock;
    char name[256];
    int cols = v->screen.cols, at;

    draw_fill(win, 0, 0, cols, bar);
    at = draw_text(win, 0, 0, cols, theme_style(ROLE_WATCHING), " REPLAY ");
    snprintf(name, sizeof(name), "%s/%s", model_name_of(v->screen.app->model, v->workspace.id),
             v->shell);
    at += 1 + draw_text(win, 0, at + 1, cols - at - 1, theme_style(ROLE_TITLE), name);
    at += 2 + draw_text(win, 0, at + 2, (cols - at) / 2, bar, format_clock(&clock, when));
    if (*title && cols - at > 6)
        draw_right(win, 0, at + 2, cols - at - 3, bar, title);
}

/* The time that was played, of all. */
static void draw_bar(struct replay_view *v, WINDOW *win, int row, int left, int cols)
{
    int64_t length = recording_length_ms(&v->recording), ms = playback_ms(&v->playback);
    int played = length > 0 ? (int)(ms * (int64_t)cols / length) : cols;

    v->bar_left = left;
    v->bar_cols = cols;
    for (int i = 0; i < cols; i++)
        draw_text(win, row, left + i, 1,
                  style_on(theme_style(i < played ? ROLE_ACCENT : ROLE_DIM), theme_style(ROLE_BAR)),
                  i < played ? "━" : "─");
}

static void draw_line(struct replay_view *v, WINDOW *win)
{
    struct style bar = theme_style(ROLE_BAR);
    int row = v->screen.rows - 1, cols = v->screen.cols, words;
    char text[128];

    playback_describe(&v->playback, text, sizeof(text));
    words = draw_width(text);
    draw_fill(win, row, 0, cols, bar);
    draw_text(win, row, 1, cols - 1, bar, v->playback.playing ? "▶" : "‖");
    draw_right(win, row, 3, cols - 4, bar, text);
    draw_bar(v, win, row, 3, cols - words - 6 > 0 ? cols - words - 6 : 0);
}

static void replay_view_draw(struct screen *s, WINDOW *win)
{
    struct replay_view *v = (struct replay_view *)s;
    const struct pyro_error *why = playback_pane_failure(v->pane);
    struct area area = { HEAD_ROWS, 0, s->rows - HEAD_ROWS - LINE_ROWS, s->cols };

    if (why || !playback_pane_is_shown(v->pane)) {
        draw_clear(win, theme_style(ROLE_TEXT));
        v->whole = true;
        if (why)
            draw_wrapped(win, (struct area){ s->rows / 3, 2, s->rows / 2, s->cols - 4 },
                         theme_style(ROLE_BAD), why->message);
    } else {
        shell_paint(win, &area, playback_pane_view(v->pane), v->whole);
        playback_pane_drawn(v->pane);
        v->whole = false;
    }
    draw_head(v, win);
    draw_line(v, win);
}

static bool replay_view_cursor(struct screen *s, int *ret_row, int *ret_col)
{
    const struct replay_view *v = (struct replay_view *)s;
    const struct pane_view *view = playback_pane_view(v->pane);

    *ret_row = HEAD_ROWS + view->cursor_row - v->rect.top;
    *ret_col = view->cursor_col - v->rect.left;
    return playback_pane_is_shown(v->pane) && !playback_pane_failure(v->pane) &&
           view->cursor_visible && *ret_row >= HEAD_ROWS && *ret_row < s->rows - LINE_ROWS;
}

/* ---- keys ---- */

static void replay_view_pause(struct screen *s, int arg UNUSED)
{
    struct replay_view *v = (struct replay_view *)s;
    bool on = !v->playback.playing;

    if (on && playback_is_at_end(&v->playback))
        playback_seek(&v->playback, 0);
    play(v, on);
    app_damage(s->app);
}

static void replay_view_seek(struct screen *s, int seconds)
{
    struct replay_view *v = (struct replay_view *)s;

    playback_seek(&v->playback, playback_ms(&v->playback) + (int64_t)seconds * 1000);
}

static void replay_view_seek_end(struct screen *s, int end)
{
    struct replay_view *v = (struct replay_view *)s;

    playback_seek(&v->playback, end ? recording_length_ms(&v->recording) : 0);
}

/* It stays there, to be looked at. */
static void replay_view_step_line(struct screen *s, int by)
{
    struct replay_view *v = (struct replay_view *)s;
    uint64_t at = v->playback.at;

    play(v, false);
    playback_seek_offset(&v->playback, by > 0 ? recording_line_after(&v->recording, at)
                                              : recording_line_before(&v->recording, at));
}

static void replay_view_change_speed(struct screen *s, int by)
{
    playback_change_speed(&((struct replay_view *)s)->playback, by);
    app_damage(s->app);
}

static void replay_view_show_lately(struct screen *s, int arg UNUSED)
{
    go_to_lately((struct replay_view *)s);
}

static void replay_view_on_time(struct prompt *p, void *arg, const char *text)
{
    double when;

    if (!pager_time_read(text, clock_wall(), &when)) {
        prompt_refuse(p, "'%s' is not a time: 10m (ago), 14:30, 2026-05-01 12:30", text);
        return;
    }
    prompt_close(p);
    go_to_time(arg, when);
}

static void replay_view_ask_time(struct screen *s, int arg UNUSED)
{
    const struct ask_spec spec = { .title = "replay",
                                   .label = "Play from which time?",
                                   .hint = "10m (ago), 14:30, or a date and time",
                                   .answered = replay_view_on_time,
                                   .arg = s };

    ask_line(s->app, &spec);
}

static void replay_view_pan_down(struct screen *s, int by)
{
    struct replay_view *v = (struct replay_view *)s;

    v->panned = true;
    show_part(v, by, 0);
}

static void replay_view_pan_right(struct screen *s, int by)
{
    struct replay_view *v = (struct replay_view *)s;

    v->panned = true;
    show_part(v, 0, by);
}

static const char *replay_view_says_pause(struct screen *s, int arg UNUSED)
{
    return ((struct replay_view *)s)->playback.playing ? "pause" : "play";
}

static void replay_view_follow(struct screen *s, int arg UNUSED)
{
    struct replay_view *v = (struct replay_view *)s;

    v->panned = false;
    show_part(v, 0, 0);
}

static const struct key_binding keys[] = {
    { "pause", "Space", "pause", "pause, or go on; at the end: play it again",
      .act = replay_view_pause, .says = replay_view_says_pause },
    { "back", "Left h", "5 s back", "five seconds back", .act = replay_view_seek,
      .arg = -SEEK_SECONDS, .group = KEYS_NAVIGATE },
    { "on", "Right l", "5 s on", "five seconds on", .act = replay_view_seek, .arg = SEEK_SECONDS,
      .group = KEYS_NAVIGATE },
    { "minute-back", "Up PgUp", NULL, "a minute back", .act = replay_view_seek,
      .arg = -SEEK_FAR_SECONDS, .group = KEYS_NAVIGATE },
    { "minute-on", "Down PgDn", NULL, "a minute on", .act = replay_view_seek,
      .arg = SEEK_FAR_SECONDS, .group = KEYS_NAVIGATE },
    { "line-on", "j", "line by line", "pause, and a line of output on",
      .act = replay_view_step_line, .arg = 1, .group = KEYS_NAVIGATE },
    { "line-back", "k", NULL, "pause, and a line of output back", .act = replay_view_step_line,
      .arg = -1, .group = KEYS_NAVIGATE },
    { "faster", "+ =", "faster", "faster", .act = replay_view_change_speed, .arg = 1 },
    { "slower", "-", "slower", "slower", .act = replay_view_change_speed, .arg = -1 },
    { "lately", "t", "last 10 min", "what happened in the last ten minutes",
      .act = replay_view_show_lately, .group = KEYS_NAVIGATE },
    { "since", "s", "from a time", "from a time on: 10m ago, 14:30, …", .act = replay_view_ask_time,
      .group = KEYS_NAVIGATE },
    { "first", "Home g", NULL, "to its beginning", .act = replay_view_seek_end, .arg = false,
      .group = KEYS_NAVIGATE },
    { "last", "End G", NULL, "to its end", .act = replay_view_seek_end, .arg = true,
      .group = KEYS_NAVIGATE },
    { "down", "Shift-Down", NULL, "show what is further down of a larger screen",
      .act = replay_view_pan_down, .arg = 1, .group = KEYS_VIEW },
    { "up", "Shift-Up", NULL, "… further up", .act = replay_view_pan_down, .arg = -1,
      .group = KEYS_VIEW },
    { "right", "Shift-Right", NULL, "… further right", .act = replay_view_pan_right, .arg = 1,
      .group = KEYS_VIEW },
    { "left", "Shift-Left", NULL, "… further left", .act = replay_view_pan_right, .arg = -1,
      .group = KEYS_VIEW },
    { "follow", "f", NULL, "follow the cursor again", .act = replay_view_follow,
      .group = KEYS_VIEW },
    { "close", "Esc q", "back", "back", .act = screen_close, .group = KEYS_NAVIGATE },
    { 0 },
};

/* A click on the bar is a place in it. */
static bool replay_view_event(struct screen *s, const struct key_event *e)
{
    struct replay_view *v = (struct replay_view *)s;
    int col = e->col - v->bar_left;

    if (e->kind != EVENT_MOUSE)
        return false;
    if (e->mouse == MOUSE_PRESS && e->button == 1 && e->row == s->rows - 1 && col >= 0 &&
        col < v->bar_cols)
        playback_seek(&v->playback, recording_length_ms(&v->recording) * col / v->bar_cols);
    else if (e->mouse == MOUSE_WHEEL_UP || e->mouse == MOUSE_WHEEL_DOWN)
        replay_view_seek(s, e->mouse == MOUSE_WHEEL_UP ? -SEEK_SECONDS : SEEK_SECONDS);
    return true;
}

/* ---- the screen ---- */

static bool replay_view_tick_wanted(struct screen *s)
{
    return ((struct replay_view *)s)->playback.playing;
}

static void replay_view_enter(struct screen *s)
{
    struct replay_view *v = (struct replay_view *)s;

    v->whole = true;
    show_part(v, 0, 0);
}

static void replay_view_resize(struct screen *s, int rows UNUSED, int cols UNUSED)
{
    replay_view_enter(s);
}

static void replay_view_free(struct screen *s)
{
    struct replay_view *v = (struct replay_view *)s;

    playback_release(&v->playback);
    playback_pane_free(v->pane);
    recording_release(&v->recording);
    workspace_close(&v->workspace);
    free(v);
}

const struct screen_ops replay_view_ops = {
    .name = "replay",
    .title = "Replay",
    .keys = keys,
    .enter = replay_view_enter,
    .event = replay_view_event,
    .resize = replay_view_resize,
    .draw = replay_view_draw,
    .cursor = replay_view_cursor,
    .tick_wanted = replay_view_tick_wanted,
    .free = replay_view_free,
};

void replay_view_open(struct app *app, const char *workspace_id, const char *shell_id)
{
    struct replay_view *v = screen_new(app, &replay_view_ops, sizeof(*v));
    struct playback_pane_spec spec = {
        .shell = v->shell, .recording = &v->recording, .changed = replay_view_on_changed, .arg = v
    };
    struct pyro_error err = { 0 };

    snprintf(v->shell, sizeof(v->shell), "%s", shell_id);
    v->workspace = (struct workspace_handle)WORKSPACE_HANDLE_INIT;
    v->recording.log_fd = -1;
    if (!workspace_open(workspace_id, &v->workspace, &err) ||
        !recording_open(v->workspace.dir_fd, v->shell, &v->recording, &err)) {
        app_error(app, &err);
        replay_view_free(&v->screen);
        return;
    }
    spec.workspace_fd = v->workspace.dir_fd;
    v->pane = playback_pane_new(app->loop, &spec);
    playback_init(&v->playback, app->loop, &v->recording, replay_view_on_moved, v);
    playback_set_speed(&v->playback, LATELY_SPEED);
    screen_about(&v->screen, v->workspace.id, NULL);
    app_push(app, &v->screen);
    go_to_lately(v);
}
