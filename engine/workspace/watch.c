/*
 * engine/workspace/watch.c: the live model of all workspaces.
 *
 * Three directories of each workspace are watched: its own (the record, the lock), shells/ and
 * commands/. Each watch is set before its directory is read, so nothing is missed. Events only mark
 * what is stale; once the queue is empty each stale workspace is read again and reported once. Then
 * the descriptor is ignored for a moment, so that a shell that floods costs few looks, not one per
 * write.
 */
#include "engine/workspace/watch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "engine/client/recovery.h"
#include "engine/state/store.h"
#include "vmm/base/fs.h"

#define PAUSE_MS 15
#define RECOVERY_TRIES 4
#define NO_WATCH (-1)
#define DIR_EVENTS (IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE | IN_ONLYDIR)
#define STORE_EVENTS                                                                               \
    (IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF |         \
     IN_ONLYDIR)
#define SHELLS_EVENTS (IN_MOVED_TO | IN_CREATE | IN_MODIFY | IN_DELETE | IN_ONLYDIR)
#define COMMANDS_EVENTS (IN_MOVED_TO | IN_ONLYDIR)

enum { STALE_LOCK = 1 << 8, STALE_SHELL_LIST = 1 << 9 }; /* beside enum watch_change */

/* A directory in the store, shown to the consumer or not. */
struct watch_node {
    struct watch_node *next;
    struct watched_workspace w;
    int dir_wd, shells_wd, commands_wd;
    bool shown, gone;
    unsigned stale;
    unsigned recovery_tries; /* since its supervisor was last seen alive */
};

struct workspace_watch {
    struct loop *loop;
    const struct workspace_watch_ops *ops;
    void *arg;
    struct store store;
    int inotify_fd, store_wd;
    struct watch_node *nodes;
    size_t shown_count;
    bool overflow, store_gone, told_limit;
    struct loop_timer pause;
    struct recovery_queue *recovery;
};

static void workspace_watch_on_events(void *arg, uint32_t events);

/* ---- directories that cannot be watched ---- */

static int64_t limit_of(const char *name)
{
    scoped_free char *path = str_printf("/proc/sys/fs/inotify/%s", name);
    scoped_buf text = BUF_INIT(64);

    return fs_read_file(AT_FDCWD, path, &text, NULL) && text.len ? strtoll(text.data, NULL, 10) : 0;
}

/* Sets err by errno of an inotify call; false. */
static bool watch_failed(const char *what, struct pyro_error *err)
{
    const char *limit = errno == ENOSPC   ? "max_user_watches"
                        : errno == EMFILE ? "max_user_instances"
                                          : NULL;

    if (!limit)
        return pyro_fail_errno(err, "watch '%s'", what);
    pyro_fail(err, PYRO_NO_SPACE, "watch '%s': this user has no inotify watches left (%s is %lld)",
              what, limit, (long long)limit_of(limit));
    return pyro_hint(err, "raise it: sysctl fs.inotify.%s=%lld", limit,
                     (long long)(4 * limit_of(limit)));
}

static void tell_trouble(struct workspace_watch *watch, const struct pyro_error *why)
{
    if (watch->ops->trouble)
        watch->ops->trouble(watch->arg, why);
}

/* Watches a directory, or `name` below it; a missing one is not an error. */
static int add_watch(struct workspace_watch *watch, const char *path, const char *name,
                     uint32_t events)
{
    scoped_free char *full = str_printf("%s%s%s", path, *name ? "/" : "", name);
    int wd = inotify_add_watch(watch->inotify_fd, full, events);
    struct pyro_error err = { 0 };

    if (wd >= 0 || errno == ENOENT || (errno == ENOSPC && watch->told_limit))
        return wd < 0 ? NO_WATCH : wd;
    watch->told_limit |= errno == ENOSPC;
    watch_failed(full, &err);
    tell_trouble(watch, &err);
    return NO_WATCH;
}

static void drop_watch(struct workspace_watch *watch, int *wd)
{
    if (*wd != NO_WATCH)
        inotify_rm_watch(watch->inotify_fd, *wd);
    *wd = NO_WATCH;
}

/* ---- shells ---- */

struct watched_shell *watched_shell_find(const struct watched_workspace *w, const char *shell_id)
{
    for (size_t i = 0; i < w->shell_count; i++)
        if (!strcmp(w->shells[i].record.id, shell_id))
            return &w->shells[i];
    return NULL;
}

static void clear_shells(struct watched_workspace *w)
{
    for (size_t i = 0; i < w->shell_count; i++)
        shell_record_release(&w->shells[i].record);
    free(w->shells);
    w->shells = NULL;
    w->shell_count = 0;
}

/* Its log's size; true when it changed. */
static bool look_at_log(int dir_fd, struct watched_shell *shell, bool first)
{
    char name[SHELL_ID_MAX + 16];
    struct stat st;

    snprintf(name, sizeof(name), SHELLS_DIR "/%s.log", shell->record.id);
    if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || shell->size == (uint64_t)st.st_size)
        return false;
    shell->size = (uint64_t)st.st_size;
    if (!first)
        shell->output_ms = clock_ms();
    return true;
}

struct reading {
    struct watched_shell *shells;
    size_t count;
    int dir_fd;
    const struct watched_workspace *old;
};

static void watch_read_shell(void *arg, const struct shell_record *r)
{
    struct reading *reading = arg;
    const struct watched_shell *old = watched_shell_find(reading->old, r->id);
    struct watched_shell *grown =
        realloc(reading->shells, (reading->count + 1) * sizeof(*reading->shells));
    struct watched_shell *shell;

    BUG_ON(!grown);
    reading->shells = grown;
    shell = &grown[reading->count++];
    *shell = (struct watched_shell){ .record = *r };
    shell->record.cwd = str_printf("%s", r->cwd);
    shell->record.foreground = r->foreground ? str_printf("%s", r->foreground) : NULL;
    shell->record.notice = r->notice ? str_printf("%s", r->notice) : NULL;
    if (old) {
        shell->size = old->size;
        shell->output_ms = old->output_ms;
    }
    look_at_log(reading->dir_fd, shell, !old);
}

static void read_shells(struct watch_node *node, int dir_fd)
{
    struct reading reading = { .dir_fd = dir_fd, .old = &node->w };

    if (!shell_each(dir_fd, watch_read_shell, &reading, NULL))
        return; /* keeps what was known of them */
    clear_shells(&node->w);
    node->w.shells = reading.shells;
    node->w.shell_count = reading.count;
}

/* ---- one workspace ---- */

static bool is_visible(const struct workspace_record *r, int dir_fd)
{
    if (r->ephemeral)
        return false;
    if (r->broken)
        return faccessat(dir_fd, RECORD_FILE, F_OK, 0) == 0;
    return r->state != WORKSPACE_CREATED || store_is_held(dir_fd);
}

static void show(struct workspace_watch *watch, struct watch_node *node, unsigned change)
{
    if (!node->shown) {
        node->shown = true;
        watch->shown_count++;
        watch->ops->added(watch->arg, &node->w);
    } else if (change) {
        watch->ops->changed(watch->arg, &node->w, change);
    }
}

static void hide(struct workspace_watch *watch, struct watch_node *node)
{
    if (!node->shown)
        return;
    node->shown = false;
    watch->shown_count--;
    watch->ops->removed(watch->arg, &node->w);
}

static void watch_below(struct workspace_watch *watch, struct watch_node *node)
{
    if (node->dir_wd == NO_WATCH)
        node->dir_wd = add_watch(watch, node->w.path, "", DIR_EVENTS);
    if (node->shells_wd == NO_WATCH) {
        node->shells_wd = add_watch(watch, node->w.path, SHELLS_DIR, SHELLS_EVENTS);
        if (node->shells_wd != NO_WATCH)
            node->stale |= STALE_SHELL_LIST;
    }
    if (node->commands_wd == NO_WATCH)
        node->commands_wd = add_watch(watch, node->w.path, "commands", COMMANDS_EVENTS);
}

static bool look_at_logs(struct watch_node *node, int dir_fd)
{
    bool grown = false;

    for (size_t i = 0; i < node->w.shell_count; i++)
        grown |= look_at_log(dir_fd, &node->w.shells[i], false);
    return grown;
}

/* A started workspace whose lock is free has lost its supervisor. */
static void recover(struct workspace_watch *watch, struct watch_node *node, int dir_fd)
{
    if (node->w.record.state != WORKSPACE_STARTED || store_is_held(dir_fd))
        node->recovery_tries = 0;
    else if (node->recovery_tries++ < RECOVERY_TRIES)
        recovery_queue_add(watch->recovery, node->w.record.id);
}

/* Reads its stale parts again. */
static void refresh(struct workspace_watch *watch, struct watch_node *node)
{
    scoped_close int dir_fd = store_open_workspace(&watch->store, node->w.record.id, NULL);
    unsigned stale;

    if (dir_fd < 0) {
        node->gone = true;
        return;
    }
    watch_below(watch, node);
    stale = node->stale;
    node->stale = 0;
    if (stale & (WATCH_RECORD | STALE_LOCK)) {
        char id[WORKSPACE_ID_LENGTH + 1];
        memcpy(id, node->w.record.id, sizeof(id));
        record_release(&node->w.record);
        record_load_any(dir_fd, id, &node->w.record);
    }
    if (stale & STALE_SHELL_LIST) {
        read_shells(node, dir_fd);
        stale |= WATCH_SHELLS;
    } else if ((stale & WATCH_OUTPUT) && !look_at_logs(node, dir_fd)) {
        stale &= ~(unsigned)WATCH_OUTPUT;
    }
    if (!is_visible(&node->w.record, dir_fd)) {
        hide(watch, node);
        return;
    }
    if (stale & STALE_LOCK)
        recover(watch, node, dir_fd);
    show(watch, node, stale & (WATCH_RECORD | WATCH_SHELLS | WATCH_OUTPUT | WATCH_COMMANDS));
}

static struct watch_node *node_of(const struct workspace_watch *watch, const char *id)
{
    struct watch_node *node = watch->nodes;

    while (node && (node->gone || strcmp(node->w.record.id, id) != 0))
        node = node->next;
    return node;
}

static void node_add(struct workspace_watch *watch, const char *id)
{
    struct watch_node *node = node_of(watch, id);

    if (!node) {
        node = calloc(1, sizeof(*node));
        BUG_ON(!node);
        node->dir_wd = node->shells_wd = node->commands_wd = NO_WATCH;
        node->w.node = node;
        node->w.path = str_printf("%s/%s", watch->store.path, id);
        snprintf(node->w.record.id, sizeof(node->w.record.id), "%s", id);
        node->next = watch->nodes;
        watch->nodes = node;
    }
    node->stale |= WATCH_RECORD | STALE_LOCK | STALE_SHELL_LIST;
}

static void node_free(struct workspace_watch *watch, struct watch_node *node)
{
    drop_watch(watch, &node->dir_wd);
    drop_watch(watch, &node->shells_wd);
    drop_watch(watch, &node->commands_wd);
    clear_shells(&node->w);
    record_release(&node->w.record);
    free(node->w.path);
    free(node);
}

/* ---- the store ---- */

static bool is_id(const char *name)
{
    return strlen(name) == WORKSPACE_ID_LENGTH &&
           strspn(name, "0123456789abcdef") == WORKSPACE_ID_LENGTH;
}

static void read_store(struct workspace_watch *watch)
{
    scoped_dir DIR *dir = opendir(watch->store.path);
    struct dirent *entry;

    while (dir && (entry = readdir(dir)))
        if (is_id(entry->d_name))
            node_add(watch, entry->d_name);
    for (struct watch_node *node = watch->nodes; node; node = node->next) {
        node->stale |= WATCH_RECORD | STALE_LOCK | STALE_SHELL_LIST | WATCH_COMMANDS;
        /* A directory may be another by now; one that is not gets the watch that it has. */
        node->dir_wd = node->shells_wd = node->commands_wd = NO_WATCH;
    }
}

/* Reports everything new, and forgets what is gone. */
static void refresh_all(struct workspace_watch *watch)
{
    struct watch_node **at = &watch->nodes;

    if (watch->overflow)
        read_store(watch);
    watch->overflow = false;
    while (*at) {
        struct watch_node *node = *at;
        if (node->stale && !node->gone)
            refresh(watch, node);
        if (!node->gone) {
            at = &node->next;
            continue;
        }
        *at = node->next;
        hide(watch, node);
        node_free(watch, node);
    }
    if (watch->store_gone) {
        struct pyro_error err = { 0 };
        watch->store_gone = false;
        pyro_fail(&err, PYRO_IO, "the state directory '%s' was removed or moved",
                  watch->store.path);
        pyro_hint(&err, "start this program again");
        tell_trouble(watch, &err);
    }
}

/* ---- events ---- */

static void store_event(struct workspace_watch *watch, const struct inotify_event *e)
{
    struct watch_node *node;

    if (e->mask & (IN_DELETE_SELF | IN_MOVE_SELF))
        watch->store_gone = true;
    if (!e->len || !is_id(e->name))
        return;
    if (e->mask & (IN_CREATE | IN_MOVED_TO))
        node_add(watch, e->name);
    else if ((node = node_of(watch, e->name)))
        node->gone = true;
}

static void dir_event(struct watch_node *node, const struct inotify_event *e)
{
    if (e->mask & IN_IGNORED)
        node->dir_wd = NO_WATCH;
    if (!e->len)
        return;
    if (!strcmp(e->name, RECORD_FILE) && (e->mask & IN_MOVED_TO))
        node->stale |= WATCH_RECORD;
    else if (!strcmp(e->name, "lock") && (e->mask & IN_CLOSE_WRITE))
        node->stale |= STALE_LOCK; /* its holder may be gone */
    else if (!strcmp(e->name, SHELLS_DIR) || !strcmp(e->name, "commands"))
        node->stale |= STALE_SHELL_LIST;
}

static void shells_event(struct watch_node *node, const struct inotify_event *e)
{
    if (e->mask & IN_IGNORED) { /* the directory is gone: a reset makes it again */
        node->shells_wd = NO_WATCH;
        node->stale |= STALE_SHELL_LIST;
    }
    if (!e->len)
        return;
    if (str_ends_with(e->name, ".log") && (e->mask & IN_MODIFY))
        node->stale |= WATCH_OUTPUT;
    else if (str_ends_with(e->name, ".json") && (e->mask & (IN_MOVED_TO | IN_DELETE)))
        node->stale |= STALE_SHELL_LIST;
}

static void take_event(struct workspace_watch *watch, const struct inotify_event *e)
{
    if (e->mask & IN_Q_OVERFLOW) {
        watch->overflow = true;
        return;
    }
    if (e->wd == watch->store_wd) {
        store_event(watch, e);
        return;
    }
    for (struct watch_node *node = watch->nodes; node; node = node->next) {
        if (e->wd == node->dir_wd)
            dir_event(node, e);
        else if (e->wd == node->shells_wd)
            shells_event(node, e);
        else if (e->wd == node->commands_wd && (e->mask & IN_IGNORED))
            node->commands_wd = NO_WATCH;
        else if (e->wd == node->commands_wd && str_ends_with(e->name, ".json"))
            node->stale |= WATCH_COMMANDS;
        else
            continue;
        return;
    }
}

static void watch_end_pause(void *arg)
{
    struct workspace_watch *watch = arg;
    struct pyro_error err = { 0 };

    if (!loop_watch(watch->loop, watch->inotify_fd, EPOLLIN, workspace_watch_on_events, watch,
                    &err))
        tell_trouble(watch, &err);
}

static void workspace_watch_on_events(void *arg, uint32_t events UNUSED)
{
    struct workspace_watch *watch = arg;
    _Alignas(struct inotify_event) char bytes[16384];
    ssize_t n;

    while ((n = read(watch->inotify_fd, bytes, sizeof(bytes))) > 0) {
        for (char *at = bytes; at < bytes + n;) {
            const struct inotify_event *e = (const void *)at;
            take_event(watch, e);
            at += sizeof(*e) + e->len;
        }
    }
    refresh_all(watch);
    loop_unwatch(watch->loop, watch->inotify_fd);
    loop_timer_set(watch->loop, &watch->pause, PAUSE_MS, watch_end_pause, watch);
}

/* ---- the watch ---- */

struct workspace_watch *workspace_watch_new(struct loop *loop,
                                            const struct workspace_watch_ops *ops, void *arg,
                                            struct pyro_error *err)
{
    struct workspace_watch *watch = calloc(1, sizeof(*watch));

    BUG_ON(!watch);
    *watch = (struct workspace_watch){
        .loop = loop, .ops = ops, .arg = arg, .store = { .fd = -1 }, .overflow = true
    };
    watch->inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (watch->inotify_fd < 0)
        watch_failed("the state directory", err);
    else if (store_open(&watch->store, err)) {
        watch->store_wd = inotify_add_watch(watch->inotify_fd, watch->store.path, STORE_EVENTS);
        if (watch->store_wd < 0)
            watch_failed(watch->store.path, err);
        else if (loop_watch(loop, watch->inotify_fd, EPOLLIN, workspace_watch_on_events, watch,
                            err)) {
            watch->recovery = recovery_queue_new(loop, ops->recovery_program);
            refresh_all(watch);
            return watch;
        }
    }
    workspace_watch_free(watch);
    return NULL;
}

void workspace_watch_free(struct workspace_watch *watch)
{
    if (!watch)
        return;
    recovery_queue_free(watch->recovery);
    loop_timer_cancel(watch->loop, &watch->pause);
    if (watch->inotify_fd >= 0) {
        loop_unwatch(watch->loop, watch->inotify_fd);
        close(take_fd(&watch->inotify_fd));
    }
    while (watch->nodes) {
        struct watch_node *node = watch->nodes;
        watch->nodes = node->next;
        node->dir_wd = node->shells_wd = node->commands_wd = NO_WATCH; /* closed all at once */
        node_free(watch, node);
    }
    store_release(&watch->store);
    free(watch);
}

size_t workspace_watch_count(const struct workspace_watch *watch)
{
    return watch->shown_count;
}

struct watched_workspace *workspace_watch_find(const struct workspace_watch *watch, const char *id)
{
    struct watch_node *node = node_of(watch, id);

    return node && node->shown ? &node->w : NULL;
}
