/* tui/paint.c: windows, the key bar, and the one painting a pass. */
#include <limits.h>
#include <string.h>

#include "tui/app_private.h"
#include "tui/tty.h"

static void place_overlay(const struct app *app, struct screen *s)
{
    int rows = app->rows - 1, cols = app->cols;

    s->ops->size(s, &rows, &cols);
    if (rows > app->rows - 1)
        rows = app->rows - 1;
    if (cols > app->cols)
        cols = app->cols;
    s->rows = rows > 1 ? rows : 1;
    s->cols = cols > 1 ? cols : 1;
    s->top = (app->rows - 1 - s->rows) / 2;
    s->left = (app->cols - s->cols) / 2;
}

struct area app_area(const struct app *app, enum part part)
{
    int rows = app->rows > 1 ? app->rows - 1 : 1, cols = app->cols > 1 ? app->cols : 1;
    int upper = rows / 2, left = cols / 2, right = left + 1; /* between those two is a line */

    switch (part) {
    case PART_UPPER:
        return (struct area){ 0, 0, upper > 1 ? upper : 1, cols };
    case PART_LOWER:
        return (struct area){ upper, 0, rows - upper, cols };
    case PART_LEFT:
        return (struct area){ 0, 0, rows, left > 1 ? left : 1 };
    case PART_RIGHT:
        return (struct area){ 0, right, rows, cols > right ? cols - right : 1 };
    case PART_ALL:
        break;
    }
    return (struct area){ 0, 0, rows, cols };
}

void app_place(struct app *app, struct screen *s)
{
    int rows = s->rows, cols = s->cols;

    if (s->ops->overlay && s->ops->size) {
        place_overlay(app, s);
    } else {
        struct area a = app_area(app, s->part);
        s->top = a.top, s->left = a.left, s->rows = a.rows, s->cols = a.cols;
    }
    if (!s->win)
        s->win = newwin(s->rows, s->cols, s->top, s->left);
    BUG_ON(!s->win);
    /* Moved first to where any size fits. */
    mvwin(s->win, 0, 0);
    wresize(s->win, s->rows, s->cols);
    mvwin(s->win, s->top, s->left);
    if ((rows != s->rows || cols != s->cols) && s->ops->resize)
        s->ops->resize(s, s->rows, s->cols);
}

void app_refit(struct screen *s)
{
    app_place(s->app, s);
    s->app->restacked = true;
    app_damage(s->app);
}

void app_resize(struct app *app, int rows, int cols)
{
    app->rows = rows;
    app->cols = cols;
    resizeterm(rows, cols);
    if (app->bar)
        delwin(app->bar);
    app->bar = newwin(1, cols, rows - 1, 0);
    if (app->shade)
        delwin(app->shade);
    app->shade = newwin(rows > 1 ? rows - 1 : 1, cols, 0, 0);
    BUG_ON(!app->bar || !app->shade);
    for (struct screen *s = app->top; s; s = s->below) {
        app_place(app, s);
        if (s->beside)
            app_place(app, s->beside);
    }
    clearok(curscr, TRUE);
    app->restacked = true;
    app_damage(app);
}

/* ---- the key bar ---- */

/* The width that one entry takes; drawn when `draw`. */
static int bar_entry(struct app *app, int col, const char *table, const struct key_binding *b,
                     bool draw)
{
    const char *label = keymap_label(b, app->top);
    char key[32];
    int used;

    keymap_first_key(table, b, key);
    if (!*key)
        return 0;
    used = draw_width(key) + 1 + draw_width(label);
    if (draw) {
        int at = col + draw_text(app->bar, 0, col, 32, theme_style(ROLE_KEY), key) + 1;
        draw_text(app->bar, 0, at, 32, theme_style(ROLE_KEY_LABEL), label);
    }
    return used;
}

static void bar_spot(struct app *app, int from, int to, const char *screen,
                     const struct key_binding *binding)
{
    if (app->bar_spot_count == (int)ARRAY_SIZE(app->bar_spots))
        return;
    app->bar_spots[app->bar_spot_count].from = from;
    app->bar_spots[app->bar_spot_count].to = to;
    app->bar_spots[app->bar_spot_count].screen = screen;
    app->bar_spots[app->bar_spot_count++].binding = binding;
}

/* Whether a key of every screen does here what it does elsewhere. */
static bool is_offered(const struct app *app, const struct key_binding *b)
{
    const char *keys = keymap_keys("global", b);
    struct key_event e = { .kind = EVENT_KEY };

    return b->label && key_parse(keys, strcspn(keys, " "), &e.code, &e.mods) &&
           screen_passes(app->top, b, &e) &&
           !keymap_find(app->top->ops->keys, app->top, app->top->ops->name, &e);
}

/* Of the keys that every screen has the first `most` that are offered, from a column on; returns
 * what they take. */
static int draw_some_global_keys(struct app *app, int col, int most, bool draw)
{
    int width = 0;

    for (const struct key_binding *b = app_keys; b->name && most; b++) {
        int used = is_offered(app, b) ? bar_entry(app, col + width, "global", b, draw) : 0;
        if (!used)
            continue;
        if (draw)
            bar_spot(app, col + width, col + width + used, "global", b);
        width += used + 2;
        most--;
    }
    return width;
}

/* Those at the right, or where they would take more than two fifths, the first (which tells of all
 * others); returns where they begin. */
static int draw_global_keys(struct app *app)
{
    int most = INT_MAX, width = draw_some_global_keys(app, 0, most, false);

    if (width > app->cols * 2 / 5) {
        most = 1;
        width = draw_some_global_keys(app, 0, most, false);
    }
    draw_some_global_keys(app, app->cols - width, most, true);
    return app->cols - width;
}

static void draw_screen_keys(struct app *app, int end)
{
    struct screen *s = app->top;
    int col = 1;

    for (const struct key_binding *b = s->ops->keys; b && b->name; b++) {
        int used;
        if (!b->label || !keymap_can(b, s))
            continue;
        used = bar_entry(app, 0, s->ops->name, b, false);
        if (!used || col + used >= end)
            continue;
        bar_entry(app, col, s->ops->name, b, true);
        bar_spot(app, col, col + used, s->ops->name, b);
        col += used + 2;
    }
}

static void draw_bar(struct app *app)
{
    struct style bar = theme_style(ROLE_KEY_LABEL);

    draw_clear(app->bar, bar);
    app->bar_spot_count = 0;
    if (*app->message)
        draw_text(app->bar, 0, 1, app->cols - 2, style_on(theme_style(app->message_role), bar),
                  app->message);
    else if (screen_captures(app->top))
        draw_screen_keys(app, app->cols);
    else
        draw_screen_keys(app, draw_global_keys(app));
}

/* ---- painting ---- */

static void paint_too_small(struct app *app)
{
    char text[96];

    snprintf(text, sizeof(text), "%d×%d is too small: %d×%d needed", app->cols, app->rows,
             APP_COLS_MIN, APP_ROWS_MIN);
    draw_clear(stdscr, theme_style(ROLE_TEXT));
    draw_text(stdscr, app->rows / 2, 0, app->cols, theme_style(ROLE_WARN), text);
    touchwin(stdscr);
    wnoutrefresh(stdscr);
    curs_set(0);
    app->restacked = true;
}

/* The left one of two that are side by side; NULL: it is not one of such. */
static const struct screen *left_of(const struct screen *s)
{
    return s->part == PART_LEFT ? s : s->part == PART_RIGHT ? s->beside : NULL;
}

static void draw_divider(WINDOW *win, int col, const struct screen *left)
{
    for (int row = 0; row < left->rows; row++)
        draw_text(win, row, col, 1, theme_style(ROLE_BORDER), "│");
}

static void copy_into_shade(struct app *app, struct screen *s)
{
    s->ops->draw(s, s->win);
    copywin(s->win, app->shade, 0, 0, s->top, s->left, s->top + s->rows - 1, s->left + s->cols - 1,
            FALSE);
}

/* What is behind the top screen, from the lowest screen that is seen upwards, into the shade. */
static void paint_behind(struct app *app, struct screen *s)
{
    if (s->ops->overlay && s->below)
        paint_behind(app, s->below);
    if (s->beside)
        copy_into_shade(app, s->beside);
    if (left_of(s))
        draw_divider(app->shade, left_of(s)->cols, left_of(s));
    copy_into_shade(app, s);
}

static void paint_screen(struct screen *s, bool touch)
{
    s->ops->draw(s, s->win);
    if (touch || s->ops->overlay)
        touchwin(s->win);
    wnoutrefresh(s->win);
}

static void paint_divider(const struct screen *left)
{
    WINDOW *line = newwin(left->rows, 1, 0, left->cols);

    BUG_ON(!line);
    draw_divider(line, 0, left);
    wnoutrefresh(line);
    delwin(line);
}

static void paint_screens(struct app *app, bool touch)
{
    struct screen *s = app->top;

    if (s->ops->overlay && s->below) {
        paint_behind(app, s->below);
        draw_shade(app->shade, theme_style(ROLE_SHADE));
        touchwin(app->shade);
        wnoutrefresh(app->shade);
    }
    if (s->beside)
        paint_screen(s->beside, touch);
    if (touch && left_of(s))
        paint_divider(left_of(s));
    paint_screen(s, touch);
}

static void place_cursor(const struct app *app)
{
    struct screen *s = app->top;
    int row = 0, col = 0;
    bool shown = s->ops->cursor && s->ops->cursor(s, &row, &col);

    if (s->find && s->find->typing)
        shown = true, row = s->find->row, col = 2 + s->find->field.cursor_col;
    shown = shown && row >= 0 && row < s->rows && col >= 0 && col < s->cols;

    if (shown) {
        wmove(s->win, row, col);
        wnoutrefresh(s->win);
    } else {
        tty_cursor_shape(0);
    }
    curs_set(shown);
}

void app_paint(void *arg)
{
    struct app *app = arg;

    if (!app->damaged || !app->top || app->ended)
        return;
    app->damaged = false;
    if (app->rows < APP_ROWS_MIN || app->cols < APP_COLS_MIN) {
        paint_too_small(app);
    } else {
        bool touch = app->restacked;
        app->restacked = false;
        paint_screens(app, touch);
        draw_bar(app);
        if (touch)
            touchwin(app->bar);
        wnoutrefresh(app->bar);
        place_cursor(app);
    }
    doupdate();
}
