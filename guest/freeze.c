/*
 * guest/freeze.c: FIFREEZE and FITHAW in a child, so that neither the flush before the first nor
 * anything this program waits for delays the second. The child shares the memory (a fork of a
 * static program costs tens of milliseconds under emulation) and runs beside its parent: it makes
 * raw system calls only, because errno would be the parent's.
 */
#include "guest/freeze.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOLD_MS 1000
#define STACK_BYTES 16384

/* One at a time. */
static struct {
    struct stream stream;
    pid_t pid; /* 0: nothing is under way */
    int root_fd, release_fd, hold_fd, notice_fd;
    volatile long result; /* of FIFREEZE, as the kernel returns it */
    volatile bool late;
} hold;
static char child_stack[STACK_BYTES] __attribute__((aligned(16)));

static long bare_call(long number, long a, long b, long c)
{
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c)
                     : "rcx", "r11", "memory");
    return result;
}

bool freeze_is_held(void)
{
    return hold.pid != 0;
}

static int freeze_child_main(void *arg UNUSED)
{
    struct pollfd p = { .fd = hold.hold_fd, .events = POLLIN };
    uint64_t one = 1;

    bare_call(SYS_close, hold.release_fd, 0, 0);
    hold.result = bare_call(SYS_ioctl, hold.root_fd, FIFREEZE, 0);
    bare_call(SYS_write, hold.notice_fd, (long)&one, sizeof(one));
    if (hold.result != 0)
        return 0;
    hold.late = bare_call(SYS_poll, (long)&p, 1, HOLD_MS) == 0;
    bare_call(SYS_ioctl, hold.root_fd, FITHAW, 0);
    return 0;
}

static void close_fds(struct guest *g)
{
    if (hold.notice_fd >= 0)
        loop_unwatch(g->loop, hold.notice_fd);
    cleanup_close(&hold.root_fd);
    cleanup_close(&hold.release_fd);
    cleanup_close(&hold.hold_fd);
    cleanup_close(&hold.notice_fd);
    hold.root_fd = hold.release_fd = hold.hold_fd = hold.notice_fd = -1;
}

static void thaw(void)
{
    if (hold.pid && hold.release_fd >= 0)
        close(take_fd(&hold.release_fd));
}

/* The child has frozen it, or could not; a file system that the guest froze itself will do. */
static void freeze_on_notice(void *arg, uint32_t events UNUSED)
{
    struct guest *g = arg;
    scoped_json json_t *message = json_pack("{s:b}", "frozen", true);
    uint64_t count;

    if (read(hold.notice_fd, &count, sizeof(count)) < 0)
        return;
    loop_unwatch(g->loop, hold.notice_fd);
    if (hold.result == 0 || hold.result == -EBUSY)
        stream_message(&hold.stream, message);
}

static void freeze_on_message(struct stream *s UNUSED, const json_t *message)
{
    if (!json_bool_or(message, "thaw", false))
        return;
    if (hold.pid) {
        thaw();
    } else { /* the guest's own freeze: there was nothing to thaw */
        scoped_json json_t *result = json_pack("{s:b}", "held", true);
        stream_close(&hold.stream, result);
    }
}

static void freeze_on_closed(struct stream *s UNUSED, const json_t *result UNUSED,
                             const struct pyro_error *err UNUSED)
{
    thaw();
}

bool freeze_child_ended(struct guest *g, pid_t pid, int status)
{
    scoped_json json_t *result = json_pack("{s:b}", "held", !hold.late);
    struct pyro_error err = { 0 };

    if (!pid || pid != hold.pid)
        return false;
    hold.pid = 0;
    if (WIFSIGNALED(status)) /* by a command in the guest: it could not thaw */
        ioctl(hold.root_fd, FITHAW, 0);
    /* The notice may come in the same pass of the loop, after this. */
    if (hold.result == -EBUSY)
        freeze_on_notice(g, EPOLLIN);
    close_fds(g);
    if (hold.result == 0) {
        stream_close(&hold.stream, result);
    } else if (hold.result != -EBUSY) {
        errno = (int)-hold.result;
        pyro_fail_errno(&err, "hold the file system still");
        stream_fail(&hold.stream, &err);
    }
    return true;
}

static bool start_child(struct guest *g, struct pyro_error *err)
{
    int ends[2];

    hold.root_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    hold.notice_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (hold.root_fd < 0 || hold.notice_fd < 0 || pipe2(ends, O_CLOEXEC) != 0)
        return pyro_fail_errno(err, "freeze");
    hold.hold_fd = ends[0];
    hold.release_fd = ends[1];
    hold.result = -EINTR; /* of a child that was killed */
    hold.late = false;
    if (!loop_watch(g->loop, hold.notice_fd, EPOLLIN, freeze_on_notice, g, err))
        return false;
    hold.pid = clone(freeze_child_main, child_stack + STACK_BYTES, CLONE_VM | SIGCHLD, NULL);
    if (hold.pid < 0) {
        hold.pid = 0;
        return pyro_fail_errno(err, "freeze");
    }
    return true;
}

bool freeze_op_freeze(struct guest *g, uint32_t id, const json_t *request UNUSED,
                      struct pyro_error *err)
{
    static const struct stream_ops ops = { .message = freeze_on_message,
                                           .closed = freeze_on_closed };

    if (hold.pid || hold.stream.link)
        return pyro_fail(err, PYRO_GUEST_ERROR, "the file system is already held");
    hold.root_fd = hold.release_fd = hold.hold_fd = hold.notice_fd = -1;
    if (!start_child(g, err)) {
        close_fds(g);
        return false;
    }
    if (stream_accept(g->link, id, &hold.stream, &ops, g, err))
        return true;
    thaw();
    return false;
}

void freeze_release(struct guest *g UNUSED)
{
    thaw();
}
