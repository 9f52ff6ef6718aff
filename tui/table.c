/* tui/table.c: the columns of the table of workspaces, and their sort keys. */
#include "tui/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/bookmarks.h"
#include "tui/doing.h"
#include "tui/format.h"
#include "tui/look.h"
#include "vmm/base/fs.h"

/* Two busy ones keep their places for this long, so that the list does not churn. */
#define ACTIVITY_STEP 10.0
#define URGENT 1e12 /* more than any activity */

#define BARS_COLS 5

/* ---- cells ---- */

static void table_look(const struct columns *t UNUSED, void *row, struct cell *ret)
{
    const struct look_row *look = &looks[look_of(row)];

    snprintf(ret->text, sizeof(ret->text), "%s", look->glyph);
    ret->role = look->role;
}

static bool table_is_never_shown(const void *row UNUSED)
{
    return false;
}

static void table_id(const struct columns *t UNUSED, void *row, struct cell *ret)
{
    const struct watched_workspace *w = row;

    snprintf(ret->text, sizeof(ret->text), "%s", w->record.id);
}

static void table_name(const struct columns *t UNUSED, void *row, struct cell *ret)
{
    const struct watched_workspace *w = row;

    snprintf(ret->text, sizeof(ret->text), "%s", model_name(w));
    if (model_notice(w))
        snprintf(ret->note, sizeof(ret->note), " !");
    else if (bookmarks_on(w->record.id))
        snprintf(ret->note, sizeof(ret->note), " '%c", bookmarks_on(w->record.id));
    ret->role = w->record.name ? ROLE_ACCENT : ROLE_TEXT;
}

static void table_environment(const struct columns *t UNUSED, void *row, struct cell *ret)
{
    const char *name = ((const struct watched_workspace *)row)->record.environment;

    snprintf(ret->text, sizeof(ret->text), "%s", name ? name : "");
}

static enum role machine_role(enum workspace_state state)
{
    return state == WORKSPACE_STARTED   ? ROLE_GOOD
           : state == WORKSPACE_CREATED ? ROLE_WARN
           : state == WORKSPACE_FAILED  ? ROLE_BAD
                                        : ROLE_IDLE;
}

const char *table_state_word(const struct watched_workspace *w, enum role *ret_role)
{
    enum workspace_state state = w->record.state;
    enum look look = look_of(w);
    bool told = look_needs_eye(look) && state == WORKSPACE_STARTED;
    const char *change = model_change(w);

    *ret_role = change ? ROLE_WARN : told ? looks[look].role : machine_role(state);
    return change                    ? change
           : w->record.paused_reason ? "paused"
           : told                    ? looks[look].word
                                     : workspace_state_name(state);
}

/* Its figures; NULL when they are not known, or, with `live`, of one that does not run. */
static const struct figures *figures(const void *model, const struct watched_workspace *w,
                                     bool live)
{
    return live && w->record.state != WORKSPACE_STARTED ? NULL : model_figures(model, w);
}

/* A supervisor that does not answer can say nothing of its workspace any more. */
static void table_state(const struct columns *t, void *row, struct cell *ret)
{
    const struct figures *f = figures(t->owner, row, true);
    const char *word = table_state_word(row, &ret->role);

    if (f && f->stopped_pid)
        word = "silent", ret->role = ROLE_BAD;
    snprintf(ret->text, sizeof(ret->text), "%s", word);
}

/* Both that it is started and what goes on in it. */
static void table_states(const struct columns *t UNUSED, void *row, struct cell *ret)
{
    const struct watched_workspace *w = row;
    const char *change = model_change(w);

    snprintf(ret->text, sizeof(ret->text), "%s %s", looks[look_of(w)].word,
             change ? change : workspace_state_name(w->record.state));
}

static void table_doing(const struct columns *t UNUSED, void *row, struct cell *ret)
{
    double since;
    bool idle;

    doing_of(row, ret->text, sizeof(ret->text), &since, &idle);
    ret->role = idle ? ROLE_DIM : ROLE_TEXT;
}

/* The program as well whose question is shown instead. */
static void table_doings(const struct columns *t, void *row, struct cell *ret)
{
    size_t used;

    table_doing(t, row, ret);
    used = strlen(ret->text);
    snprintf(ret->text + used, sizeof(ret->text) - used, " %s", doing_program(row));
}

static void table_since(const struct columns *t, void *row, struct cell *ret)
{
    struct short_text space;
    double since;
    bool idle;

    doing_of(row, ret->text, sizeof(ret->text), &since, &idle);
    snprintf(ret->text, sizeof(ret->text), "%s", format_age(&space, since, t->now));
    ret->role = ROLE_DIM;
}

static void table_shells(const struct columns *t UNUSED, void *row, struct cell *ret)
{
    if (model_running_shells(row))
        snprintf(ret->text, sizeof(ret->text), "%zu", model_running_shells(row));
}

static bool table_has_services(const void *row)
{
    return ((const struct watched_workspace *)row)->record.running_service_count > 0;
}

static void table_services(const struct columns *t UNUSED, void *row, struct cell *ret)
{
    const struct watched_workspace *w = row;

    if (table_has_services(row))
        snprintf(ret->text, sizeof(ret->text), "%lld", (long long)w->record.running_service_count);
}

static void table_cpu(const struct columns *t, void *row, struct cell *ret)
{
    const struct figures *f = figures(t->owner, row, true);
    struct short_text space;

    if (f)
        snprintf(ret->text, sizeof(ret->text), "%s", format_cpu(&space, f->cpu));
}

static enum role load_role(int percent)
{
    return percent >= 90 ? ROLE_BAD : percent >= 70 ? ROLE_WARN : ROLE_GOOD;
}

static void put_bars(const struct watched_workspace *w, const uint8_t *samples, struct cell *ret)
{
    int count = w->record.state == WORKSPACE_STARTED ? model_samples(w)->count : 0;

    format_bars(ret->text, sizeof(ret->text), samples, count,
                (struct bars_place){ BARS_COLS, 1, 0 });
    ret->role = load_role(count ? samples[count - 1] : 0);
}

static void table_cpu_bars(const struct columns *t UNUSED, void *row, struct cell *ret)
{
    put_bars(row, model_samples(row)->cpu, ret);
}

static void table_memory_bars(const struct columns *t UNUSED, void *row, struct cell *ret)
{
    put_bars(row, model_samples(row)->memory, ret);
}

static void table_memory(const struct columns *t, void *row, struct cell *ret)
{
    const struct figures *f = figures(t->owner, row, true);
    struct short_text space;

    if (f)
        snprintf(ret->text, sizeof(ret->text), "%s", format_size(&space, f->memory_bytes));
}

static void table_disk(const struct columns *t, void *row, struct cell *ret)
{
    const struct figures *f = figures(t->owner, row, false);
    struct short_text space;

    if (f)
        snprintf(ret->text, sizeof(ret->text), "%s", format_size(&space, f->disk_bytes));
}

static void table_age(const struct columns *t, void *row, struct cell *ret)
{
    const struct watched_workspace *w = row;
    struct short_text space;

    snprintf(ret->text, sizeof(ret->text), "%s", format_age(&space, w->record.created_at, t->now));
    ret->role = ROLE_DIM;
}

static bool table_has_labels(const void *row)
{
    return json_object_size(((const struct watched_workspace *)row)->record.labels) > 0;
}

void table_join_labels(const struct watched_workspace *w, bool whole, char *ret, size_t size)
{
    const char *key;
    json_t *value;
    size_t used = 0;

    json_object_foreach (w->record.labels, key, value) {
        int n = used + 1 < size
                    ? snprintf(ret + used, size - used, "%s%s%s%s", used ? " " : "",
                               whole ? key : "", whole ? "=" : "", json_string_value(value))
                    : 0;
        used += n > 0 ? (size_t)n : 0;
    }
}

static void table_labels(const struct columns *t UNUSED, void *row, struct cell *ret)
{
    table_join_labels(row, false, ret->text, sizeof(ret->text));
    ret->role = ROLE_DIM;
}

static void table_whole_labels(const struct columns *t UNUSED, void *row, struct cell *ret)
{
    table_join_labels(row, true, ret->text, sizeof(ret->text));
}

/* ---- keys: the larger, the higher up ---- */

/* When something last happened in it: epoch seconds. */
static double activity(const struct watched_workspace *w)
{
    double latest = w->record.last_activity_at, now = clock_wall();
    int64_t now_ms = clock_ms();

    for (size_t i = 0; i < w->shell_count; i++) {
        const struct watched_shell *s = &w->shells[i];
        double at =
            s->output_ms ? now - (double)(now_ms - s->output_ms) / 1000 : s->record.started_at;
        if (at > latest)
            latest = at;
    }
    return latest > w->record.created_at ? latest : w->record.created_at;
}

/* What needs the operator first, by its urgency, and each by when something happened. */
static double table_by_activity(const void *model UNUSED, const void *row)
{
    enum look look = look_of(row);
    int urgency = look_needs_eye(look) ? LOOK_FINISHED + 1 - (int)look : 0;

    return (double)urgency * URGENT + (double)(int64_t)(activity(row) / ACTIVITY_STEP);
}

/* What needs the operator first. */
static double table_by_state(const void *model UNUSED, const void *row)
{
    return -(double)look_of(row);
}

static double table_by_cpu(const void *model, const void *row)
{
    const struct figures *f = model_figures(model, row);

    return f ? (double)(int64_t)(f->cpu * 100) : -1;
}

static double table_by_memory(const void *model, const void *row)
{
    const struct figures *f = model_figures(model, row);

    return f ? (double)f->memory_bytes : -1;
}

static double table_by_disk(const void *model, const void *row)
{
    const struct figures *f = model_figures(model, row);

    return f ? (double)f->disk_bytes : -1;
}

static double table_by_age(const void *model UNUSED, const void *row)
{
    return ((const struct watched_workspace *)row)->record.created_at;
}

const struct column table_columns[] = {
    { "", .order = "activity", .key = table_by_activity },
    { "", 1, .cell = table_look },
    { "NAME", 14, .part = 3, .grow = 14, .shrinks = true, .cell = table_name, .search = true,
      .order = "name" },
    { "ID", .has = table_is_never_shown, .cell = table_id, .search = true },
    { "ENVIRONMENT", 12, .rank = 9, .part = 4, .grow = 12, .cell = table_environment, .dull = true,
      .search = true },
    { "STATE", 9, .rank = 1, .part = 1, .grow = 2, .shrinks = true, .cell = table_state,
      .searched = table_states, .order = "state", .key = table_by_state },
    { "RUNS", 22, .part = 2, .grow = 28, .shrinks = true, .cell = table_doing,
      .searched = table_doings },
    { "LABELS", 14, .rank = 3, .part = 1, .grow = 10000, .shrinks = true, .cell = table_labels,
      .searched = table_whole_labels, .search = true, .has = table_has_labels },
    { "FOR", 4, .right = true, .rank = 5, .cell = table_since },
    { "SH", 2, .right = true, .rank = 2, .cell = table_shells },
    { "SVC", 3, .right = true, .rank = 7, .cell = table_services, .has = table_has_services },
    { "", BARS_COLS, .rank = 10, .cell = table_cpu_bars },
    { "CPU", 4, .right = true, .rank = 4, .cell = table_cpu, .order = "CPU", .key = table_by_cpu,
      .unseen = true },
    { "", BARS_COLS, .rank = 11, .cell = table_memory_bars },
    { "MEM", 4, .right = true, .rank = 4, .cell = table_memory, .order = "memory",
      .key = table_by_memory, .unseen = true },
    { "DISK", 5, .right = true, .rank = 8, .cell = table_disk, .order = "disk",
      .key = table_by_disk, .unseen = true },
    { "AGE", 4, .right = true, .rank = 6, .cell = table_age, .order = "age", .key = table_by_age },
    { 0 },
};

/* ---- the order ---- */

int table_next_order(int order)
{
    do
        order = table_columns[order + 1].title ? order + 1 : 0;
    while (!table_columns[order].order);
    return order;
}

struct keyed {
    struct watched_workspace *w;
    double key;
    bool by_name; /* newer ones do not come first */
};

static int table_compare(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;
    int names;

    if (x->key != y->key)
        return x->key > y->key ? -1 : 1;
    if (!x->by_name && x->w->record.created_at != y->w->record.created_at)
        return x->w->record.created_at > y->w->record.created_at ? -1 : 1;
    names = strcasecmp(model_name(x->w), model_name(y->w));
    return names ? names : strcmp(x->w->record.id, y->w->record.id);
}

static void sort(const struct model *m, struct watched_workspace **rows, size_t count,
                 double (*key)(const void *model, const void *row))
{
    scoped_free struct keyed *keyed = calloc(count ? count : 1, sizeof(*keyed));

    BUG_ON(!keyed);
    for (size_t i = 0; i < count; i++)
        keyed[i] = (struct keyed){ rows[i], key ? key(m, rows[i]) : 0, !key };
    qsort(keyed, count, sizeof(*keyed), table_compare);
    for (size_t i = 0; i < count; i++)
        rows[i] = keyed[i].w;
}

void table_sort(const struct model *m, struct watched_workspace **rows, size_t count, int order,
                bool reversed)
{
    sort(m, rows, count, table_columns[order].key);
    for (size_t i = 0; reversed && i < count / 2; i++) {
        struct watched_workspace *last = rows[count - 1 - i];
        rows[count - 1 - i] = rows[i];
        rows[i] = last;
    }
}

void table_sort_by_name(struct watched_workspace **rows, size_t count)
{
    sort(NULL, rows, count, NULL);
}
