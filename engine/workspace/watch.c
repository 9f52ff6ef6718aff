/*
 * engine/workspace/watch.c: the live model of all workspaces.
 *
 * The directory of each workspace is watched (the record, the lock), and shells/ and commands/ of those
 * that run: in the others nothing changes but with the record. Each watch is set before its directory is read, so nothing is missed. Events only mark
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

#include "engine/client/recovery.h"
#include "engine/state/store.h"
#include "engine/workspace/watch_table.h"
#include "vmm/base/fs.h"

#define PAUSE_MS 15
#define RECOVERY_TRIES 4
#define BRIEF_FROM 256 /* so many workspaces are many */
#define LATER_MS 1
#define LATER_AT_ONCE 128 /* keys wait for no more */
#define DIR_EVENTS (IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE | IN_ONLYDIR)
#define STORE_EVENTS                                                                               \
    (IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF |         \
     IN_ONLYDIR)
#define SHELLS_EVENTS (IN_MOVED_TO | IN_CREATE | IN_MODIFY | IN_DELETE | IN_ONLYDIR)
#define COMMANDS_EVENTS (IN_MOVED_TO | IN_ONLYDIR)

enum { STALE_LOCK = 1 << 8, STALE_SHELL_LIST = 1 << 9 }; /* beside enum watch_change */
#define STALE_ALL (WATCH_RECORD | STALE_LOCK | STALE_SHELL_LIST | WATCH_COMMANDS)

enum { OWN_DIR, SHELL_DIR, COMMAND_DIR, DIRS };
static const struct {
    const char *name;
    uint32_t events;
    unsigned stale; /* when it is watched from now on */
} dirs[DIRS] = {
    [OWN_DIR] = { "", DIR_EVENTS, 0 },
    [SHELL_DIR] = { SHELLS_DIR, SHELLS_EVENTS, STALE_SHELL_LIST },
    [COMMAND_DIR] = { "commands", COMMANDS_EVENTS, WATCH_COMMANDS },
};

/* A directory in the store, shown to the consumer or not. */
struct watch_node {
    struct watch_node *next;
    struct watched_workspace w;
    struct watch_link by_id;
    struct watch_link dirs[DIRS]; /* by their watch descriptors; 0: not watched */
    bool shown, gone;
    bool brief; /* only what a list shows has been read, and nothing is watched yet */
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
    struct watch_table by_id, by_wd;
    size_t shown_count;
    bool overflow, store_gone, told_limit, many;
    struct loop_timer pause, later;
    struct recovery_queue *recovery;
};

static void workspace_watch_on_events(void *arg, uint32_t events);
static void watch_read_later(void *arg);

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

/* Watches one of a node's directories, unless it is; a missing one is not an error. */
static void watch_dir(struct workspace_watch *watch, struct watch_node *node, int which)
{
    struct watch_link *link = &node->dirs[which];
    const char *name = dirs[which].name;
    scoped_free char *path =
        link->key ? NULL : str_printf("%s%s%s", node->w.path, *name ? "/" : "", name);
    int wd = path ? inotify_add_watch(watch->inotify_fd, path, dirs[which].events) : 0;
    struct pyro_error err = { 0 };

    if (wd > 0) {
        *link = (struct watch_link){ .key = (uint32_t)wd, .of = node };
        watch_table_add(&watch->by_wd, link);
        node->stale |= dirs[which].stale;
    }
    if (wd >= 0 || errno == ENOENT || (errno == ENOSPC && watch->told_limit))
        return;
    watch->told_limit |= errno == ENOSPC;
    watch_failed(path, &err);
    tell_trouble(watch, &err);
}

/* It is not watched any more, or to be watched again. */
static void forget_dir(struct workspace_watch *watch, struct watch_link *link)
{
    if (link->key)
        watch_table_remove(&watch->by_wd, link);
    link->key = 0;
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

/* Something may happen in it that its record does not tell. */
static bool is_live(const struct watch_node *node, int dir_fd)
{
    enum workspace_state state = node->w.record.state;

    return state == WORKSPACE_STARTED || state == WORKSPACE_CREATED || store_is_held(dir_fd);
}

/* A started workspace whose lock is free has lost its supervisor. */
static void recover(struct workspace_watch *watch, struct watch_node *node, int dir_fd)
{
    if (node->w.record.state != WORKSPACE_STARTED || store_is_held(dir_fd))
        node->recovery_tries = 0;
    else if (node->recovery_tries++ < RECOVERY_TRIES)
        recovery_queue_add(watch->recovery, node->w.record.id);
}

/* What a list shows of one among many, if it does not run; false: it is to be read whole. */
static bool read_brief(const struct workspace_watch *watch, struct watch_node *node)
{
    struct workspace_record r;

    if (!watch->ops->in_brief || !watch->many || node->shown ||
        !record_load_brief(watch->store.fd, node->w.record.id, &r))
        return false;
    if ((r.state != WORKSPACE_STOPPED && r.state != WORKSPACE_FAILED) || r.ephemeral) {
        record_release(&r);
        return false;
    }
    record_release(&node->w.record);
    node->w.record = r;
    return true;
}

/* Whoever does something to it as a whole holds its lock, and its record says how far that is. */
static const char *change_of(const struct workspace_record *r, int dir_fd)
{
    bool runs = r->state == WORKSPACE_STARTED || r->state == WORKSPACE_CREATED;
    const char *change = r->clearing           ? "resetting"
                         : runs && r->stopping ? "stopping"
                         : !runs && r->vm_pid  ? "starting"
                                               : NULL;

    return change && store_is_held(dir_fd) ? change : NULL;
}

static void read_record(struct watch_node *node, int dir_fd)
{
    char id[WORKSPACE_ID_LENGTH + 1];

    memcpy(id, node->w.record.id, sizeof(id));
    record_release(&node->w.record);
    record_load_any(dir_fd, id, &node->w.record);
}

/* Takes what is stale, once the directories in which it is are watched. */
static unsigned take_stale(struct workspace_watch *watch, struct watch_node *node, int dir_fd)
{
    unsigned stale = node->stale | (node->brief ? STALE_ALL : 0);
    const char *change = node->w.change;

    node->brief = false;
    node->stale = 0;
    if (stale & (WATCH_RECORD | STALE_LOCK)) {
        read_record(node, dir_fd);
        node->w.change = change_of(&node->w.record, dir_fd);
        stale |= node->w.change != change ? WATCH_RECORD : 0;
    }
    if (is_live(node, dir_fd)) {
        watch_dir(watch, node, SHELL_DIR);
        watch_dir(watch, node, COMMAND_DIR);
    } else if (stale & WATCH_RECORD) {
        stale |= STALE_SHELL_LIST | WATCH_COMMANDS;
    }
    stale |= node->stale;
    node->stale = 0;
    return stale;
}

/* Reads its stale parts again. */
static void refresh(struct workspace_watch *watch, struct watch_node *node)
{
    scoped_close int dir_fd = -1;
    unsigned stale;

    if (read_brief(watch, node)) {
        node->stale = 0;
        node->brief = true;
        loop_timer_set(watch->loop, &watch->later, LATER_MS, watch_read_later, watch);
        show(watch, node, 0);
        return;
    }
    watch_dir(watch, node, OWN_DIR);
    dir_fd = store_open_workspace(&watch->store, node->w.record.id, NULL);
    if (dir_fd < 0) {
        node->gone = true;
        return;
    }
    stale = take_stale(watch, node, dir_fd);
    if (stale & STALE_SHELL_LIST) {
        watch_shells_read(&node->w.shells, &node->w.shell_count, dir_fd);
        stale |= WATCH_SHELLS;
    } else if ((stale & WATCH_OUTPUT) &&
               !watch_shells_look(node->w.shells, node->w.shell_count, dir_fd)) {
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

/* The rest of those that were read in brief, some at a time. */
static void watch_read_later(void *arg)
{
    struct workspace_watch *watch = arg;
    struct watch_node *node = watch->nodes;

    for (unsigned left = LATER_AT_ONCE; node && left; node = node->next)
        if (node->brief && !node->gone) {
            refresh(watch, node);
            left--;
        }
    if (node)
        loop_timer_set(watch->loop, &watch->later, LATER_MS, watch_read_later, watch);
}

static uint32_t key_of(const char *id)
{
    return (uint32_t)strtoull(id, NULL, 16);
}

static struct watch_node *node_of(const struct workspace_watch *watch, const char *id)
{
    struct watch_link *link = watch_table_first(&watch->by_id, key_of(id));

    for (; link; link = watch_table_next(link)) {
        struct watch_node *node = link->of;
        if (!node->gone && !strcmp(node->w.record.id, id))
            return node;
    }
    return NULL;
}

static void node_add(struct workspace_watch *watch, const char *id)
{
    struct watch_node *node = node_of(watch, id);

    if (!node) {
        node = calloc(1, sizeof(*node));
        BUG_ON(!node);
        node->w.node = node;
        node->by_id = (struct watch_link){ .key = key_of(id), .of = node };
        watch_table_add(&watch->by_id, &node->by_id);
        node->w.path = str_printf("%s/%s", watch->store.path, id);
        snprintf(node->w.record.id, sizeof(node->w.record.id), "%s", id);
        node->next = watch->nodes;
        watch->nodes = node;
    }
    node->stale |= WATCH_RECORD | STALE_LOCK | STALE_SHELL_LIST;
}

static void node_free(struct workspace_watch *watch, struct watch_node *node)
{
    for (int i = 0; i < DIRS; i++) {
        if (node->dirs[i].key && watch->inotify_fd >= 0)
            inotify_rm_watch(watch->inotify_fd, (int)node->dirs[i].key);
        forget_dir(watch, &node->dirs[i]);
    }
    watch_table_remove(&watch->by_id, &node->by_id);
    watch_shells_free(node->w.shells, node->w.shell_count);
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
    watch->many = watch->by_id.count >= BRIEF_FROM;
    for (struct watch_node *node = watch->nodes; node; node = node->next) {
        node->stale |= STALE_ALL;
        /* A directory may be another by now; one that is not gets the watch that it has. */
        for (int i = 0; i < DIRS; i++)
            forget_dir(watch, &node->dirs[i]);
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
    if (e->mask & IN_IGNORED) /* the directory is gone: a reset makes it again */
        node->stale |= STALE_SHELL_LIST;
    if (!e->len)
        return;
    if (str_ends_with(e->name, ".log") && (e->mask & IN_MODIFY))
        node->stale |= WATCH_OUTPUT;
    else if (str_ends_with(e->name, ".json") && (e->mask & (IN_MOVED_TO | IN_DELETE)))
        node->stale |= STALE_SHELL_LIST;
}

static void take_event(struct workspace_watch *watch, const struct inotify_event *e)
{
    struct watch_link *link;
    struct watch_node *node;

    if (e->mask & IN_Q_OVERFLOW) {
        watch->overflow = true;
        return;
    }
    if (e->wd == watch->store_wd) {
        store_event(watch, e);
        return;
    }
    link = watch_table_first(&watch->by_wd, (uint32_t)e->wd);
    if (!link)
        return;
    node = link->of;
    if (link == &node->dirs[OWN_DIR])
        dir_event(node, e);
    else if (link == &node->dirs[SHELL_DIR])
        shells_event(node, e);
    else if (e->len && str_ends_with(e->name, ".json"))
        node->stale |= WATCH_COMMANDS;
    if (e->mask & IN_IGNORED)
        forget_dir(watch, link);
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
    loop_timer_cancel(watch->loop, &watch->later);
    if (watch->inotify_fd >= 0) {
        loop_unwatch(watch->loop, watch->inotify_fd);
        close(take_fd(&watch->inotify_fd));
    }
    while (watch->nodes) {
        struct watch_node *node = watch->nodes;
        watch->nodes = node->next;
        node_free(watch, node);
    }
    watch_table_release(&watch->by_id);
    watch_table_release(&watch->by_wd);
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

struct watched_shell *watched_shell_find(const struct watched_workspace *w, const char *shell_id)
{
    return watch_shells_find(w->shells, w->shell_count, shell_id);
}
