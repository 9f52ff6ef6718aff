/*
 * engine/shell/shell_wait.c: waits until a shell's output has paused.
 *
 * inotify tells of writes to the log and of the record's replacement; only growth of the file is
 * output (dropping old bytes modifies it too). Whether the shell is at its prompt, or a program asks,
 * only the guest knows: it is asked once the output has paused, then less and less often while
 * nothing comes, and at once when the record says that something asks.
 *
 * A log that nobody writes looks idle. So the supervisor is watched too, through a pidfd, which
 * costs it nothing; when it dies, the waiting process recovers the machine and starts counting
 * again. In a wait that takes longer, what the supervisor says about its guest is passed on.
 */
#include "engine/shell/shell_wait.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/client/connect.h"
#include "engine/client/lookout.h"
#include "engine/state/shell_cursor.h"
#include "vmm/base/fs.h"
#include "vmm/base/sock.h"

#define MAX_WAIT_MS 30000
#define ASK_FIRST_MS 22 /* the guest wants 20 ms of silence */
#define ASK_LAST_MS 1000
#define ASK_DEADLINE_MS 10000
#define ASK_LEAST_MS 1000 /* for the first answer, however short the wait is */
#define REACH_EVERY_MS 500

struct waiting {
    const struct workspace_handle *workspace;
    const char *workspace_id, *id;
    const struct shell_read_spec *spec;
    struct lookout *lookout;
    int log_fd, notify_fd, log_watch;
    int supervisor_fd; /* a pidfd; -1: not watched */
    bool lost;         /* it died, and another one was not looked for yet */
    int64_t reach_ms;  /* when to look for it next; INT64_MAX: no need to */
    int64_t reached_ms;
    bool running;
    uint64_t size;
    int64_t grown_ms, deadline_ms; /* clock_ms() */
    int64_t ask_ms, ask_every_ms;  /* when to ask the guest next */
    bool asked;
    struct shell_wait_answer answer;
    bool waits;       /* a shell is at its prompt: this one, or one that was started in it */
    uint64_t counted; /* offset up to which chars are counted */
    int64_t chars;
};

static bool look_at_record(struct waiting *w, struct pyro_error *err)
{
    scoped_shell_record struct shell_record r = { 0 };

    if (!shell_record_load(w->workspace->dir_fd, w->id, &r, err))
        return false;
    w->running = r.running;
    if (r.running && r.doing != SHELL_RUNS)
        w->ask_ms = 0;
    if (w->counted < r.first)
        w->counted = r.first;
    return true;
}

static void look_at_size(struct waiting *w)
{
    struct stat st;

    if (fstat(w->log_fd, &st) != 0 || (uint64_t)st.st_size <= w->size)
        return;
    w->size = (uint64_t)st.st_size;
    w->grown_ms = clock_ms();
    w->ask_every_ms = ASK_FIRST_MS;
    w->ask_ms = w->grown_ms + w->ask_every_ms;
}

static bool watch_files(struct waiting *w, struct pyro_error *err)
{
    char log[64], directory[64];

    w->notify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    snprintf(log, sizeof(log), "/proc/self/fd/%d", w->log_fd);
    snprintf(directory, sizeof(directory), "/proc/self/fd/%d/" SHELLS_DIR, w->workspace->dir_fd);
    if (w->notify_fd < 0 || (w->log_watch = inotify_add_watch(w->notify_fd, log, IN_MODIFY)) < 0 ||
        inotify_add_watch(w->notify_fd, directory, IN_MOVED_TO) < 0)
        return pyro_fail_errno(err, "watch shell '%s'", w->id);
    return true;
}

/*
 * Finds the supervisor, or starts a new one where the old one died. What was printed meanwhile is
 * yet to come, so the idle time begins again. Without one, what is in the log can still be read: it
 * is tried again.
 */
static bool reach_supervisor(struct waiting *w, struct pyro_error *err)
{
    struct pyro_error why = { 0 };
    scoped_close int fd = supervisor_connect(w->workspace, MACHINE_AS_IT_IS, &why);
    pid_t pid = fd < 0 ? 0 : sock_peer_pid(fd);

    w->reached_ms = clock_ms();
    w->reach_ms = w->reached_ms + REACH_EVERY_MS;
    if (w->lost)
        w->grown_ms = w->reached_ms;
    w->lost = false;
    if (fd < 0)
        return look_at_record(w, err);
    w->supervisor_fd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
    w->lost = pid > 0 && w->supervisor_fd < 0 && errno == ESRCH;
    if (!w->lost) /* it is watched, or cannot be: it is in another pid namespace, for one */
        w->reach_ms = INT64_MAX;
    return true;
}

/* Whether max_chars are there. Continuation bytes do not count; garbage of nothing else is full
 * once it is long enough for any characters. */
static bool is_full(struct waiting *w)
{
    char chunk[65536];

    if (w->spec->rendering == SHELL_SCREEN || w->size < w->counted)
        return false;
    if ((w->size - w->counted) / 4 >= (uint64_t)w->spec->max_chars)
        return true;
    while (w->counted < w->size && w->chars < w->spec->max_chars) {
        size_t want =
            w->size - w->counted < sizeof(chunk) ? (size_t)(w->size - w->counted) : sizeof(chunk);
        ssize_t n = pread(w->log_fd, chunk, want, (off_t)w->counted);
        if (n <= 0)
            return false;
        for (ssize_t i = 0; i < n; i++)
            w->chars += ((unsigned char)chunk[i] & 0xc0) != 0x80;
        w->counted += (uint64_t)n;
    }
    return w->chars >= w->spec->max_chars;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* When an answer comes too late. */
static int64_t answer_by(const struct waiting *w)
{
    int64_t now = clock_ms(), least = w->asked ? now : now + ASK_LEAST_MS;

    return earlier(now + ASK_DEADLINE_MS, w->deadline_ms > least ? w->deadline_ms : least);
}

/* Asks the guest. Anything but "it runs" counts only when all that was printed by then is in the
 * log, and when the answer comes in time. */
static bool ask(struct waiting *w, struct pyro_error *err)
{
    scoped_json json_t *request =
        json_pack("{s:s, s:s, s:s}", "op", "shell", "do", "prompt", "shell", w->id);
    scoped_json json_t *answer = NULL;
    struct pyro_error why = { 0 };

    w->answer = (struct shell_wait_answer){ .at_prompt = false };
    w->waits = false;
    answer = supervisor_call(w->workspace, MACHINE_AS_IT_IS, request, answer_by(w), &why);
    w->asked = true;
    look_at_size(w);
    if (answer && (uint64_t)json_int_or(answer, "offset", 0) <= w->size) {
        w->answer.at_prompt = json_bool_or(answer, "at_prompt", false);
        w->answer.asks = json_bool_or(answer, "asks", false);
        w->waits = json_bool_or(answer, "waits", false);
    }
    if (answer)
        return true;
    /* It ended meanwhile, or its workspace is about to; or the supervisor died before it answered,
     * and the next one will. */
    if (!look_at_record(w, err))
        return false;
    if (!w->running || why.code == PYRO_WORKSPACE_STATE || why.code == PYRO_GUEST_LOST ||
        why.code == PYRO_TIMEOUT)
        return true;
    return pyro_copy(err, &why);
}

/* Sleeps until something changes or `until_ms`. */
static bool sleep_until_change(struct waiting *w, int64_t until_ms, struct pyro_error *err)
{
    char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    struct pollfd p[] = { { .fd = w->notify_fd, .events = POLLIN },
                          { .fd = w->supervisor_fd, .events = POLLIN },
                          { .fd = lookout_fd(w->lookout), .events = POLLIN } };
    int64_t left = until_ms - clock_ms();
    bool record_changed = false;
    ssize_t n;

    if (poll(p, ARRAY_SIZE(p), left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left) <= 0)
        return true;
    if (p[1].revents) {
        close(take_fd(&w->supervisor_fd));
        w->lost = true;
        w->reach_ms = w->reached_ms + REACH_EVERY_MS;
    }
    while ((n = read(w->notify_fd, events, sizeof(events))) > 0)
        for (char *at = events; at < events + n;) {
            const struct inotify_event *e = (const void *)at;
            record_changed |= e->wd != w->log_watch; /* an overflow too */
            at += sizeof(*e) + e->len;
        }
    return !record_changed || look_at_record(w, err);
}

static bool asks_guest(const struct waiting *w)
{
    return w->spec->wait_for_prompt || w->spec->wait_for_input;
}

/* What was waited for has come, according to the guest. */
static bool is_answered(const struct waiting *w)
{
    return (w->spec->wait_for_prompt && w->answer.at_prompt) ||
           (w->spec->wait_for_input && (w->answer.asks || w->waits));
}

/* Whether waiting is over without the guest's word. */
static bool is_over(struct waiting *w, int64_t now)
{
    return !w->running || now >= w->deadline_ms || is_full(w) ||
           (w->spec->wait_for_idle_ms && !w->lost &&
            now - w->grown_ms >= w->spec->wait_for_idle_ms);
}

static int64_t next_look(const struct waiting *w)
{
    int64_t until = earlier(earlier(w->deadline_ms, w->reach_ms), lookout_at(w->lookout));

    if (w->spec->wait_for_idle_ms && !w->lost)
        until = earlier(until, w->grown_ms + w->spec->wait_for_idle_ms);
    return asks_guest(w) ? earlier(until, w->ask_ms) : until;
}

static bool await(struct waiting *w, struct pyro_error *err)
{
    for (;;) {
        int64_t now;

        /* What is on the disk can be read, whatever becomes of the supervisor. */
        (void)!lookout_look(w->lookout, NULL);
        look_at_size(w);
        now = clock_ms();
        if (is_over(w, now))
            break;
        if (now >= w->reach_ms) {
            if (!reach_supervisor(w, err))
                return false;
        } else if (asks_guest(w) && now >= w->ask_ms) {
            w->ask_every_ms = earlier(2 * w->ask_every_ms, ASK_LAST_MS);
            w->ask_ms = now + w->ask_every_ms / 2;
            if (!ask(w, err))
                return false;
            if (is_answered(w))
                break;
        } else if (!sleep_until_change(w, next_look(w), err)) {
            return false;
        }
    }
    if (asks_guest(w) && !w->asked && w->running && !ask(w, err))
        return false;
    if (!w->running)
        w->answer = (struct shell_wait_answer){ .at_prompt = false };
    return true;
}

/* False: the read will say what is wrong with it. */
static bool find_cursor(struct waiting *w)
{
    scoped_shell_record struct shell_record r = { 0 };
    uint64_t place;
    struct stat st;

    if (fstat(w->log_fd, &st) == 0)
        w->size = (uint64_t)st.st_size;
    if (!shell_record_load(w->workspace->dir_fd, w->id, &r, NULL) ||
        !shell_cursor_find(&r, w->spec->cursor, w->size, &place, NULL))
        return false;
    if (place > w->counted)
        w->counted = place;
    return true;
}

bool shell_wait(const struct workspace_handle *workspace, const char *id,
                const struct shell_read_spec *spec, struct shell_wait_answer *ret_answer,
                struct pyro_error *err)
{
    scoped_lookout lookout = LOOKOUT_INIT(workspace, spec->progress);
    int64_t now = clock_ms(), most = spec->max_wait_ms;
    struct waiting w = { .workspace = workspace,
                         .lookout = &lookout,
                         .id = id,
                         .spec = spec,
                         .log_fd = -1,
                         .notify_fd = -1,
                         .supervisor_fd = -1,
                         .grown_ms = now,
                         .ask_ms = now,
                         .ask_every_ms = ASK_FIRST_MS };
    bool ok;

    if (!most)
        most = 2 * spec->wait_for_idle_ms > MAX_WAIT_MS ? 2 * spec->wait_for_idle_ms : MAX_WAIT_MS;
    w.deadline_ms = now + most;
    w.log_fd = shell_open_file(workspace->dir_fd, id, "log", O_RDONLY, err);
    lookout_later(&lookout);
    ok = w.log_fd >= 0 && lookout_open(&lookout, err) && watch_files(&w, err) &&
         look_at_record(&w, err);
    ok = ok && (!find_cursor(&w) || await(&w, err));
    *ret_answer = w.answer;
    if (w.supervisor_fd >= 0)
        close(w.supervisor_fd);
    if (w.notify_fd >= 0)
        close(w.notify_fd);
    if (w.log_fd >= 0)
        close(w.log_fd);
    return ok;
}
