/* tui/order.c: filters and sort keys of the list of workspaces. */
#include "tui/order.h"

#include <stdlib.h>
#include <string.h>

#include "vmm/base/fs.h"

/* Two that both work keep their places for this long: a list must not boil. */
#define ACTIVITY_STEP 10.0

const char *order_name(enum order order)
{
    static const char *const names[ORDER_COUNT] = { "activity", "name", "state", "CPU",
                                                    "memory",   "disk", "age" };

    return names[order];
}

/* ---- the filter ---- */

static bool label_matches(const struct watched_workspace *w, const char *word)
{
    const char *key;
    json_t *value;

    json_object_foreach (w->record.labels, key, value) {
        scoped_free char *label = str_printf("%s=%s", key, json_string_value(value));
        if (strcasestr(label, word))
            return true;
    }
    return false;
}

static bool word_matches(const struct watched_workspace *w, const char *word)
{
    const struct workspace_record *r = &w->record;

    if (!strncasecmp(word, "state:", 6))
        return !strncasecmp(workspace_state_name(r->state), word + 6, strlen(word + 6));
    if (!strncasecmp(word, "label:", 6))
        return label_matches(w, word + 6);
    return (r->name && strcasestr(r->name, word)) || strcasestr(r->id, word) ||
           (r->environment && strcasestr(r->environment, word)) || label_matches(w, word);
}

bool order_matches(const struct watched_workspace *w, const char *filter)
{
    scoped_free char *words = strdup(filter);
    char *at = NULL;

    BUG_ON(!words);
    for (char *word = strtok_r(words, " ", &at); word; word = strtok_r(NULL, " ", &at))
        if (!word_matches(w, word))
            return false;
    return true;
}

/* ---- the order ---- */

double order_activity(const struct watched_workspace *w)
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

struct keyed {
    struct watched_workspace *w;
    double key; /* the larger, the higher up */
    enum order order;
};

static double key_of(const struct model *m, const struct watched_workspace *w, enum order order)
{
    const struct figures *f = model_figures(m, w);

    switch (order) {
    case ORDER_ACTIVITY:
        return (double)(int64_t)(order_activity(w) / ACTIVITY_STEP);
    case ORDER_STATE:
        /* Started first, then what needs a look, then what rests. */
        return w->record.state == WORKSPACE_STARTED   ? 3
               : w->record.state == WORKSPACE_CREATED ? 2
               : w->record.state == WORKSPACE_FAILED  ? 1
                                                      : 0;
    case ORDER_CPU:
        return f ? (double)(int64_t)(f->cpu * 100) : -1;
    case ORDER_MEMORY:
        return f ? (double)f->memory_bytes : -1;
    case ORDER_DISK:
        return f ? (double)f->disk_bytes : -1;
    case ORDER_AGE:
        return w->record.created_at;
    default:
        return 0;
    }
}

static int order_compare(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;
    int names;

    if (x->key != y->key)
        return x->key > y->key ? -1 : 1;
    if (x->order != ORDER_NAME && x->w->record.created_at != y->w->record.created_at)
        return x->w->record.created_at > y->w->record.created_at ? -1 : 1;
    names = strcasecmp(model_name(x->w), model_name(y->w));
    return names ? names : strcmp(x->w->record.id, y->w->record.id);
}

void order_sort(const struct model *m, struct watched_workspace **rows, size_t count,
                enum order order)
{
    scoped_free struct keyed *keyed = calloc(count ? count : 1, sizeof(*keyed));

    BUG_ON(!keyed);
    for (size_t i = 0; i < count; i++)
        keyed[i] = (struct keyed){ rows[i], key_of(m, rows[i], order), order };
    qsort(keyed, count, sizeof(*keyed), order_compare);
    for (size_t i = 0; i < count; i++)
        rows[i] = keyed[i].w;
}
