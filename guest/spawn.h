/*
 * Starting a command: as by vfork(2), straight into its control group. A static program's fork and
 * exec costs 35 ms under emulation, this under two.
 */
#ifndef PYRO_GUEST_SPAWN_H
#define PYRO_GUEST_SPAWN_H

#include <sys/types.h>

#include "guest/users.h"

struct spawn {
    char **argv; /* argv[-1] is a spare place, overwritten */
    char *const *envp;
    const char *search_path; /* where a command without a slash is looked for */
    const char *cwd;
    int fds[3];                    /* become the standard streams; above 2, close-on-exec */
    bool terminal;                 /* fds are a terminal, which becomes the controlling one */
    int cgroup_fd;                 /* -1: none */
    bool in_vm;                    /* resource limits as for a login on Debian */
    const struct guest_user *user; /* NULL: as this process */
};

enum spawn_result {
    SPAWN_OK,
    SPAWN_NOT_FOUND,      /* 127 */
    SPAWN_NOT_EXECUTABLE, /* 126 */
    SPAWN_FAILED          /* not the command's fault */
};

/* The command leads a session and a process group of its own. Unless SPAWN_OK, err says why and
 * there is no process. */
enum spawn_result spawn_start(const struct spawn *sp, pid_t *ret_pid, struct pyro_error *err);
/* The same through a keeper (keeper.h): *ret_child is the process to reap. */
enum spawn_result spawn_start_kept(const struct spawn *sp, pid_t *ret_pid, pid_t *ret_child,
                                   struct pyro_error *err);

#endif
