/* tui/confirm.c: a question before something is lost. */
#include "tui/confirm.h"

#include <stdlib.h>
#include <string.h>

#include "vmm/base/fs.h"

#define TEXT_COLS 60
#define TEXT_COLS_MIN 26 /* for the answers */
#define LINES_MAX 400

struct confirm {
    struct screen screen;
    struct confirm_spec spec; /* arg is NULL once yes() has taken it */
    char *title, *text;
    int first, lines; /* of the text: the uppermost shown, all */
    struct loop_timer ready_timer;
};

static bool confirm_is_ready(struct screen *s, int arg UNUSED)
{
    return clock_ms() - s->opened_ms >= CONFIRM_QUIET_MS;
}

static void confirm_on_ready(void *arg)
{
    app_damage(((struct confirm *)arg)->screen.app);
}

static void confirm_enter(struct screen *s)
{
    struct confirm *c = (struct confirm *)s;

    loop_timer_set(s->app->loop, &c->ready_timer, CONFIRM_QUIET_MS + 1, confirm_on_ready, c);
}

/* The lines of text that there is room for. */
static int text_rows(const struct confirm *c)
{
    return c->screen.rows - 6 > 1 ? c->screen.rows - 6 : 1;
}

/* The paragraphs below each other; with win NULL only counted. Rows above the window are not drawn.
 */
static int paragraphs(const struct confirm *c, WINDOW *win, int row, int cols)
{
    const char *at = c->text;
    int used = 0;

    while (*at) {
        size_t n = strcspn(at, "\n");
        scoped_free char *line = strndup(at, n);
        int lines = n && line
                        ? draw_wrapped(win, (struct area){ row + used, 3, LINES_MAX, cols - 6 },
                                       theme_style(ROLE_DIALOG), line)
                        : 1;
        used += lines;
        at += n + (at[n] == '\n');
    }
    return used;
}

static void confirm_size(struct screen *s, int *rows, int *cols)
{
    struct confirm *c = (struct confirm *)s;
    int text = draw_widest(c->text) + 6, title = draw_width(c->title) + 6;

    if (text < title)
        text = title;
    if (text < TEXT_COLS_MIN)
        text = TEXT_COLS_MIN;
    if (text > TEXT_COLS)
        text = TEXT_COLS;
    if (*cols > text)
        *cols = text;
    *rows = paragraphs(c, NULL, 0, *cols) + 6;
}

static void scroll_by(struct confirm *c, int by)
{
    int most = c->lines > text_rows(c) ? c->lines - text_rows(c) : 0;

    c->first += by;
    if (c->first > most)
        c->first = most;
    if (c->first < 0)
        c->first = 0;
}

static void confirm_draw(struct screen *s, WINDOW *win)
{
    struct confirm *c = (struct confirm *)s;
    struct style dialog = theme_style(ROLE_DIALOG),
                 border = theme_style(c->spec.danger ? ROLE_DANGER_BORDER : ROLE_DIALOG_BORDER);
    int row = s->rows - 3;

    c->lines = paragraphs(c, NULL, 0, s->cols);
    scroll_by(c, 0);
    draw_clear(win, dialog);
    paragraphs(c, win, 2 - c->first, s->cols);
    draw_fill(win, 1, 0, s->cols, dialog); /* covers the text above its place, and below */
    for (int below = s->rows - 4; below < s->rows; below++)
        draw_fill(win, below, 0, s->cols, dialog);
    draw_box(win, (struct area){ 0, 0, s->rows, s->cols }, border, c->title);
    draw_scrollbar(win, (struct area){ 2, s->cols - 1, text_rows(c), 1 }, c->first, c->lines,
                   border);
    draw_text(win, row, 3, s->cols - 6,
              confirm_is_ready(s, 0) ? theme_style(ROLE_BUTTON)
                                     : style_on(theme_style(ROLE_DIM), theme_style(ROLE_BUTTON)),
              " y yes ");
    draw_text(win, row, 12, s->cols - 15, theme_style(ROLE_BUTTON_FOCUS), " n no ");
}

static void confirm_answer(struct screen *s, int yes)
{
    struct confirm *c = (struct confirm *)s;

    app_pop(s->app);
    if (yes)
        c->spec.yes(take_ptr(&c->spec.arg));
}

static void confirm_scroll(struct screen *s, int by)
{
    struct confirm *c = (struct confirm *)s;

    scroll_by(c, by * (text_rows(c) + 1) / 2);
}

static bool confirm_is_long(struct screen *s, int arg UNUSED)
{
    struct confirm *c = (struct confirm *)s;

    return c->lines > text_rows(c);
}

static const struct key_binding keys[] = {
    { "yes", "y", "yes", "do it", .act = confirm_answer, .can = confirm_is_ready, .arg = true },
    { "no", "n Enter Esc", "no", "leave everything as it is", .act = confirm_answer, .arg = false },
    { "down", "Down j PgDn", "more", "the rest of a long text", .act = confirm_scroll,
      .can = confirm_is_long, .arg = 1, .group = KEYS_NAVIGATE },
    { "up", "Up k PgUp", NULL, "… and back", .act = confirm_scroll, .can = confirm_is_long,
      .arg = -1, .group = KEYS_NAVIGATE },
    { 0 },
};

static void tell_answers(struct screen *s)
{
    char yes[32], no[32];

    keymap_first_key(s->ops->name, keymap_named(keys, "yes"), yes);
    keymap_first_key(s->ops->name, keymap_named(keys, "no"), no);
    app_message(s->app, ROLE_TEXT, "this is a question: %s says yes; %s, Enter or Esc no", yes, no);
}

static const char *const text_does[] = { "help", NULL };

static bool confirm_event(struct screen *s, const struct key_event *e)
{
    int row = s->rows - 3;

    if (e->kind == EVENT_MOUSE && (e->mouse == MOUSE_WHEEL_UP || e->mouse == MOUSE_WHEEL_DOWN))
        scroll_by((struct confirm *)s, e->mouse == MOUSE_WHEEL_UP ? -1 : 1);
    /* Text that was meant for something else must not hold the one letter that agrees, nor decide
     * anything, nor go on below as keys. */
    if (e->kind == EVENT_KEY) {
        const struct key_binding *own = keymap_find(keys, s, s->ops->name, e),
                                 *global = keymap_find(app_keys, s, "global", e);
        if (!confirm_is_ready(s, 0) &&
            (!own || own == keymap_named(keys, "yes") || e->code == K_ENTER))
            return true;
        if (!own && !(global && screen_passes(s, global, e))) {
            tell_answers(s);
            return true;
        }
    }
    if (e->kind != EVENT_MOUSE || e->mouse != MOUSE_PRESS || e->button != 1)
        return false;
    if (e->row == row && e->col >= 3 && e->col < 10)
        confirm_answer(s, true);
    else if (e->row == row && e->col >= 12 && e->col < 18)
        confirm_answer(s, false);
    return true;
}

/* Nothing opens over it by itself, and no other key is offered. */
static bool confirm_captures(struct screen *s UNUSED)
{
    return true;
}

static void confirm_free(struct screen *s)
{
    struct confirm *c = (struct confirm *)s;

    loop_timer_cancel(c->screen.app->loop, &c->ready_timer);
    if (c->spec.arg)
        c->spec.free_arg(c->spec.arg);
    free(c->title);
    free(c->text);
    free(c);
}

const struct screen_ops confirm_ops = {
    .name = "confirm",
    .title = "A question",
    .keys = keys,
    .text_does = text_does,
    .overlay = true,
    .enter = confirm_enter,
    .size = confirm_size,
    .event = confirm_event,
    .draw = confirm_draw,
    .captures = confirm_captures,
    .free = confirm_free,
};

void confirm_ask(struct app *app, const struct confirm_spec *spec)
{
    struct confirm *c = screen_new(app, &confirm_ops, sizeof(*c));

    c->spec = *spec;
    c->title = str_printf("%s", spec->title);
    c->text = str_printf("%s", spec->text);
    screen_about(&c->screen, spec->about, spec->about_shell);
    app_push(app, &c->screen);
}
