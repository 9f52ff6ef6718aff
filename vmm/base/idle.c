/* vmm/base/idle.c: SCHED_IDLE for a process and its descendants. */
#include "vmm/base/idle.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmm/base/buf.h"
#include "vmm/base/fs.h"

#define DEPTH_MAX 16
#define CHILDREN_BYTES_MAX 65536

static bool set_policy(pid_t thread, int policy)
{
    const struct sched_param none = { 0 };

    return sched_setscheduler(thread, policy, &none) == 0;
}

/* Tried by a child: there is no way to ask. */
static bool can_return(void)
{
    pid_t child = fork();
    int status;

    if (child == 0)
        _exit(set_policy(0, SCHED_IDLE) && set_policy(0, SCHED_OTHER) ? 0 : 1);
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

bool idle_enter(void)
{
    return can_return() && set_policy(0, SCHED_IDLE);
}

bool idle_enter_for_good(void)
{
    return set_policy(0, SCHED_IDLE);
}

static void leave(const char *process, int depth);

static void leave_children(const char *process, const char *thread, int depth)
{
    scoped_buf text = BUF_INIT(CHILDREN_BYTES_MAX);
    char path[600], *at, *word;

    snprintf(path, sizeof(path), "/proc/%s/task/%s/children", process, thread);
    if (depth >= DEPTH_MAX || !fs_read_file(AT_FDCWD, path, &text, NULL))
        return;
    for (at = text.data; at && (word = strsep(&at, " "));)
        if (isdigit((unsigned char)*word))
            leave(word, depth + 1);
}

static void leave(const char *process, int depth)
{
    char path[300];
    scoped_dir DIR *dir = NULL;
    const struct dirent *entry;

    snprintf(path, sizeof(path), "/proc/%s/task", process);
    dir = opendir(path);
    while (dir && (entry = readdir(dir))) {
        pid_t thread = (pid_t)strtol(entry->d_name, NULL, 10);
        if (thread <= 0)
            continue;
        if (sched_getscheduler(thread) == SCHED_IDLE)
            set_policy(thread, SCHED_OTHER);
        leave_children(process, entry->d_name, depth);
    }
}

void idle_leave(void)
{
    leave("self", 0);
}
