/* tui/history.c: a log, printed by a job into a file and shown by the pager. */
#include "tui/history.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tui/job.h"
#include "tui/pager.h"
#include "vmm/base/fs.h"

#define ARGS_MAX 16

struct history {
    struct app *app;
    struct history_spec spec;
    char *title, *argv[ARGS_MAX + 1];
    struct job *job;     /* that prints; NULL: none */
    int text_fd;         /* to here */
    uint64_t size;       /* of the log before that */
    struct pager *pager; /* that is open; NULL: none */
};

static const char *news(void *arg)
{
    const struct history *h = arg;

    return h->spec.size(h->spec.arg) > h->size ? "▼ more below: r reads on" : NULL;
}

static void closed(void *arg)
{
    ((struct history *)arg)->pager = NULL;
}

/* The file as bytes. It has no name and its writer has ended, so it stays as it is. */
static bool map_text(int fd, char **ret_text, size_t *ret_len, struct pyro_error *err)
{
    struct stat st;
    void *bytes = NULL;

    if (fstat(fd, &st) != 0)
        return pyro_fail_errno(err, "read what was printed");
    if (st.st_size > (off_t)PAGER_TEXT_MAX)
        return pyro_fail(err, PYRO_INTERNAL, "its text is more than %zu MiB: too much to show",
                         PAGER_TEXT_MAX >> 20);
    if (st.st_size)
        bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (bytes == MAP_FAILED)
        return pyro_fail_errno(err, "read what was printed");
    *ret_text = bytes;
    *ret_len = (size_t)st.st_size;
    return true;
}

static void ready(void *arg, const struct job_end *end)
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
    if (ok && !map_text(fd, &text, &len, &err)) {
        app_error(h->app, &err);
        ok = false;
    }
    pager_fill(h->pager, ok, text, len, NULL);
}

/* Without a name where the file system has such, so that nothing is left of it whatever happens;
 * else in memory. */
static int open_text(int dir_fd)
{
    int fd = openat(dir_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    return fd >= 0 ? fd : memfd_create("pyro-history", MFD_CLOEXEC);
}

static void read_log(void *arg)
{
    struct history *h = arg;
    scoped_free char *what = str_printf("read the %s", h->title);

    if (h->job) /* what it reads is as new */
        return;
    h->text_fd = open_text(h->spec.dir_fd);
    h->size = h->spec.size(h->spec.arg);
    h->job = job_start_into(h->app, what, (const char *const *)h->argv, h->text_fd, ready, h);
}

void history_open(struct history *h, bool searching)
{
    struct pager_spec spec = { .title = h->title,
                               .mapped = true,
                               .colored = true,
                               .at_end = true,
                               .searching = searching,
                               .news = news,
                               .again = read_log,
                               .closed = closed,
                               .arg = h };

    h->pager = pager_open(h->app, &spec);
    read_log(h);
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
