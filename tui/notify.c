/* tui/notify.c: telling an operator who looks elsewhere. */
#include "tui/notify.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tui/log.h"
#include "tui/model.h"
#include "tui/tty.h"
#include "vmm/base/fs.h"
#include "vmm/base/patience.h"
#include "vmm/base/printable.h"
#include "vmm/base/proc.h"

#define ASKS_MS 10000 /* an editor asks too, and an agent goes on after a command that failed */
#define FINISHED_MS 60000
#define EVERY_MS 1000
#define COMMAND_MS 10000 /* then it is killed */
#define COMMANDS_MAX 4   /* at once; more are dropped */
#define WORDS_MAX 16
#define TEXT_MAX 256

/* What was told of a workspace, or is to be: its attention, and what a program wants noticed. */
struct told {
    struct told *next;
    char id[WORKSPACE_ID_LENGTH + 1];
    enum attention_state state;
    double since, notice_at;       /* epoch seconds */
    int64_t due_ms, notice_due_ms; /* clock_ms(); 0: nothing */
};

struct command {
    struct command *next;
    struct notify *notify;
    pid_t pid;
    int pidfd;
    struct loop_timer patience;
};

struct notify {
    struct app *app;
    struct model_listener listener;
    struct told *told;
    struct command *commands;
    struct loop_timer timer;
    int64_t sent_ms;
    bool complained;
};

static char *chosen; /* NULL: nothing is told */

void notify_choose(const char *how)
{
    free(chosen);
    chosen = str_printf("%s", how);
}

/* ---- commands ---- */

static void forget_command(struct command *c)
{
    struct command **at = &c->notify->commands;

    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    loop_timer_cancel(c->notify->app->loop, &c->patience);
    if (c->pidfd >= 0) {
        loop_unwatch(c->notify->app->loop, c->pidfd);
        close(c->pidfd);
    }
    free(c);
}

static void notify_on_command_end(void *arg, uint32_t events UNUSED)
{
    struct command *c = arg;

    waitpid(c->pid, NULL, 0);
    forget_command(c);
}

static void notify_on_command_late(void *arg)
{
    struct command *c = arg;

    log_add(ROLE_WARN, "notify: '%s' was ended after %d s", chosen,
            (int)patience(COMMAND_MS) / 1000);
    proc_signal(-c->pid, SIGKILL);
}

static void complain(struct notify *n, const char *why)
{
    if (!n->complained)
        log_add(ROLE_WARN, "notify: %s", why);
    n->complained = true;
}

static void follow_command(struct notify *n, pid_t pid)
{
    struct command *c = calloc(1, sizeof(*c));
    struct pyro_error err = { 0 };

    BUG_ON(!c);
    *c = (struct command){
        .next = n->commands, .notify = n, .pid = pid, .pidfd = pidfd_open(pid, 0)
    };
    n->commands = c;
    if (c->pidfd >= 0 &&
        loop_watch(n->app->loop, c->pidfd, EPOLLIN, notify_on_command_end, c, &err)) {
        loop_timer_set(n->app->loop, &c->patience, patience(COMMAND_MS), notify_on_command_late, c);
        return;
    }
    proc_kill(pid);
    forget_command(c);
}

static void run_command(struct notify *n, const struct watched_workspace *w, const char *state,
                        const char *text)
{
    scoped_free char *copy = str_printf("%s", chosen);
    scoped_free char *id = str_printf("PYRO_WORKSPACE=%s", w->record.id);
    scoped_free char *name = str_printf("PYRO_WORKSPACE_NAME=%s", model_name(w));
    scoped_free char *of_state = str_printf("PYRO_STATE=%s", state);
    scoped_free char *of_text = str_printf("PYRO_TEXT=%s", text);
    const char *const set[] = { id, name, of_state, of_text, NULL };
    const char *argv[WORDS_MAX + 1] = { NULL };
    struct proc_spec spec = proc_spec_of(argv);
    struct pyro_error err = { 0 };
    size_t words = 0, running = 0;
    pid_t pid;

    for (const struct command *c = n->commands; c; c = c->next)
        running++;
    for (char *at = copy, *word; words < WORDS_MAX && (word = strsep(&at, " \t"));)
        if (*word)
            argv[words++] = word;
    if (running >= COMMANDS_MAX) {
        complain(n, "its commands take too long: some notifications were dropped");
        return;
    }
    spec.inherit = INHERIT_PERSON | INHERIT_TERMINAL | INHERIT_UMASK;
    spec.set = set;
    spec.new_session = true;
    if (proc_start(&spec, &pid, &err))
        follow_command(n, pid);
    else
        complain(n, err.message);
}

/* ---- telling ---- */

static void send(struct notify *n, const struct watched_workspace *w, const char *state,
                 const char *text)
{
    char safe[TEXT_MAX], name[TEXT_MAX];

    printable_copy(text, safe, sizeof(safe));
    n->sent_ms = clock_ms();
    if (!strcmp(chosen, "bell")) {
        tty_send("\a", 1);
    } else if (!strcmp(chosen, "osc9")) {
        scoped_free char *line = NULL;
        printable_copy(model_name(w), name, sizeof(name));
        line = str_printf("\x1b]9;%s %s%s%s\x1b\\", name, state, *safe ? ": " : "", safe);
        tty_send(line, strlen(line));
    } else {
        run_command(n, w, state, safe);
    }
}

static bool is_due(int64_t due_ms, int64_t now)
{
    return due_ms && due_ms <= now;
}

static bool tell_notice(struct notify *n, struct told *t, const struct watched_workspace *w)
{
    const struct shell_record *r = model_notice(w);
    scoped_free char *text = NULL;

    t->notice_due_ms = 0;
    if (!r) /* somebody has noticed */
        return false;
    text = str_printf("shell %s: %s", r->id, *r->notice ? r->notice : "bell");
    send(n, w, "notice", text);
    return true;
}

/* True when something was told. */
static bool tell_one(struct notify *n, struct told *t, int64_t now)
{
    const struct watched_workspace *w = model_find(n->app->model, t->id);
    scoped_free char *text = NULL;

    if (w && is_due(t->notice_due_ms, now) && tell_notice(n, t, w))
        return true;
    if (!w || !is_due(t->due_ms, now))
        return false;
    t->due_ms = 0;
    text = attention_text(record_attention(&w->record));
    send(n, w, attention_states[t->state], text);
    return true;
}

/* When one of the two is due next; 0: never. */
static int64_t next_due(const struct told *t)
{
    return !t->due_ms                     ? t->notice_due_ms
           : !t->notice_due_ms            ? t->due_ms
           : t->due_ms < t->notice_due_ms ? t->due_ms
                                          : t->notice_due_ms;
}

static void notify_on_time(void *arg)
{
    struct notify *n = arg;
    int64_t now = clock_ms(), next = 0;

    for (struct told *t = n->told; t; t = t->next) {
        bool may = now - n->sent_ms >= EVERY_MS;
        int64_t due;
        if (may)
            tell_one(n, t, now);
        due = next_due(t);
        if (due && due < n->sent_ms + EVERY_MS)
            due = n->sent_ms + EVERY_MS;
        if (due && (!next || due < next))
            next = due;
    }
    if (next)
        loop_timer_set(n->app->loop, &n->timer, next > now ? next - now : 1, notify_on_time, n);
}

/* ---- the model ---- */

static int64_t delay_of(const json_t *attention)
{
    const char *kind = json_string_or(json_object_get(attention, "source"), "kind", "");
    enum attention_state state = attention_state_of(attention);

    return state == ATTENTION_FINISHED                        ? patience(FINISHED_MS)
           : state == ATTENTION_ASKS || !strcmp(kind, "exec") ? patience(ASKS_MS)
                                                              : 0;
}

static struct told *told_of(struct notify *n, const char *id)
{
    struct told *t = n->told;

    while (t && strcmp(t->id, id) != 0)
        t = t->next;
    if (t)
        return t;
    t = calloc(1, sizeof(*t));
    BUG_ON(!t);
    *t = (struct told){ .next = n->told };
    snprintf(t->id, sizeof(t->id), "%s", id);
    n->told = t;
    return t;
}

/* Notes what is new of it, to be told when its time comes. */
static void note(struct told *t, const struct watched_workspace *w)
{
    const json_t *attention = record_attention(&w->record);
    enum attention_state state = attention_state_of(attention);
    double since = json_number_or(attention, "since", 0);
    const struct shell_record *r = model_notice(w);

    if (r && r->notice_at > t->notice_at) {
        t->notice_at = r->notice_at;
        t->notice_due_ms = clock_ms();
    }
    if (state == t->state && since >= t->since && since <= t->since)
        return;
    t->state = state;
    t->since = since;
    t->due_ms = state >= ATTENTION_FINISHED ? clock_ms() + delay_of(attention) : 0;
}

static void forget(struct notify *n, const char *id)
{
    struct told *t = told_of(n, id), **at = &n->told;

    while (*at != t)
        at = &(*at)->next;
    *at = t->next;
    free(t);
}

static void notify_changed(void *arg, struct watched_workspace *w, unsigned change, bool going)
{
    struct notify *n = arg;

    if (going) {
        forget(n, w->record.id);
        return;
    }
    if (change == WATCH_OUTPUT)
        return;
    note(told_of(n, w->record.id), w);
    notify_on_time(n);
}

struct notify *notify_new(struct app *app)
{
    struct notify *n;

    if (!chosen)
        return NULL;
    n = calloc(1, sizeof(*n));
    BUG_ON(!n);
    n->app = app;
    n->listener = (struct model_listener){ .changed = notify_changed, .arg = n };
    for (size_t i = 0; i < model_count(app->model); i++) {
        const struct watched_workspace *w = model_at(app->model, i);
        struct told *t = told_of(n, w->record.id);
        note(t, w);
        t->due_ms = t->notice_due_ms = 0;
    }
    model_listen(app->model, &n->listener);
    return n;
}

void notify_free(struct notify *n)
{
    if (!n)
        return;
    model_unlisten(n->app->model, &n->listener);
    loop_timer_cancel(n->app->loop, &n->timer);
    while (n->commands)
        forget_command(n->commands);
    while (n->told)
        forget(n, n->told->id);
    free(n);
}
