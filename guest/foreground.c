/* guest/foreground.c: the foreground process of a terminal, and what it does there. */
#include "guest/foreground.h"

#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "guest/cgroup.h"
#include "guest/prompt.h"
#include "vmm/base/fs.h"
#include "vmm/base/proc.h"

#define LOOK_MS 150 /* after input or output, when the command it ran has had time to start */
#define AGAIN_MS 1000
#define LOOKS_MAX 3
#define ENDED_MS 30 /* for the shell to take its terminal back */
#define YOUNG_MS 1000
#define SILENT_MS 250 /* the first of the looks at a silent program */
#define SILENT_AGAIN_MS 5000
#define NOBODY_MS 100 /* one that polls may just have been busy */

static const char *const states[] = { "runs", "waits", "asks" };

static void foreground_look(void *arg);
static void foreground_judge(void *arg);

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
    scoped_json json_t *message =
        json_pack("{s:O, s:b, s:s, s:b, s:I}", "foreground", text, "prompt", f->prompt, "state",
                  states[f->state], "hides", f->state == FOREGROUND_ASKS && f->verdict.hides,
                  "age_ms", (json_int_t)age);

    f->told = message && f->tell(f->arg, message);
}

/* Whether a shell that waits does so in a builtin that asks, and not at its prompt: then the terminal
 * edits the line. */
static bool is_builtin(struct foreground *f)
{
    bool canonical = asks_is_canonical(f->pty_fd);

    f->shell_edits |= !canonical;
    return canonical && f->shell_edits;
}

const char *foreground_state_name(struct foreground *f, bool at_prompt)
{
    /* What was typed a moment ago may have started something. */
    bool settled = f->state != FOREGROUND_WAITS || f->judged;

    if (at_prompt && !is_builtin(f))
        return states[FOREGROUND_WAITS];
    return states[settled ? f->state : FOREGROUND_RUNS];
}

static void set_state(struct foreground *f, enum foreground_state state)
{
    f->told &= f->state == state;
    f->state = state;
}

/* ---- the silent program ---- */

static void judge_in(struct foreground *f, int64_t ms)
{
    if (!f->judge.armed || f->judge.due_ms > clock_ms() + ms)
        loop_timer_set(f->loop, &f->judge, ms, foreground_judge, f);
}

/* When to look again at one that has been silent for so long. */
static int64_t next_look(int64_t silent_ms, int64_t after_ms)
{
    static const int64_t looks[] = { 1000, 4000 };

    if (after_ms > silent_ms)
        return after_ms - silent_ms;
    for (size_t i = 0; i < ARRAY_SIZE(looks); i++)
        if (silent_ms < looks[i])
            return looks[i] - silent_ms;
    return SILENT_AGAIN_MS - clock_ms() % SILENT_AGAIN_MS; /* one wake for all terminals */
}

/* A new verdict, unless all has been asleep since the last one: then that holds, and it is false. */
static bool look_again(struct foreground *f)
{
    struct asks_terminal t = { .pty_fd = f->pty_fd,
                               .shell = f->shell,
                               .group = f->cgroup,
                               .ends_in_line = modes_ends_in_line(f->modes),
                               .shell_edits = f->shell_edits };
    uint64_t usage_us = cgroup_usage_us(f->cgroup);

    if (f->judged && usage_us && usage_us == f->verdict_us)
        return false;
    f->verdict_us = usage_us;
    asks_judge(&t, &f->verdict);
    return true;
}

static void foreground_judge(void *arg)
{
    struct foreground *f = arg;
    int64_t silent_ms = clock_ms() - f->active_ms;
    const struct asks_verdict *v = &f->verdict;

    if (silent_ms < SILENT_MS) {
        judge_in(f, SILENT_MS - silent_ms);
        return;
    }
    if (look_again(f) && !v->is_waited && !f->repeated) {
        f->repeated = true;
        judge_in(f, NOBODY_MS);
        return;
    }
    f->repeated = false;
    f->judged = true;
    set_state(f, v->at_shell                                    ? FOREGROUND_WAITS
                 : v->after_ms >= 0 && silent_ms >= v->after_ms ? FOREGROUND_ASKS
                                                                : FOREGROUND_RUNS);
    if (f->state == FOREGROUND_RUNS)
        judge_in(f, next_look(silent_ms, v->after_ms));
    if (!f->told)
        foreground_look(f);
}

/* ---- the foreground ---- */

static void note_group(struct foreground *f, pid_t group)
{
    if (group == f->group && f->group_fd >= 0)
        return;
    if (group != f->group) {
        set_state(f, FOREGROUND_RUNS);
        f->active_ms = clock_ms();
        f->judged = false;
        judge_in(f, SILENT_MS);
    }
    f->group = group;
    watch_group(f);
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
    note_group(f, group);
    if (f->prompt && !prompt)
        set_state(f, FOREGROUND_RUNS);
    f->prompt = prompt;
    if (prompt && !is_builtin(f))
        set_state(f, FOREGROUND_WAITS);
    memcpy(f->text, text, sizeof(f->text));
    if (!f->told)
        tell(f, age);
    /* A process forked a moment ago may not have called exec yet; a busy shell may start
     * something. */
    if ((group == f->shell ? !prompt : age < YOUNG_MS) && f->looks++ < LOOKS_MAX)
        loop_timer_set(f->loop, &f->timer, AGAIN_MS, foreground_look, f);
}

void foreground_start(struct foreground *f, struct loop *loop, const struct foreground *given)
{
    *f = *given;
    f->loop = loop;
    f->group_fd = -1;
    foreground_touch(f);
}

void foreground_stop(struct foreground *f)
{
    if (!f->loop)
        return;
    loop_timer_cancel(f->loop, &f->timer);
    loop_timer_cancel(f->loop, &f->judge);
    drop_group(f);
    *f = (struct foreground){ .group_fd = -1 };
}

static void look_soon(struct foreground *f)
{
    f->looks = 0;
    if (!f->timer.armed || f->timer.due_ms > clock_ms() + LOOK_MS)
        loop_timer_set(f->loop, &f->timer, LOOK_MS, foreground_look, f);
}

void foreground_touch(struct foreground *f)
{
    if (!f->loop)
        return;
    if (f->prompt) /* a program may come and go between two looks: so the prompt's place is reported */
        f->told = false;
    f->active_ms = clock_ms();
    f->repeated = f->judged = false;
    judge_in(f, SILENT_MS);
    look_soon(f);
    if (f->state != FOREGROUND_ASKS)
        return;
    set_state(f, FOREGROUND_RUNS); /* it was answered, or goes on by itself */
    tell(f, age_ms(f->group));
}

void foreground_repeat(struct foreground *f)
{
    if (!f->loop)
        return;
    f->told = false;
    look_soon(f);
}
