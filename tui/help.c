/* tui/help.c: the keys of the screen below, from its key table. */
#include "tui/help.h"

#include "tui/list.h"

#define HELP_COLS 76
#define KEY_COLS 18
#define BESIDE_COLS 60 /* from this width on, keys and words are on one line */
#define WORDS_ROWS 4
#define KEYS_MAX 256

struct help {
    struct screen screen;
    const struct screen_ops *of;
    int first, total;
};

/* The lines of one binding, at `row`; with win NULL only counted. */
static int draw_binding(int width, WINDOW *win, int row, const char *words,
                        const struct key_binding *b)
{
    struct style dialog = theme_style(ROLE_DIALOG);
    bool beside = width >= BESIDE_COLS;

    if (win)
        draw_text(win, row, 3, beside ? KEY_COLS - 1 : width - 5,
                  style_on(theme_style(ROLE_KEY), dialog), words);
    if (!beside)
        return 1 + draw_wrapped(win, (struct area){ row + 1, 5, WORDS_ROWS, width - 8 }, dialog,
                                b->help);
    if (win)
        draw_text(win, row, 3 + KEY_COLS, width - 5 - KEY_COLS, dialog, b->help);
    return 1;
}

/* The lines of the screen's own table from `row` on. */
static int draw_own(int width, WINDOW *win, int row, const struct screen_ops *of)
{
    int used = 0;

    for (const struct key_binding *b = of->keys; b && b->name; b++)
        if (*keymap_keys(of->name, b))
            used += draw_binding(width, win, row + used, keymap_keys(of->name, b), b);
    return used;
}

/* The same for the keys of all screens. */
static int draw_global(int width, WINDOW *win, int row, const struct screen_ops *of)
{
    int used = 0;

    for (const struct key_binding *b = app_keys; b->name; b++) {
        char words[KEYS_MAX];
        keymap_keys_left(b, of->name, of->keys, words, sizeof(words));
        if (*words)
            used += draw_binding(width, win, row + used, words, b);
    }
    return used;
}

static void help_size(struct screen *s, int *rows, int *cols)
{
    struct help *h = (struct help *)s;

    if (*cols > HELP_COLS)
        *cols = HELP_COLS;
    h->total = draw_own(*cols, NULL, 0, h->of) + draw_global(*cols, NULL, 0, h->of) + 2;
    *rows = h->total + 2;
}

static void scroll_to(struct help *h, int first)
{
    int most = h->total - (h->screen.rows - 2);

    h->first = first > most ? most : first;
    if (h->first < 0)
        h->first = 0;
}

static void help_draw(struct screen *s, WINDOW *win)
{
    struct help *h = (struct help *)s;
    int row;

    scroll_to(h, h->first);
    row = 1 - h->first;
    draw_clear(win, theme_style(ROLE_DIALOG));
    row += draw_own(s->cols, win, row, h->of) + 1;
    draw_text(win, row++, 3, s->cols - 5, style_on(theme_style(ROLE_DIM), theme_style(ROLE_DIALOG)),
              "Everywhere");
    draw_global(s->cols, win, row, h->of);
    /* Over the lines that are scrolled out. */
    draw_box(win, (struct area){ 0, 0, s->rows, s->cols }, theme_style(ROLE_DIALOG_BORDER),
             h->of->title);
    draw_scrollbar(win, (struct area){ 1, s->cols - 1, s->rows - 2, 1 }, h->first, h->total,
                   theme_style(ROLE_DIALOG_BORDER));
}

/* A list without a cursor: its first line is what moves. */
static void help_move(struct screen *s, int step)
{
    struct help *h = (struct help *)s;
    struct list list = {
        .count = h->total, .rows = s->rows - 2, .first = h->first, .selected = h->first
    };

    list_step(&list, step);
    scroll_to(h, list.selected);
}

static const struct key_binding keys[] = {
    LIST_KEYS(help_move),
    { "close", "Esc q ?", "close", "back", .act = screen_close },
    { 0 },
};

static bool help_event(struct screen *s, const struct key_event *e)
{
    struct help *h = (struct help *)s;

    if (e->kind != EVENT_MOUSE)
        return false;
    if (e->mouse == MOUSE_WHEEL_UP || e->mouse == MOUSE_WHEEL_DOWN)
        scroll_to(h, h->first + (e->mouse == MOUSE_WHEEL_UP ? -3 : 3));
    return true;
}

const struct screen_ops help_ops = {
    .name = "help",
    .title = "Help",
    .keys = keys,
    .overlay = true,
    .size = help_size,
    .event = help_event,
    .draw = help_draw,
};

void help_open(struct app *app)
{
    struct help *h;

    if (app->top->ops == &help_ops)
        return;
    h = screen_new(app, &help_ops, sizeof(*h));
    h->of = app->top->ops;
    app_push(app, &h->screen);
}
