/*
 * engine/workspace/figures.c: resources of the host that workspaces use.
 *
 * A workspace's processes are its supervisor, the supervisor's descendants, and its QEMU, which is
 * not a child any more once a supervisor was replaced. The supervisor is known by its command line;
 * /proc is searched for it when it is not known or gone, at most every few seconds.
 */
#include "engine/workspace/figures.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "vmm/base/fs.h"
#include "vmm/base/proc.h"

#define INTERVAL_MS 1000
#define SEARCH_MS 3000
#define PROCESSES_MAX 256 /* of one workspace */
#define DISK_FILE "disk.qcow2"
#define LAYERS_DIR "layers"

struct process {
    pid_t pid;
    uint64_t start_time;
};

struct entry {
    char id[WORKSPACE_ID_LENGTH + 1];
    char *path;
    bool started;
    struct process vm;         /* pid 0: not known */
    struct process supervisor; /* the same */
    uint64_t ticks;            /* processor time at the last look */
    int64_t looked_ms;         /* 0: never */
    struct figures figures;
};

struct workspace_figures {
    struct loop *loop;
    loop_call_fn *fn;
    void *arg;
    struct entry *entries;
    size_t count;
    int64_t searched_ms;
    struct loop_timer timer;
};

/* ---- /proc ---- */

/* The workspace whose supervisor a process is, by its command line "…\0__supervise\0MODE\0ID";
 * false: it is not one. */
static bool is_supervisor(pid_t pid, char ret_id[WORKSPACE_ID_LENGTH + 1])
{
    static const char word[] = "__supervise";
    char text[512];
    size_t n = proc_read_file(pid, "cmdline", text, sizeof(text));
    const char *at = memmem(text, n, word, sizeof(word));
    const char *end = text + n;

    if (!at || proc_user(pid) != geteuid())
        return false;
    at += sizeof(word);
    at += strnlen(at, (size_t)(end - at)) + 1; /* the mode */
    if (end - at < WORKSPACE_ID_LENGTH || strnlen(at, (size_t)(end - at)) != WORKSPACE_ID_LENGTH)
        return false;
    memcpy(ret_id, at, WORKSPACE_ID_LENGTH + 1);
    return true;
}

static void search_supervisors(struct workspace_figures *f)
{
    scoped_dir DIR *dir = opendir("/proc");
    char id[WORKSPACE_ID_LENGTH + 1];
    struct dirent *d;

    while (dir && (d = readdir(dir))) {
        pid_t pid = isdigit((unsigned char)d->d_name[0]) ? (pid_t)strtol(d->d_name, NULL, 10) : 0;
        if (!pid || !is_supervisor(pid, id))
            continue;
        for (size_t i = 0; i < f->count; i++)
            if (!strcmp(f->entries[i].id, id))
                f->entries[i].supervisor = (struct process){ pid, proc_start_time(pid) };
    }
}

/* Adds the usage of one process; true when it exists. */
static bool add_process(pid_t pid, uint64_t *ticks, uint64_t *memory_bytes)
{
    uint64_t user, system, waited_user, waited_system, resident, shared;
    char text[1024], *rest;

    if (!proc_read_file(pid, "stat", text, sizeof(text)) || !(rest = strrchr(text, ')')) ||
        sscanf(rest,
               ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64 " %" SCNu64
               " %" SCNu64,
               &user, &system, &waited_user, &waited_system) != 4)
        return false;
    *ticks += user + system + waited_user + waited_system;
    if (proc_read_file(pid, "statm", text, sizeof(text)) &&
        sscanf(text, "%*u %" SCNu64 " %" SCNu64, &resident, &shared) == 2 && resident > shared)
        *memory_bytes += (resident - shared) * (uint64_t)sysconf(_SC_PAGESIZE);
    return true;
}

/* Appends the children of a process to a list that is not full. */
static void add_children(pid_t pid, pid_t *list, size_t *count)
{
    char file[64], text[4096], *at = text, *end;

    snprintf(file, sizeof(file), "task/%d/children", (int)pid);
    if (!proc_read_file(pid, file, text, sizeof(text)))
        return;
    for (long child; *count < PROCESSES_MAX && (child = strtol(at, &end, 10)) > 0; at = end)
        list[(*count)++] = (pid_t)child;
}

/* ---- one workspace ---- */

static uint64_t allocated(int dir_fd, const char *name)
{
    struct stat st;

    if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
        return 0;
    return (uint64_t)st.st_blocks * 512;
}

static uint64_t disk_of(const struct entry *e)
{
    scoped_close int dir_fd = open(e->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    uint64_t sum = dir_fd < 0 ? 0 : allocated(dir_fd, DISK_FILE);
    int layers_fd =
        dir_fd < 0 ? -1 : openat(dir_fd, LAYERS_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    scoped_dir DIR *layers = layers_fd < 0 ? NULL : fdopendir(layers_fd);
    struct dirent *d;

    while (layers && (d = readdir(layers)))
        sum += allocated(layers_fd, d->d_name);
    return sum;
}

static void look_at_processes(struct entry *e)
{
    pid_t pids[PROCESSES_MAX];
    size_t count = 0;
    uint64_t ticks = 0, memory = 0;
    int64_t now = clock_ms();
    double elapsed = (double)(now - e->looked_ms) / 1000;
    bool vm_seen = !proc_is_alive(e->vm.pid, e->vm.start_time);

    if (e->supervisor.pid)
        pids[count++] = e->supervisor.pid;
    for (size_t i = 0; i < count; i++) {
        vm_seen |= pids[i] == e->vm.pid;
        if (add_process(pids[i], &ticks, &memory) && count < PROCESSES_MAX)
            add_children(pids[i], pids, &count);
    }
    if (!vm_seen)
        add_process(e->vm.pid, &ticks, &memory);
    e->figures.memory_bytes = memory;
    if (!e->looked_ms || elapsed <= 0 || ticks < e->ticks)
        e->figures.cpu = e->looked_ms ? 0 : -1;
    else
        e->figures.cpu = (double)(ticks - e->ticks) / (double)sysconf(_SC_CLK_TCK) / elapsed;
    e->ticks = ticks;
    e->looked_ms = now;
}

static bool lacks_supervisor(struct entry *e)
{
    if (e->supervisor.pid && !proc_is_alive(e->supervisor.pid, e->supervisor.start_time))
        e->supervisor.pid = 0;
    return e->started && !e->supervisor.pid;
}

static void workspace_figures_sample(void *arg)
{
    struct workspace_figures *f = arg;
    int64_t now = clock_ms();
    bool lacking = false, running = false;

    for (size_t i = 0; i < f->count; i++) {
        lacking |= lacks_supervisor(&f->entries[i]);
        running |= f->entries[i].started;
    }
    if (lacking && (!f->searched_ms || now - f->searched_ms >= SEARCH_MS)) {
        search_supervisors(f);
        f->searched_ms = now;
    }
    for (size_t i = 0; i < f->count; i++) {
        struct entry *e = &f->entries[i];
        e->figures.disk_bytes = disk_of(e);
        if (e->started)
            look_at_processes(e);
        else
            e->looked_ms = now, e->figures.cpu = 0, e->figures.memory_bytes = 0;
    }
    if (running)
        loop_timer_set(f->loop, &f->timer, INTERVAL_MS, workspace_figures_sample, f);
    f->fn(f->arg);
}

/* ---- the figures ---- */

struct workspace_figures *workspace_figures_new(struct loop *loop, loop_call_fn *fn, void *arg)
{
    struct workspace_figures *f = calloc(1, sizeof(*f));

    BUG_ON(!f);
    *f = (struct workspace_figures){ .loop = loop, .fn = fn, .arg = arg };
    return f;
}

static void release_entries(struct entry *entries, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(entries[i].path);
    free(entries);
}

void workspace_figures_free(struct workspace_figures *f)
{
    if (!f)
        return;
    loop_timer_cancel(f->loop, &f->timer);
    release_entries(f->entries, f->count);
    free(f);
}

static struct entry *find(const struct workspace_figures *f, const char *id)
{
    for (size_t i = 0; i < f->count; i++)
        if (!strcmp(f->entries[i].id, id))
            return &f->entries[i];
    return NULL;
}

void workspace_figures_show(struct workspace_figures *f,
                            struct watched_workspace *const *workspaces, size_t count)
{
    struct entry *entries = calloc(count ? count : 1, sizeof(*entries));
    bool news = false;

    BUG_ON(!entries);
    for (size_t i = 0; i < count; i++) {
        const struct watched_workspace *w = workspaces[i];
        const struct entry *old = find(f, w->record.id);
        bool started = w->record.state == WORKSPACE_STARTED;
        if (old)
            entries[i] = *old;
        else
            memcpy(entries[i].id, w->record.id, sizeof(entries[i].id));
        news |= !old || old->started != started;
        if (old && old->started != started) /* another machine: its time starts again at 0 */
            entries[i].looked_ms = 0;
        entries[i].path = str_printf("%s", w->path);
        entries[i].started = started;
        entries[i].vm = (struct process){ w->record.vm_pid, w->record.vm_start_time };
    }
    release_entries(f->entries, f->count);
    f->entries = entries;
    f->count = count;
    if (!count)
        loop_timer_cancel(f->loop, &f->timer);
    else if (news)
        loop_timer_set(f->loop, &f->timer, 0, workspace_figures_sample, f);
}

const struct figures *workspace_figures_of(const struct workspace_figures *f, const char *id)
{
    const struct entry *e = find(f, id);

    return e && e->looked_ms ? &e->figures : NULL;
}
