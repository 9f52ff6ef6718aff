/* tui/form.c: fields from argument rows. */
#include "tui/form.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/cmd/complete_values.h"
#include "tui/field.h"
#include "vmm/base/fs.h"

#define FORM_COLS 76
#define LABEL_COLS_MIN 17
#define HELP_ROWS 3
#define WORDS_MAX (2 * FORM_FIELDS_MAX + 8)

struct form_field {
    const struct arg_spec *row;
    const struct form_row *words;
    struct field text;
    char before[64]; /* the text that it began with: it is not sent */
};

struct form {
    struct prompt prompt;  /* with its screen first */
    struct form_spec spec; /* but its title */
    char *title;
    struct form_field fields[FORM_FIELDS_MAX];
    int count, focus;
    int wrong; /* the field whose value the command would not take; -1: none */
    char why[sizeof(((struct pyro_error *)0)->message)];
    json_t *environments; /* what there is to choose from */
};

/* ---- fields ---- */

static const struct arg_spec *row_named(const struct cmd_spec *cmd, const char *name)
{
    for (const struct arg_spec *a = cmd->args; arg_more(a); a++)
        if (!strcmp(a->name, name))
            return a;
    return NULL;
}

static void add_field(struct form *f, const struct arg_spec *row, const struct form_row *words)
{
    struct form_field *field = &f->fields[f->count++];

    field->row = row;
    field->words = words;
    if (row->type == ARG_TYPE_INT)
        snprintf(field->before, sizeof(field->before), "%" PRId64, row->def);
    else
        snprintf(field->before, sizeof(field->before), "%s", row->def_str ? row->def_str : "");
    field_preset(&field->text, row->complete == COMPLETE_ENVIRONMENT ? "debian:12" : field->before);
}

/* A value that the field can have, by index; NULL past the last. */
static const char *option(const struct form *f, const struct arg_spec *row, size_t i)
{
    if (row->complete == COMPLETE_ENVIRONMENT)
        return json_string_or(json_array_get(f->environments, i), "value", NULL);
    for (size_t k = 0; row->choices && row->choices[k]; k++)
        if (k == i)
            return row->choices[k];
    return NULL;
}

/* The option after, or before, the current one. */
static bool choose(struct form *f, bool back)
{
    struct form_field *field = &f->fields[f->focus];
    size_t count = 0, at = 0;

    for (const char *o; (o = option(f, field->row, count)); count++)
        if (!strcmp(o, field->text.text))
            at = count;
    if (!count)
        return false;
    field_set(&field->text, option(f, field->row, (at + (back ? count - 1 : 1)) % count));
    return true;
}

/* ---- drawing ---- */

static void form_size(struct screen *s, int *rows, int *cols)
{
    int wanted = ((struct form *)s)->count + HELP_ROWS + 5;

    if (*cols > FORM_COLS)
        *cols = FORM_COLS;
    if (*rows > wanted)
        *rows = wanted;
}

/* Where its parts are. On a small screen there are no blank lines, and the fields scroll. What is
 * wrong with a field is below it, and all else one row further down. */
struct layout {
    int top, first, fields; /* the row of the first field shown; its number; how many are shown */
    int label_cols, help_rows;
};

static struct layout layout_of(const struct form *f)
{
    bool small = f->prompt.screen.rows < f->count + HELP_ROWS + 5;
    int rows = f->prompt.screen.rows - (f->wrong >= 0);
    struct layout l = { .top = small ? 1 : 2,
                        .fields = f->count,
                        .label_cols = LABEL_COLS_MIN,
                        .help_rows = small ? HELP_ROWS - 1 : HELP_ROWS };

    for (int i = 0; i < f->count; i++)
        if (draw_width(f->fields[i].words->label) + 2 > l.label_cols)
            l.label_cols = draw_width(f->fields[i].words->label) + 2;
    if (l.label_cols > f->prompt.screen.cols / 2)
        l.label_cols = f->prompt.screen.cols / 2;
    if (small && f->count > rows - 2 - l.help_rows)
        l.fields = rows > 3 + l.help_rows ? rows - 2 - l.help_rows : 1;
    l.first = f->focus >= l.fields ? f->focus - l.fields + 1 : 0;
    return l;
}

/* The row of a field, or of what comes behind the last. */
static int row_of(const struct form *f, const struct layout *l, int i)
{
    return l->top + i - l->first + (f->wrong >= l->first && f->wrong < i);
}

static void draw_field(struct form *f, const struct layout *l, WINDOW *win, int i)
{
    struct form_field *field = &f->fields[i];
    struct style dialog = theme_style(ROLE_DIALOG);
    struct style bad = style_on(theme_style(ROLE_BAD), dialog);
    int row = row_of(f, l, i), col = 3 + l->label_cols;

    draw_text(win, row, 3, l->label_cols - 1,
              i == f->wrong   ? bad
              : i == f->focus ? style_on(theme_style(ROLE_KEY), dialog)
                              : dialog,
              field->words->label);
    field_draw(&field->text, win, (struct area){ row, col, 1, f->prompt.screen.cols - 5 - col },
               theme_style(ROLE_INPUT), theme_style(ROLE_INPUT_DIM),
               field->words->empty ? field->words->empty : "none");
    if (i == f->focus && field->text.preset) /* what is typed takes its place */
        draw_text(win, row, col, f->prompt.screen.cols - 5 - col, theme_style(ROLE_SELECTED),
                  field->text.text);
    if (i == f->wrong)
        draw_text(win, row + 1, col, f->prompt.screen.cols - 3 - col, bad, f->why);
    if (option(f, field->row, 0))
        draw_text(win, row, f->prompt.screen.cols - 4, 2, style_on(theme_style(ROLE_DIM), dialog),
                  "◂▸");
}

static void form_draw(struct screen *s, WINDOW *win)
{
    struct form *f = (struct form *)s;
    const struct arg_spec *at = f->fields[f->focus].row;
    struct style dim = style_on(theme_style(ROLE_DIM), theme_style(ROLE_DIALOG));
    struct layout l = layout_of(f);
    struct area below = { row_of(f, &l, l.first + l.fields) + l.top - 1, 3, l.help_rows,
                          s->cols - 6 };
    scoped_free char *help = NULL;

    draw_clear(win, theme_style(ROLE_DIALOG));
    draw_box(win, (struct area){ 0, 0, s->rows, s->cols }, theme_style(ROLE_DIALOG_BORDER),
             f->title);
    for (int i = l.first; i < l.first + l.fields; i++)
        draw_field(f, &l, win, i);
    draw_scrollbar(win, (struct area){ l.top, s->cols - 1, l.fields, 1 }, l.first, f->count,
                   theme_style(ROLE_DIALOG_BORDER));
    help = str_printf("%s.%s %s", at->help ? at->help : "",
                      option(f, at, 0) ? " Left and right choose." : "", f->spec.note);
    if (prompt_rows(&f->prompt, below.cols))
        prompt_draw(&f->prompt, win, below);
    else
        draw_wrapped(win, below, dim, help);
}

static bool form_cursor(struct screen *s, int *ret_row, int *ret_col)
{
    struct form *f = (struct form *)s;
    struct layout l = layout_of(f);

    *ret_row = row_of(f, &l, f->focus);
    *ret_col = 3 + l.label_cols + f->fields[f->focus].text.cursor_col;
    return true;
}

/* ---- sending ---- */

/* Whether each value is one that the command would take; the first that is not gets the focus, and
 * says why. */
static bool check(struct form *f)
{
    f->wrong = -1;
    for (int i = 0; i < f->count; i++) {
        const struct arg_spec *row = f->fields[i].row;
        _Alignas(16) char args[CMD_ARGS_SIZE_MAX] = "";
        const char *text = f->fields[i].text.text;
        struct pyro_error err = { 0 };
        bool ok = *text
                      ? args_set_text(row, args, text, &err)
                      : !row->positional || pyro_fail(&err, PYRO_INVALID_ARGUMENT, "it is needed");
        args_release(f->spec.cmd->args, args);
        if (ok)
            continue;
        f->focus = f->wrong = i;
        snprintf(f->why, sizeof(f->why), "%s", err.message);
        return false;
    }
    return true;
}

static void send(struct form *f)
{
    const char *argv[WORDS_MAX];
    char flags[FORM_FIELDS_MAX][72];
    scoped_free char *path = str_printf("%s", f->spec.cmd->path);
    size_t n = 0;

    for (char *at = path, *word; (word = strsep(&at, " "));)
        argv[n++] = word;
    for (int i = 0; i < f->count; i++)
        if (f->fields[i].row->positional)
            argv[n++] = f->fields[i].text.text;
    for (int i = 0; i < f->count; i++) {
        char name[64];
        const struct form_field *field = &f->fields[i];
        if (field->row->positional || !strcmp(field->text.text, field->before))
            continue;
        arg_flag_name(field->row, name);
        snprintf(flags[i], sizeof(flags[i]), "--%s", name);
        argv[n++] = flags[i];
        argv[n++] = field->text.text;
    }
    argv[n] = NULL;
    f->spec.send(&f->prompt, f->prompt.arg, argv);
}

/* ---- the screen ---- */

static bool form_captures(struct screen *s UNUSED)
{
    return true;
}

static void form_mouse(struct form *f, const struct key_event *e)
{
    struct layout l = layout_of(f);

    for (int i = l.first; e->mouse == MOUSE_PRESS && i < l.first + l.fields; i++)
        if (e->row == row_of(f, &l, i)) {
            f->focus = i;
            if (e->col >= f->prompt.screen.cols - 5 && choose(f, false) && f->wrong == i)
                f->wrong = -1;
            return;
        }
}

static bool form_event(struct screen *s, const struct key_event *e)
{
    struct form *f = (struct form *)s;
    bool taken;

    if (e->kind == EVENT_MOUSE) {
        form_mouse(f, e);
        return true;
    }
    taken = (e->kind == EVENT_KEY && !e->mods && (e->code == K_LEFT || e->code == K_RIGHT) &&
             choose(f, e->code == K_LEFT)) ||
            field_event(&f->fields[f->focus].text, e);
    if (taken && f->wrong == f->focus)
        f->wrong = -1;
    if (taken)
        prompt_changed(&f->prompt);
    return taken;
}

static void form_send(struct screen *s, int arg UNUSED)
{
    struct form *f = (struct form *)s;

    if (prompt_can_send(&f->prompt) && check(f))
        send(f);
}

static void form_move(struct screen *s, int by)
{
    struct form *f = (struct form *)s;

    f->focus = (f->focus + f->count + by) % f->count;
}

static const struct key_binding keys[] = {
    { "send", "Enter", "go on", "do it with these values", .act = form_send },
    { "cancel", "Esc", "cancel", "do nothing", .act = screen_close, .group = KEYS_NAVIGATE },
    { "next-field", "Tab Down", "next field", "to the next field", .act = form_move, .arg = 1,
      .group = KEYS_NAVIGATE },
    { "previous-field", "Up Shift-Tab", NULL, "to the field before", .act = form_move, .arg = -1,
      .group = KEYS_NAVIGATE },
    { 0 },
};

static void form_free(struct screen *s)
{
    struct form *f = (struct form *)s;

    prompt_release(&f->prompt);
    json_decref(f->environments);
    free(f->title);
    free(f);
}

const struct screen_ops form_ops = {
    .name = "form",
    .title = "A form",
    .keys = keys,
    .overlay = true,
    .size = form_size,
    .event = form_event,
    .draw = form_draw,
    .cursor = form_cursor,
    .captures = form_captures,
    .free = form_free,
};

void form_ask(struct app *app, const struct form_spec *spec)
{
    struct form *f = screen_new(app, &form_ops, sizeof(*f));

    f->spec = *spec;
    f->title = str_printf("%s", spec->title);
    f->prompt.arg = spec->arg;
    f->prompt.free_arg = spec->free_arg;
    screen_about(&f->prompt.screen, spec->about, NULL);
    f->wrong = -1;
    f->environments = complete_values(COMPLETE_ENVIRONMENT, NULL);
    for (const struct form_row *words = spec->rows; words->name; words++) {
        const struct arg_spec *row = row_named(spec->cmd, words->name);
        BUG_ON(!row || f->count == FORM_FIELDS_MAX);
        add_field(f, row, words);
    }
    app_push(app, &f->prompt.screen);
}
