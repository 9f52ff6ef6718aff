/*
 * tui/shell_history.c: a shell's log by `workspace shell read --plain`, so that what an operator
 * scrolls through is what an agent reads, and a hostile log is rendered where every log is: in a
 * process of its own.
 */
#include "tui/shell_history.h"

#include <stdlib.h>
#include <string.h>

#include "tui/job.h"
#include "tui/pager.h"
#include "vmm/base/fs.h"

#define ALL_CHARS "67108864" /* the most that a read takes; a log is capped there */

struct shell_history {
    struct app *app;
    char *workspace_id, *shell, *title;
    const struct live *live;
    struct job *job; /* that reads; NULL: none */
    uint64_t size;   /* of the log when it was read */
    bool searching;
};

static const char *news(void *arg)
{
    const struct shell_history *h = arg;

    return live_size(h->live) > h->size ? "▼ more below: r reads on" : NULL;
}

static void again(void *arg)
{
    shell_history_open(arg, false);
}

static void ready(void *arg, const struct job_end *end)
{
    struct shell_history *h = arg;
    struct pager_spec spec = { .title = h->title,
                               .at_end = true,
                               .searching = h->searching,
                               .news = news,
                               .again = again,
                               .arg = h };

    h->job = NULL;
    if (!end->ok)
        return;
    spec.len = end->output_len;
    spec.text = malloc(spec.len + 1);
    BUG_ON(!spec.text);
    memcpy(spec.text, end->output, spec.len);
    spec.text[spec.len] = '\0';
    pager_open(h->app, &spec);
}

void shell_history_open(struct shell_history *h, bool searching)
{
    const char *const argv[] = { "workspace",     "shell",   "read",
                                 h->workspace_id, h->shell,  "--plain",
                                 "--max-chars",   ALL_CHARS, NULL };
    scoped_free char *what = str_printf("read the log of %s", h->shell);

    if (h->job)
        return;
    h->searching = searching;
    h->size = live_size(h->live);
    app_message(h->app, ROLE_TEXT, "reading the log; Esc leaves it");
    h->job = job_start(h->app, what, argv, true, ready, h);
}

void shell_history_cancel(struct shell_history *h)
{
    if (!h->job)
        return;
    job_forget(h->job);
    job_cancel(h->job);
    h->job = NULL;
}

bool shell_history_is_reading(const struct shell_history *h)
{
    return h->job != NULL;
}

struct shell_history *shell_history_new(struct app *app, const char *workspace_id,
                                        const char *shell, const struct live *live)
{
    struct shell_history *h = calloc(1, sizeof(*h));

    BUG_ON(!h);
    *h = (struct shell_history){ .app = app,
                                 .workspace_id = str_printf("%s", workspace_id),
                                 .shell = str_printf("%s", shell),
                                 .title = str_printf("log of %s", shell),
                                 .live = live };
    return h;
}

void shell_history_free(struct shell_history *h)
{
    if (!h)
        return;
    if (h->job)
        job_forget(h->job);
    free(h->workspace_id);
    free(h->shell);
    free(h->title);
    free(h);
}
