/* tui/ask.c: a question with a line for the answer. */
#include "tui/ask.h"

#include <stdlib.h>

#include "tui/field.h"
#include "vmm/base/fs.h"

#define ASK_COLS 70
#define LABEL_ROWS 8

struct ask {
    struct prompt prompt; /* with its screen first */
    char *title, *head, *label, *note, *hint;
    struct field field;
    bool keeps_end;
    bool empty_too;
    ask_fn *answered;
};

/* The rows of its parts: of those of the text the note comes first, then the label, then its head;
 * the blank rows are there when all of them fit. */
struct layout {
    int head, label, note;
    int above, between, below; /* blank rows: above the text, and on both sides of the field */
    int cols;
};

static int take_rows(int *room, int wanted)
{
    int rows = wanted < *room ? wanted : *room;

    *room -= rows;
    return rows;
}

/* In a box of this size. */
static struct layout layout_of(const struct ask *a, int rows, int cols)
{
    struct layout l = { .cols = cols - 6 > 1 ? cols - 6 : 1 };
    struct area most = { 0, 0, LABEL_ROWS, l.cols };
    int room = rows - 3 - prompt_rows(&a->prompt, l.cols); /* 3: the frame and the field */
    struct style style = theme_style(ROLE_DIALOG);

    if (room < 0)
        room = 0;
    l.note = take_rows(&room, draw_wrapped(NULL, most, style, a->note));
    l.label = take_rows(&room, draw_wrapped(NULL, most, style, a->label));
    l.head = take_rows(&room, *a->head != '\0');
    l.between = take_rows(&room, 1);
    l.above = take_rows(&room, 1);
    l.below = take_rows(&room, 1);
    return l;
}

static void ask_size(struct screen *s, int *rows, int *cols)
{
    struct ask *a = (struct ask *)s;
    struct layout l;

    if (*cols > ASK_COLS)
        *cols = ASK_COLS;
    l = layout_of(a, *rows, *cols);
    *rows = l.above + l.head + l.label + l.note + l.between + l.below + 3 +
            prompt_rows(&a->prompt, l.cols);
}

/* The row of the field: what is said of it is below. */
static int field_row(const struct screen *s)
{
    struct layout l = layout_of((const struct ask *)s, s->rows, s->cols);

    return 1 + l.above + l.head + l.label + l.note + l.between;
}

static void ask_draw(struct screen *s, WINDOW *win)
{
    struct ask *a = (struct ask *)s;
    struct layout l = layout_of(a, s->rows, s->cols);
    struct style dialog = theme_style(ROLE_DIALOG);
    int row = 1 + l.above;

    draw_clear(win, dialog);
    draw_box(win, (struct area){ 0, 0, s->rows, s->cols }, theme_style(ROLE_DIALOG_BORDER),
             a->title);
    if (l.head)
        draw_text(win, row, 3, l.cols, style_on(theme_style(ROLE_DIM), dialog), a->head);
    row += l.head;
    if (a->keeps_end)
        draw_wrapped_end(win, (struct area){ row, 3, l.label, l.cols }, dialog, a->label);
    else
        draw_wrapped(win, (struct area){ row, 3, l.label, l.cols }, dialog, a->label);
    row += l.label;
    draw_wrapped(win, (struct area){ row, 3, l.note, l.cols },
                 style_on(theme_style(ROLE_WARN), dialog), a->note);
    row += l.note + l.between;
    field_draw(&a->field, win, (struct area){ row, 3, 1, l.cols }, theme_style(ROLE_INPUT),
               theme_style(ROLE_INPUT_DIM), a->hint);
    prompt_draw(&a->prompt, win, (struct area){ row + 1, 3, s->rows - row - 2, l.cols });
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
    free(a->head);
    free(a->label);
    free(a->note);
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
    a->head = str_printf("%s", spec->head ? spec->head : "");
    a->label = str_printf("%s", spec->label);
    a->note = str_printf("%s", spec->note ? spec->note : "");
    a->keeps_end = spec->keeps_end;
    a->hint = str_printf("%s", spec->hint ? spec->hint : "");
    if (spec->offered)
        field_preset(&a->field, spec->text);
    else
        field_set(&a->field, spec->text ? spec->text : "");
    a->answered = spec->answered;
    a->prompt.arg = spec->arg;
    a->prompt.free_arg = spec->free_arg;
    a->empty_too = spec->empty_too;
    a->field.masked = spec->masked;
    screen_about(&a->prompt.screen, spec->about, spec->about_shell);
    app_push(app, &a->prompt.screen);
}
