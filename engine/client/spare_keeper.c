/* engine/client/spare_keeper.c: one child at a time, for one wish after the other. */
#include "engine/client/spare_keeper.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/client/spare_start.h"
#include "engine/state/file_watch.h"
#include "engine/state/paths.h"

#define REST_MS 300 /* since the last machine was made */

struct spare_keeper {
    struct loop *loop;
    struct file_watch *watch;
    struct loop_timer rest;
    struct spare_wish wishes[SPARE_WISHES_MAX];
    size_t count, next;
    int64_t allowed;
    pid_t child; /* 0: none */
    int child_fd;
};

static void make_next(struct spare_keeper *k);

static void spare_keeper_on_child(void *arg, uint32_t events UNUSED)
{
    struct spare_keeper *k = arg;

    loop_unwatch(k->loop, k->child_fd);
    close(take_fd(&k->child_fd));
    waitpid(k->child, NULL, 0);
    k->child = 0;
    make_next(k);
}

static void make_next(struct spare_keeper *k)
{
    while (!k->child && k->next < k->count) {
        struct pyro_error ignored;
        if (!spare_start(&k->wishes[k->next++], getpid(), &k->child))
            continue;
        k->child_fd = (int)syscall(SYS_pidfd_open, k->child, 0);
        if (k->child_fd >= 0 &&
            loop_watch(k->loop, k->child_fd, EPOLLIN, spare_keeper_on_child, k, &ignored))
            return;
        cleanup_close(&k->child_fd);
        k->child_fd = -1;
        waitpid(k->child, NULL, 0);
        k->child = 0;
    }
}

static void spare_keeper_on_rest(void *arg)
{
    struct spare_keeper *k = arg;

    k->count = spare_wishes_read(k->wishes);
    if ((int64_t)k->count > k->allowed)
        k->count = (size_t)k->allowed;
    k->next = 0;
    make_next(k);
}

static void spare_keeper_on_change(void *arg)
{
    struct spare_keeper *k = arg;

    loop_timer_set(k->loop, &k->rest, REST_MS, spare_keeper_on_rest, k);
}

struct spare_keeper *spare_keeper_new(struct loop *loop)
{
    scoped_free char *data = paths_data(NULL);
    int64_t allowed = spares_allowed(true);
    struct spare_keeper *k;

    if (!allowed || !data)
        return NULL;
    k = calloc(1, sizeof(*k));
    BUG_ON(!k);
    *k = (struct spare_keeper){ .loop = loop, .allowed = allowed, .child_fd = -1 };
    k->watch = file_watch_new(loop, spare_keeper_on_change, k, NULL);
    if (!k->watch || !file_watch_add(k->watch, data, IN_MOVED_TO | IN_ONLYDIR)) {
        spare_keeper_free(k);
        return NULL;
    }
    spare_keeper_on_change(k);
    return k;
}

void spare_keeper_free(struct spare_keeper *k)
{
    if (!k)
        return;
    loop_timer_cancel(k->loop, &k->rest);
    file_watch_free(k->watch);
    if (k->child_fd >= 0) {
        loop_unwatch(k->loop, k->child_fd);
        close(k->child_fd);
    }
    free(k);
}
