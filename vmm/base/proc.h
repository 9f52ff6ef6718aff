/*
 * Child processes: started with exactly the descriptors and variables named, waited for with a
 * deadline, identified beyond their pid by their start time, so that a recycled pid is never
 * mistaken for them. They start with default signal actions and none blocked. Limits that a user or
 * an administrator set (resource limits, niceness, control groups) apply to them too.
 */
#ifndef PYRO_PROC_H
#define PYRO_PROC_H

#include <signal.h>
#include <stdint.h>
#include <sys/types.h>

#include "vmm/base/buf.h"
#include "vmm/base/error.h"
#include "vmm/base/inherit.h"

#define PROC_FDS_MAX 144

struct proc_spec {
    const char *const *argv; /* argv[0] is looked up in PATH unless it has a slash */
    unsigned inherit;        /* enum inherit: what it inherits from this process; 0: nothing */
    const char *const *set;  /* NAME=VALUE it gets in addition; NULL: none */
    int stdin_fd, stdout_fd, stderr_fd; /* -1: /dev/null */
    struct {
        int from, to; /* further descriptors; `to` 3 and up, `from` kept open here */
    } fds[PROC_FDS_MAX];
    unsigned fd_count;
    bool new_session;           /* setsid() */
    bool die_with_parent;       /* PR_SET_PDEATHSIG SIGKILL */
    bool hold_signals;          /* TERM, INT and HUP stay blocked: a signal to every process ends it
                             through its parent, or not at all */
    const sigset_t *stopped_by; /* for proc_run(): signals that the caller blocks; one of them ends
                                   the child. NULL: none does */
    int clone_flags;            /* CLONE_NEW…: starts in namespaces of its own; 0: none */
    /* Runs in the child between fork and exec, after the descriptors are in place: only
       async-signal-safe calls in programs with threads (pyro has none). False: the child exits with
       status 127. */
    bool (*before_exec)(void *arg, struct pyro_error *err);
    void *arg;
};

#define PROC_SYSTEM_PATH "/usr/sbin:/usr/bin:/sbin:/bin"

/* Whether a program of this name is in PATH, as proc_start() looks it up, or in the `further`
 * directories ("": none). */
bool proc_in_path(const char *program, const char *further);
/* An otherwise empty spec: all three standard streams on /dev/null, no variables. */
struct proc_spec proc_spec_of(const char *const *argv);
/* Starts it; an exec that fails is reported here (PYRO_DEPENDENCY_MISSING when the program is not
 * there). */
bool proc_start(const struct proc_spec *spec, pid_t *ret_pid, struct pyro_error *err) MUST_CHECK;
/*
 * Waits until the child ends and reaps it; past deadline_ms (clock_ms()) it is killed and
 * PYRO_TIMEOUT returned. *ret_status is as waitpid(2) gives it.
 */
bool proc_wait(pid_t pid, int64_t deadline_ms, int *ret_status, struct pyro_error *err) MUST_CHECK;
/*
 * Starts (to die with this process), feeds nothing, collects standard output (up to ret_out->max,
 * the rest read and dropped) and the last 4 KiB of standard error, waits. A status other than 0 is
 * an error that quotes the last line of stderr. The spec's stdout_fd and stderr_fd are ignored.
 * Stopped by a signal: PYRO_INTERRUPTED; the signal is taken.
 */
bool proc_run(const struct proc_spec *spec, int64_t timeout_ms, struct buf *ret_out,
              struct pyro_error *err) MUST_CHECK;
#define PROC_BOOT_ID_SIZE 37
/* What names this boot of the machine, random(4); false: the kernel does not say. */
bool proc_boot_id(char ret[PROC_BOOT_ID_SIZE]);
/* A file of /proc/PID, cut at size and terminated; its length, 0 when it cannot be read. */
size_t proc_read_file(pid_t pid, const char *file, char *ret, size_t size);
/* Field 22 of /proc/PID/stat (clock ticks since boot); 0 when there is no such process or it is a
 * zombie. */
uint64_t proc_start_time(pid_t pid);
/* Whether pid is the process that had this start time. */
bool proc_is_alive(pid_t pid, uint64_t start_time);
/* Kills with SIGKILL and reaps; nothing when pid <= 0. One stuck in the kernel is not waited for:
 * init reaps it in the end. */
void proc_kill(pid_t pid);
/*
 * Signals a child that has not been waited for, or with -PID the group that it leads: until then
 * the number is not reused. Signal all other processes through pidfds.
 */
void proc_signal(pid_t child, int signal);
/* The processor time of a process since it started, all its threads together. */
struct proc_usage {
    int64_t ran_ms;    /* on them */
    int64_t waited_ms; /* ready to run, in a queue for them */
    bool is_blocked;   /* a thread is stuck in the kernel now: on a disk, on memory */
};
/* False when the kernel does not say. */
bool proc_usage(pid_t pid, struct proc_usage *ret) MUST_CHECK;
/* Waits for the end of the process behind a pidfd; false when it has not come by deadline_ms
 * (clock_ms()). Does not reap. */
bool proc_wait_fd(int pidfd, int64_t deadline_ms);
/* Signals the process behind a pidfd; false when it has ended. */
bool proc_signal_fd(int pidfd, int signal);
/* A pidfd of the process that had this number and start time; -1 when it is gone. */
int proc_open(pid_t pid, uint64_t start_time);
/* The real user of a process; (uid_t)-1 when it is gone. */
uid_t proc_user(pid_t pid);

/*
 * From here on descendants that outlive their parent become children of this process (PR_SET_CHILD_
 * SUBREAPER), so that proc_end_children() finds them.
 */
void proc_adopt_orphans(void);
/* Whether this process is a parent of that one, over however many others. */
bool proc_is_ancestor_of(pid_t pid);
/* Kills and reaps all children of this process, and theirs, those in sessions of their own
 * included; gives up at deadline_ms (clock_ms()). */
void proc_end_children(int64_t deadline_ms);

static inline void cleanup_proc(pid_t *pid)
{
    proc_kill(*pid);
}
/* A child that is killed and reaped when the scope is left early; set to 0 to let it live. */
#define scoped_kill __attribute__((cleanup(cleanup_proc))) pid_t

#endif
