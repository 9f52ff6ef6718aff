/*
 * engine/service/service_watch.c: inotify on services/ and on each services/NAME, where records are
 * replaced by rename. After each look the descriptor is ignored for a moment, so that a service
 * that floods costs few looks.
 */
#include "engine/service/service_watch.h"

#include <dirent.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "engine/state/service_files.h"
#include "vmm/base/fs.h"

#define PAUSE_MS 20

struct service_watch {
    struct loop *loop;
    loop_call_fn *fn;
    void *arg;
    int fd;
    struct loop_timer pause;
};

static void service_watch_on_pause_end(void *arg)
{
    struct service_watch *watch = arg;

    loop_rewatch(watch->loop, watch->fd, EPOLLIN);
}

static void service_watch_on_events(void *arg, uint32_t events UNUSED)
{
    struct service_watch *watch = arg;
    char bytes[4096];

    while (read(watch->fd, bytes, sizeof(bytes)) > 0)
        ;
    loop_rewatch(watch->loop, watch->fd, 0);
    loop_timer_set(watch->loop, &watch->pause, PAUSE_MS, service_watch_on_pause_end, watch);
    watch->fn(watch->arg);
}

struct service_watch *service_watch_new(struct loop *loop, loop_call_fn *fn, void *arg,
                                        struct pyro_error *err)
{
    struct service_watch *watch = calloc(1, sizeof(*watch));

    BUG_ON(!watch);
    *watch = (struct service_watch){ .loop = loop, .fn = fn, .arg = arg };
    watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (watch->fd < 0)
        pyro_fail_errno(err, "watch the services");
    else if (loop_watch(loop, watch->fd, EPOLLIN, service_watch_on_events, watch, err))
        return watch;
    service_watch_free(watch);
    return NULL;
}

void service_watch_free(struct service_watch *watch)
{
    if (!watch)
        return;
    loop_timer_cancel(watch->loop, &watch->pause);
    if (watch->fd >= 0) {
        loop_unwatch(watch->loop, watch->fd);
        close(watch->fd);
    }
    free(watch);
}

void service_watch_add(struct service_watch *watch, const char *workspace_path)
{
    scoped_free char *path = str_printf("%s/" SERVICES_DIR, workspace_path);
    scoped_dir DIR *dir = NULL;
    const struct dirent *e;

    /* Watched before it is read, so that nothing falls between. */
    if (inotify_add_watch(watch->fd, path, IN_CREATE | IN_DELETE | IN_ONLYDIR) < 0)
        return;
    dir = opendir(path);
    while (dir && (e = readdir(dir))) {
        scoped_free char *service = str_printf("%s/%s", path, e->d_name);
        if (e->d_name[0] != '.')
            inotify_add_watch(watch->fd, service, IN_MOVED_TO | IN_ONLYDIR);
    }
}

void service_watch_follow(struct service_watch *watch, const char *workspace_path,
                          const char *service)
{
    for (int output = SERVICE_STDOUT; output <= SERVICE_STDERR; output++) {
        scoped_free char *log = str_printf("%s/" SERVICES_DIR "/%s/%s.log", workspace_path, service,
                                           service_output_name((enum service_output)output));
        inotify_add_watch(watch->fd, log, IN_MODIFY);
    }
}
