/*
 * tui/files.c: the files of a workspace, a directory at a time; of a running one through its guest,
 * of a stopped one from its disk. Names are the guest's: they are only ever drawn, and given back
 * as arguments.
 */
#include "tui/files.h"

#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include "tui/ask.h"
#include "tui/columns.h"
#include "tui/file_preview.h"
#include "tui/file_row.h"
#include "tui/format.h"
#include "tui/job.h"
#include "tui/list.h"
#include "tui/pager.h"
#include "vmm/base/fs.h"

#define ROOT "/workspace"
#define HEAD_ROWS 2
#define PREVIEW_FROM 100      /* columns: with fewer there is no room for a file beside the list */
#define PREVIEW_COLS 44       /* of that file, at least */
#define LIST_COLS 60          /* of the list beside it, at most */
#define SHOWN_BYTES "1048576" /* of a file */

struct files {
    struct screen screen;
    char id[WORKSPACE_ID_LENGTH + 1];
    char *path;      /* of the directory shown */
    char *chosen;    /* the row that the cursor goes to when the list is there; NULL: the first */
    json_t *entries; /* of the directory, as the command lists them */
    json_t *changes; /* since the workspace was created, in all of it; NULL: not known */
    json_t *rows;    /* of both: tui/file_row.h */
    json_t *shown;   /* those that pass the filter */
    struct list_find find;
    struct list list;
    struct job *job; /* that reads a directory or file; NULL: none */
    struct job *changes_job;
    struct file_preview preview;
    char *exporting; /* the path that is asked about */
};

/* ---- reading ---- */

static json_t *files_selected(const struct files *f)
{
    return json_array_get(f->shown, (size_t)f->list.selected);
}

/* Makes the rows again, and puts the cursor on one. */
static void make_rows(struct files *f, const char *chosen)
{
    json_decref(f->rows);
    f->rows = file_rows(f->path, f->entries, f->changes);
    json_decref(f->shown);
    f->shown = json_incref(f->rows);
    list_fit(&f->list, (int)json_array_size(f->rows), f->list.rows);
    for (size_t i = 0; chosen && i < json_array_size(f->rows); i++)
        if (!strcmp(file_row_path(json_array_get(f->rows, i)), chosen))
            list_select(&f->list, (int)i);
}

static void files_listed(void *arg, const struct job_end *end)
{
    struct files *f = arg;

    f->job = NULL;
    if (!end->ok)
        return;
    free(f->path);
    f->path = str_printf("%s", json_string_or(end->result, "path", ROOT));
    json_decref(f->entries);
    f->entries = json_incref(json_object_get(end->result, "entries"));
    list_find_set(&f->find, ""); /* what it was for was another directory */
    f->list.first = f->list.selected = 0;
    make_rows(f, f->chosen);
    free(f->chosen);
    f->chosen = NULL;
    file_preview_refresh(&f->preview);
}

static void files_compared(void *arg, const struct job_end *end)
{
    struct files *f = arg;
    scoped_free char *at = NULL;

    f->changes_job = NULL;
    if (!end->ok)
        return;
    json_decref(f->changes);
    f->changes = json_incref(json_object_get(end->result, "entries"));
    at = files_selected(f) ? str_printf("%s", file_row_path(files_selected(f))) : NULL;
    if (f->entries)
        make_rows(f, at);
}

/* Finds out what has changed. What runs on the host has nothing to be compared with. */
static void compare(struct files *f)
{
    const char *const argv[] = { "workspace", "diff", f->id, "--name-status", NULL };
    const struct watched_workspace *w = model_find(f->screen.app->model, f->id);

    if (!w || w->record.host_compat || f->changes_job)
        return;
    f->changes_job = job_start_quietly(f->screen.app, "changes", argv, false, files_compared, f);
}

/* The words of a command about its files: of a stopped workspace its disk is read. */
static const char *source(const struct files *f)
{
    const struct watched_workspace *w = model_find(f->screen.app->model, f->id);

    return w && w->record.state != WORKSPACE_STARTED ? "disk" : "file";
}

static void run(struct files *f, const char *const *argv, const char *path, job_done_fn *done)
{
    scoped_free char *what = str_printf("read %s", path);

    if (f->job)
        job_forget(f->job);
    f->job = job_start(f->screen.app, what, argv, false, done, f);
}

/* Lists a directory; the cursor goes to `chosen` (taken; NULL: the first entry). */
static void list_directory(struct files *f, const char *path, char *chosen)
{
    const char *const argv[] = { "workspace", source(f), "list", f->id, path, NULL };

    free(f->chosen);
    f->chosen = chosen;
    run(f, argv, path, files_listed);
}

static void files_read_file(void *arg, const struct job_end *end)
{
    struct files *f = arg;
    const json_t *content = json_object_get(end->result, "content");
    struct short_text size;
    scoped_free char *note = NULL;
    struct pager_spec spec = { .title = json_string_or(end->result, "path", "") };

    f->job = NULL;
    if (!end->ok || !json_is_string(content) || !app_may_open(end->app, end->from))
        return;
    spec.len = json_string_length(content);
    spec.text = malloc(spec.len + 1);
    BUG_ON(!spec.text);
    memcpy(spec.text, json_string_value(content), spec.len + 1);
    if (json_bool_or(end->result, "truncated", false)) {
        note = str_printf("the first MiB of %s",
                          format_size(&size, (uint64_t)json_int_or(end->result, "size_bytes", 0)));
        spec.note = note;
    }
    pager_open(f->screen.app, &spec);
}

/* ---- drawing ---- */

/* "/workspace/src [directory] size=4096", as the screen's rows have it. */
static void draw_listed(WINDOW *win, const struct area *place, int row, const char *line)
{
    const char *size = strstr(line, "] size="), *type, *name, *target;
    int col = place->left + 8, end = place->left + place->cols;
    bool directory;
    struct short_text space;
    scoped_free char *shown = NULL;

    for (const char *at = size; at; at = strstr(at + 1, "] size="))
        size = at; /* of a name that holds it, too, the last */
    type = size;
    while (type && type > line && *type != '[')
        type--;
    if (!size || type <= line) {
        draw_text(win, row, place->left, place->cols, theme_style(ROLE_DIM), line);
        return;
    }
    directory = !strncmp(type, "[directory]", 11);
    for (name = type; name > line && name[-1] != '/';)
        name--;
    if (!strncmp(type, "[file]", 6))
        draw_right(win, row, place->left, 6, theme_style(ROLE_DIM),
                   format_size(&space, strtoull(size + strlen("] size="), NULL, 10)));
    shown = str_printf("%.*s%s", (int)(type - 1 - name), name, directory ? "/" : "");
    col += draw_text(win, row, col, end - col, theme_style(directory ? ROLE_ACCENT : ROLE_TEXT),
                     shown);
    target = strstr(size, " -> ");
    if (target) {
        col += draw_text(win, row, col, end - col, theme_style(ROLE_DIM), " → ");
        draw_text(win, row, col, end - col, theme_style(ROLE_DIM), target + strlen(" -> "));
    }
}

void files_draw_list(WINDOW *win, const struct area *place, const char *text)
{
    int row = place->top;

    text += strcspn(text, "\n"); /* the directory */
    for (text += *text == '\n'; *text && row < place->top + place->rows; row++) {
        size_t n = strcspn(text, "\n");
        scoped_free char *line = strndup(text, n);
        draw_listed(win, place, row, line);
        text += n + (text[n] == '\n');
    }
}

static void files_draw_head(const struct files *f, WINDOW *win)
{
    const struct watched_workspace *w = model_find(f->screen.app->model, f->id);
    struct style bar = theme_style(ROLE_BAR);
    int cols = f->screen.cols, at;

    draw_fill(win, 0, 0, cols, bar);
    at = 1 + draw_text(win, 0, 1, cols / 2, theme_style(ROLE_TITLE),
                       model_name_of(f->screen.app->model, f->id));
    at += 1 + draw_text(win, 0, at + 1, cols - at - 2, bar, f->path);
    if (!w)
        draw_text(win, 0, at + 2, cols - at - 2, style_on(theme_style(ROLE_BAD), bar), "deleted");
    else if (f->job)
        draw_text(win, 0, at + 2, cols - at - 2, style_on(theme_style(ROLE_WARN), bar), "reading…");
    else if (!strcmp(source(f), "disk"))
        draw_text(win, 0, at + 2, cols - at - 2, style_on(theme_style(ROLE_WARN), bar),
                  "on the disk of a stopped workspace");
}

/* How many columns the list has: the rest is for the preview. */
static int list_cols(const struct files *f)
{
    int cols = f->screen.cols;

    return cols < PREVIEW_FROM               ? cols
           : cols - PREVIEW_COLS < LIST_COLS ? cols - PREVIEW_COLS
                                             : LIST_COLS;
}

static void files_draw(struct screen *s, WINDOW *win)
{
    struct files *f = (struct files *)s;
    struct columns table = { .all = file_row_columns, .sorted = -1 };
    int rows = s->rows - HEAD_ROWS, cols = list_cols(f);

    rows -= list_find_is_shown(&f->find);
    json_decref(f->shown);
    f->shown = list_find_rows(&f->find, &table, f->rows);
    list_fit(&f->list, (int)json_array_size(f->shown), rows);
    draw_clear(win, theme_style(ROLE_TEXT));
    files_draw_head(f, win);
    columns_draw_json(&table, win, &(struct area){ HEAD_ROWS, 0, rows, cols }, &f->list, f->shown);
    columns_draw_head(&table, win, HEAD_ROWS - 1);
    if (cols < s->cols)
        file_preview_draw(&f->preview, win, &(struct area){ 1, cols, s->rows - 1, s->cols - cols },
                          files_selected(f));
    else
        file_preview_close(&f->preview);
    if (list_find_is_shown(&f->find))
        list_find_draw(&f->find, win, HEAD_ROWS + rows, cols);
    if (f->rows && !json_array_size(f->rows))
        draw_text(win, HEAD_ROWS + 1, 2, cols - 4, theme_style(ROLE_DIM), "It is empty.");
}

/* ---- what is done ---- */

static void open_entry(struct files *f)
{
    const json_t *row = files_selected(f);
    const char *path = file_row_path(row);
    const char *const argv[] = { "workspace", source(f),     "read",      f->id,
                                 path,        "--max-bytes", SHOWN_BYTES, NULL };

    if (file_row_is_deleted(row))
        app_message(f->screen.app, ROLE_WARN, "%s was deleted: the diff shows what it was", path);
    else if (file_row_is_directory(row))
        list_directory(f, path, NULL);
    else if (file_row_is_link(row))
        app_message(f->screen.app, ROLE_WARN, "a link to %s: links are not followed",
                    json_string_or(row, "link_target", ""));
    else if (file_row_is_other(row))
        app_message(f->screen.app, ROLE_WARN, "%s is not a file that can be read", path);
    else
        run(f, argv, path, files_read_file);
}

static void files_go_up(struct screen *s, int arg UNUSED)
{
    struct files *f = (struct files *)s;
    scoped_free char *copy = str_printf("%s", f->path);

    if (strcmp(f->path, ROOT) != 0)
        list_directory(f, dirname(copy), str_printf("%s", f->path));
}

static void files_exported(void *arg, const struct job_end *end)
{
    struct app *app = arg;

    if (end->ok)
        app_message(app, ROLE_GOOD, "%s is now %s",
                    json_string_or(end->result, "workspace_path", ""),
                    json_string_or(end->result, "output_path", ""));
}

static void files_export_it(struct prompt *p, void *arg, const char *output)
{
    struct files *f = arg;
    const char *const argv[] = { "workspace", "export", f->id, f->exporting,
                                 "--output",  output,   NULL };
    scoped_free char *what = str_printf("export %s", f->exporting);

    prompt_start(p, what, argv, files_exported, f->screen.app);
}

static void files_ask_export(struct screen *s, int arg UNUSED)
{
    struct files *f = (struct files *)s;
    const char *path = file_row_path(files_selected(f)), *name = strrchr(path, '/');
    scoped_free char *title = str_printf("export %s", path);
    struct ask_spec spec = { .title = title,
                             .label = "Where on this host it goes. It must not exist yet.",
                             .text = name ? name + 1 : "",
                             .offered = true,
                             .hint = "a path on this host",
                             .answered = files_export_it,
                             .arg = f };

    free(f->exporting);
    f->exporting = str_printf("%s", path);
    ask_line(f->screen.app, &spec);
}

static bool files_has_entry(struct screen *s, int arg UNUSED)
{
    struct files *f = (struct files *)s;

    return files_selected(f) && !f->job;
}

static void files_open_entry(struct screen *s, int arg UNUSED)
{
    open_entry((struct files *)s);
}

static bool files_can_export(struct screen *s, int arg)
{
    return files_has_entry(s, arg) && !file_row_is_deleted(files_selected((struct files *)s));
}

static bool files_is_below(struct screen *s, int arg UNUSED)
{
    return strcmp(((struct files *)s)->path, ROOT) != 0;
}

static void files_refresh(struct screen *s, int arg UNUSED)
{
    struct files *f = (struct files *)s;
    const json_t *at = files_selected(f);

    list_directory(f, f->path, at ? str_printf("%s", file_row_path(at)) : NULL);
    compare(f);
}

static void files_move(struct screen *s, int step)
{
    list_step(&((struct files *)s)->list, step);
}

static const struct key_binding keys[] = {
    { "open", "Enter Right l", "open", "open or read it", .act = files_open_entry,
      .can = files_has_entry, .needs = "a file" },
    { "up-directory", "Backspace Left h", "up", "to the directory above", .act = files_go_up,
      .can = files_is_below, .needs = "a directory above", .group = KEYS_NAVIGATE },
    { "export", "e", "export", "copy it to this host", .act = files_ask_export,
      .can = files_can_export, .needs = "a file" },
    { "refresh", "r", "read again", "read the directory again", .act = files_refresh,
      .group = KEYS_VIEW },
    LIST_FIND_KEYS(),
    { "close", "Esc q", "back", "back", .act = screen_close, .group = KEYS_NAVIGATE },
    LIST_KEYS(files_move),
    { 0 },
};

static bool files_event(struct screen *s, const struct key_event *e)
{
    struct files *f = (struct files *)s;

    if (e->kind == EVENT_MOUSE && e->col >= list_cols(f))
        return true; /* the preview */
    if (list_mouse(&f->list, e, HEAD_ROWS) == LIST_OPENED && files_has_entry(s, 0))
        open_entry(f);
    return e->kind == EVENT_MOUSE;
}

static void files_free(struct screen *s)
{
    struct files *f = (struct files *)s;

    if (f->job)
        job_forget(f->job);
    if (f->changes_job)
        job_forget(f->changes_job);
    file_preview_close(&f->preview);
    json_decref(f->changes);
    json_decref(f->rows);
    json_decref(f->shown);
    json_decref(f->entries);
    list_find_release(&f->find);
    free(f->chosen);
    free(f->exporting);
    free(f->path);
    free(f);
}

const struct screen_ops files_ops = {
    .name = "files",
    .title = "Files",
    .keys = keys,
    .event = files_event,
    .draw = files_draw,
    .free = files_free,
};

void files_open(struct app *app, const struct watched_workspace *w)
{
    struct files *f = screen_new(app, &files_ops, sizeof(*f));

    f->screen.find = &f->find;
    memcpy(f->id, w->record.id, sizeof(f->id));
    f->path = str_printf("%s", ROOT);
    app_push(app, &f->screen);
    f->preview.app = app;
    memcpy(f->preview.id, f->id, sizeof(f->preview.id));
    f->preview.source = source(f);
    list_directory(f, ROOT, NULL);
    compare(f);
}
