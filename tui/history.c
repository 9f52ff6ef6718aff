/* tui/history.c: a log, printed by a job into a file and shown by the pager. */
#include "tui/history.h"

#include <stdlib.h>
#include <unistd.h>

#include "tui/job.h"
#include "tui/pager.h"
#include "tui/text_file.h"
#include "vmm/base/fs.h"

#define ARGS_MAX 16
#define NEWEST ((uint64_t)4 << 20) /* bytes of the log that are printed at first */
#define OLDER_TIMES 4              /* … and so many times as many whenever more is wanted */

struct history {
    struct app *app;
    struct history_spec spec;
    char *title, *argv[ARGS_MAX + 1];
    struct job *job;     /* which prints the log; NULL: none */
    int text_fd;         /* where it prints to */
    uint64_t size;       /* of the log when it was started */
    uint64_t window;     /* bytes of its end that are printed; 0: all */
    uint64_t asked;      /* where that begins */
    uint64_t from;       /* where what is shown begins */
    struct pager *pager; /* the open one; NULL: none */
};

static bool history_news(void *arg)
{
    const struct history *h = arg;

    return h->spec.size(h->spec.arg) > h->size;
}

static bool history_has_older(void *arg)
{
    const struct history *h = arg;

    return h->from > h->spec.first(h->spec.arg);
}

static void history_closed(void *arg)
{
    ((struct history *)arg)->pager = NULL;
}

static void history_ready(void *arg, const struct job_end *end)
{
    struct history *h = arg;
    scoped_close int fd = h->text_fd;
    struct pyro_error err = { 0 };
    char *text = NULL;
    size_t len = 0;
    bool ok = end->ok;

    h->job = NULL;
    h->text_fd = -1;
    if (!h->pager)
        return;
    if (ok && !text_file_map(fd, &text, &len, &err)) {
        app_error(h->app, &err);
        ok = false;
    }
    if (ok)
        h->from = h->asked;
    pager_fill(h->pager, ok, text, len, NULL);
}

static void history_read_log(void *arg)
{
    struct history *h = arg;
    scoped_free char *what = str_printf("read the %s", h->title), *cursor = NULL;
    const char *argv[ARGS_MAX + 3] = { 0 };
    size_t count = 0;

    if (h->job) /* what it reads is as new */
        return;
    h->text_fd = text_file_open(h->spec.dir_fd);
    h->size = h->spec.size(h->spec.arg);
    h->asked = h->window && h->size > h->window ? h->size - h->window : 0;
    cursor = str_printf("%llu", (unsigned long long)h->spec.cursor(h->spec.arg, h->asked));
    for (; h->argv[count]; count++)
        argv[count] = h->argv[count];
    argv[count++] = "--cursor";
    argv[count] = cursor;
    h->job = job_start_into(h->app, what, argv, h->text_fd, history_ready, h);
}

static void history_read_older(void *arg, bool all)
{
    struct history *h = arg;

    h->window = all ? 0 : h->window * OLDER_TIMES;
    history_read_log(h);
}

void history_open(struct history *h, bool searching)
{
    struct pager_spec spec = { .title = h->title,
                               .mapped = true,
                               .colored = true,
                               .timed = true,
                               .at_end = true,
                               .searching = searching,
                               .news = history_news,
                               .again = history_read_log,
                               .closed = history_closed,
                               .has_older = history_has_older,
                               .older = history_read_older,
                               .arg = h };

    const struct screen *from = h->app->top; /* which shows what this is the log of */

    h->window = NEWEST;
    h->pager = pager_open(h->app, &spec);
    screen_views(h->app->top, from->views_workspace, from->views);
    history_read_log(h);
}

struct history *history_new(struct app *app, const struct history_spec *spec)
{
    struct history *h = calloc(1, sizeof(*h));

    BUG_ON(!h);
    *h = (struct history){
        .app = app, .spec = *spec, .title = str_printf("%s", spec->title), .text_fd = -1
    };
    for (size_t i = 0; spec->argv[i]; i++) {
        BUG_ON(i == ARGS_MAX);
        h->argv[i] = str_printf("%s", spec->argv[i]);
    }
    return h;
}

void history_free(struct history *h)
{
    if (!h)
        return;
    if (h->job)
        job_forget(h->job);
    if (h->text_fd >= 0)
        close(h->text_fd);
    for (size_t i = 0; h->argv[i]; i++)
        free(h->argv[i]);
    free(h->title);
    free(h);
}
