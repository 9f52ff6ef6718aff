/*
 * tui/palette.c: the line, the words that may come next, and running it.
 *
 * Until the line names a command, every command is offered that has all the typed words in its
 * name; then the command's own completion offers flags and values.
 */
#include "tui/palette.h"

#include <stdlib.h>
#include <string.h>

#include "engine/cmd/argv.h"
#include "engine/cmd/complete.h"
#include "engine/cmd/text.h"
#include "tui/confirm.h"
#include "tui/field.h"
#include "tui/job.h"
#include "tui/list.h"
#include "tui/model.h"
#include "tui/palette_output.h"
#include "tui/services.h"
#include "tui/spares.h"
#include "tui/wall.h"
#include "tui/words.h"
#include "tui/workspaces.h"
#include "vmm/base/fs.h"

#define PALETTE_COLS 100
#define LIST_ROWS 12
#define HEAD_ROWS 3
#define VALUE_COLS 34
#define HISTORY_LINES 50

struct palette {
    struct screen screen;
    struct field field;
    const struct cmd_spec *cmd; /* that the line names; NULL: none yet */
    json_t *offers;             /* [{value, help, kind}] */
    struct list list;
    size_t history_at; /* how far back; 0: the line itself */
    char failure[400]; /* why the line failed; "": it was not run, or was changed since */
};

static char *history[HISTORY_LINES]; /* the newest first */

/* ---- what is offered ---- */

/* The longest path at the words' beginning that is a command; *ret_words of them. */
static const struct cmd_spec *named(const struct words *w, size_t *ret_words)
{
    char path[128] = "";

    for (size_t i = 0; i < w->count && strlen(path) + strlen(w->items[i]) + 2 < sizeof(path); i++) {
        const struct cmd_spec *cmd;
        snprintf(path + strlen(path), sizeof(path) - strlen(path), "%s%s", i ? " " : "",
                 w->items[i]);
        cmd = cmd_find(path);
        if (cmd && !(cmd->traits & (CMD_HIDDEN | CMD_INTERACTIVE))) {
            *ret_words = i + 1;
            return cmd;
        }
    }
    return NULL;
}

static bool has_all(const char *path, const struct words *w)
{
    for (size_t i = 0; i < w->count; i++)
        if (!strcasestr(path, w->items[i]))
            return false;
    return true;
}

/* While a command is not named yet: lists of what has the line's words in its name, the better it
 * fits the earlier. */
struct offering {
    const struct words *words;
    json_t *ranks[3]; /* it is that name; it begins so; the rest */
};

/* An action of the screen below, by its name in the key tables; a screen to go to; a workspace; by
 * default a command. */
#define KIND_ACTION "action"
#define KIND_PLACE "place"
#define KIND_WORKSPACE "workspace"

static void palette_add(struct offering *o, const char *kind, const char *value, const char *help)
{
    const char *first = o->words->count ? o->words->items[0] : "";
    int rank = o->words->count != 1                        ? 2
               : !strcasecmp(value, first)                 ? 0
               : !strncasecmp(value, first, strlen(first)) ? 1
                                                           : 2;
    json_t *offer;

    if (!has_all(value, o->words))
        return;
    offer = json_pack("{s:s, s:s, s:s}", "value", value, "help", help, "kind", kind);
    if (rank == 0 && !strcmp(kind, KIND_WORKSPACE)) /* before an action of its name */
        json_array_insert_new(o->ranks[rank], 0, offer);
    else
        json_array_append_new(o->ranks[rank], offer);
}

static void palette_to_services(struct app *app)
{
    services_open(app, app->at_workspace);
}

static const struct place {
    const char *name, *help;
    void (*go)(struct app *app);
} places[] = {
    { "list", "all workspaces", app_pop_to_first },
    { "wall", "the wall of live shells", wall_open },
    { "services", "services of all workspaces", palette_to_services },
    { "spares", "machines kept ready", spares_open },
    { NULL, NULL, NULL },
};

/* The binding of this name that can be done now; NULL: none. */
static const struct key_binding *action_named(struct screen *s, const char *name)
{
    const struct key_binding *const tables[] = { s->ops->keys, app_keys };

    for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
        for (const struct key_binding *b = tables[i]; b && b->name; b++)
            if (!strcmp(b->name, name) && keymap_can(b, s))
                return b;
    return NULL;
}

static void offer_actions(struct offering *o, struct screen *s)
{
    const struct key_binding *const tables[] = { s->ops->keys, app_keys };

    for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
        for (const struct key_binding *b = tables[i]; b && b->name; b++)
            if (action_named(s, b->name) == b && strcmp(b->name, "palette") != 0)
                palette_add(o, KIND_ACTION, b->name, b->help);
    for (const struct place *to = places; to->name; to++)
        if (!action_named(s, to->name))
            palette_add(o, KIND_PLACE, to->name, to->help);
}

static json_t *offer_names(struct screen *below, const struct words *w)
{
    struct offering o = { w, { json_array(), json_array(), json_array() } };
    const struct model *m = below->app->model;

    for (const struct cmd_spec *const *c = cmd_table; *c; c++)
        if (!((*c)->traits & (CMD_HIDDEN | CMD_INTERACTIVE)))
            palette_add(&o, "", (*c)->path, (*c)->summary);
    if (w->count)
        offer_actions(&o, below);
    for (size_t i = 0; w->count && i < model_count(m); i++)
        palette_add(&o, KIND_WORKSPACE, model_name(model_at(m, i)), "go to this workspace");
    for (int i = 1; i < 3; i++) {
        json_array_extend(o.ranks[0], o.ranks[i]);
        json_decref(o.ranks[i]);
    }
    return o.ranks[0];
}

static json_t *offer_words(const struct words *w)
{
    static char nothing[] = "";
    struct arg_list list = { .count = w->count };
    const char *items[WORDS_MAX + 1];
    bool files;

    memcpy(items, w->items, w->count * sizeof(*items));
    if (!w->open && list.count < WORDS_MAX)
        items[list.count++] = nothing;
    list.items = items;
    return complete_words(&list, &files);
}

/* The line has changed. */
static void look(struct palette *p)
{
    struct words w;
    size_t count = 0;

    p->failure[0] = '\0';
    json_decref(p->offers);
    words_split(p->field.text, &w);
    p->cmd = named(&w, &count);
    /* A name that is still being typed may be the beginning of a longer one. */
    if (p->cmd && w.open && w.count == count)
        p->cmd = NULL;
    p->offers = p->cmd ? offer_words(&w) : offer_names(p->screen.below, &w);
    p->list.first = p->list.selected = 0;
    list_fit(&p->list, (int)json_array_size(p->offers), p->list.rows);
    words_release(&w);
}

/* ---- taking an offer ---- */

/* Puts a word at the line's end, in place of what was typed of it. */
static void put_word(struct palette *p, size_t from, const char *word, bool quoted)
{
    scoped_buf text = BUF_INIT(FIELD_MAX * 4);

    BUG_ON(!buf_append(&text, p->field.text, from) ||
           !(quoted ? text_quote(&text, word) : buf_append_str(&text, word)) ||
           !buf_append_str(&text, " "));
    field_set(&p->field, text.data);
    look(p);
}

/* The workspace that the operator was at, when the command begins with one. */
static void put_workspace(struct palette *p)
{
    const struct watched_workspace *w =
        model_find(p->screen.app->model, p->screen.app->at_workspace);

    if (w && p->cmd && arg_more(p->cmd->args) && p->cmd->args->complete == COMPLETE_WORKSPACE)
        put_word(p, p->field.len, model_name(w), true);
}

/* The list's cursor goes to the workspace of this name. */
static void go_to_workspace(struct app *app, const char *name)
{
    for (size_t i = 0; i < model_count(app->model); i++) {
        const struct watched_workspace *w = model_at(app->model, i);
        if (strcmp(model_name(w), name) != 0)
            continue;
        app_pop_to_first(app);
        workspaces_go_to(app->top, w->record.id);
        return;
    }
}

/* Does what an offer says, when that is no command. */
static bool do_offer(struct palette *p)
{
    const json_t *offer = json_array_get(p->offers, (size_t)p->list.selected);
    scoped_free char *name = str_printf("%s", json_string_or(offer, "value", ""));
    const char *kind = json_string_or(offer, "kind", "");
    struct app *app = p->screen.app;
    struct screen *below = p->screen.below;

    if (p->cmd || !*kind)
        return false;
    /* Its memory lasts until this pass of the loop is over. */
    app_pop(app);
    if (!strcmp(kind, KIND_WORKSPACE))
        go_to_workspace(app, name);
    else if (!strcmp(kind, KIND_ACTION))
        app_act(app, action_named(below, name));
    for (const struct place *to = places; !strcmp(kind, KIND_PLACE) && to->name; to++)
        if (!strcmp(to->name, name))
            to->go(app);
    return true;
}

static void take_offer(struct palette *p)
{
    const json_t *offer = json_array_get(p->offers, (size_t)p->list.selected);
    struct words w;

    if (!offer)
        return;
    if (!p->cmd) {
        put_word(p, 0, json_string_or(offer, "value", ""), false);
        put_workspace(p);
        return;
    }
    words_split(p->field.text, &w);
    put_word(p, w.last_at, json_string_or(offer, "value", ""), true);
    words_release(&w);
}

/* ---- running ---- */

static void open_with(struct app *app, const char *line, const char *failure)
{
    struct palette *p = screen_new(app, &palette_ops, sizeof(*p));

    field_set(&p->field, line);
    app_push(app, &p->screen);
    look(p);
    snprintf(p->failure, sizeof(p->failure), "%s", failure);
}

/* Whether the command takes these words, as far as can be said before it is run. */
static bool check(const struct words *w, struct pyro_error *err)
{
    const char *argv[WORDS_MAX + 2] = { "pyro" };
    struct cmd_line line;
    bool ok;

    memcpy(argv + 1, w->items, (w->count + 1) * sizeof(*argv));
    ok = cmd_line_parse(&line, (int)w->count + 1, argv, err);
    cmd_line_release(&line);
    return ok;
}

/* Whether the words are of a command that ends with the status of what it ran in the guest. */
static bool has_guest_status(const char *line)
{
    const struct cmd_spec *cmd;
    struct words w;
    size_t count;

    words_split(line, &w);
    cmd = named(&w, &count);
    words_release(&w);
    return cmd && (cmd->traits & CMD_GUEST_STATUS);
}

/*
 * What it printed before it failed, or the line again, to be corrected; nothing when the operator
 * has gone on to something else. A guest's command that failed did what it was asked to.
 */
static void show_failure(const struct job_end *end)
{
    bool guest = has_guest_status(end->what);

    if (!app_may_open(end->app, end->from))
        return;
    if (end->output_len || (guest && *end->said))
        palette_output_show(end);
    else if (!guest)
        open_with(end->app, end->what, end->error.message);
}

static void palette_done(void *arg UNUSED, const struct job_end *end)
{
    if (end->ok || end->cancelled)
        palette_output_tell(end);
    else
        show_failure(end);
}

static void remember(const char *line)
{
    if (history[0] && !strcmp(history[0], line))
        return;
    free(history[HISTORY_LINES - 1]);
    memmove(history + 1, history, sizeof(history) - sizeof(*history));
    history[0] = str_printf("%s", line);
}

static void ask_first(struct app *app, const struct cmd_spec *cmd, const char *line,
                      struct job_request *request)
{
    scoped_free char *text = str_printf("Run 'pyro %s'?\n\n%s.%s%s", line, cmd->summary,
                                        cmd->details ? " " : "", cmd->details ? cmd->details : "");
    struct confirm_spec spec = { .title = cmd->path,
                                 .text = text,
                                 .danger = true,
                                 .yes = job_request_start,
                                 .arg = request,
                                 .free_arg = job_request_free };

    confirm_ask(app, &spec);
}

static void palette_run(struct screen *s, int arg UNUSED)
{
    struct palette *p = (struct palette *)s;
    struct app *app = p->screen.app;
    const struct cmd_spec *cmd;
    scoped_free char *line = NULL;
    struct job_request *request;
    struct pyro_error err = { 0 };
    struct words w;
    size_t count = 0;

    if (!words_split(p->field.text, &w)) {
        app_message(app, ROLE_WARN, "a quotation does not end, or there are too many words");
        words_release(&w);
        return;
    }
    cmd = named(&w, &count);
    if (!cmd) {
        words_release(&w);
        if (!do_offer(p))
            take_offer(p);
        return;
    }
    remember(p->field.text);
    if (!check(&w, &err)) {
        app_error(app, &err);
        snprintf(p->failure, sizeof(p->failure), "%.390s", err.message);
        words_release(&w);
        return;
    }
    line = str_printf("%s", p->field.text);
    request = job_request_new(app, line, (const char *const *)w.items, true, palette_done);
    words_release(&w);
    app_pop(app);
    if (cmd->traits & CMD_DESTRUCTIVE)
        ask_first(app, cmd, line, request);
    else
        job_request_start(request);
}

static void palette_recall(struct screen *s, int older)
{
    struct palette *p = (struct palette *)s;

    if (older && p->history_at < HISTORY_LINES && history[p->history_at])
        p->history_at++;
    else if (!older && p->history_at)
        p->history_at--;
    field_set(&p->field, p->history_at ? history[p->history_at - 1] : "");
    look(p);
}

/* ---- the screen ---- */

static void palette_size(struct screen *s UNUSED, int *rows, int *cols)
{
    if (*cols > PALETTE_COLS)
        *cols = PALETTE_COLS;
    if (*rows > LIST_ROWS + HEAD_ROWS + 2)
        *rows = LIST_ROWS + HEAD_ROWS + 2;
}

/* The words of the line, where they are in a name. */
static void draw_matches(const struct palette *p, WINDOW *win, int row, const char *value, int cols,
                         struct style base)
{
    struct style lit = style_on(theme_style(ROLE_KEY), base);
    struct words w;

    lit.attrs |= A_UNDERLINE | A_BOLD;
    words_split(p->field.text, &w);
    for (size_t i = 0; !p->cmd && i < w.count; i++) {
        const char *found = *w.items[i] ? strcasestr(value, w.items[i]) : NULL;
        scoped_free char *before = found ? strndup(value, (size_t)(found - value)) : NULL;
        scoped_free char *piece = found ? strndup(found, strlen(w.items[i])) : NULL;
        int at = before ? draw_width(before) : 0;
        if (found && piece && at < cols - 1)
            draw_text(win, row, 2 + at, cols - 1 - at, lit, piece);
    }
    words_release(&w);
}

static void draw_offer(const struct palette *p, WINDOW *win, int row, int i)
{
    const json_t *offer = json_array_get(p->offers, (size_t)i);
    struct style base = theme_style(i == p->list.selected ? ROLE_SELECTED : ROLE_DIALOG);
    int cols = p->screen.cols, value = cols > 2 * VALUE_COLS ? VALUE_COLS : cols - 4;

    draw_fill(win, row, 1, cols - 2, base);
    draw_text(win, row, 2, value, base, json_string_or(offer, "value", ""));
    draw_matches(p, win, row, json_string_or(offer, "value", ""), value, base);
    if (value == VALUE_COLS) /* else the help does not fit beside it */
        draw_text(win, row, 3 + value, cols - value - 5, style_on(theme_style(ROLE_DIM), base),
                  json_string_or(offer, "help", ""));
}

static void palette_draw(struct screen *s, WINDOW *win)
{
    struct palette *p = (struct palette *)s;
    int rows = s->rows - HEAD_ROWS - 2;
    struct style dim = style_on(theme_style(ROLE_DIM), theme_style(ROLE_DIALOG));

    list_fit(&p->list, (int)json_array_size(p->offers), rows);
    draw_clear(win, theme_style(ROLE_DIALOG));
    draw_box(win, (struct area){ 0, 0, s->rows, s->cols }, theme_style(ROLE_DIALOG_BORDER),
             "run a command");
    draw_text(win, 1, 2, 1, style_on(theme_style(ROLE_KEY), theme_style(ROLE_DIALOG)), ":");
    field_draw(&p->field, win, (struct area){ 1, 3, 1, s->cols - 5 }, theme_style(ROLE_INPUT),
               theme_style(ROLE_INPUT_DIM),
               "a command, an action or a workspace: words of its name");
    draw_text(win, 2, 2, s->cols - 4,
              *p->failure ? style_on(theme_style(ROLE_BAD), theme_style(ROLE_DIALOG)) : dim,
              *p->failure          ? p->failure
              : p->cmd             ? p->cmd->summary
              : p->list.count == 0 ? "nothing has that in its name"
                                   : "all commands; Tab takes one");
    for (int i = 0; i < rows && p->list.first + i < p->list.count; i++)
        draw_offer(p, win, HEAD_ROWS + i, p->list.first + i);
    draw_scrollbar(win, (struct area){ HEAD_ROWS, s->cols - 1, rows, 1 }, p->list.first,
                   p->list.count, theme_style(ROLE_DIALOG_BORDER));
}

static bool palette_cursor(struct screen *s, int *ret_row, int *ret_col)
{
    *ret_row = 1;
    *ret_col = 3 + ((struct palette *)s)->field.cursor_col;
    return true;
}

static bool palette_captures(struct screen *s UNUSED)
{
    return true;
}

static void palette_complete(struct screen *s, int arg UNUSED)
{
    take_offer((struct palette *)s);
}

static void palette_move(struct screen *s, int by)
{
    list_move(&((struct palette *)s)->list, by);
}

static void palette_page(struct screen *s, int by)
{
    struct palette *p = (struct palette *)s;

    list_move(&p->list, by * (p->list.rows > 1 ? p->list.rows - 1 : 1));
}

static const struct key_binding keys[] = {
    { "run", "Enter", "run", "run it, or do it; of a command's name: take it", .act = palette_run },
    { "complete", "Tab", "complete", "take what is offered", .act = palette_complete },
    { "older", "Ctrl-p", "older line", "the line run before", .act = palette_recall, .arg = true,
      .group = KEYS_VIEW },
    { "newer", "Ctrl-n", NULL, "the one after it", .act = palette_recall, .arg = false,
      .group = KEYS_VIEW },
    { "cancel", "Esc", "cancel", "run nothing", .act = screen_close, .group = KEYS_NAVIGATE },
    { "down", "Down", NULL, "next offer", .act = palette_move, .arg = 1, .group = KEYS_NAVIGATE },
    { "up", "Up", NULL, "previous offer", .act = palette_move, .arg = -1, .group = KEYS_NAVIGATE },
    { "page-down", "PgDn", NULL, "a page down", .act = palette_page, .arg = 1,
      .group = KEYS_NAVIGATE },
    { "page-up", "PgUp", NULL, "a page up", .act = palette_page, .arg = -1,
      .group = KEYS_NAVIGATE },
    { 0 },
};

static bool palette_event(struct screen *s, const struct key_event *e)
{
    struct palette *p = (struct palette *)s;
    enum list_hit hit = list_mouse(&p->list, e, HEAD_ROWS);

    if ((hit == LIST_CLICKED || hit == LIST_OPENED) && !do_offer(p))
        take_offer(p);
    if (e->kind == EVENT_MOUSE)
        return true;
    if (keymap_find(keys, s, s->ops->name, e) || !field_event(&p->field, e))
        return false;
    p->history_at = 0;
    look(p);
    return true;
}

static void palette_free(struct screen *s)
{
    struct palette *p = (struct palette *)s;

    json_decref(p->offers);
    free(p);
}

const struct screen_ops palette_ops = {
    .name = "palette",
    .title = "Run a command",
    .keys = keys,
    .overlay = true,
    .size = palette_size,
    .event = palette_event,
    .draw = palette_draw,
    .cursor = palette_cursor,
    .captures = palette_captures,
    .free = palette_free,
};

void palette_open(struct app *app)
{
    if (!app->top->ops->overlay)
        open_with(app, "", "");
}
