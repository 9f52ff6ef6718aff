/* tui/details.c: facts, shells, commands and the last error of a workspace. */
#include "tui/details.h"

#include <stdio.h>
#include <string.h>

#include "tui/diff_view.h"
#include "tui/files.h"
#include "tui/format.h"
#include "tui/service_actions.h"
#include "tui/service_log.h"
#include "tui/service_row.h"
#include "tui/shell_actions.h"
#include "tui/table.h"
#include "tui/workspace_actions.h"

#define LABEL_COLS 13
#define GRAPH_ROWS 2
#define STATUS_COLS 8 /* of a command: "exit 255" */
#define TROUBLE_ROWS 3
#define COMMAND_ROWS 5 /* kept free for the last commands, where there is room */
#define FACTS_TOO 12   /* in one column: with fewer rows only the lists */
#define TWO_COLUMNS 70 /* as wide as this it has facts beside shells and commands */

struct place {
    WINDOW *win;
    int row, end, col, width;
};

/* ---- lines ---- */

static void fact(struct place *p, const char *label, enum role role, const char *text)
{
    if (p->row >= p->end || !text || !*text)
        return;
    draw_text(p->win, p->row, p->col, LABEL_COLS - 1, theme_style(ROLE_LABEL), label);
    draw_text(p->win, p->row, p->col + LABEL_COLS, p->width - LABEL_COLS, theme_style(role), text);
    p->row++;
}

static void trouble(struct place *p, const char *text)
{
    int rows = p->end - p->row < TROUBLE_ROWS ? p->end - p->row : TROUBLE_ROWS;

    if (rows > 0)
        p->row += draw_wrapped(p->win, (struct area){ p->row, p->col, rows, p->width },
                               theme_style(ROLE_BAD), text);
}

static void heading(struct place *p, const char *text)
{
    if (p->row + 1 >= p->end)
        return;
    draw_text(p->win, p->row++, p->col, p->width, theme_style(ROLE_HEADER), text);
}

/* As the list has it, and the machine's when that is another word. */
static void state(struct place *p, const struct watched_workspace *w)
{
    enum role role;
    const char *word = table_state_word(w, &role), *machine = workspace_state_name(w->record.state);
    char text[64];

    snprintf(text, sizeof(text), "%s (%s)", word, machine);
    fact(p, "state", role, strcmp(word, machine) != 0 ? text : word);
}

static void accelerator(struct place *p, const struct workspace_record *r)
{
    if (r->host_compat)
        fact(p, "runs on", ROLE_WARN, "this host, no machine");
    else if (r->accelerator && !strcmp(r->accelerator, "tcg"))
        fact(p, "accelerator", ROLE_WARN, "emulated (tcg)");
    else
        fact(p, "accelerator", ROLE_GOOD, r->accelerator);
}

/* Their names. */
static void secrets(struct place *p, const json_t *list)
{
    char text[256] = "";
    size_t used = 0;

    for (size_t i = 0; i < json_array_size(list) && used + 1 < sizeof(text); i++) {
        int n = snprintf(text + used, sizeof(text) - used, "%s%s", i ? ", " : "",
                         json_string_or(json_array_get(list, i), "name", ""));
        used += n > 0 ? (size_t)n : 0;
    }
    fact(p, "secrets", ROLE_TEXT, text);
}

static void pairs(struct place *p, const char *label, const json_t *object)
{
    char text[256];
    const char *key;
    json_t *value;

    json_object_foreach ((json_t *)(uintptr_t)object, key, value) {
        snprintf(text, sizeof(text), "%s=%s", key, json_string_value(value));
        fact(p, label, ROLE_DIM, text);
    }
}

/* How busy it has been, a column for a second. */
static void graph(struct place *p, const char *label, const uint8_t *samples, int count)
{
    char text[4 * MODEL_SAMPLES + 1];

    draw_text(p->win, p->row, p->col, LABEL_COLS - 1, theme_style(ROLE_LABEL), label);
    for (int level = GRAPH_ROWS; level-- > 0; p->row++) {
        format_bars(text, sizeof(text), samples, count,
                    (struct bars_place){ MODEL_SAMPLES, GRAPH_ROWS, level });
        draw_text(p->win, p->row, p->col + LABEL_COLS, p->width - LABEL_COLS,
                  theme_style(ROLE_GOOD), text);
    }
}

static void details_facts(struct place *p, const struct model *m, const struct watched_workspace *w,
                          double now)
{
    const struct workspace_record *r = &w->record;
    const struct figures *f = model_figures(m, w);
    struct short_text a, b, c;
    char text[256];

    if (f && f->stopped_pid) {
        snprintf(text, sizeof(text),
                 "Its supervisor was stopped by a signal and does not answer: kill -CONT %d",
                 (int)f->stopped_pid);
        trouble(p, text);
    }
    if (r->last_error)
        trouble(p, r->last_error);
    state(p, w);
    if (r->paused_reason)
        fact(p, "paused", ROLE_BAD, "no room on the host's disk");
    if (r->stop_reason)
        fact(p, "stopped", ROLE_WARN, STOPPED_EXPIRED_TEXT);
    accelerator(p, r);
    if (r->network_error)
        fact(p, "network down", ROLE_BAD, r->network_error);
    else
        fact(p, "network", ROLE_TEXT, network_policy_names[r->network_policy]);
    fact(p, "id", ROLE_TEXT, r->id);
    fact(p, "environment", ROLE_TEXT, r->environment);
    if (!r->host_compat && !r->broken) {
        snprintf(text, sizeof(text), "%lld CPU, %s memory", (long long)r->vcpu_count,
                 format_size(&a, (uint64_t)r->mem_mib << 20));
        fact(p, "machine", ROLE_TEXT, text);
    }
    if (f && r->state == WORKSPACE_STARTED)
        snprintf(text, sizeof(text), "%s%s%s mem, %s disk", format_cpu(&a, f->cpu),
                 f->cpu >= 0 ? " CPU, " : "", format_size(&b, f->memory_bytes),
                 format_size(&c, f->disk_bytes));
    else
        snprintf(text, sizeof(text), "%s disk", f ? format_size(&c, f->disk_bytes) : "");
    fact(p, "uses", ROLE_TEXT, f ? text : "");
    snprintf(text, sizeof(text), "%s ago", format_age(&a, r->created_at, now));
    fact(p, "created", ROLE_TEXT, r->created_at > 0 ? text : "");
    if (r->expires_at > 0 && r->expires_at > now) {
        snprintf(text, sizeof(text), "in %s", format_age(&a, now, r->expires_at));
        fact(p, "stops", ROLE_WARN, text);
    }
    if (r->suspend_after_idle) {
        snprintf(text, sizeof(text), "after %s without use",
                 format_age(&a, 0, (double)r->suspend_after_idle));
        fact(p, "suspends", ROLE_TEXT, text);
    }
    if (r->state == WORKSPACE_STARTED && p->end - p->row > GRAPH_ROWS + 6) {
        graph(p, "CPU", model_samples(w)->cpu, model_samples(w)->count);
        graph(p, "memory", model_samples(w)->memory, model_samples(w)->count);
    }
    secrets(p, r->secrets);
    pairs(p, "variable", r->env);
    pairs(p, "label", r->labels);
}

static void command_line(struct place *p, const json_t *command)
{
    const json_t *code = json_object_get(command, "exit_code"),
                 *words = json_object_get(command, "command");
    bool running = json_is_true(json_object_get(command, "running"));
    char text[512] = "", status[32] = "";
    enum role role = running ? ROLE_WARN : ROLE_DIM;
    size_t used = 0;

    if (running) {
        snprintf(status, sizeof(status), "runs");
    } else if (json_is_integer(code)) {
        bool ok = json_integer_value(code) == 0;
        snprintf(status, sizeof(status), ok ? "ok" : "exit %lld",
                 (long long)json_integer_value(code));
        role = ok ? ROLE_GOOD : ROLE_BAD;
    }
    for (size_t i = 0; i < json_array_size(words) && used + 1 < sizeof(text); i++) {
        int n = snprintf(text + used, sizeof(text) - used, "%s%s", i ? " " : "",
                         json_string_value(json_array_get(words, i)));
        used += n > 0 ? (size_t)n : 0;
    }
    draw_text(p->win, p->row, p->col, STATUS_COLS, theme_style(role), status);
    draw_text(p->win, p->row++, p->col + STATUS_COLS + 1, p->width - STATUS_COLS - 1,
              theme_style(ROLE_TEXT), text);
}

static void commands(struct place *p, struct watched_workspace *w)
{
    const json_t *list = model_commands(w);

    if (!json_array_size(list))
        return;
    heading(p, "Commands, newest first");
    for (size_t i = 0; i < json_array_size(list) && p->row < p->end; i++)
        command_line(p, json_array_get(list, i));
}

/* Shells and services, and below them the last commands. */
static void draw_lists(struct details *d, struct place *p, struct watched_workspace *w, bool apart)
{
    int room = p->end - p->row, rows = details_list_rows(&d->list);
    int kept = (int)json_array_size(model_commands(w));

    /* With its heading; but no more than half of the place, nor many. */
    kept = !kept ? 0 : kept + 1 < COMMAND_ROWS ? kept + 1 : COMMAND_ROWS;
    if (kept > room / 2)
        kept = room / 2;
    if (rows > room - kept)
        rows = room - kept;
    details_list_draw(&d->list, p->win, (struct area){ p->row, p->col, rows, p->width }, w,
                      d->focused);
    p->row += rows + (rows && apart);
    commands(p, w);
}

/* ---- tabs ---- */

static const struct {
    const char *title;
    const char *const words[8]; /* of the command whose output it is */
    details_text_draw_fn *draw;
} tabs[TAB_COUNT] = {
    [TAB_PREVIEW] = { "preview", { NULL }, NULL },
    [TAB_FACTS] = { "facts", { NULL }, NULL },
    [TAB_CHANGES] = { "changes", { "workspace", "diff", "--stat", "ID", NULL }, diff_view_draw },
    [TAB_LOG] = { "log", { "workspace", "logs", "ID", NULL }, NULL },
    [TAB_FILES] = { "files", { "workspace", "file", "list", "ID", NULL }, files_draw_list },
};

/* The tab that is shown: without a running shell there is nothing to preview. */
static enum details_tab tab_of(const struct details *d, const struct watched_workspace *w)
{
    return d->focused || (d->tab == TAB_PREVIEW && !model_asking_shell(w)) ? TAB_FACTS : d->tab;
}

void details_turn(struct details *d, int by)
{
    d->tab = (enum details_tab)(((int)d->tab + by + TAB_COUNT) % TAB_COUNT);
}

void details_pause(struct details *d)
{
    preview_close(&d->preview);
    details_text_close(&d->text);
}

/* Into the upper line of the frame, at its right, where there is room beside the name. */
static void draw_tabs(struct details *d, WINDOW *win, struct area a, const char *name,
                      enum details_tab shown)
{
    int width = 0, col;

    memset(d->tabs, 0, sizeof(d->tabs));

    for (int i = 0; i < TAB_COUNT; i++)
        width += draw_width(tabs[i].title) + 1;
    col = a.left + a.cols - width - 3;
    if (col < a.left + draw_width(name) + 5)
        return;
    draw_text(win, a.top, col++, 1, theme_style(ROLE_BORDER), " ");
    for (int i = 0; i < TAB_COUNT; i++) {
        struct style style = theme_style(i == (int)shown ? ROLE_ACCENT : ROLE_DIM);
        if (i == (int)shown)
            style.attrs |= A_UNDERLINE;
        d->tabs[i].from = col;
        col += draw_text(win, a.top, col, a.cols, style, tabs[i].title);
        d->tabs[i].to = col;
        draw_text(win, a.top, col++, 1, theme_style(ROLE_BORDER), " ");
    }
}

/* Into the lower line of the frame: what failed or finished in it. */
static void draw_news(WINDOW *win, struct area a, const struct watched_workspace *w)
{
    enum attention_state state = model_attention(w);
    struct style style = theme_style(state == ATTENTION_FAILED ? ROLE_BAD : ROLE_GOOD);
    scoped_free char *text = NULL;
    int row = a.top + a.rows - 1, col = a.left + 2;

    if (state != ATTENTION_FAILED && state != ATTENTION_FINISHED)
        return;
    text = attention_text(record_attention(&w->record));
    draw_text(win, row, col, 1, style, " ");
    col += 1 + draw_text(win, row, col + 1, a.cols - 6, style, text);
    draw_text(win, row, col, 1, style, " ");
}

static void draw_facts(struct details *d, WINDOW *win, struct area a, struct watched_workspace *w,
                       double now)
{
    struct place p = { win, a.top + 1, a.top + a.rows - 1, a.left + 2, a.cols - 4 }, right = p;
    bool beside = a.cols >= TWO_COLUMNS;

    if (beside) {
        p.width = a.cols / 2 - 3;
        right.col = a.left + a.cols / 2;
        right.width = a.cols - a.cols / 2 - 2;
    } else if (a.rows < FACTS_TOO && details_list_rows(&d->list)) {
        p.end = p.row;
    }
    details_facts(&p, d->list.app->model, w, now);
    if (!beside)
        right.row = p.row + (p.row > a.top + 1);
    draw_lists(d, &right, w, !beside);
}

void details_draw(struct details *d, WINDOW *win, struct area a, struct watched_workspace *w,
                  double now)
{
    struct area inner = { a.top + 1, a.left + 2, a.rows - 2, a.cols - 4 };
    const struct watched_shell *shell = model_asking_shell(w);
    enum details_tab tab = tab_of(d, w);

    d->area = a;
    details_list_look(&d->list, w);
    draw_box(win, a, theme_style(d->focused ? ROLE_BORDER_FOCUS : ROLE_BORDER), model_name(w));
    if (!d->focused)
        draw_text(win, a.top, a.left + 2, a.cols - 5, theme_style(ROLE_HEADER), model_name(w));
    draw_tabs(d, win, a, model_name(w), tab);
    draw_news(win, a, w);
    if (tab != TAB_PREVIEW)
        preview_close(&d->preview);
    if (tab <= TAB_FACTS)
        details_text_close(&d->text);
    if (tab == TAB_PREVIEW)
        preview_draw(&d->preview, win, &inner, w, shell);
    else if (tab == TAB_FACTS)
        draw_facts(d, win, a, w, now);
    else
        details_text_draw(&d->text, win, &inner, w, tabs[tab].words, tabs[tab].draw);
}

/* ---- what is done ---- */

void details_init(struct details *d, struct app *app)
{
    details_list_init(&d->list, app);
    d->log = service_log_new(app);
    preview_init(&d->preview, app);
    details_text_init(&d->text, app);
    d->tab = TAB_PREVIEW;
    d->focused = false;
    d->area.rows = 0;
}

void details_release(struct details *d)
{
    details_pause(d);
    details_list_release(&d->list);
    service_log_free(d->log);
}

bool details_hit(const struct details *d, const struct key_event *e)
{
    return e->row >= d->area.top && e->row < d->area.top + d->area.rows && e->col >= d->area.left &&
           e->col < d->area.left + d->area.cols;
}

bool details_click_tab(struct details *d, const struct key_event *e)
{
    if (e->mouse != MOUSE_PRESS || e->button != 1 || e->row != d->area.top)
        return false;
    for (int i = 0; i < TAB_COUNT; i++)
        if (e->col >= d->tabs[i].from && e->col < d->tabs[i].to) {
            d->tab = (enum details_tab)i;
            d->focused = false; /* with the focus it has one only */
            return true;
        }
    return false;
}

bool details_can_open(const struct details *d, const struct watched_workspace *w)
{
    return details_list_shell(&d->list, w) || details_list_service(&d->list);
}

void details_open(struct details *d, const struct watched_workspace *w)
{
    const struct watched_shell *shell = details_list_shell(&d->list, w);
    const json_t *service = details_list_service(&d->list);

    if (shell)
        workspace_watch_shell(d->list.app, w->record.id, shell->record.id);
    else if (service)
        service_log_open(d->log, w->record.id, w->path, service_row_name(service));
}

bool details_can_end(const struct details *d, const struct watched_workspace *w)
{
    const struct watched_shell *shell = details_list_shell(&d->list, w);
    const json_t *service = details_list_service(&d->list);

    return shell ? shell->record.running : service && service_row_is_live(service);
}

void details_end(struct details *d, const struct watched_workspace *w)
{
    const struct watched_shell *shell = details_list_shell(&d->list, w);
    const json_t *service = details_list_service(&d->list);

    if (shell)
        shell_ask_close(d->list.app, w->record.id, shell->record.id, shell->record.foreground);
    else if (service)
        service_ask_stop(d->list.app, service);
}
