/* engine/workspace/usage.c: processor time, memory, disk and network of one workspace. */
#include "engine/workspace/usage.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/state/record.h"
#include "vmm/base/fs.h"
#include "vmm/base/network_counts.h"
#include "vmm/base/proc.h"

#define PROCESSES_MAX 256 /* of one workspace */
#define DISK_FILE "disk.qcow2"
#define LAYERS_DIR "layers"

/* ---- processes ---- */

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

void usage_each_supervisor(usage_supervisor_fn *fn, void *arg)
{
    scoped_dir DIR *dir = opendir("/proc");
    char id[WORKSPACE_ID_LENGTH + 1];
    struct dirent *d;

    while (dir && (d = readdir(dir))) {
        pid_t pid = isdigit((unsigned char)d->d_name[0]) ? (pid_t)strtol(d->d_name, NULL, 10) : 0;
        if (pid && is_supervisor(pid, id))
            fn(arg, id, (struct usage_process){ pid, proc_start_time(pid) });
    }
}

/* Adds the usage of one process, and says what it does ('R', 'S', 'T': proc(5)); 0: it is gone. */
static char add_process(pid_t pid, uint64_t *ticks, uint64_t *memory_bytes)
{
    uint64_t user, system, waited_user, waited_system, resident, shared;
    char text[1024], *rest, state;

    if (!proc_read_file(pid, "stat", text, sizeof(text)) || !(rest = strrchr(text, ')')) ||
        sscanf(rest,
               ") %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64 " %" SCNu64
               " %" SCNu64,
               &state, &user, &system, &waited_user, &waited_system) != 5)
        return 0;
    *ticks += user + system + waited_user + waited_system;
    if (proc_read_file(pid, "statm", text, sizeof(text)) &&
        sscanf(text, "%*u %" SCNu64 " %" SCNu64, &resident, &shared) == 2 && resident > shared)
        *memory_bytes += (resident - shared) * (uint64_t)sysconf(_SC_PAGESIZE);
    return state;
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

struct usage usage_of(struct usage_process supervisor, struct usage_process vm)
{
    pid_t pids[PROCESSES_MAX];
    size_t count = 0;
    uint64_t ticks = 0, memory = 0;
    bool vm_seen = !proc_is_alive(vm.pid, vm.start_time), stopped = false;

    if (supervisor.pid)
        pids[count++] = supervisor.pid;
    for (size_t i = 0; i < count; i++) {
        char state = add_process(pids[i], &ticks, &memory);
        vm_seen |= pids[i] == vm.pid;
        stopped |= pids[i] == supervisor.pid && state == 'T';
        if (state && count < PROCESSES_MAX)
            add_children(pids[i], pids, &count);
    }
    if (!vm_seen)
        add_process(vm.pid, &ticks, &memory);
    return (struct usage){ .cpu_seconds = (double)ticks / (double)sysconf(_SC_CLK_TCK),
                           .memory_bytes = memory,
                           .supervisor_stopped = stopped,
                           .supervisor = supervisor.pid,
                           .vm = vm.pid };
}

double usage_share(const struct usage *before, const struct usage *now, int64_t ms)
{
    double used = now->cpu_seconds - before->cpu_seconds;

    if (before->supervisor != now->supervisor || before->vm != now->vm || ms <= 0 || used < 0)
        return -1;
    return used * 1000 / (double)ms;
}

/* ---- files ---- */

static uint64_t allocated(int dir_fd, const char *name)
{
    struct stat st;

    if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
        return 0;
    return (uint64_t)st.st_blocks * 512;
}

uint64_t usage_disk_bytes(int dir_fd)
{
    uint64_t sum = allocated(dir_fd, DISK_FILE);
    int layers_fd = openat(dir_fd, LAYERS_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    scoped_dir DIR *layers = layers_fd < 0 ? NULL : fdopendir(layers_fd);
    struct dirent *d;

    while (layers && (d = readdir(layers)))
        sum += allocated(layers_fd, d->d_name);
    return sum;
}

struct usage_network usage_of_network(int dir_fd)
{
    scoped_close int fd =
        openat(dir_fd, "run/" NETWORK_COUNTS_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct network_counts counts;

    if (fd < 0 || pread(fd, &counts, sizeof(counts), 0) != sizeof(counts))
        return (struct usage_network){ 0 };
    return (struct usage_network){ .sent_bytes = counts.sent, .received_bytes = counts.received };
}
