/* engine/client/recover.c: `pyro __supervise`, and when it is started. */
#include "engine/client/recover.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>

#include "engine/state/memory_pack.h"
#include "vmm/base/fs.h"
#include "vmm/base/link.h"
#include "vmm/base/patience.h"
#include "vmm/base/proc.h"
#include "vmm/find.h"

#define READY_BYTES_MAX 65536
#define STEP_MS (60 * 60 * 1000) /* the longest: waiting while another pyro fetches the kernel */

/* One line from a starting supervisor: progress, or the end of its start. True: it was the end. */
static bool take_line(const char *line, size_t n, const struct progress *progress, bool *ret_ok,
                      struct pyro_error *err)
{
    scoped_json json_t *j = json_parse(line, n, READY_BYTES_MAX, NULL);
    const char *what = json_string_or(j, "progress", NULL);

    if (what) {
        progress_update(progress, what, NULL);
        return false;
    }
    *ret_ok = (j || pyro_fail(err, PYRO_VM_FAILED, "the supervisor's answer was not understood")) &&
              error_from_result(j, err);
    return true;
}

/* Waits for the supervisor's next line. Its steps have limits of their own: one that takes longer
 * is stopped, or hangs. */
static bool await_line(int fd, struct pyro_error *err)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    int64_t limit_ms = patience(STEP_MS);

    return poll(&p, 1, limit_ms > INT32_MAX ? INT32_MAX : (int)limit_ms) != 0 ||
           pyro_fail(err, PYRO_TIMEOUT, "the supervisor has said nothing for %lld s",
                     (long long)limit_ms / 1000);
}

static bool await_ready(int fd, const struct progress *progress, bool *ret_stuck,
                        struct pyro_error *err)
{
    scoped_buf text = BUF_INIT(READY_BYTES_MAX);
    bool ok = false;

    for (;;) {
        char chunk[4096], *newline;
        ssize_t n;
        *ret_stuck = !await_line(fd, err);
        if (*ret_stuck)
            return false;
        n = read(fd, chunk, sizeof(chunk));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0 || !buf_append(&text, chunk, (size_t)n))
            return pyro_fail(err, PYRO_VM_FAILED, "the supervisor ended before it was ready");
        while ((newline = memchr(text.data, '\n', text.len))) {
            size_t length = (size_t)(newline - text.data);
            if (take_line(text.data, length, progress, &ok, err))
                return ok;
            buf_consume(&text, length + 1);
        }
    }
}

bool supervisor_start(const struct workspace_handle *w, int lock_fd, enum supervise_mode mode,
                      const struct progress *progress, struct pyro_error *err)
{
    static const char *const modes[] = SUPERVISE_MODE_NAMES;
    const char *const argv[] = { "/proc/self/exe", "__supervise", modes[mode], w->id, NULL };
    struct proc_spec spec = proc_spec_of(argv);
    scoped_close int lock = lock_fd;
    scoped_close int log = -1;
    bool ok, stuck = false;
    int ready[2];
    pid_t pid = 0;

    log = openat(w->dir_fd, "run/supervisor.log", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (log < 0)
        return pyro_fail_errno(err, "open the supervisor's log");
    if (pipe2(ready, O_CLOEXEC) != 0)
        return pyro_fail_errno(err, "start the supervisor");
    spec.stderr_fd = log;
    /* The user's, for --allow-host-compat. */
    spec.inherit = INHERIT_PYRO | INHERIT_PERSON | INHERIT_UMASK | INHERIT_FILE_LIMIT;
    spec.new_session = true;
    spec.fds[0].from = w->dir_fd, spec.fds[0].to = SUPERVISE_DIR_FD;
    spec.fds[1].from = lock, spec.fds[1].to = SUPERVISE_LOCK_FD;
    spec.fds[2].from = ready[1], spec.fds[2].to = SUPERVISE_READY_FD;
    spec.fd_count = 3;
    ok = proc_start(&spec, &pid, err);
    close(ready[1]);
    ok = ok && await_ready(ready[0], progress, &stuck, err);
    close(ready[0]);
    if (stuck)
        proc_kill(pid);
    if (!ok && mode != SUPERVISE_ADOPT)
        vm_kill_leftover(w->dir_fd, w->id); /* if it was killed, its QEMU may live */
    return ok;
}

bool workspace_is_unsettled(const struct workspace_record *r)
{
    return r->state == WORKSPACE_SUSPENDED && (r->vm_pid > 0 || record_is_expired(r));
}

/* Its supervisor was killed before its QEMU had ended; which must not go on. */
static void end_leftover(const struct workspace_handle *w)
{
    scoped_close int lock = fs_lock(w->dir_fd, "lock", FS_LOCK_NOW, NULL);
    scoped_record struct workspace_record r = { 0 };

    if (lock < 0 || !record_load(w->dir_fd, w->id, &r, NULL) || r.state != WORKSPACE_SUSPENDED)
        return;
    vm_kill_leftover(w->dir_fd, w->id);
    r.vm_pid = 0;
    r.vm_start_time = 0;
    (void)!record_save(w->dir_fd, &r, true, NULL);
}

/* A suspended one has no supervisor: the next command does what that would have done. */
static void settle_suspended(const struct workspace_handle *w, const struct workspace_record *r)
{
    int lock = -1;

    if (!record_is_expired(r))
        end_leftover(w);
    else if ((lock = fs_lock(w->dir_fd, "lock", FS_LOCK_NOW, NULL)) >= 0)
        (void)!supervisor_start(w, lock, SUPERVISE_DROP, NULL, NULL);
}

bool workspace_recover(const struct workspace_handle *w, struct pyro_error *err)
{
    scoped_record struct workspace_record r = { 0 };
    struct pyro_error why = { 0 };
    int lock;

    record_load_any(w->dir_fd, w->id, &r);
    if (workspace_is_unsettled(&r) && !r.broken && !store_is_held(w->dir_fd)) {
        settle_suspended(w, &r);
        return true;
    }
    if (r.state == WORKSPACE_SUSPENDED && memory_pack_is_due(w->dir_fd))
        memory_pack_start(w->dir_fd, w->id);
    if (r.broken || (r.state != WORKSPACE_STARTED && !r.clearing) || store_is_held(w->dir_fd))
        return true;
    lock = fs_lock(w->dir_fd, "lock", FS_LOCK_NOW, &why);
    if (lock < 0) /* another pyro is about to */
        return pyro_is(&why, PYRO_WORKSPACE_BUSY) || record_fail(w->dir_fd, w->id, &why, err);
    /* An adopter that finds the VM dead records that, which is a valid state too. */
    return supervisor_start(w, lock, SUPERVISE_ADOPT, NULL, err) ||
           record_state(w->dir_fd, w->id) != WORKSPACE_STARTED;
}
