/* tui/groups.c: the list in groups. */
#include "tui/groups.h"

#include <stdlib.h>
#include <string.h>

#include "tui/choice.h"
#include "tui/state.h"
#include "vmm/base/fs.h"

const char *groups_label(void)
{
    return state_get()->group ? state_get()->group : "";
}

static const char *value_of(const struct watched_workspace *w)
{
    return json_string_or(w->record.labels, groups_label(), "");
}

/* ---- the lines ---- */

static struct group_line *add_line(struct groups *g, const struct group_line *line)
{
    if (g->count == g->room) {
        g->room = g->room ? 2 * g->room : 64;
        g->lines = realloc(g->lines, g->room * sizeof(*g->lines));
        BUG_ON(!g->lines);
    }
    g->lines[g->count] = *line;
    return &g->lines[g->count++];
}

bool groups_is_open(const struct groups *g, const char *value)
{
    return json_object_get(g->open, value) != NULL;
}

/* The head of a group and, if that is open, the `count` workspaces of it. */
static void add_group(struct groups *g, struct watched_workspace *const *rows, size_t count)
{
    struct group_line line = { .value = value_of(rows[0]), .count = (int)count };
    struct group_line *head;

    line.open = groups_is_open(g, line.value);
    head = add_line(g, &line);
    for (size_t i = 0; i < count; i++)
        head->looks[look_of(rows[i])]++;
    for (size_t i = 0; line.open && i < count; i++)
        add_line(g, &(struct group_line){ .of = rows[i], .value = line.value });
}

/* A workspace on its way to the group's order. */
struct member {
    struct watched_workspace *w;
    size_t group, place; /* place: of the group's first, and its own, in the order before */
};

static int groups_compare(const void *a, const void *b)
{
    const struct member *x = a, *y = b;

    return x->group != y->group   ? (x->group < y->group ? -1 : 1)
           : x->place != y->place ? (x->place < y->place ? -1 : 1)
                                  : 0;
}

static void sort_by_group(struct watched_workspace **rows, size_t count)
{
    scoped_free struct member *members = calloc(count + 1, sizeof(*members));
    scoped_json json_t *firsts = json_object(); /* {value: place of the first} */

    BUG_ON(!members || !firsts);
    for (size_t i = 0; i < count; i++) {
        json_t *first = json_object_get(firsts, value_of(rows[i]));
        if (!first)
            json_object_set_new(firsts, value_of(rows[i]), json_integer((json_int_t)i));
        members[i] = (struct member){ rows[i], first ? (size_t)json_integer_value(first) : i, i };
    }
    qsort(members, count, sizeof(*members), groups_compare);
    for (size_t i = 0; i < count; i++)
        rows[i] = members[i].w;
}

void groups_make(struct groups *g, struct watched_workspace **rows, size_t count)
{
    g->count = 0;
    if (!*groups_label()) {
        for (size_t i = 0; i < count; i++)
            add_line(g, &(struct group_line){ .of = rows[i] });
        return;
    }
    sort_by_group(rows, count);
    for (size_t from = 0, to; from < count; from = to) {
        for (to = from + 1; to < count && !strcmp(value_of(rows[to]), value_of(rows[from]));)
            to++;
        add_group(g, rows + from, to - from);
    }
}

void groups_release(struct groups *g)
{
    json_decref(g->open);
    free(g->lines);
    *g = (struct groups){ 0 };
}

void groups_set_open(struct groups *g, const char *value, bool open)
{
    if (!g->open)
        g->open = json_object();
    if (open)
        json_object_set_new(g->open, value, json_true());
    else
        json_object_del(g->open, value);
}

void groups_reveal(struct groups *g, const struct watched_workspace *w)
{
    if (*groups_label())
        groups_set_open(g, value_of(w), true);
}

int groups_find(const struct groups *g, const char *id)
{
    for (size_t i = 0; i < g->count; i++)
        if (g->lines[i].of && !strcmp(g->lines[i].of->record.id, id))
            return (int)i;
    return -1;
}

int groups_find_head(const struct groups *g, const char *value)
{
    for (size_t i = 0; i < g->count; i++)
        if (!g->lines[i].of && !strcmp(g->lines[i].value, value))
            return (int)i;
    return -1;
}

/* ---- drawing ---- */

/* ▸ fix-login 12   ? 1  ▶ 3 */
void groups_draw_head(const struct group_line *l, WINDOW *win, int row, int cols, enum role line)
{
    struct style ground = theme_style(line);
    char text[64];
    int at = 1;

    draw_fill(win, row, 0, cols, ground);
    at += draw_text(win, row, at, 2, ground, l->open ? "▾ " : "▸ ");
    at += draw_text(win, row, at, cols / 2, style_on(theme_style(ROLE_TITLE), ground),
                    *l->value ? l->value : "(without)");
    snprintf(text, sizeof(text), " %d", l->count);
    at += draw_text(win, row, at, cols - at, ground, text) + 2;
    for (int i = 0; i < LOOK_COUNT; i++) {
        if (!l->looks[i])
            continue;
        snprintf(text, sizeof(text), "%s %d", looks[i].glyph, l->looks[i]);
        at +=
            draw_text(win, row, at, cols - at, style_on(theme_style(looks[i].role), ground), text) +
            2;
    }
}

/* ---- which label ---- */

struct offered {
    struct app *app;
    json_t *labels; /* array */
};

static void groups_free_offered(void *arg)
{
    struct offered *o = arg;

    json_decref(o->labels);
    free(o);
}

static void groups_on_change(struct state *state, void *arg)
{
    free(state->group);
    state->group = arg ? str_printf("%s", (const char *)arg) : NULL;
}

static void groups_on_chosen(void *arg, size_t index)
{
    struct offered *o = arg;

    state_change(o->app, groups_on_change,
                 (char *)(uintptr_t)json_string_value(json_array_get(o->labels, index)));
    groups_free_offered(o);
}

static int groups_by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The labels in use, sorted, and at last that there are to be no groups. New; *ret_count: how many. */
static char **offer(const struct model *m, size_t *ret_count)
{
    scoped_json json_t *known = json_object();
    const char *label;
    char **words;
    json_t *value;
    size_t count = 0;

    for (size_t i = 0; i < model_count(m); i++)
        json_object_foreach (model_at(m, i)->record.labels, label, value)
            json_object_set(known, label, value);
    words = calloc(json_object_size(known) + 1, sizeof(*words));
    BUG_ON(!words);
    json_object_foreach (known, label, value)
        words[count++] = str_printf("%s", label);
    qsort(words, count, sizeof(*words), groups_by_name);
    if (count || *groups_label())
        words[count++] = str_printf("no groups");
    *ret_count = count;
    return words;
}

void groups_ask(struct app *app)
{
    size_t count;
    scoped_free char **words = offer(app->model, &count);
    struct offered *o = calloc(1, sizeof(*o));
    struct choice_spec spec = { .title = "groups by label",
                                .words = words,
                                .count = count,
                                .chosen = groups_on_chosen,
                                .arg = o,
                                .free_arg = groups_free_offered };

    BUG_ON(!o);
    *o = (struct offered){ app, json_array() };
    for (size_t i = 0; i + 1 < count; i++)
        json_array_append_new(o->labels, json_string(words[i]));
    if (count) {
        choice_ask(app, &spec);
    } else {
        app_message(
            app, ROLE_TEXT,
            "no workspace has a label: 'pyro workspace update W --label KEY=VALUE' sets one");
        groups_free_offered(o);
    }
    for (size_t i = 0; i < count; i++)
        free(words[i]);
}
