/* guest/foreground.c: the foreground process of a terminal. */
#include "guest/foreground.h"

#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "guest/prompt.h"
#include "vmm/base/fs.h"
#include "vmm/base/proc.h"

#define LOOK_MS 150 /* after input or output, when the command it ran has had time to start */
#define AGAIN_MS 1000
#define LOOKS_MAX 3
#define ENDED_MS 30 /* for the shell to take its terminal back */
#define YOUNG_MS 1000

static void foreground_look(void *arg);

static void drop_group(struct foreground *f)
{
    if (f->group_fd < 0)
        return;
    loop_unwatch(f->loop, f->group_fd);
    close(take_fd(&f->group_fd));
}

static void foreground_on_group_end(void *arg, uint32_t events UNUSED)
{
    struct foreground *f = arg;

    drop_group(f);
    f->looks = 0;
    loop_timer_set(f->loop, &f->timer, ENDED_MS, foreground_look, f);
}

static void watch_group(struct foreground *f)
{
    drop_group(f);
    if (f->group == f->shell)
        return;
    f->group_fd = (int)syscall(SYS_pidfd_open, f->group, 0);
    if (f->group_fd >= 0 &&
        !loop_watch(f->loop, f->group_fd, EPOLLIN, foreground_on_group_end, f, NULL))
        close(take_fd(&f->group_fd));
}

/* The command line of a process with spaces between its words, or its name. */
static void describe(pid_t pid, char ret[FOREGROUND_TEXT_MAX + 1])
{
    static const char *const files[] = { "cmdline", "comm" };
    ssize_t n = 0;

    for (size_t i = 0; i < ARRAY_SIZE(files) && n <= 0; i++) {
        scoped_close int fd = -1;
        char path[64];
        snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, files[i]);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        n = fd < 0 ? 0 : fs_read_full(fd, ret, FOREGROUND_TEXT_MAX);
    }
    if (n < 0)
        n = 0;
    while (n && (!ret[n - 1] || ret[n - 1] == '\n'))
        n--;
    for (ssize_t i = 0; i < n; i++)
        if (!ret[i])
            ret[i] = ' ';
    ret[n] = '\0';
}

static int64_t age_ms(pid_t pid)
{
    int64_t start = (int64_t)proc_start_time(pid) * 1000 / sysconf(_SC_CLK_TCK), now;
    struct timespec t;

    clock_gettime(CLOCK_BOOTTIME, &t);
    now = (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
    return start > 0 && start < now ? now - start : 0;
}

static void tell(struct foreground *f, int64_t age)
{
    scoped_json json_t *text = json_string_lossy(f->text, strlen(f->text));
    scoped_json json_t *message = json_pack("{s:O, s:b, s:I}", "foreground", text, "prompt",
                                            f->prompt, "age_ms", (json_int_t)age);

    f->told = message && f->tell(f->arg, message);
}

static void foreground_look(void *arg)
{
    struct foreground *f = arg;
    pid_t group = tcgetpgrp(f->pty_fd);
    char text[FOREGROUND_TEXT_MAX + 1] = "";
    int64_t age = 0;
    bool prompt;

    if (group <= 0)
        return;
    prompt = group == f->shell && prompt_is_waiting(f->shell, f->pty_fd);
    if (group != f->shell) {
        describe(group, text);
        age = age_ms(group);
    }
    if (group != f->group || prompt != f->prompt || strcmp(text, f->text) != 0)
        f->told = false;
    if (group != f->group || f->group_fd < 0) {
        f->group = group;
        watch_group(f);
    }
    f->prompt = prompt;
    memcpy(f->text, text, sizeof(f->text));
    if (!f->told)
        tell(f, age);
    /* A process forked a moment ago may not have called exec yet; a busy shell may start
     * something. */
    if ((group == f->shell ? !prompt : age < YOUNG_MS) && f->looks++ < LOOKS_MAX)
        loop_timer_set(f->loop, &f->timer, AGAIN_MS, foreground_look, f);
}

void foreground_start(struct foreground *f, struct loop *loop, pid_t shell, int pty_fd,
                      foreground_tell_fn *tell_fn, void *arg)
{
    *f = (struct foreground){
        .loop = loop, .tell = tell_fn, .arg = arg, .shell = shell, .pty_fd = pty_fd, .group_fd = -1
    };
    foreground_touch(f);
}

void foreground_stop(struct foreground *f)
{
    if (!f->loop)
        return;
    loop_timer_cancel(f->loop, &f->timer);
    drop_group(f);
    *f = (struct foreground){ .group_fd = -1 };
}

void foreground_touch(struct foreground *f)
{
    if (!f->loop)
        return;
    f->looks = 0;
    if (f->prompt) /* a program may come and go between two looks: so the prompt's place is reported */
        f->told = false;
    if (!f->timer.armed || f->timer.due_ms > clock_ms() + LOOK_MS)
        loop_timer_set(f->loop, &f->timer, LOOK_MS, foreground_look, f);
}

void foreground_repeat(struct foreground *f)
{
    f->told = false;
    foreground_touch(f);
}
