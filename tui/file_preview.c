/* tui/file_preview.c: a file's first lines. */
#include "tui/file_preview.h"

#include <stdlib.h>
#include <string.h>

#include "tui/file_row.h"
#include "tui/pager_line.h"
#include "tui/pager_text.h"
#include "vmm/base/fs.h"

#define READ_MS 80 /* passing by reads nothing */
#define READ_BYTES "65536"

/* ---- reading ---- */

static void set_text(struct file_preview *p, bool is_content, const char *text)
{
    free(p->text);
    p->text = str_printf("%s", text);
    p->is_content = is_content;
    app_damage(p->app);
}

static void file_preview_read(void *arg, const struct job_end *end)
{
    struct file_preview *p = arg;

    p->job = NULL;
    if (end->ok)
        set_text(p, true, json_string_or(end->result, "content", ""));
    else
        set_text(p, false, end->error.message);
}

static void file_preview_on_time(void *arg)
{
    struct file_preview *p = arg;
    const char *const argv[] = { "workspace", p->source,     "read",     p->id,
                                 p->path,     "--max-bytes", READ_BYTES, NULL };

    p->job = job_start_quietly(p->app, "preview", argv, false, file_preview_read, p);
}

static void forget(struct file_preview *p)
{
    if (!p->app)
        return;
    loop_timer_cancel(p->app->loop, &p->timer);
    if (p->job)
        job_forget(p->job);
    p->job = NULL;
    free(p->text);
    p->text = NULL;
}

void file_preview_close(struct file_preview *p)
{
    forget(p);
    free(p->path);
    p->path = NULL;
}

void file_preview_refresh(struct file_preview *p)
{
    free(p->path);
    p->path = NULL;
}

/* What is said of a row without a text; NULL: it has one. */
static const char *words_of(const json_t *row)
{
    if (file_row_is_deleted(row))
        return "It was deleted.";
    if (file_row_is_directory(row))
        return "A directory: Enter opens it.";
    if (file_row_is_link(row))
        return "A link: links are not followed.";
    if (file_row_is_other(row))
        return "It is not a file that can be read.";
    return json_int_or(row, "size_bytes", 0) ? NULL : "It is empty.";
}

static void choose(struct file_preview *p, const json_t *row)
{
    const char *words = words_of(row);

    if (p->path && !strcmp(p->path, file_row_path(row)))
        return;
    forget(p);
    free(p->path);
    p->path = str_printf("%s", file_row_path(row));
    if (words)
        set_text(p, false, words);
    else
        loop_timer_set(p->app->loop, &p->timer, READ_MS, file_preview_on_time, p);
}

/* ---- drawing ---- */

static void draw_content(const char *at, WINDOW *win, struct area place)
{
    int end = place.top + place.rows;

    for (; place.top < end && *at; place.top++) {
        size_t n = strcspn(at, "\n");
        struct pager_line line = { .bytes = at, .pattern = "", .style = theme_style(ROLE_TEXT) };
        line.n = n < PAGER_LINE_MAX ? n : PAGER_LINE_MAX;
        pager_line_draw(win, &place, 0, &line);
        at += n + (at[n] == '\n');
    }
}

void file_preview_draw(struct file_preview *p, WINDOW *win, const struct area *place,
                       const json_t *row)
{
    char space[512];
    const char *name = row ? file_row_title(row, space, sizeof(space)) : "";
    struct area inner = { place->top + 1, place->left + 2, place->rows - 2, place->cols - 4 };

    draw_box(win, *place, theme_style(ROLE_BORDER), name);
    draw_text(win, place->top, place->left + 2, place->cols - 5, theme_style(ROLE_HEADER), name);
    if (!row) {
        file_preview_close(p);
        return;
    }
    choose(p, row);
    if (!p->text)
        draw_text(win, inner.top, inner.left, inner.cols, theme_style(ROLE_DIM), "reading…");
    else if (p->is_content)
        draw_content(p->text, win, inner);
    else
        draw_wrapped(win, inner, theme_style(ROLE_DIM), p->text);
}
