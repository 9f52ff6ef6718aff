/* The processes of a shell: those of its control group, or, where it has none, its descendants. */
#ifndef PYRO_GUEST_PROCESSES_H
#define PYRO_GUEST_PROCESSES_H

#include <stdbool.h>
#include <sys/types.h>

#include "guest/cgroup.h"

#define PROCESSES_MAX 256 /* more are not looked at */

struct process {
    pid_t pid, parent, group;
    dev_t terminal;   /* that controls it; 0: none */
    pid_t foreground; /* the group in that terminal's foreground */
    bool is_stopped;
    unsigned threads;
};

struct processes {
    size_t count;
    struct process list[PROCESSES_MAX];
};

void processes_of(const struct cgroup *c, pid_t shell, struct processes *ret);
/* Whether one is a child of the other, a child of a child, and so on. */
bool processes_descends(const struct processes *p, const struct process *one, pid_t ancestor);

#endif
