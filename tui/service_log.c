/* tui/service_log.c: a service's two outputs, by `workspace service logs --all`, in one pager. */
#include "tui/service_log.h"

#include <stdlib.h>

#include "engine/service/service_watch.h"
#include "tui/job.h"
#include "tui/model.h"
#include "tui/pager.h"
#include "vmm/base/fs.h"

#define SECTION "── "

struct service_log {
    struct app *app;
    char *workspace_id, *path, *service;
    struct file_watch *watch;
    struct job *job;     /* which reads it; NULL: none */
    struct pager *pager; /* the open one; NULL: none */
    bool grown;          /* since it was read */
};

static void service_log_on_grown(void *arg)
{
    struct service_log *log = arg;

    log->grown = true;
    app_damage_soon(log->app);
}

static bool service_log_news(void *arg)
{
    return ((const struct service_log *)arg)->grown;
}

static void service_log_closed(void *arg)
{
    ((struct service_log *)arg)->pager = NULL;
}

/* Names its part only when there are two. */
static bool put_output(struct buf *out, const json_t *result, const char *name, bool named)
{
    const char *text = json_string_or(result, name, "");

    if (!*text)
        return true;
    if (out->len && out->data[out->len - 1] != '\n' && !buf_append_str(out, "\n"))
        return false;
    return (!named || buf_printf(out, SECTION "%s\n", name)) && buf_append_str(out, text);
}

static void service_log_ready(void *arg, const struct job_end *end)
{
    struct service_log *log = arg;
    scoped_buf text = BUF_INIT(PAGER_TEXT_MAX);
    const char *note = NULL;
    size_t len;
    bool both;

    log->job = NULL;
    if (!log->pager)
        return;
    both = *json_string_or(end->result, "stdout", "") && *json_string_or(end->result, "stderr", "");
    if (!put_output(&text, end->result, "stdout", both) ||
        !put_output(&text, end->result, "stderr", both))
        note = "only its beginning";
    else if (json_int_or(end->result, "stdout_dropped_bytes", 0) ||
             json_int_or(end->result, "stderr_dropped_bytes", 0))
        note = "without its oldest part";
    len = text.len;
    pager_fill(log->pager, end->ok, buf_take(&text), len, note);
}

static void service_log_read_it(void *arg)
{
    struct service_log *log = arg;
    const char *const argv[] = { "workspace",  "service", "logs", log->workspace_id,
                                 log->service, "--all",   NULL };
    scoped_free char *what = str_printf("read the log of %s", log->service);

    if (log->job)
        return;
    log->grown = false;
    log->job = job_start(log->app, what, argv, false, service_log_ready, log);
}

static void open_pager(struct service_log *log)
{
    scoped_free char *title = str_printf("log of %s", log->service);
    char source[NEWS_SLOT_MAX];
    struct pager_spec spec = { .title = title,
                               .section = SECTION,
                               .colored = true,
                               .at_end = true,
                               .news = service_log_news,
                               .again = service_log_read_it,
                               .closed = service_log_closed,
                               .arg = log };

    log->pager = pager_open(log->app, &spec);
    screen_views(log->app->top, log->workspace_id, news_slot(NEWS_SERVICE, log->service, source));
}

void service_log_open(struct service_log *log, const char *workspace_id, const char *path,
                      const char *service)
{
    struct pyro_error err = { 0 };

    if (log->job)
        return;
    free(log->workspace_id);
    free(log->path);
    free(log->service);
    log->workspace_id = str_printf("%s", workspace_id);
    log->path = str_printf("%s", path);
    log->service = str_printf("%s", service);
    file_watch_free(log->watch);
    log->watch = file_watch_new(log->app->loop, service_log_on_grown, log, &err);
    if (log->watch)
        service_watch_follow(log->watch, path, service);
    else
        app_error(log->app, &err);
    open_pager(log);
    service_log_read_it(log);
}

struct service_log *service_log_new(struct app *app)
{
    struct service_log *log = calloc(1, sizeof(*log));

    BUG_ON(!log);
    log->app = app;
    return log;
}

void service_log_free(struct service_log *log)
{
    if (!log)
        return;
    if (log->job)
        job_forget(log->job);
    file_watch_free(log->watch);
    free(log->workspace_id);
    free(log->path);
    free(log->service);
    free(log);
}
