/* tui/details.c: facts, shells, commands and the last error of a workspace. */
#include "tui/details.h"

#include <stdio.h>
#include <string.h>

#include "tui/format.h"
#include "tui/table.h"

#define LABEL_COLS 13
#define LINES_KEPT 8
#define TWO_COLUMNS 70 /* as wide as this it has facts beside shells and commands */

struct place {
    WINDOW *win;
    int row, end, col, width;
};

/* ---- the last lines of shells, read anew only when there is more of them ---- */

static const char *last_line(const struct watched_workspace *w, const struct watched_shell *s)
{
    static struct kept {
        char workspace[WORKSPACE_ID_LENGTH + 1], shell[SHELL_ID_MAX + 1], text[256];
        uint64_t size;
    } kept[LINES_KEPT];
    static unsigned next;
    struct kept *k = NULL;

    for (size_t i = 0; i < LINES_KEPT && !k; i++)
        if (!strcmp(kept[i].workspace, w->record.id) && !strcmp(kept[i].shell, s->record.id))
            k = &kept[i];
    if (k && k->size == s->size)
        return k->text;
    if (!k)
        k = &kept[next++ % LINES_KEPT];
    memcpy(k->workspace, w->record.id, sizeof(k->workspace));
    memcpy(k->shell, s->record.id, sizeof(k->shell));
    k->size = s->size;
    watched_shell_last_line(w, s, k->text, sizeof(k->text));
    return k->text;
}

/* ---- lines ---- */

static void fact(struct place *p, const char *label, enum role role, const char *text)
{
    if (p->row >= p->end || !text || !*text)
        return;
    draw_text(p->win, p->row, p->col, LABEL_COLS - 1, theme_style(ROLE_LABEL), label);
    draw_text(p->win, p->row, p->col + LABEL_COLS, p->width - LABEL_COLS, theme_style(role), text);
    p->row++;
}

static void heading(struct place *p, const char *text)
{
    if (p->row + 1 >= p->end)
        return;
    draw_text(p->win, p->row++, p->col, p->width, theme_style(ROLE_HEADER), text);
}

static void accelerator(struct place *p, const struct workspace_record *r)
{
    if (r->host_compat)
        fact(p, "runs on", ROLE_WARN, "this host, not in a machine of its own");
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

static void facts(struct place *p, const struct model *m, const struct watched_workspace *w,
                  double now)
{
    const struct workspace_record *r = &w->record;
    const struct figures *f = model_figures(m, w);
    struct short_text a, b, c;
    char text[256];
    const char *key;
    json_t *value;

    if (r->last_error && p->row < p->end)
        p->row += draw_wrapped(p->win, p->row, p->col, p->width,
                               p->end - p->row < 3 ? p->end - p->row : 3, theme_style(ROLE_BAD),
                               r->last_error);
    fact(p, "state", table_state_role(r->state), workspace_state_name(r->state));
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
        snprintf(text, sizeof(text), "%s%s%s memory, %s disk", format_cpu(&a, f->cpu),
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
    secrets(p, r->secrets);
    if (r->running_service_count) {
        snprintf(text, sizeof(text), "%lld running", (long long)r->running_service_count);
        fact(p, "services", ROLE_TEXT, text);
    }
    json_object_foreach (r->labels, key, value) {
        snprintf(text, sizeof(text), "%s=%s", key, json_string_value(value));
        fact(p, "label", ROLE_DIM, text);
    }
}

static void shells(struct place *p, const struct watched_workspace *w)
{
    if (!w->shell_count)
        return;
    heading(p, "Shells");
    /* The newest first: they are the ones that run. */
    for (size_t i = w->shell_count; i-- > 0 && p->row < p->end;) {
        const struct watched_shell *s = &w->shells[i];
        const char *program = s->record.foreground;
        char text[160];
        int used;
        if (!s->record.running && s->record.exit_code >= 0)
            snprintf(text, sizeof(text), "%s ended, %d", s->record.id, s->record.exit_code);
        else if (!s->record.running)
            snprintf(text, sizeof(text), "%s ended", s->record.id);
        else
            snprintf(text, sizeof(text), "%s %s", s->record.id,
                     program && *program   ? program
                     : s->record.at_prompt ? "prompt"
                                           : "");
        used = draw_text(p->win, p->row, p->col, p->width / 2,
                         theme_style(s->record.running ? ROLE_ACCENT : ROLE_IDLE), text);
        draw_text(p->win, p->row++, p->col + used + 1, p->width - used - 1, theme_style(ROLE_DIM),
                  last_line(w, s));
    }
}

static void command_line(struct place *p, const json_t *command)
{
    const json_t *code = json_object_get(command, "exit_code"),
                 *words = json_object_get(command, "command");
    bool running = json_is_true(json_object_get(command, "running"));
    char text[512] = "", status[32] = "?";
    enum role role = running ? ROLE_WARN : ROLE_DIM;
    size_t used = 0;

    if (running)
        snprintf(status, sizeof(status), "…");
    if (json_is_integer(code)) {
        snprintf(status, sizeof(status), "%lld", (long long)json_integer_value(code));
        role = json_integer_value(code) == 0 ? ROLE_GOOD : ROLE_BAD;
    }
    for (size_t i = 0; i < json_array_size(words) && used + 1 < sizeof(text); i++) {
        int n = snprintf(text + used, sizeof(text) - used, "%s%s", i ? " " : "",
                         json_string_value(json_array_get(words, i)));
        used += n > 0 ? (size_t)n : 0;
    }
    draw_right(p->win, p->row, p->col, 3, theme_style(role), status);
    draw_text(p->win, p->row++, p->col + 4, p->width - 4, theme_style(ROLE_TEXT), text);
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

void details_draw(const struct model *m, WINDOW *win, int row, int col, int rows, int cols,
                  struct watched_workspace *w, double now)
{
    struct place p = { win, row + 1, row + rows - 1, col + 2, cols - 4 }, right = p;
    bool beside = cols >= TWO_COLUMNS;

    draw_box(win, row, col, rows, cols, theme_style(ROLE_BORDER), model_name(w));
    if (beside) {
        p.width = cols / 2 - 3;
        right.col = col + cols / 2;
        right.width = cols - cols / 2 - 2;
    }
    facts(&p, m, w, now);
    if (!beside) {
        right.row = p.row + 1;
        right.end = p.end - 5 > right.row ? p.end - 5 : p.end;
    }
    shells(&right, w);
    right.end = p.end;
    right.row += !beside && w->shell_count;
    commands(&right, w);
}
