/* engine/supervisor/supervisor.c: the services to every part of the supervisor: saving the record,
 * reporting, ending the machine. */
#include "engine/supervisor/supervisor.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "engine/secret/hide.h"
#include "vmm/base/fs.h"
#include "vmm/base/patience.h"
#include "vmm/base/proc.h"

#define COMPLAINTS_MAX 100
#define READY_DEADLINE_MS 30000    /* from hello to a begun guest */
#define SHUTDOWN_DEADLINE_MS 10000 /* how long the guest may take to unmount */
#define EXIT_DEADLINE_MS 3000      /* from its answer to QEMU's end */
#define SAVE_DELAY_MS 500

/* ---- telling the process that waits for the start ---- */

static void tell(struct supervisor *s, json_t *line)
{
    scoped_free char *text = json_compact(line);
    scoped_free char *whole = text ? str_printf("%s\n", text) : NULL;
    struct pyro_error err = { 0 };

    json_decref(line);
    if (s->ready_fd < 0 || (whole && fs_write_all(s->ready_fd, whole, strlen(whole), &err)))
        return;
    /* The waiting process sees the end of the pipe, takes the start for failed, and waits for this
     * process to end. */
    s->ready_lost = err.sys_errno != EPIPE;
    close(take_fd(&s->ready_fd));
}

void supervisor_tell_progress(void *arg, const char *what)
{
    tell(arg, json_pack("{s:s}", "progress", what));
}

bool supervisor_tell_ready(struct supervisor *s)
{
    if (s->tell_claimant && s->tell_claimant(s, NULL))
        return true;
    tell(s, json_object());
    if (s->ready_fd < 0)
        return false;
    close(take_fd(&s->ready_fd));
    return true;
}

void supervisor_tell_failed(struct supervisor *s, const struct pyro_error *err)
{
    if (s->tell_claimant)
        s->tell_claimant(s, err);
    tell(s, json_pack("{s:o}", "error", error_to_json(err)));
    if (s->ready_fd >= 0)
        close(take_fd(&s->ready_fd));
}

/* ---- whether requests are served ---- */

bool supervisor_fail_full(struct pyro_error *err)
{
    return pyro_fail(err, PYRO_NO_SPACE, "the host has no room left for the workspace's disk");
}

bool supervisor_fail_held(const struct supervisor *s, struct pyro_error *err)
{
    return pyro_fail(err, PYRO_WORKSPACE_STATE,
                     "workspace '%s' ends with the process that holds it", s->record.id);
}

bool supervisor_check_running(const struct supervisor *s, struct pyro_error *err)
{
    if (s->phase == PHASE_RUNNING)
        return true;
    if (!s->suspended)
        return pyro_fail(err, PYRO_WORKSPACE_STATE, "workspace '%s' is stopping", s->record.id);
    pyro_fail(err, PYRO_WORKSPACE_BUSY, "workspace '%s' is being suspended", s->record.id);
    return pyro_hint(err, "try again: that lets it go on");
}

bool supervisor_check_guest(const struct supervisor *s, struct pyro_error *err)
{
    if (!supervisor_check_running(s, err))
        return false;
    if (!s->guest)
        return pyro_fail(err, PYRO_GUEST_LOST, "the guest of workspace '%s' was lost",
                         s->record.id);
    if (link_is_ready(s->guest))
        return true;
    /* It was adopted while it was paused, and has not answered the hello yet. */
    if (s->record.paused_reason)
        return supervisor_fail_full(err);
    pyro_fail(err, PYRO_GUEST_LOST, "the guest of workspace '%s' does not answer yet",
              s->record.id);
    return pyro_hint(err, "try again in a moment");
}

bool supervisor_check_serving(const struct supervisor *s, struct pyro_error *err)
{
    return supervisor_check_guest(s, err) && (!s->disk_full || supervisor_fail_full(err));
}

/* ---- the record ---- */

void supervisor_complain(struct supervisor *s, const char *words)
{
    if (s->complaints++ < COMPLAINTS_MAX)
        fprintf(stderr, "%s\n", words);
}

static void supervisor_on_save(void *arg)
{
    struct supervisor *s = arg;

    SUPERVISOR_EACH_PART(s, sync);
    supervisor_save(s, true);
}

void supervisor_save_soon(struct supervisor *s)
{
    if (!s->save.armed)
        loop_timer_set(s->loop, &s->save, SAVE_DELAY_MS, supervisor_on_save, s);
}

/* What is new in the record's attention. That a shell is at its prompt is not news, and neither is what
 * was covered by something more urgent meanwhile. */
static void note_attention(struct supervisor *s)
{
    const json_t *now = record_attention(&s->record), *source = json_object_get(now, "source");
    double since = json_number_or(now, "since", 0);
    scoped_free char *about = NULL;

    if (attention_state_of(now) <= ATTENTION_WAITS || since <= s->noted_attention_at)
        return;
    s->noted_attention_at = since;
    about =
        str_printf("%s %s", json_string_or(source, "kind", ""), json_string_or(source, "id", ""));
    supervisor_note(s, TIMELINE_ENTRY(TIMELINE_ATTENTION, .id = about,
                                      .state = attention_states[attention_state_of(now)],
                                      .text = json_string_or(now, "text", NULL)));
}

void supervisor_save(struct supervisor *s, bool durable)
{
    struct pyro_error err = { 0 };

    if (s->removed)
        return;
    note_attention(s);
    if (!record_save(s->dir_fd, &s->record, durable, &err))
        supervisor_complain(s, err.message);
    if (durable)
        loop_timer_cancel(s->loop, &s->save);
    else
        supervisor_save_soon(s);
}

void supervisor_touch(struct supervisor *s)
{
    s->record.last_activity_at = clock_wall();
    supervisor_save(s, false);
}

static void supervisor_on_touched(void *arg)
{
    supervisor_save(arg, false);
}

void supervisor_touch_after(struct supervisor *s)
{
    s->record.last_activity_at = clock_wall();
    loop_defer(s->loop, &s->touched, supervisor_on_touched, s);
}

void supervisor_touch_soon(struct supervisor *s)
{
    s->record.last_activity_at = clock_wall();
    supervisor_save_soon(s);
}

void supervisor_news(struct supervisor *s, const char *slot, enum attention_state state,
                     const char *kind, const char *id, const char *text)
{
    if (s->phase != PHASE_RUNNING)
        return;
    news_add(&s->record.news, slot, attention_new(state, clock_wall(), kind, id, text));
    supervisor_save(s, false);
}

void supervisor_news_over(struct supervisor *s, const char *slot)
{
    if (news_drop(&s->record.news, slot))
        supervisor_save(s, false);
}

void supervisor_note(struct supervisor *s, const struct timeline_entry *e)
{
    struct timeline_entry kept = *e;
    scoped_free char *id = e->id ? hide_in_text(s->redactor, e->id, false) : NULL;
    scoped_free char *state = e->state ? hide_in_text(s->redactor, e->state, false) : NULL;
    scoped_free char *text = e->text ? hide_in_text(s->redactor, e->text, false) : NULL;
    scoped_json json_t *command = e->command ? hide_in_copy(s->redactor, e->command) : NULL;

    if (s->record.throw_away || s->record.spare || s->removed)
        return;
    kept.id = id;
    kept.state = state;
    kept.text = text;
    kept.command = command;
    timeline_add(s->dir_fd, &kept);
}

/* ---- the end ---- */

void supervisor_kill(struct supervisor *s)
{
    int pidfd = s->host_pid > 0 ? s->host_pidfd : s->vm.pidfd;

    s->killed = true;
    if (pidfd >= 0)
        proc_signal_fd(pidfd, SIGKILL);
}

void supervisor_give_up(struct supervisor *s, const char *fmt, ...)
{
    va_list ap;

    if (!s->end_reason[0]) {
        va_start(ap, fmt);
        vsnprintf(s->end_reason, sizeof(s->end_reason), fmt, ap);
        va_end(ap);
        hide_in_array(s->redactor, s->end_reason, sizeof(s->end_reason));
    }
    if (s->phase == PHASE_RUNNING)
        s->phase = PHASE_STOPPING;
    supervisor_kill(s);
}

static void supervisor_on_deadline(void *arg)
{
    struct supervisor *s = arg;

    if (s->phase == PHASE_STARTING)
        supervisor_give_up(s, "the guest did not get ready in %lld s",
                           (long long)patience(READY_DEADLINE_MS) / 1000);
    else
        supervisor_kill(s);
}

void supervisor_await_guest(struct supervisor *s)
{
    loop_timer_set(s->loop, &s->deadline, patience(READY_DEADLINE_MS), supervisor_on_deadline, s);
}

void supervisor_await_end(struct supervisor *s)
{
    loop_timer_set(s->loop, &s->deadline, EXIT_DEADLINE_MS, supervisor_on_deadline, s);
}

static void supervisor_on_shutdown_answer(struct stream *c, const json_t *result UNUSED,
                                          const struct pyro_error *why UNUSED)
{
    supervisor_await_end(c->arg);
}

void supervisor_stop(struct supervisor *s, bool force)
{
    static const struct stream_ops ops = { .closed = supervisor_on_shutdown_answer };
    scoped_json json_t *request = json_pack("{s:s}", "op", "shutdown");
    struct pyro_error why = { 0 };

    if (s->phase == PHASE_ENDED || s->suspended)
        return;
    s->stop_wanted = true;
    if (!s->record.stopping) {
        s->record.stopping = true; /* so that a successor does not take the end for a failure */
        supervisor_save(s, false);
    }
    if (force || s->record.ephemeral) {
        s->phase = PHASE_STOPPING;
        supervisor_kill(s);
        return;
    }
    if (s->phase == PHASE_STOPPING)
        return;
    pyro_fail(&why, PYRO_WORKSPACE_STATE, "workspace '%s' is being stopped", s->record.id);
    SUPERVISOR_EACH_PART(s, stop, &why);
    s->phase = PHASE_STOPPING;
    loop_timer_set(s->loop, &s->deadline, SHUTDOWN_DEADLINE_MS, supervisor_on_deadline, s);
    if (!s->guest || !stream_open(s->guest, &s->control, request, &ops, s, NULL))
        supervisor_kill(s);
}
