/* tui/choice.c: one of a few, from a list that can be filtered. */
#include "tui/choice.h"

#include <stdlib.h>

#include "tui/list.h"
#include "vmm/base/fs.h"

#define CHOICE_COLS 60

struct choice {
    struct screen screen;
    struct list list;
    struct list_find find;
    struct choice_spec spec; /* arg is NULL once chosen() has taken it */
    char *title, **words;
    size_t *shown; /* those that pass the filter: list.count */
};

static void choice_word(const struct columns *t UNUSED, void *row, struct cell *ret)
{
    snprintf(ret->text, sizeof(ret->text), "%s", (const char *)row);
}

static const struct column choice_columns[] = {
    { "", CHOICE_COLS, .cell = choice_word, .search = true },
    { 0 },
};

static void gather(struct choice *c)
{
    const struct columns t = { .all = choice_columns };

    filter_set(&c->find.filter, choice_columns, c->find.field.text);
    c->list.count = 0;
    for (size_t i = 0; i < c->spec.count; i++)
        if (filter_matches(&c->find.filter, &t, c->words[i]))
            c->shown[c->list.count++] = i;
    list_fit(&c->list, c->list.count, c->screen.rows - 2 - list_find_is_shown(&c->find));
}

static void choice_size(struct screen *s, int *rows, int *cols)
{
    struct choice *c = (struct choice *)s;

    int wanted = draw_width(c->title) + 6;

    for (size_t i = 0; i < c->spec.count; i++) {
        int word = draw_width(c->words[i]) + 6;
        wanted = word > wanted ? word : wanted;
    }
    if (wanted > CHOICE_COLS)
        wanted = CHOICE_COLS;
    if (*cols > wanted)
        *cols = wanted;
    *rows = (int)c->spec.count + 2 + list_find_is_shown(&c->find);
}

static void choice_draw(struct screen *s, WINDOW *win)
{
    struct choice *c = (struct choice *)s;

    gather(c);
    draw_clear(win, theme_style(ROLE_DIALOG));
    draw_box(win, (struct area){ 0, 0, s->rows, s->cols }, theme_style(ROLE_DIALOG_BORDER),
             c->title);
    for (int i = 0; i < c->list.rows && c->list.first + i < c->list.count; i++) {
        int at = c->list.first + i;
        struct style style = theme_style(at == c->list.selected ? ROLE_SELECTED : ROLE_DIALOG);
        draw_fill(win, 1 + i, 1, s->cols - 2, style);
        draw_text(win, 1 + i, 3, s->cols - 6, style, c->words[c->shown[at]]);
    }
    if (!c->list.count)
        draw_text(win, 1, 3, s->cols - 6, style_on(theme_style(ROLE_DIM), theme_style(ROLE_DIALOG)),
                  "Nothing fits the filter.");
    if (list_find_is_shown(&c->find))
        list_find_draw(&c->find, win, s->rows - 2, s->cols - 1);
}

static void choose(struct choice *c)
{
    gather(c);
    if (!c->list.count)
        return;
    /* The screen lives until this pass of the loop is over. */
    app_pop(c->screen.app);
    c->spec.chosen(take_ptr(&c->spec.arg), c->shown[c->list.selected]);
}

static void choice_take(struct screen *s, int arg UNUSED)
{
    choose((struct choice *)s);
}

static void choice_move(struct screen *s, int step)
{
    list_step(&((struct choice *)s)->list, step);
}

static const struct key_binding keys[] = {
    { "choose", "Enter", "choose", "take this one", .act = choice_take },
    LIST_FIND_KEYS(),
    { "cancel", "Esc q", "back", "take none", .act = screen_close, .group = KEYS_NAVIGATE },
    LIST_KEYS(choice_move),
    { 0 },
};

static bool choice_event(struct screen *s, const struct key_event *e)
{
    struct choice *c = (struct choice *)s;
    int row = e->row - 1;

    if (e->kind != EVENT_MOUSE)
        return false;
    if (e->mouse == MOUSE_WHEEL_UP || e->mouse == MOUSE_WHEEL_DOWN) {
        list_scroll(&c->list, e->mouse == MOUSE_WHEEL_UP ? -1 : 1);
    } else if (e->mouse == MOUSE_PRESS && e->button == 1 && row >= 0 && row < c->list.rows &&
               c->list.first + row < c->list.count) {
        list_select(&c->list, c->list.first + row);
        choose(c);
    }
    return true;
}

static void choice_free(struct screen *s)
{
    struct choice *c = (struct choice *)s;

    for (size_t i = 0; i < c->spec.count; i++)
        free(c->words[i]);
    free(c->words);
    free(c->shown);
    list_find_release(&c->find);
    if (c->spec.arg)
        c->spec.free_arg(c->spec.arg);
    free(c->title);
    free(c);
}

const struct screen_ops choice_ops = {
    .name = "choice",
    .title = "A choice",
    .keys = keys,
    .overlay = true,
    .size = choice_size,
    .event = choice_event,
    .draw = choice_draw,
    .free = choice_free,
};

void choice_ask(struct app *app, const struct choice_spec *spec)
{
    struct choice *c = screen_new(app, &choice_ops, sizeof(*c));

    c->spec = *spec;
    c->words = calloc(spec->count + 1, sizeof(*c->words));
    c->shown = calloc(spec->count + 1, sizeof(*c->shown));
    BUG_ON(!c->words || !c->shown);
    c->title = str_printf("%s", spec->title);
    for (size_t i = 0; i < spec->count; i++)
        c->words[i] = str_printf("%s", spec->words[i]);
    screen_about(&c->screen, spec->about, spec->about_shell);
    c->find.ground = ROLE_DIALOG;
    c->screen.find = &c->find;
    c->list.count = (int)spec->count;
    c->list.rows = (int)spec->count;
    app_push(app, &c->screen);
}
