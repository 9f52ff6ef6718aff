/*
 * tui/help.c: the keys of the screen below, from its key table: each once, with what it does there
 * now, in one column or two.
 */
#include "tui/help.h"

#include <string.h>

#include "tui/list.h"
#include "vmm/base/error.h"

#define COLUMN_COLS 56  /* of one column at most */
#define TWO_COLUMNS 74  /* from this width on there are two */
#define KEY_COLS_MAX 14 /* of the names of keys; longer ones have a line of their own */
#define WORDS_ROWS 4
#define KEYS_MAX 64
#define ENTRIES_MAX 96
#define EVERYWHERE KEYS_GROUPS /* the group of the keys that all screens have */
#define GROUPS (KEYS_GROUPS + 1)

/* In the order in which they are shown. */
static const struct {
    int group;
    const char *title;
} groups[GROUPS] = {
    { KEYS_NAVIGATE, "Navigate" },
    { KEYS_ACT, "Act" },
    { KEYS_VIEW, "View" },
    { EVERYWHERE, "Everywhere" },
};

struct entry {
    int group;
    char keys[KEYS_MAX];
    const char *help;
};

struct help {
    struct screen screen;
    struct screen *below; /* that it is about: it stays there while this is open */
    struct entry entries[ENTRIES_MAX];
    int count;
    int first, total; /* of the lines */
};

/* ---- what there is ---- */

/* The keys of a binding that mean it now, and not another of the table. */
static void keys_of(struct screen *s, const struct key_binding *b, char ret[KEYS_MAX])
{
    const char *at = keymap_keys(s->ops->name, b);
    size_t used = 0, n;

    *ret = '\0';
    for (; *(at += strspn(at, " ")); at += n) {
        struct key_event e = { .kind = EVENT_KEY };
        n = strcspn(at, " ");
        if (key_parse(at, n, &e.code, &e.mods) &&
            keymap_find(s->ops->keys, s, s->ops->name, &e) == b && used + n + 2 < KEYS_MAX)
            used += (size_t)snprintf(ret + used, KEYS_MAX - used, "%s%.*s", used ? " " : "", (int)n,
                                     at);
    }
}

/* "1 2 3 4", four or more keys in a row, as "1…4". */
static void shorten_run(char keys[KEYS_MAX])
{
    size_t n = strlen(keys);

    for (size_t i = 0; i < n; i++)
        if (i % 2 ? keys[i] != ' ' : keys[i] != keys[0] + (int)i / 2)
            return;
    if (n >= 7)
        snprintf(keys, KEYS_MAX, "%c…%c", keys[0], keys[0] + (int)n / 2);
}

static void add_entry(struct help *h, int group, const char *keys, const char *text)
{
    struct entry *e = &h->entries[h->count];

    if (!*keys || h->count == ENTRIES_MAX)
        return;
    h->count++;
    e->group = group;
    snprintf(e->keys, sizeof(e->keys), "%s", keys);
    shorten_run(e->keys);
    e->help = text;
}

static void help_gather(struct help *h)
{
    struct screen *s = h->below;
    char keys[KEYS_MAX];

    for (const struct key_binding *b = s->ops->keys; b && b->name; b++) {
        keys_of(s, b, keys);
        add_entry(h, b->group, keys, b->help);
    }
    for (const struct key_binding *b = app_keys; b->name; b++) {
        keymap_keys_left(b, s->ops->name, s->ops->keys, s->ops->text_does, keys, sizeof(keys));
        add_entry(h, EVERYWHERE, keys, b->help);
    }
}

/* ---- drawing ---- */

/* The columns for the keys of a group. */
static int key_cols(const struct help *h, int group)
{
    int most = 0;

    for (int i = 0; i < h->count; i++) {
        int cols = h->entries[i].group == group ? draw_width(h->entries[i].keys) : 0;
        if (cols > most && cols <= KEY_COLS_MAX)
            most = cols;
    }
    return most;
}

/* One entry in a column, from row on; with win NULL only counted. */
static int draw_entry(const struct entry *e, int beside, WINDOW *win, int row, int col, int cols)
{
    struct style dialog = theme_style(ROLE_DIALOG), key = style_on(theme_style(ROLE_KEY), dialog);
    bool alone = draw_width(e->keys) > beside;
    int at = beside + 2, rows;

    if (win)
        draw_text(win, row, col, cols, key, e->keys);
    rows = draw_wrapped(win, (struct area){ row + alone, col + at, WORDS_ROWS, cols - at }, dialog,
                        e->help);
    return alone + (rows ? rows : 1);
}

/* A group with its title; nothing when it has no keys. */
static int draw_group(const struct help *h, WINDOW *win, int row, int col, int cols, int nth)
{
    struct style title = style_on(theme_style(ROLE_HEADER), theme_style(ROLE_DIALOG));
    int used = 0, beside = key_cols(h, groups[nth].group);

    title.attrs |= A_UNDERLINE;
    for (int i = 0; i < h->count; i++) {
        if (h->entries[i].group != groups[nth].group)
            continue;
        if (!used && win)
            draw_text(win, row, col, cols, title, groups[nth].title);
        used += !used;
        used += draw_entry(&h->entries[i], beside, win, row + used, col, cols);
    }
    return used ? used + 1 : 0; /* a blank line follows */
}

static int column_cols(int cols)
{
    return cols < TWO_COLUMNS ? cols - 6 : (cols - 8) / 2;
}

/* The lines of the groups from one to before another. */
static int lines_of(const struct help *h, int cols, int from, int to)
{
    int lines = 0;

    for (int nth = from; nth < to; nth++)
        lines += draw_group(h, NULL, 0, 0, column_cols(cols), nth);
    return lines;
}

/* The first group of the second column, so that the columns are as short as they can be. */
static int second_column(const struct help *h, int cols, int *ret_lines)
{
    int best = GROUPS;

    *ret_lines = lines_of(h, cols, 0, best);
    for (int cut = 1; cols >= TWO_COLUMNS && cut < GROUPS; cut++) {
        int left = lines_of(h, cols, 0, cut), right = lines_of(h, cols, cut, GROUPS);
        int lines = left > right ? left : right;
        if (lines < *ret_lines)
            *ret_lines = lines, best = cut;
    }
    --*ret_lines; /* the blank line behind the last */
    return best;
}

static void help_size(struct screen *s, int *rows, int *cols)
{
    struct help *h = (struct help *)s;

    if (*cols > 2 * COLUMN_COLS + 8)
        *cols = 2 * COLUMN_COLS + 8;
    second_column(h, *cols, &h->total);
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
    int cut = second_column(h, s->cols, &h->total), width = column_cols(s->cols);

    scroll_to(h, h->first);
    draw_clear(win, theme_style(ROLE_DIALOG));
    for (int nth = 0, row = 1 - h->first, col = 3; nth < GROUPS; nth++) {
        if (nth == cut)
            row = 1 - h->first, col = 5 + width;
        row += draw_group(h, win, row, col, width, nth);
    }
    /* Over the lines that are scrolled out. */
    draw_box(win, (struct area){ 0, 0, s->rows, s->cols }, theme_style(ROLE_DIALOG_BORDER),
             h->below->ops->title);
    draw_scrollbar(win, (struct area){ 1, s->cols - 1, s->rows - 2, 1 }, h->first, h->total,
                   theme_style(ROLE_DIALOG_BORDER));
}

/* ---- the screen ---- */

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
    { "close", "Esc q ?", "close", "back", .act = screen_close, .group = KEYS_NAVIGATE },
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
    h->below = app->top;
    help_gather(h);
    app_push(app, &h->screen);
}
