/* tui/model.c: the engine's watch and figures, and what the interface adds to a workspace. */
#include "tui/model.h"

#include <stdlib.h>
#include <string.h>

#include "tui/app.h"
#include "tui/format.h"
#include "tui/job.h"
#include "vmm/base/array.h"
#include "vmm/base/fs.h"

#define GONE_MAX 1000
#define SAMPLE_MS 900 /* figures come once a second */

struct model {
    struct app *app;
    struct workspace_watch *watch;
    struct workspace_figures *figures;
    struct watched_workspace **items;
    size_t count, room;
    struct model_listener *listeners;
    json_t *gone; /* {ID: NAME} of those that were deleted */
};

/* Attached to a watched workspace. */
struct extra {
    const struct model *model;
    bool marked, commands_stale;
    json_t *commands;
    struct shell_note *notes;
    struct samples samples;
};

static void extra_free(struct extra *extra)
{
    while (extra->notes) {
        struct shell_note *note = extra->notes;
        extra->notes = note->next;
        free(note);
    }
    json_decref(extra->commands);
    free(extra);
}

static void tell(struct model *m, struct watched_workspace *w, unsigned change, bool going)
{
    for (struct model_listener *l = m->listeners, *next; l; l = next) {
        next = l->next;
        l->changed(l->arg, w, change, going);
    }
    if (going || (change & (WATCH_SHELLS | WATCH_RECORD)))
        app_check_top(m->app);
}

static bool model_is_gone(const struct screen *s)
{
    const char *at = s->about ? s->about : "";

    for (size_t n; (n = strcspn(at, " ")); at += n + (at[n] == ' ')) {
        scoped_free char *id = strndup(at, n);
        struct watched_workspace *w = id ? model_find(s->app->model, id) : NULL;
        const struct watched_shell *shell =
            w && s->about_shell ? watched_shell_find(w, s->about_shell) : NULL;
        if (w && (!s->about_shell || (shell && shell->record.running)))
            return false;
    }
    return s->about != NULL;
}

/* When the latest came of what is to be known of a source, epoch seconds; 0: nothing is. */
static double since_of(const struct watched_workspace *w, const char *source)
{
    double since = json_number_or(json_object_get(w->record.news, source), "since", 0);

    for (size_t i = 0; i < w->shell_count; i++) {
        const struct shell_record *r = &w->shells[i].record;
        if (model_has_notice(r) && news_source_covers(source, NEWS_SHELL, r->id) &&
            r->notice_at > since)
            since = r->notice_at;
    }
    return since;
}

/* What ends, or wants to be noticed, before the operator's eyes is known. */
static void model_look(struct screen *s)
{
    struct model *m = s->app->model;
    const struct watched_workspace *w = model_find(m, s->views_workspace);
    double since = w ? since_of(w, s->views) : 0;

    if (since <= 0 || (since >= s->looked_at && since <= s->looked_at)) /* that is on its way */
        return;
    s->looked_at = since;
    model_acknowledge(w, s->views);
}

static void model_on_added(void *arg, struct watched_workspace *w)
{
    struct model *m = arg;
    struct extra *extra = calloc(1, sizeof(*extra));

    m->items = array_grown(m->items, sizeof(*m->items), m->count, &m->room);
    BUG_ON(!extra || !m->items);
    extra->model = m;
    extra->commands_stale = true;
    w->data = extra;
    m->items[m->count++] = w;
    tell(m, w, 0, false);
}

static void model_on_changed(void *arg, struct watched_workspace *w, unsigned change)
{
    struct extra *extra = w->data;

    if (change & WATCH_COMMANDS)
        extra->commands_stale = true;
    tell(arg, w, change, false);
}

static void model_on_removed(void *arg, struct watched_workspace *w)
{
    struct model *m = arg;
    struct extra *extra = w->data;

    for (size_t i = 0; i < m->count; i++)
        if (m->items[i] == w) {
            memmove(m->items + i, m->items + i + 1, (m->count - i - 1) * sizeof(*m->items));
            m->count--;
            break;
        }
    if (json_object_size(m->gone) >= GONE_MAX)
        json_object_clear(m->gone);
    json_object_set_new(m->gone, w->record.id, json_string(model_name(w)));
    tell(m, w, 0, true);
    extra_free(extra);
    w->data = NULL;
}

static void model_on_trouble(void *arg, const struct pyro_error *why)
{
    struct model *m = arg;

    app_error(m->app, why);
}

static uint8_t percent(double part, double whole)
{
    double share = whole > 0 && part > 0 ? 100 * part / whole : 0;

    return share < 100 ? (uint8_t)share : 100;
}

static void take_sample(const struct model *m, struct watched_workspace *w, int64_t now_ms)
{
    struct samples *s = &((struct extra *)w->data)->samples;
    const struct figures *f = w->record.state == WORKSPACE_STARTED ? model_figures(m, w) : NULL;

    /* A look at others came in between, or the share of a processor takes another one. */
    if (!f || f->cpu < 0 || now_ms - s->taken_ms < SAMPLE_MS)
        return;
    s->taken_ms = now_ms;
    if (s->count == MODEL_SAMPLES) {
        memmove(s->cpu, s->cpu + 1, MODEL_SAMPLES - 1);
        memmove(s->memory, s->memory + 1, MODEL_SAMPLES - 1);
        s->count--;
    }
    s->cpu[s->count] = percent(f->cpu, (double)w->record.vcpu_count);
    s->memory[s->count++] =
        percent((double)f->memory_bytes, (double)w->record.mem_mib * 1024 * 1024);
}

static void model_on_figures(void *arg)
{
    struct model *m = arg;
    int64_t now_ms = clock_ms();

    for (size_t i = 0; i < m->count; i++)
        take_sample(m, m->items[i], now_ms);

    app_damage(m->app);
}

struct model *model_new(struct app *app, struct pyro_error *err)
{
    static const struct workspace_watch_ops ops = { .added = model_on_added,
                                                    .changed = model_on_changed,
                                                    .removed = model_on_removed,
                                                    .trouble = model_on_trouble,
                                                    .in_brief = true,
                                                    .recovery_program = "/proc/self/exe" };
    struct model *m = calloc(1, sizeof(*m));

    BUG_ON(!m);
    m->app = app;
    m->gone = json_object();
    app->is_gone = model_is_gone;
    app->look = model_look;
    m->figures = workspace_figures_new(app->loop, model_on_figures, m);
    m->watch = workspace_watch_new(app->loop, &ops, m, err);
    if (!m->watch) {
        model_free(m);
        return NULL;
    }
    return m;
}

void model_free(struct model *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->count; i++)
        extra_free(m->items[i]->data);
    workspace_figures_free(m->figures);
    if (m->watch)
        workspace_watch_free(m->watch);
    json_decref(m->gone);
    free(m->items);
    free(m);
}

void model_listen(struct model *m, struct model_listener *l)
{
    l->next = m->listeners;
    m->listeners = l;
}

void model_unlisten(struct model *m, struct model_listener *l)
{
    list_remove(&m->listeners, l);
}

size_t model_count(const struct model *m)
{
    return m->count;
}

struct watched_workspace *model_at(const struct model *m, size_t i)
{
    return m->items[i];
}

struct watched_workspace *model_find(const struct model *m, const char *id)
{
    return workspace_watch_find(m->watch, id);
}

void model_show_figures(struct model *m, struct watched_workspace *const *shown, size_t count)
{
    workspace_figures_show(m->figures, shown, count);
}

const struct figures *model_figures(const struct model *m, const struct watched_workspace *w)
{
    return workspace_figures_of(m->figures, w->record.id);
}

const struct samples *model_samples(const struct watched_workspace *w)
{
    return &((const struct extra *)w->data)->samples;
}

bool model_is_marked(const struct watched_workspace *w)
{
    return ((const struct extra *)w->data)->marked;
}

void model_mark(struct watched_workspace *w, bool marked)
{
    ((struct extra *)w->data)->marked = marked;
}

size_t model_marked_count(const struct model *m)
{
    size_t count = 0;

    for (size_t i = 0; i < m->count; i++)
        count += model_is_marked(m->items[i]);
    return count;
}

const json_t *model_commands(struct watched_workspace *w)
{
    struct extra *extra = w->data;

    if (extra->commands_stale) {
        json_decref(extra->commands);
        extra->commands = workspace_watch_commands(w, MODEL_COMMANDS);
        extra->commands_stale = false;
    }
    return extra->commands;
}

const json_t *model_failed_command(const struct watched_workspace *w)
{
    static const char *const slots[] = { NEWS_DETACHED, NEWS_EXEC };

    for (size_t i = 0; i < ARRAY_SIZE(slots); i++) {
        const json_t *ended = json_object_get(w->record.news, slots[i]);
        if (attention_state_of(ended) == ATTENTION_FAILED)
            return ended;
    }
    return NULL;
}

static const json_t *news_of_one(const struct watched_workspace *w, const char *kind,
                                 const char *id)
{
    char slot[NEWS_SLOT_MAX];

    return json_object_get(w->record.news, news_slot(kind, id, slot));
}

void model_acknowledge(const struct watched_workspace *w, const char *source)
{
    const struct extra *extra = w->data;
    const char *const argv[] = {
        "workspace", "update", w->record.id, "--acknowledge", source, NULL
    };
    scoped_free char *what = str_printf("acknowledge %s of %s", source, model_name(w));

    job_start(extra->model->app, what, argv, false, NULL, NULL);
}

void model_acknowledge_one(const struct watched_workspace *w, const char *kind, const char *id)
{
    char source[NEWS_SLOT_MAX];

    if (w && news_of_one(w, kind, id))
        model_acknowledge(w, news_slot(kind, id, source));
}

struct shell_note *model_shell_note(struct watched_workspace *w, const struct shell_record *r,
                                    bool *ret_new)
{
    struct extra *extra = w->data;
    struct shell_note *note = extra->notes;

    while (note && strcmp(note->id, r->id) != 0)
        note = note->next;
    *ret_new = !note || note->started_at != r->started_at;
    if (!note) {
        note = calloc(1, sizeof(*note));
        BUG_ON(!note);
        note->next = extra->notes;
        extra->notes = note;
    }
    if (*ret_new) {
        *note = (struct shell_note){ .next = note->next, .started_at = r->started_at };
        memcpy(note->id, r->id, sizeof(note->id));
    }
    return note;
}

bool model_shell_failed(const struct watched_workspace *w, const struct shell_record *r)
{
    return !r->running && attention_state_of(news_of_one(w, NEWS_SHELL, r->id)) == ATTENTION_FAILED;
}

bool model_has_notice(const struct shell_record *r)
{
    return r->running && r->notice;
}

const struct shell_record *model_notice(const struct watched_workspace *w)
{
    const struct shell_record *newest = NULL;

    for (size_t i = 0; i < w->shell_count; i++) {
        const struct shell_record *r = &w->shells[i].record;
        if (model_has_notice(r) && (!newest || r->notice_at > newest->notice_at))
            newest = r;
    }
    return newest;
}

enum attention_state model_attention(const struct watched_workspace *w)
{
    return attention_state_of(record_attention(&w->record));
}

size_t model_asking_count(const struct model *m)
{
    size_t count = 0;

    for (size_t i = 0; i < model_count(m); i++)
        count += model_attention(model_at(m, i)) == ATTENTION_ASKS;
    return count;
}

const char *model_change(const struct watched_workspace *w)
{
    const char *own = job_on_workspace(w->record.id, w->record.name);

    return own ? own : w->change;
}

const char *model_name(const struct watched_workspace *w)
{
    return w->record.name ? w->record.name : w->record.id;
}

const char *model_name_of(const struct model *m, const char *id)
{
    const struct watched_workspace *w = model_find(m, id);

    return w ? model_name(w) : json_string_or(m->gone, id, id);
}

size_t model_running_shells(const struct watched_workspace *w)
{
    size_t count = 0;

    for (size_t i = 0; i < w->shell_count; i++)
        count += w->shells[i].record.running;
    return count;
}

const struct watched_shell *model_asking_shell(const struct watched_workspace *w)
{
    for (size_t i = 0; i < w->shell_count; i++)
        if (w->shells[i].record.running &&
            shell_attention_state(&w->shells[i].record) == ATTENTION_ASKS)
            return &w->shells[i];
    return model_latest_shell(w);
}

const struct watched_shell *model_latest_shell(const struct watched_workspace *w)
{
    const struct watched_shell *best = NULL;

    for (size_t i = 0; i < w->shell_count; i++) {
        const struct watched_shell *s = &w->shells[i];
        if (s->record.running &&
            (!best || s->output_ms > best->output_ms ||
             (s->output_ms == best->output_ms && s->record.started_at > best->record.started_at)))
            best = s;
    }
    return best;
}

double model_runs_since(const struct shell_record *r)
{
    return r->doing_since > r->foreground_since ? r->doing_since : r->foreground_since;
}
