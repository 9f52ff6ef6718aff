/*
 * tui/diff_view.c: the diff of a workspace in a pager: the changed files first, then the patch, as
 * `workspace diff --stat` prints them, into a file, however long they are.
 */
#include "tui/diff_view.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tui/job.h"
#include "tui/pager.h"
#include "tui/text_file.h"
#include "vmm/base/fs.h"

#define FILE_LINE "diff --git "
#define HEAD "[workspace-diff] "

static bool starts(const char *line, size_t n, const char *with)
{
    return n >= strlen(with) && memcmp(line, with, strlen(with)) == 0;
}

static enum role diff_view_role_of(const char *line, size_t n)
{
    if (starts(line, n, "@@ "))
        return ROLE_ACCENT;
    if (starts(line, n, FILE_LINE) || starts(line, n, "--- ") || starts(line, n, "+++ "))
        return ROLE_KEY;
    return n && *line == '+'   ? ROLE_GOOD
           : n && *line == '-' ? ROLE_BAD
           : n && *line == ' ' ? ROLE_TEXT
                               : ROLE_DIM;
}

struct diff {
    char *name; /* of the workspace */
    int text_fd;
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

static void diff_view_show(void *arg, const struct job_end *end)
{
    scoped_free struct diff *diff = arg;
    scoped_free char *name = diff->name;
    struct app *app = end->app;
    struct pager_spec spec = { .role = diff_view_role_of, .section = FILE_LINE, .mapped = true };
    scoped_close int fd = diff->text_fd;
    scoped_free char *counts = NULL, *title = NULL;
    struct pyro_error err = { 0 };
    const char *newline;

    under_way = NULL;
    if (!end->ok)
        return;
    if (!text_file_map(fd, &spec.text, &spec.len, &err)) {
        app_error(app, &err);
        return;
    }
    newline = spec.len ? memchr(spec.text, '\n', spec.len) : NULL;
    spec.skip = newline ? (size_t)(newline + 1 - spec.text) : 0;
    counts = counts_of(spec.text, spec.skip);
    if (!*counts) {
        app_message(app, ROLE_GOOD, "%s: nothing has changed since it was created", name);
        if (spec.len)
            munmap(spec.text, spec.len);
        return;
    }
    spec.title = title = str_printf("diff of %s: %s", name, counts);
    pager_open(app, &spec);
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
    *diff = (struct diff){ str_printf("%s", model_name(w)), text_file_open(dir_fd) };
    job_start_into(app, what, argv, diff->text_fd, diff_view_show, diff);
}
