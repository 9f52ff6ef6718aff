/* tui/details_list.c: shells and services of one workspace. */
#include "tui/details_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/service/service_watch.h"
#include "tui/app.h"
#include "tui/draw.h"
#include "tui/format.h"
#include "tui/last_line.h"
#include "tui/service_row.h"

#define NAME_COLS 16

static void details_list_on_service(void *arg)
{
    details_list_stale(arg);
}

void details_list_init(struct details_list *l, struct app *app)
{
    struct pyro_error err = { 0 };

    memset(l, 0, sizeof(*l));
    l->app = app;
    l->services = json_array();
    l->watch = file_watch_new(app->loop, details_list_on_service, l, &err);
    if (!l->watch)
        app_error(app, &err);
}

void details_list_release(struct details_list *l)
{
    file_watch_free(l->watch);
    json_decref(l->services);
}

void details_list_stale(struct details_list *l)
{
    l->stale = true;
    app_damage_soon(l->app);
}

/* ---- entries ---- */

/* The shell of an entry; NULL when it is a service. */
static const struct watched_shell *shell_at(const struct watched_workspace *w, int entry)
{
    return entry >= 0 && (size_t)entry < w->shell_count ? &w->shells[w->shell_count - 1 - entry]
                                                        : NULL;
}

static const json_t *service_at(const struct details_list *l, int entry)
{
    return json_array_get(l->services, (size_t)entry - l->shell_count);
}

static void name_entry(const struct details_list *l, const struct watched_workspace *w, int entry,
                       char *ret, size_t size)
{
    const struct watched_shell *shell = shell_at(w, entry);

    if (shell)
        snprintf(ret, size, "s %s", shell->record.id);
    else
        snprintf(ret, size, "v %s", service_row_name(service_at(l, entry)));
}

static bool is_heading(const struct details_list *l, int line)
{
    int shells = (int)l->shell_count;

    return line == 0 || (shells && line == shells + 1);
}

static int line_of(const struct details_list *l, int entry)
{
    int shells = (int)l->shell_count;

    return entry + 1 + (shells && entry >= shells);
}

static int entry_of(const struct details_list *l, int line)
{
    int shells = (int)l->shell_count;

    return line - 1 - (shells && line > shells);
}

int details_list_rows(const struct details_list *l)
{
    return (l->shell_count ? (int)l->shell_count + 1 : 0) +
           (json_array_size(l->services) ? (int)json_array_size(l->services) + 1 : 0);
}

static void read_services(struct details_list *l, const struct watched_workspace *w)
{
    struct pyro_error err = { 0 };

    l->stale = false;
    json_array_clear(l->services);
    if (l->watch)
        service_watch_add(l->watch, w->path);
    if (!service_row_read(w, l->services, &err))
        app_error(l->app, &err);
}

void details_list_look(struct details_list *l, const struct watched_workspace *w)
{
    bool other = strcmp(l->workspace_id, w->record.id) != 0;
    char name[sizeof(l->at)];
    int count;

    if (other || l->stale)
        read_services(l, w);
    memcpy(l->workspace_id, w->record.id, sizeof(l->workspace_id));
    l->shell_count = w->shell_count;
    count = (int)(w->shell_count + json_array_size(l->services));
    if (other)
        l->entries.selected = l->lines.first = 0;
    /* The cursor stays with what it is on, or where that was. */
    for (int i = 0; !other && i < count; i++) {
        name_entry(l, w, i, name, sizeof(name));
        if (!strcmp(name, l->at))
            l->entries.selected = i;
    }
    list_fit(&l->entries, count, l->lines.rows);
    *l->at = '\0';
    if (count)
        name_entry(l, w, l->entries.selected, l->at, sizeof(l->at));
}

const struct watched_shell *details_list_shell(const struct details_list *l,
                                               const struct watched_workspace *w)
{
    return *l->at == 's' ? watched_shell_find(w, l->at + 2) : NULL;
}

const json_t *details_list_service(const struct details_list *l)
{
    return *l->at == 'v' ? service_at(l, l->entries.selected) : NULL;
}

/* ---- drawing ---- */

static void draw_shell(struct details_list *l, WINDOW *win, const struct watched_workspace *w,
                       const struct watched_shell *s, int row, struct style base)
{
    const char *program = format_program(s->record.foreground);
    char text[160];
    int used;

    if (!s->record.running && s->record.exit_code >= 0)
        snprintf(text, sizeof(text), "%s ended, %d", s->record.id, s->record.exit_code);
    else if (!s->record.running)
        snprintf(text, sizeof(text), "%s ended", s->record.id);
    else
        snprintf(text, sizeof(text), "%s %s%s", s->record.id,
                 shell_attention_state(&s->record) == ATTENTION_ASKS ? "asks " : "",
                 *program              ? program
                 : s->record.at_prompt ? "prompt"
                                       : "");
    used =
        draw_text(win, row, l->left, l->width / 2,
                  style_on(theme_style(s->record.running ? ROLE_ACCENT : ROLE_IDLE), base), text);
    draw_text(win, row, l->left + used + 1, l->width - used - 1,
              style_on(theme_style(ROLE_DIM), base), last_line(w, s));
}

static void draw_service(const struct details_list *l, WINDOW *win, const json_t *service, int row,
                         struct style base)
{
    char state[64], ports[128];
    enum role role = service_row_state(service, state, sizeof(state));
    bool live = service_row_is_live(service);
    int used = draw_text(win, row, l->left, NAME_COLS,
                         style_on(theme_style(live ? ROLE_ACCENT : ROLE_IDLE), base),
                         service_row_name(service)) +
               1;

    service_row_ports(service, ports, sizeof(ports));
    used += draw_text(win, row, l->left + used, l->width - used, style_on(theme_style(role), base),
                      state) +
            1;
    draw_text(win, row, l->left + used, l->width - used, style_on(theme_style(ROLE_DIM), base),
              ports);
}

void details_list_draw(struct details_list *l, WINDOW *win, struct area a,
                       const struct watched_workspace *w, bool focused)
{
    int total = details_list_rows(l);

    l->top = a.top, l->left = a.left, l->width = a.cols;
    l->lines.selected = l->entries.selected ? line_of(l, l->entries.selected) : 0;
    list_fit(&l->lines, total, a.rows);
    for (int i = 0; i < a.rows && l->lines.first + i < total; i++) {
        int line = l->lines.first + i, entry = entry_of(l, line);
        bool selected = focused && entry == l->entries.selected && !is_heading(l, line);
        struct style base = theme_style(selected ? ROLE_SELECTED : ROLE_TEXT);

        if (is_heading(l, line) && i + 1 == a.rows) /* nothing would follow it */
            continue;
        if (is_heading(l, line)) {
            draw_text(win, a.top + i, a.left, a.cols, theme_style(ROLE_HEADER),
                      line || !l->shell_count ? "Services" : "Shells");
            continue;
        }
        if (selected)
            draw_fill(win, a.top + i, a.left, a.cols, base);
        if (shell_at(w, entry))
            draw_shell(l, win, w, shell_at(w, entry), a.top + i, base);
        else
            draw_service(l, win, service_at(l, entry), a.top + i, base);
    }
}

/* ---- moving ---- */

/* The name is found again when it is drawn; what moves away from an entry forgets it. */
static void moved_to(struct details_list *l, int entry, const struct watched_workspace *w)
{
    list_select(&l->entries, entry);
    if (l->entries.count)
        name_entry(l, w, l->entries.selected, l->at, sizeof(l->at));
}

void details_list_step(struct details_list *l, enum list_step step)
{
    const struct watched_workspace *w = model_find(l->app->model, l->workspace_id);

    if (!w)
        return;
    list_step(&l->entries, step);
    moved_to(l, l->entries.selected, w);
}

enum list_hit details_list_mouse(struct details_list *l, const struct key_event *e)
{
    const struct watched_workspace *w = model_find(l->app->model, l->workspace_id);
    struct list lines = l->lines;
    enum list_hit hit = w ? list_mouse(&lines, e, l->top) : LIST_MISSED;

    if (hit == LIST_MOVED)
        moved_to(l, l->entries.selected + (e->mouse == MOUSE_WHEEL_UP ? -1 : 1), w);
    else if (hit != LIST_MISSED && is_heading(l, lines.selected))
        return LIST_MISSED;
    else if (hit != LIST_MISSED)
        moved_to(l, entry_of(l, lines.selected), w);
    return hit;
}
