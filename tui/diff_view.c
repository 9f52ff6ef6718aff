/*
 * tui/diff_view.c: the diff of a workspace in a pager: the changed files first, then the patch, as
 * `workspace diff --stat` prints them, into a file, however long they are.
 */
#include "tui/diff_view.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tui/diff_line.h"
#include "tui/diff_stat.h"
#include "tui/job.h"
#include "tui/pager.h"
#include "tui/pager_line.h"
#include "tui/pager_text.h"
#include "tui/text_file.h"
#include "vmm/base/fs.h"

#define FILE_LINE "diff --git "
#define HEAD "[workspace-diff] "

struct diff {
    char *name; /* of the workspace */
    int text_fd;
    struct diff_stat stat;
    const char *stat_end; /* in the text: what is behind is the patch */
};

static struct diff *under_way; /* one at a time; NULL: none */

/* The number after " KEY=" in the first line. */
static unsigned long long number_of(const char *head, const char *key)
{
    scoped_free char *word = str_printf(" %s=", key);
    const char *at = strstr(head, word);

    return at ? strtoull(at + strlen(word), NULL, 10) : 0;
}

/* "3 added, 1 modified, 1 deleted", from the command's first line. New; "" when it is another. */
static char *counts_of(const char *text, size_t n)
{
    scoped_free char *head = strndup(text, n);

    if (!head || strncmp(head, HEAD, strlen(HEAD)) != 0)
        return str_printf("%s", "");
    return str_printf("%llu added, %llu modified, %llu deleted", number_of(head, "added"),
                      number_of(head, "modified") + number_of(head, "type_changed"),
                      number_of(head, "deleted"));
}

static size_t diff_view_show_line(const void *arg, const char *line, size_t n, char *ret,
                                  uint64_t *looks, size_t size)
{
    const struct diff *diff = arg;

    return line < diff->stat_end ? diff_stat_show(&diff->stat, line, n, ret, looks, size) : 0;
}

static void diff_view_closed(void *arg)
{
    struct diff *diff = arg;

    free(diff->name);
    free(diff);
}

/* Opens the text, which it takes, and the diff with it. */
static void open_text(struct app *app, struct diff *diff, struct pager_spec *spec)
{
    const char *newline = spec->len ? memchr(spec->text, '\n', spec->len) : NULL;
    scoped_free char *counts = NULL, *title = NULL;

    spec->skip = newline ? (size_t)(newline + 1 - spec->text) : 0;
    counts = counts_of(spec->text, spec->skip);
    if (!*counts) {
        app_message(app, ROLE_GOOD, "%s: nothing has changed since it was created", diff->name);
        if (spec->len)
            munmap(spec->text, spec->len);
        diff_view_closed(diff);
        return;
    }
    diff->stat_end =
        spec->text + spec->skip +
        diff_stat_measure(&diff->stat, spec->text + spec->skip, spec->len - spec->skip);
    spec->title = title = str_printf("diff of %s: %s", diff->name, counts);
    pager_open(app, spec);
}

static void diff_view_show(void *arg, const struct job_end *end)
{
    struct diff *diff = arg;
    struct pager_spec spec = { .role = diff_line_role,
                               .show = diff_view_show_line,
                               .section = FILE_LINE,
                               .mapped = true,
                               .closed = diff_view_closed,
                               .arg = diff };
    scoped_close int fd = diff->text_fd;
    struct pyro_error err = { 0 };

    under_way = NULL;
    if (end->ok && !app_may_open(end->app, end->from)) {
        app_message(end->app, ROLE_GOOD, "%s is ready: D shows it", end->what);
    } else if (end->ok && text_file_map(fd, &spec.text, &spec.len, &err)) {
        open_text(end->app, diff, &spec);
        return;
    } else if (end->ok) {
        app_error(end->app, &err);
    }
    diff_view_closed(diff);
}

void diff_view_draw(WINDOW *win, const struct area *place, const char *text)
{
    const char *at = text + strcspn(text, "\n"), *stat_end;
    scoped_free char *counts = counts_of(text, (size_t)(at - text));
    struct area row = { place->top, place->left, 1, place->cols };
    struct diff_stat stat;

    at += *at == '\n';
    if (!*counts)
        at = text; /* "No workspace changes." */
    else
        draw_text(win, row.top++, row.left, row.cols, theme_style(ROLE_HEADER), counts);
    stat_end = at + diff_stat_measure(&stat, at, strlen(at));
    for (size_t n; row.top < place->top + place->rows && *at;
         row.top++, at += n + (at[n] == '\n')) {
        char shown[PAGER_LINE_MAX];
        uint64_t looks[PAGER_LINE_MAX];
        struct pager_line line = { .bytes = at, .pattern = "" };
        n = strcspn(at, "\n");
        line.n = n < PAGER_LINE_MAX ? n : PAGER_LINE_MAX;
        line.style = theme_style(diff_line_role(text, at, n));
        line.filled = line.style.bg != theme_style(ROLE_TEXT).bg;
        if (at < stat_end) {
            line.n = diff_stat_show(&stat, at, line.n, shown, looks, sizeof(shown));
            line.bytes = shown;
            line.looks = looks;
        }
        pager_line_draw(win, &row, 0, &line);
    }
}

void diff_view_open(struct app *app, const struct watched_workspace *w)
{
    const char *const argv[] = { "workspace", "diff", w->record.id, "--stat", NULL };
    scoped_free char *what = str_printf("diff of %s", model_name(w));
    scoped_close int dir_fd = open(w->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct diff *diff;

    if (under_way)
        return;
    diff = calloc(1, sizeof(*diff));
    BUG_ON(!diff);
    under_way = diff;
    diff->name = str_printf("%s", model_name(w));
    diff->text_fd = text_file_open(dir_fd);
    job_start_into(app, what, argv, diff->text_fd, diff_view_show, diff);
}
