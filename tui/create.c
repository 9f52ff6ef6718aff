/* tui/create.c: the form of a new workspace. */
#include <stdlib.h>

#include "tui/field.h"
#include "tui/parts.h"

#define FORM_ROWS 10
#define FORM_COLS 60
#define LABEL_COLS 15

enum { ENVIRONMENT, NAME, FIELDS };

struct create {
    struct screen screen;
    struct field fields[FIELDS];
    int focus;
    create_fn *send;
    void *arg;
};

enum action { SEND = 1, CANCEL, NEXT, PREVIOUS };

static const struct key_binding keys[] = {
    { SEND, "create", "Enter", "create", "make the workspace" },
    { CANCEL, "cancel", "Esc", "cancel", "make none" },
    { NEXT, "next-field", "Tab Down", "next field", "to the next field" },
    { PREVIOUS, "previous-field", "Up", NULL, "to the field before" },
    { 0 },
};

static const char *const labels[FIELDS] = { "environment", "name" };
static const char *const hints[FIELDS] = { "debian:12", "none: it is called by its id" };

static void size(struct screen *s UNUSED, int *rows, int *cols)
{
    if (*cols > FORM_COLS)
        *cols = FORM_COLS;
    *rows = FORM_ROWS;
}

static void draw(struct screen *s, WINDOW *win)
{
    struct create *c = (struct create *)s;

    draw_clear(win, theme_style(ROLE_DIALOG));
    draw_box(win, 0, 0, s->rows, s->cols, theme_style(ROLE_DIALOG_BORDER), "new workspace");
    for (int i = 0; i < FIELDS; i++) {
        draw_text(win, 2 + 2 * i, 3, LABEL_COLS, theme_style(ROLE_DIALOG), labels[i]);
        field_draw(&c->fields[i], win, 2 + 2 * i, 3 + LABEL_COLS, s->cols - 6 - LABEL_COLS,
                   theme_style(ROLE_INPUT), theme_style(ROLE_INPUT_DIM), hints[i]);
    }
    draw_wrapped(win, 6, 3, s->cols - 6, 2, theme_style(ROLE_DIALOG),
                 "An environment that is not installed yet is pulled first, which takes some "
                 "minutes.");
}

static bool cursor(struct screen *s, int *ret_row, int *ret_col)
{
    struct create *c = (struct create *)s;

    *ret_row = 2 + 2 * c->focus;
    *ret_col = 3 + LABEL_COLS + c->fields[c->focus].cursor_col;
    return true;
}

static bool typing(struct screen *s UNUSED)
{
    return true;
}

static bool event(struct screen *s, const struct key_event *e)
{
    struct create *c = (struct create *)s;

    if (e->kind == EVENT_MOUSE && e->mouse == MOUSE_PRESS) {
        if (e->row == 2 || e->row == 4)
            c->focus = (e->row - 2) / 2;
        return true;
    }
    return field_event(&c->fields[c->focus], e);
}

static void send_form(struct create *c)
{
    struct app *app = c->screen.app;

    if (!c->fields[ENVIRONMENT].len) {
        c->focus = ENVIRONMENT;
        app_message(app, ROLE_WARN, "a workspace needs an environment: debian:12 for example");
        return;
    }
    /* The form itself lives until this pass of the loop is over. */
    app_pop(app);
    c->send(c->arg, c->fields[ENVIRONMENT].text, c->fields[NAME].text);
}

static void action(struct screen *s, int a)
{
    struct create *c = (struct create *)s;

    if (a == SEND)
        send_form(c);
    else if (a == CANCEL)
        app_pop(s->app);
    else
        c->focus = (c->focus + 1) % FIELDS;
}

static void destroy(struct screen *s)
{
    free(s);
}

const struct screen_ops create_ops = {
    .name = "create",
    .title = "New workspace",
    .keys = keys,
    .overlay = true,
    .size = size,
    .event = event,
    .action = action,
    .draw = draw,
    .cursor = cursor,
    .captures = typing,
    .free = destroy,
};

void create_ask(struct app *app, create_fn *send, void *arg)
{
    struct create *c = calloc(1, sizeof(*c));

    BUG_ON(!c);
    c->screen.ops = &create_ops;
    c->send = send;
    c->arg = arg;
    field_set(&c->fields[ENVIRONMENT], "debian:12");
    app_push(app, &c->screen);
}
