/* tui/wall_tile.c: a shell in miniature. */
#include "tui/wall_tile.h"

#include <fcntl.h>
#include <string.h>

#include "tui/app.h"
#include "tui/draw.h"
#include "tui/format.h"
#include "tui/shell_paint.h"
#include "tui/table.h"
#include "tui/wall_page.h"
#include "vmm/base/fs.h"

static const struct {
    const char *mark;
    enum role role;
} looks[] = {
    [TILE_RUNS] = { "▶", ROLE_GOOD },  [TILE_PROMPT] = { "❯", ROLE_DIM },
    [TILE_WAITS] = { "❯", ROLE_WARN }, [TILE_COMMAND] = { "✗", ROLE_BAD },
    [TILE_FAILED] = { "✗", ROLE_BAD }, [TILE_ASKS] = { "?", ROLE_WARN },
};

/* ---- what is known of it ---- */

static const struct watched_shell *shell_of(const struct wall_tile *t,
                                            const struct watched_workspace *w)
{
    return w ? watched_shell_find(w, t->shell) : NULL;
}

void wall_tile_open(struct wall_tile *t, struct app *app, const struct live_ops *ops)
{
    struct watched_workspace *w = model_find(app->model, t->id);
    scoped_close int dir_fd = w ? open(w->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

    t->failure.code = PYRO_OK;
    t->rect = (struct pane_rect){ 0 };
    t->whole = t->stale = true;
    t->counted = false;
    if (dir_fd < 0)
        pyro_fail(&t->failure, PYRO_WORKSPACE_NOT_FOUND, "its workspace was deleted");
    else
        t->live = live_new(app->loop, dir_fd, t->shell, ops, t, &t->failure);
}

void wall_tile_close(struct wall_tile *t)
{
    live_free(t->live);
    t->live = NULL;
}

/* NULL when the shell, or its workspace, is gone. */
static struct shell_note *note_of(const struct wall_tile *t, struct watched_workspace *w)
{
    const struct watched_shell *s = shell_of(t, w);
    bool is_new;

    return s ? model_shell_note(w, &s->record, &is_new) : NULL;
}

void wall_tile_init(struct wall_tile *t, struct wall *wall, struct watched_workspace *w,
                    const struct shell_record *r)
{
    bool is_new;

    t->wall = wall;
    memcpy(t->id, w->record.id, sizeof(t->id));
    memcpy(t->shell, r->id, sizeof(t->shell));
    model_shell_note(w, r, &is_new);
    if (is_new)
        wall_tile_look(t, w, false);
    else
        wall_tile_note_output(t, w);
}

void wall_tile_look(struct wall_tile *t, struct watched_workspace *w, bool acted)
{
    const struct watched_shell *s = shell_of(t, w);
    struct shell_note *note = note_of(t, w);

    if (!note)
        return;
    note->fresh = false;
    note->seen_size = s->size;
    if (!acted)
        return;
    note->command_status = 0;
    if (t->first && model_failed_command(w))
        model_acknowledge(w, "exec");
}

/* An end from before it was on the wall is not news. */
void wall_tile_note_screen(struct wall_tile *t, struct watched_workspace *w)
{
    const struct pane_view *view = live_view(t->live);
    struct shell_note *note = note_of(t, w);

    t->stale = true;
    if (!live_is_shown(t->live)) {
        t->counted = false; /* it is drawn again */
        return;
    }
    if (note && t->counted && view->command_ends != t->command_ends)
        note->command_status = view->command_status;
    t->command_ends = view->command_ends;
    t->counted = true;
}

bool wall_tile_note_output(struct wall_tile *t, struct watched_workspace *w)
{
    const struct watched_shell *s = shell_of(t, w);
    struct shell_note *note = note_of(t, w);

    if (!note || note->fresh || s->size <= note->seen_size)
        return false;
    note->fresh = true;
    return true;
}

enum tile_state wall_tile_state(const struct wall_tile *t, struct watched_workspace *w, double now)
{
    const struct watched_shell *s = shell_of(t, w);
    const struct shell_note *note = note_of(t, w);

    if (s && shell_attention_state(&s->record) == ATTENTION_ASKS)
        return TILE_ASKS;
    if (note && (note->command_status || model_shell_failed(w, &s->record)))
        return TILE_FAILED;
    if (w && t->first && model_failed_command(w))
        return TILE_COMMAND;
    if (!s || !s->record.at_prompt)
        return TILE_RUNS;
    return now - s->record.foreground_since >= TILE_WAITS_SECONDS ? TILE_WAITS : TILE_PROMPT;
}

double wall_tile_next_change(const struct wall_tile *t, const struct watched_workspace *w,
                             double now)
{
    const struct watched_shell *s = shell_of(t, w);
    double age = !s                    ? 0
                 : s->record.at_prompt ? now - s->record.foreground_since
                                       : now - model_runs_since(&s->record);

    if (!s || !s->record.running || s->record.foreground_since <= 0)
        return 0;
    if (age < 0)
        age = 0;
    if (s->record.at_prompt && age < TILE_WAITS_SECONDS)
        return TILE_WAITS_SECONDS - age;
    return 60 - (age - 60 * (double)(int64_t)(age / 60));
}

const struct pyro_error *wall_tile_failure(const struct wall_tile *t)
{
    return t->live ? live_failure(t->live) : t->failure.code ? &t->failure : NULL;
}

/* ---- its frame ---- */

/* " 3m" from a minute on. */
static const char *since(struct short_text *space, double start, double now)
{
    struct short_text age;

    snprintf(space->text, sizeof(space->text), " %s", format_age(&age, start, now));
    return start > 0 && now - start >= 60 ? space->text : "";
}

static void state_words(const struct wall_tile *t, struct watched_workspace *w,
                        enum tile_state state, double now, char *ret, size_t size)
{
    const struct watched_shell *s = shell_of(t, w);
    const struct shell_record *r = s ? &s->record : NULL;
    const struct shell_note *note = note_of(t, w);
    struct short_text age;

    ret[0] = '\0';
    if (!r || !note)
        return;
    if (!r->running)
        snprintf(ret, size, "ended, %d", r->exit_code);
    else if (state == TILE_ASKS)
        snprintf(ret, size, "asks %s%s", format_program(r->foreground),
                 since(&age, r->doing_since, now));
    else if (state == TILE_FAILED)
        snprintf(ret, size, "failed, %d", note->command_status);
    else if (model_has_notice(r) && *r->notice)
        snprintf(ret, size, "%s", r->notice);
    else if (r->at_prompt)
        snprintf(ret, size, "%s%s", state == TILE_PROMPT ? "prompt" : "waits",
                 since(&age, model_runs_since(r), now));
    else if (r->foreground && *r->foreground)
        snprintf(ret, size, "%s%s", format_program(r->foreground),
                 since(&age, model_runs_since(r), now));
}

/* Into the lower line of the frame. */
static void draw_in_border(WINDOW *win, const struct area *p, struct style style, const char *text)
{
    int row = p->top + p->rows - 1, at = p->left + 2;

    at += draw_text(win, row, at, 1, style, " ");
    at += draw_text(win, row, at, p->cols - 6, style, text);
    draw_text(win, row, at, 1, style, " ");
}

/* The workspace's command that failed. */
static void draw_command(WINDOW *win, const struct area *p, const struct watched_workspace *w)
{
    char text[256];

    snprintf(text, sizeof(text), "exec: %s", json_string_or(model_failed_command(w), "text", ""));
    draw_in_border(win, p, theme_style(ROLE_BAD), text);
}

/* Its labels' values: what the workspace is for. */
static void draw_task(WINDOW *win, const struct area *p, const struct watched_workspace *w)
{
    char text[256] = "";

    table_join_labels(w, false, text, sizeof(text));
    if (*text)
        draw_in_border(win, p, theme_style(ROLE_DIM), text);
}

/* ╭ ❯ name/sh1 ● ─── waits 3m ╮ */
static void draw_frame(const struct wall_tile *t, WINDOW *win, const struct area *p, bool selected,
                       struct watched_workspace *w, double now)
{
    enum tile_state state = wall_tile_state(t, w, now);
    enum role border = selected                ? ROLE_BORDER_FOCUS
                       : state >= TILE_COMMAND ? looks[state].role
                                               : ROLE_BORDER;
    const struct watched_shell *shell = shell_of(t, w);
    const struct shell_record *r = shell ? &shell->record : NULL;
    const struct shell_note *note = note_of(t, w);
    bool fresh = note && note->fresh;
    enum role name = selected ? ROLE_SELECTED : fresh ? ROLE_FRESH : ROLE_TEXT;
    struct style mark = theme_style(looks[state].role);
    scoped_free char *title = str_printf(" %s/%s ", w ? model_name(w) : t->id, t->shell);
    char words[96];
    int at = p->left + 2, end = p->left + p->cols - 2, width;

    if (p->rows > TILE_ROWS_IDLE)
        draw_box(win, *p, theme_style(border), NULL);
    else
        draw_rule(win, p->top, p->left, p->cols, theme_style(border));
    state_words(t, w, state, now, words, sizeof(words));
    at += draw_text(win, p->top, at, 1, theme_style(border), " ");
    at += draw_text(win, p->top, at, 1, mark, looks[state].mark);
    if (t->pinned)
        at += draw_text(win, p->top, at, 1, theme_style(ROLE_ACCENT), "▴");
    at += draw_text(win, p->top, at, end - at - 2, theme_style(name), title);
    if (r && model_has_notice(r))
        at += draw_text(win, p->top, at, 2, theme_style(ROLE_WARN), "! ");
    if (fresh) {
        at += draw_text(win, p->top, at, 1, theme_style(ROLE_FRESH), "●");
        at += draw_text(win, p->top, at, 1, theme_style(border), " ");
    }
    width = draw_width(words) + 2;
    if (width > end - at)
        width = end - at;
    if (width > 4 && *words) {
        draw_fill(win, p->top, end - width, width, theme_style(border));
        draw_text(win, p->top, end - width + 1, width - 2, mark, words);
    }
    if (p->rows <= TILE_ROWS_IDLE)
        return;
    if (w && t->first && model_failed_command(w))
        draw_command(win, p, w);
    else if (w)
        draw_task(win, p, w);
}

/* ---- its screen ---- */

static void draw_message(WINDOW *win, const struct area *inner, const struct pyro_error *why)
{
    int used, rows = inner->rows > 1 ? inner->rows - 1 : 1;

    for (int row = 0; row < inner->rows; row++)
        draw_fill(win, inner->top + row, inner->left, inner->cols, theme_style(ROLE_TEXT));
    if (!why)
        return;
    used = draw_wrapped(win, (struct area){ inner->top, inner->left + 1, rows, inner->cols - 2 },
                        theme_style(ROLE_BAD), why->message);
    draw_wrapped(
        win,
        (struct area){ inner->top + used, inner->left + 1, inner->rows - used, inner->cols - 2 },
        theme_style(ROLE_DIM), "The shell itself goes on. r draws it again.");
}

/* The beginnings of the lines around the cursor, as much as there is room for. */
static void follow(struct wall_tile *t, const struct area *inner)
{
    struct pane_rect rect = t->rect;

    if (rect.rows != inner->rows) /* of a larger place nothing above the cursor is left out */
        rect.top = 0;
    rect.rows = inner->rows;
    rect.cols = inner->cols;
    rect = shell_rect_of_lines(live_view(t->live), rect);
    if (memcmp(&rect, &t->rect, sizeof(rect)) == 0)
        return;
    t->rect = rect;
    t->whole = true;
    if (!live_set_rect(t->live, &rect))
        pyro_fail(&t->failure, PYRO_NO_MEMORY, "out of memory");
}

void wall_tile_draw(struct wall_tile *t, WINDOW *win, const struct area *p, bool selected,
                    struct watched_workspace *w, double now)
{
    bool framed = p->rows > TILE_ROWS_IDLE;
    struct area inner = { p->top + 1, p->left + framed, p->rows - 1 - framed,
                          p->cols - 2 * framed };
    const struct pyro_error *why = wall_tile_failure(t);

    t->stale = false;
    draw_frame(t, win, p, selected, w, now);
    if (t->live)
        follow(t, &inner);
    if (why || !t->live || !live_is_shown(t->live)) {
        draw_message(win, &inner, why);
        t->whole = true;
        return;
    }
    shell_paint(win, &inner, live_view(t->live), t->whole);
    live_drawn(t->live);
    t->whole = false;
}
