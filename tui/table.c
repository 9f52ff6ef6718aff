/* tui/table.c: which columns fit, and what stands in them. */
#include "tui/table.h"

#include <stdio.h>
#include <string.h>

#include "tui/format.h"

enum column {
    NAME,
    ENVIRONMENT,
    STATE,
    DOING,
    SINCE,
    SHELLS,
    SERVICES,
    CPU,
    MEMORY,
    DISK,
    AGE,
    LABELS
};

#define DOING_MIN 12
#define DOING_MAX 40

static const struct {
    const char *title;
    int width;
    bool right;
    int rank; /* those with the highest go first when there is no room */
    int order;
} columns[TABLE_COLUMNS] = {
    [NAME] = { "NAME", 14, false, 0, ORDER_NAME },
    [ENVIRONMENT] = { "ENVIRONMENT", 12, false, 5, -1 },
    [STATE] = { "STATE", 7, false, 0, ORDER_STATE },
    [DOING] = { "RUNS", DOING_MIN, false, 0, -1 },
    [SINCE] = { "FOR", 4, true, 7, -1 },
    [SHELLS] = { "SH", 2, true, 1, -1 },
    [SERVICES] = { "SVC", 3, true, 4, -1 },
    [CPU] = { "CPU", 4, true, 2, ORDER_CPU },
    [MEMORY] = { "MEM", 4, true, 3, ORDER_MEMORY },
    [DISK] = { "DISK", 4, true, 6, ORDER_DISK },
    [AGE] = { "AGE", 4, true, 2, ORDER_AGE },
    [LABELS] = { "LABELS", 14, false, 8, -1 },
};

static int needed(const struct table *t)
{
    int width = 1;

    for (int i = 0; i < TABLE_COLUMNS; i++)
        width += t->shown[i] ? t->widths[i] + 1 : 0;
    return width;
}

void table_fit(struct table *t, int width, bool services, bool labels)
{
    int spare;

    for (int i = 0; i < TABLE_COLUMNS; i++)
        t->shown[i] = true, t->widths[i] = columns[i].width;
    t->shown[SERVICES] = services;
    t->shown[LABELS] = labels;
    while (needed(t) > width) {
        int drop = -1;
        for (int i = 0; i < TABLE_COLUMNS; i++)
            if (t->shown[i] && columns[i].rank > (drop < 0 ? 0 : columns[drop].rank))
                drop = i;
        if (drop < 0)
            break;
        t->shown[drop] = false;
    }
    spare = width - needed(t);
    if (spare <= 0)
        return;
    t->widths[NAME] += spare / 3 < 14 ? spare / 3 : 14;
    spare = width - needed(t);
    t->widths[DOING] += spare < DOING_MAX ? spare : DOING_MAX;
    spare = width - needed(t);
    if (t->shown[LABELS])
        t->widths[LABELS] += spare;
}

void table_draw_head(const struct table *t, WINDOW *win, int row)
{
    int col = 1;

    for (int i = 0; i < TABLE_COLUMNS; i++) {
        bool sorted = columns[i].order == (int)t->order;
        struct style style = theme_style(sorted ? ROLE_ACCENT : ROLE_HEADER);
        if (!t->shown[i])
            continue;
        if (columns[i].right)
            draw_right(win, row, col, t->widths[i], style, columns[i].title);
        else
            draw_text(win, row, col, t->widths[i], style, columns[i].title);
        col += t->widths[i] + 1;
    }
}

enum role table_state_role(enum workspace_state state)
{
    return state == WORKSPACE_STARTED   ? ROLE_GOOD
           : state == WORKSPACE_CREATED ? ROLE_WARN
           : state == WORKSPACE_FAILED  ? ROLE_BAD
                                        : ROLE_IDLE;
}

static void labels_of(const struct watched_workspace *w, char *ret, size_t size)
{
    const char *key;
    json_t *value;
    size_t used = 0;

    json_object_foreach (w->record.labels, key, value) {
        int n = used + 1 < size ? snprintf(ret + used, size - used, "%s%s=%s", used ? " " : "", key,
                                           json_string_value(value))
                                : 0;
        used += n > 0 ? (size_t)n : 0;
    }
}

/* The text of one cell, and its role. */
static enum role cell(const struct table *t, struct watched_workspace *w, enum column c, char *ret,
                      size_t size)
{
    const struct workspace_record *r = &w->record;
    const struct figures *f = model_figures(t->model, w);
    bool started = r->state == WORKSPACE_STARTED, idle;
    struct short_text space;
    double since;
    char doing[128];

    ret[0] = '\0';
    switch (c) {
    case NAME:
        snprintf(ret, size, "%s", model_name(w));
        return r->name ? ROLE_ACCENT : ROLE_TEXT;
    case ENVIRONMENT:
        snprintf(ret, size, "%s", r->environment ? r->environment : "");
        return ROLE_TEXT;
    case STATE:
        snprintf(ret, size, "%s", r->paused_reason ? "paused" : workspace_state_name(r->state));
        return r->paused_reason ? ROLE_BAD : table_state_role(r->state);
    case DOING:
    case SINCE:
        model_doing(w, doing, sizeof(doing), &since, &idle);
        snprintf(ret, size, "%s", c == DOING ? doing : format_age(&space, since, t->now));
        return idle || c == SINCE ? ROLE_DIM : ROLE_TEXT;
    case SHELLS:
        if (model_running_shells(w))
            snprintf(ret, size, "%zu", model_running_shells(w));
        return ROLE_TEXT;
    case SERVICES:
        if (r->running_service_count)
            snprintf(ret, size, "%lld", (long long)r->running_service_count);
        return ROLE_TEXT;
    case CPU:
        if (f && started)
            snprintf(ret, size, "%s", format_cpu(&space, f->cpu));
        return ROLE_TEXT;
    case MEMORY:
        if (f && started)
            snprintf(ret, size, "%s", format_size(&space, f->memory_bytes));
        return ROLE_TEXT;
    case DISK:
        if (f)
            snprintf(ret, size, "%s", format_size(&space, f->disk_bytes));
        return ROLE_TEXT;
    case AGE:
        snprintf(ret, size, "%s", format_age(&space, r->created_at, t->now));
        return ROLE_DIM;
    case LABELS:
        labels_of(w, ret, size);
        return ROLE_DIM;
    }
    return ROLE_TEXT;
}

void table_draw_row(const struct table *t, WINDOW *win, int row, int width,
                    struct watched_workspace *w, enum role line)
{
    struct style base = theme_style(line);
    int col = 1;

    draw_fill(win, row, 0, width, base);
    if (model_is_marked(w))
        draw_text(win, row, 0, 1, style_on(theme_style(ROLE_MARKED), base), "◆");
    for (int i = 0; i < TABLE_COLUMNS; i++) {
        char text[256];
        enum role role;
        if (!t->shown[i])
            continue;
        role = cell(t, w, (enum column)i, text, sizeof(text));
        if (columns[i].right)
            draw_right(win, row, col, t->widths[i], style_on(theme_style(role), base), text);
        else
            draw_text(win, row, col, t->widths[i], style_on(theme_style(role), base), text);
        col += t->widths[i] + 1;
    }
}
