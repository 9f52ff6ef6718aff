/* guest/child.c: the commands that run, in one list. */
#include "guest/child.h"

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest/secrets.h"

static struct child *children; /* that run */

/* What the user works in and with is the user's. */
static void hand_over(const struct command *command, bool on_terminal, int fd)
{
    const struct guest_user *u = command->user;
    struct stat st;

    if (lstat(WORKSPACE_DIR, &st) != 0 || !S_ISDIR(st.st_mode) ||
        (st.st_uid != u->uid && lchown(WORKSPACE_DIR, u->uid, u->gid) != 0))
        guest_log(WORKSPACE_DIR ": errno %d", errno);
    if (on_terminal && fchown(fd, u->uid, (gid_t)-1) != 0)
        guest_log("hand over a terminal: errno %d", errno);
    secrets_hand_over(command->secret_files, u->uid);
}

enum spawn_result child_start(struct child *c, const struct guest *g, const struct command *command,
                              const int fds[3], struct pyro_error *err)
{
    struct spawn sp = { .argv = command->vector + 1,
                        .envp = command->env,
                        .search_path = command->search_path,
                        .cwd = command->cwd,
                        .fds = { fds[0], fds[1], fds[2] },
                        .terminal = c->on_terminal,
                        .cgroup_fd = -1,
                        .in_vm = !g->host_dir,
                        .user = command->user };
    enum spawn_result result;

    if (cgroup_is_frozen()) {
        pyro_fail(err, PYRO_GUEST_ERROR, "the machine is held still: nothing can be started");
        return SPAWN_FAILED;
    }
    if (command->user)
        hand_over(command, c->on_terminal, fds[0]);

    c->group = cgroup_new();
    if (c->group)
        sp.cgroup_fd = c->group->fd;
    result = c->group || sp.in_vm ? spawn_start(&sp, &c->pid, err)
                                  : spawn_start_kept(&sp, &c->pid, &c->reaped_pid, err);
    if (result != SPAWN_OK) {
        cgroup_drop(take_ptr(&c->group));
        return result;
    }
    if (!c->reaped_pid)
        c->reaped_pid = c->pid;
    c->next = children;
    children = c;
    return SPAWN_OK;
}

bool child_runs(const struct child *c)
{
    return c->pid && !c->ended;
}

void child_signal(const struct child *c, int number)
{
    if (child_runs(c))
        kill(-c->pid, number);
}

void child_kill(const struct child *c)
{
    child_signal(c, SIGKILL);
    if (child_runs(c) && c->reaped_pid != c->pid)
        kill(c->reaped_pid, SIGTERM); /* the keeper kills the rest */
    cgroup_kill(c->group);
}

int child_exit_code(const struct child *c)
{
    return WIFSIGNALED(c->status) ? 128 + WTERMSIG(c->status) : WEXITSTATUS(c->status);
}

static void leave_list(struct child *c)
{
    list_remove(&children, c);
}

void child_release(struct child *c)
{
    if (child_runs(c))
        child_kill(c);
    leave_list(c);
    cgroup_drop(c->group);
    *c = (struct child){ .on_end = c->on_end, .arg = c->arg, .on_terminal = c->on_terminal };
}

void child_reaped(pid_t pid, int status)
{
    struct child *c = children;

    while (c && c->reaped_pid != pid)
        c = c->next;
    if (!c)
        return;
    leave_list(c);
    c->ended = true;
    c->status = status;
    c->on_end(c->arg);
}

void child_hang_up_all(void)
{
    for (const struct child *c = children; c; c = c->next)
        if (c->on_terminal)
            child_signal(c, SIGHUP);
}

void child_kill_all(bool on_terminals_too)
{
    for (const struct child *c = children; c; c = c->next)
        if (on_terminals_too || !c->on_terminal)
            child_kill(c);
}
