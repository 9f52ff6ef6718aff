/* guest/asks.c: the rule, process by process. */
#include "guest/asks.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

#include "guest/prompt.h"
#include "guest/tty_wait.h"
#include "vmm/base/fs.h"
#include "vmm/base/proc.h"

#define READS_MS 250
#define WAITS_MS 250          /* a poll without end, behind something */
#define WAITS_A_WHILE_MS 1000 /* one that ends by itself, or beside other threads */
#define RAW_MS 4000
#define NETWORK_MS 15000 /* an answer may be on its way */

#define THREADS_MAX 128 /* looked at in all */
#define FDS_MAX 256     /* of a process that may be a relay */
#define RELAYS_MAX 3
#define SHELLS_BYTES 4096
#define WORDS_BYTES 512

/* One judgement: a terminal, and the same with the foreground and mode of an inner one. */
struct looking {
    const struct asks_terminal *t;
    const struct processes *all;
    struct asks_verdict *verdict;
    unsigned threads_left;
};

struct tty {
    dev_t number;
    pid_t foreground;
    bool is_canonical, hides;
    unsigned relays; /* it is behind so many */
};

static void judge_foreground(struct looking *l, const struct tty *tty);

static void look_at_mode(int fd, struct tty *ret)
{
    struct termios mode = { 0 };

    ret->is_canonical = tcgetattr(fd, &mode) == 0 && (mode.c_lflag & ICANON);
    ret->hides = ret->is_canonical && !(mode.c_lflag & ECHO);
}

bool asks_is_canonical(int pty_fd)
{
    struct tty tty = { 0 };

    look_at_mode(pty_fd, &tty);
    return tty.is_canonical;
}

/* ---- one process ---- */

static int64_t after_ms(const struct process *p, const struct tty_wait *w, const struct tty *tty,
                        bool ends_in_line)
{
    if (w->kind == TTY_WAIT_READ)
        return READS_MS;
    if (tty->is_canonical && !ends_in_line)
        return -1; /* it merely listens */
    if (w->has_network)
        return tty->is_canonical ? -1 : NETWORK_MS;
    if (!w->is_timed && (ends_in_line || p->threads == 1))
        return WAITS_MS;
    if (ends_in_line)
        return WAITS_A_WHILE_MS;
    return tty->is_canonical ? -1 : RAW_MS;
}

/* The soonest of its threads; *ret_waits: one of them waits for the terminal. */
static int64_t soonest(struct looking *l, const struct process *p, const struct tty *tty,
                       bool *ret_waits)
{
    scoped_dir DIR *dir = NULL;
    struct dirent *entry;
    int64_t best = -1;
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/task", (int)p->pid);
    dir = opendir(path);
    while (dir && l->threads_left && (entry = readdir(dir))) {
        struct tty_wait wait;
        int64_t ms;
        pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (tid <= 0)
            continue;
        l->threads_left--;
        tty_wait_look(p->pid, tid, tty->number, true, &wait);
        if (wait.kind == TTY_WAIT_NONE)
            continue;
        *ret_waits = true;
        ms = after_ms(p, &wait, tty, l->t->ends_in_line);
        if (ms >= 0 && (best < 0 || ms < best))
            best = ms;
    }
    return best;
}

/* ---- relays ---- */

static bool holds_master(pid_t pid)
{
    scoped_dir DIR *dir = NULL;
    struct dirent *entry;
    unsigned left = FDS_MAX;
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
    dir = opendir(path);
    while (dir && left-- && (entry = readdir(dir)))
        if (entry->d_name[0] != '.' &&
            tty_is_open(pid, (int)strtol(entry->d_name, NULL, 10), makedev(5, 2)))
            return true;
    return false;
}

/* Judges the terminal that a relay's children are on. */
static void judge_inner(struct looking *l, const struct process *relay, const struct tty *outer)
{
    struct tty inner = { .relays = outer->relays + 1 };
    scoped_close int fd = -1;
    struct stat st;
    char path[64];

    for (size_t i = 0; i < l->all->count && !inner.number; i++) {
        const struct process *p = &l->all->list[i];
        if (p->terminal && p->terminal != relay->terminal &&
            processes_descends(l->all, p, relay->pid)) {
            inner.number = p->terminal;
            inner.foreground = p->foreground;
        }
    }
    if (!inner.number || inner.relays > RELAYS_MAX)
        return;
    snprintf(path, sizeof(path), "/dev/pts/%u", minor(inner.number));
    fd = open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISCHR(st.st_mode) || st.st_rdev != inner.number)
        return;
    look_at_mode(fd, &inner);
    judge_foreground(l, &inner);
}

/* ---- shells ---- */

/* Whether the program is one of /etc/shells. */
static bool is_shell(pid_t pid)
{
    char link[64], exe[256], shells[SHELLS_BYTES], *line, *rest = shells;
    scoped_close int fd = open("/etc/shells", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t n = fd < 0 ? 0 : fs_read_full(fd, shells, sizeof(shells) - 1);

    shells[n > 0 ? n : 0] = '\0';
    snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
    n = readlink(link, exe, sizeof(exe) - 1);
    if (n <= 0)
        return false;
    exe[n] = '\0';
    while ((line = strsep(&rest, "\n")))
        if (*line == '/' && !strcmp(line, exe))
            return true;
    return false;
}

/* Whether its command line has options only, and none of them is -c: no script, no commands. */
static bool has_no_commands(pid_t pid)
{
    char words[WORDS_BYTES];
    ssize_t n = (ssize_t)proc_read_file(pid, "cmdline", words, sizeof(words));

    for (ssize_t at = (ssize_t)strlen(words) + 1; at < n; at += (ssize_t)strlen(words + at) + 1)
        if (words[at] != '-' || (words[at + 1] != '-' && strchr(words + at, 'c')))
            return false;
    return n > 0;
}

/* A shell that waits for its next command. The terminal's own may also run a builtin that asks:
 * that has the terminal edit the line. */
static bool is_at_prompt(const struct looking *l, const struct process *p, const struct tty *tty)
{
    if (p->pid != tty->foreground)
        return false;
    if (p->pid == l->t->shell)
        return !(l->t->shell_edits && tty->is_canonical);
    if (prompt_bash_has(p->pid, tty->number))
        return !tty->is_canonical;
    return is_shell(p->pid) && has_no_commands(p->pid);
}

/* ---- a terminal ---- */

static void judge_process(struct looking *l, const struct process *p, const struct tty *tty)
{
    bool waits = false;
    int64_t ms = soonest(l, p, tty, &waits);

    if (!waits)
        return;
    l->verdict->is_waited = true;
    if (holds_master(p->pid))
        judge_inner(l, p, tty);
    else if (is_at_prompt(l, p, tty))
        l->verdict->at_shell = true;
    else if (ms >= 0 && (l->verdict->after_ms < 0 || ms < l->verdict->after_ms)) {
        l->verdict->after_ms = ms;
        l->verdict->hides = tty->hides;
    }
}

static void judge_foreground(struct looking *l, const struct tty *tty)
{
    for (size_t i = 0; i < l->all->count; i++) {
        const struct process *p = &l->all->list[i];
        if (p->group == tty->foreground && !p->is_stopped)
            judge_process(l, p, tty);
    }
}

void asks_judge(const struct asks_terminal *t, struct asks_verdict *ret)
{
    static struct processes all; /* too large for a stack */
    struct looking l = { .t = t, .all = &all, .verdict = ret, .threads_left = THREADS_MAX };
    struct tty tty = { .foreground = tcgetpgrp(t->pty_fd) };
    scoped_close int slave = prompt_open_slave(t->pty_fd);
    struct stat st;

    *ret = (struct asks_verdict){ .after_ms = -1 };
    if (slave < 0 || tty.foreground <= 0 || fstat(slave, &st) != 0 ||
        prompt_slave_unread(slave) != 0)
        return;
    tty.number = st.st_rdev;
    look_at_mode(slave, &tty);
    processes_of(t->group, t->shell, &all);
    judge_foreground(&l, &tty);
}
