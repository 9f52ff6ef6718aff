/* tui/ask.c: a question with a line for the answer. */
#include "tui/ask.h"

#include <stdlib.h>

#include "tui/field.h"
#include "vmm/base/fs.h"

#define ASK_COLS 70
#define LABEL_ROWS 4

struct ask {
    struct prompt prompt; /* with its screen first */
    char *title, *label, *hint;
    struct field field;
    bool empty_too;
    ask_fn *answered;
};

static int label_rows(const struct ask *a, WINDOW *win, int cols)
{
    return draw_wrapped(win, (struct area){ 2, 3, LABEL_ROWS, cols - 6 }, theme_style(ROLE_DIALOG),
                        a->label);
}

static void ask_size(struct screen *s, int *rows, int *cols)
{
    if (*cols > ASK_COLS)
        *cols = ASK_COLS;
    *rows =
        label_rows((struct ask *)s, NULL, *cols) + 6 + prompt_rows((struct prompt *)s, *cols - 6);
}

/* The row of the field: what is said of it is below. */
static int field_row(const struct screen *s)
{
    return s->rows - 3 - prompt_rows((const struct prompt *)s, s->cols - 6);
}

static void ask_draw(struct screen *s, WINDOW *win)
{
    struct ask *a = (struct ask *)s;
    int row = field_row(s);

    draw_clear(win, theme_style(ROLE_DIALOG));
    draw_box(win, (struct area){ 0, 0, s->rows, s->cols }, theme_style(ROLE_DIALOG_BORDER),
             a->title);
    label_rows(a, win, s->cols);
    field_draw(&a->field, win, (struct area){ row, 3, 1, s->cols - 6 }, theme_style(ROLE_INPUT),
               theme_style(ROLE_INPUT_DIM), a->hint);
    prompt_draw(&a->prompt, win, (struct area){ row + 1, 3, s->rows - row - 3, s->cols - 6 });
}

static bool ask_cursor(struct screen *s, int *ret_row, int *ret_col)
{
    *ret_row = field_row(s);
    *ret_col = 3 + ((struct ask *)s)->field.cursor_col;
    return true;
}

static bool ask_captures(struct screen *s UNUSED)
{
    return true;
}

static bool ask_event(struct screen *s, const struct key_event *e)
{
    struct ask *a = (struct ask *)s;
    bool edits = field_event(&a->field, e);

    if (edits)
        prompt_changed(&a->prompt);
    return e->kind == EVENT_MOUSE || edits;
}

static void ask_send(struct screen *s, int arg UNUSED)
{
    struct ask *a = (struct ask *)s;

    if (!a->field.len && !a->empty_too)
        prompt_refuse(&a->prompt, "nothing is written here yet");
    else if (prompt_can_send(&a->prompt))
        a->answered(&a->prompt, a->prompt.arg, a->field.text);
}

static const struct key_binding keys[] = {
    { "send", "Enter", "go on", "go on with what is written here", .act = ask_send },
    { "cancel", "Esc", "cancel", "do nothing", .act = screen_close, .group = KEYS_NAVIGATE },
    { 0 },
};

static void ask_free(struct screen *s)
{
    struct ask *a = (struct ask *)s;

    prompt_release(&a->prompt);
    free(a->title);
    free(a->label);
    free(a->hint);
    explicit_bzero(a->field.text, sizeof(a->field.text));
    free(a);
}

const struct screen_ops ask_ops = {
    .name = "ask",
    .title = "A question with an answer",
    .keys = keys,
    .overlay = true,
    .size = ask_size,
    .event = ask_event,
    .draw = ask_draw,
    .cursor = ask_cursor,
    .captures = ask_captures,
    .free = ask_free,
};

void ask_line(struct app *app, const struct ask_spec *spec)
{
    struct ask *a = screen_new(app, &ask_ops, sizeof(*a));

    a->title = str_printf("%s", spec->title);
    a->label = str_printf("%s", spec->label);
    a->hint = str_printf("%s", spec->hint ? spec->hint : "");
    field_set(&a->field, spec->text ? spec->text : "");
    a->answered = spec->answered;
    a->prompt.arg = spec->arg;
    a->prompt.free_arg = spec->free_arg;
    a->empty_too = spec->empty_too;
    a->field.masked = spec->masked;
    screen_about(&a->prompt.screen, spec->about, spec->about_shell);
    app_push(app, &a->prompt.screen);
}
