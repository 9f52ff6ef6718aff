/* tui/help.c: the keys of the screen below, from its key table. */
#include <stdlib.h>

#include "tui/list.h"
#include "tui/parts.h"

#define HELP_COLS 76
#define KEY_COLS 18

struct help {
    struct screen screen;
    const struct screen_ops *of;
    int first, total;
};

enum action { DOWN = 1, CLOSE = DOWN + LIST_ACTIONS };

static const struct key_binding keys[] = {
    LIST_KEYS(DOWN),
    { CLOSE, "close", "Esc q ?", "close", "back" },
    { 0 },
};

static int count(const struct screen_ops *ops, const struct key_binding *table)
{
    int n = 0;

    for (; table && table->action; table++)
        n += *keymap_keys(ops ? ops->name : "global", table) != '\0';
    return n;
}

static void size(struct screen *s, int *rows, int *cols)
{
    struct help *h = (struct help *)s;

    if (*cols > HELP_COLS)
        *cols = HELP_COLS;
    h->total = count(h->of, h->of->keys) + count(NULL, app_keys) + 2;
    *rows = h->total + 2;
}

/* The table's lines from *line on, those in sight. */
static void draw_table(struct help *h, WINDOW *win, int *line, const char *name,
                       const struct key_binding *table)
{
    int rows = h->screen.rows - 2;

    for (; table && table->action; table++) {
        const char *words = keymap_keys(name, table);
        int row = *line - h->first;
        if (!*words)
            continue;
        (*line)++;
        if (row < 0 || row >= rows)
            continue;
        draw_text(win, 1 + row, 3, KEY_COLS - 1,
                  style_on(theme_style(ROLE_KEY), theme_style(ROLE_DIALOG)), words);
        draw_text(win, 1 + row, 3 + KEY_COLS, h->screen.cols - 5 - KEY_COLS,
                  theme_style(ROLE_DIALOG), table->help);
    }
}

static void draw(struct screen *s, WINDOW *win)
{
    struct help *h = (struct help *)s;
    int line = 0, row;

    draw_clear(win, theme_style(ROLE_DIALOG));
    draw_box(win, 0, 0, s->rows, s->cols, theme_style(ROLE_DIALOG_BORDER), h->of->title);
    draw_table(h, win, &line, h->of->name, h->of->keys);
    line++;
    row = line++ - h->first;
    if (row >= 0 && row < s->rows - 2)
        draw_text(win, 1 + row, 3, s->cols - 5,
                  style_on(theme_style(ROLE_DIM), theme_style(ROLE_DIALOG)), "Everywhere");
    draw_table(h, win, &line, "global", app_keys);
    draw_scrollbar(win, 1, s->cols - 1, s->rows - 2, h->first, h->total,
                   theme_style(ROLE_DIALOG_BORDER));
}

static void scroll_to(struct help *h, int first)
{
    int most = h->total - (h->screen.rows - 2);

    h->first = first > most ? most : first;
    if (h->first < 0)
        h->first = 0;
}

static void action(struct screen *s, int a)
{
    struct help *h = (struct help *)s;
    struct list list = { .count = h->total, .rows = s->rows - 2, .first = h->first };

    if (a == CLOSE) {
        app_pop(s->app);
        return;
    }
    /* A list without a cursor: its first line is what moves. */
    list.selected = h->first;
    if (list_action(&list, DOWN, a))
        scroll_to(h, list.selected);
}

static bool event(struct screen *s, const struct key_event *e)
{
    struct help *h = (struct help *)s;

    if (e->kind != EVENT_MOUSE)
        return false;
    if (e->mouse == MOUSE_WHEEL_UP || e->mouse == MOUSE_WHEEL_DOWN)
        scroll_to(h, h->first + (e->mouse == MOUSE_WHEEL_UP ? -3 : 3));
    return true;
}

static void destroy(struct screen *s)
{
    free(s);
}

const struct screen_ops help_ops = {
    .name = "help",
    .title = "Help",
    .keys = keys,
    .overlay = true,
    .size = size,
    .event = event,
    .action = action,
    .draw = draw,
    .free = destroy,
};

void help_open(struct app *app)
{
    struct help *h;

    if (app->top->ops == &help_ops)
        return;
    h = calloc(1, sizeof(*h));
    BUG_ON(!h);
    h->screen.ops = &help_ops;
    h->of = app->top->ops;
    app_push(app, &h->screen);
}
