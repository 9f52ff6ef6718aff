/*
 * engine/supervisor/supervise.c: the supervisor's main, from start or adoption to the end of the
 * VM.
 *
 *   STARTING  the guest is made ready (hello, then `begin`, or hello alone when adopted); the lock
 *             is held, no client is served
 *   RUNNING   clients are served
 *   STOPPING  the guest shuts down, or is being killed
 *   ENDED     the record says so; exit
 *
 * The end of the VM is seen on its pidfd, whatever caused it; whether it was asked for decides
 * between stopped and failed.
 */
#include "engine/supervisor/supervise.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>

#include "engine/state/commands.h"
#include "engine/state/memory_files.h"
#include "engine/state/memory_pack.h"
#include "engine/state/reset.h"
#include "engine/state/service_files.h"
#include "engine/state/shell_cursor.h"
#include "engine/state/shell_files.h"
#include "engine/state/store.h"
#include "engine/supervisor/clients.h"
#include "engine/supervisor/disk_merge.h"
#include "engine/supervisor/ending.h"
#include "engine/supervisor/expiry.h"
#include "engine/supervisor/history.h"
#include "engine/supervisor/host_disk.h"
#include "engine/supervisor/kept_history.h"
#include "engine/supervisor/machine.h"
#include "engine/supervisor/memory_ops.h"
#include "engine/supervisor/network.h"
#include "engine/supervisor/parts.h"
#include "engine/supervisor/secret_use.h"
#include "engine/supervisor/spare.h"
#include "engine/supervisor/suspend.h"
#include "engine/supervisor/template_behind.h"
#include "engine/supervisor/workspace_ops.h"
#include "vmm/base/check_step.h"
#include "vmm/base/fs.h"
#include "vmm/base/proc.h"
#include "vmm/find.h"

/* ---- the end ---- */

static void remove_workspace(struct supervisor *s)
{
    scoped_store struct store store = { .fd = -1 };

    if (store_open(&store, NULL) && store_remove(&store, s->record.id, NULL))
        s->removed = true;
}

/*
 * Whether it ended as requested: killed by pyro, or by its guest's own shutdown, which is the last
 * thing QEMU reports. A QEMU that was killed from outside took unwritten files with it. A shutdown
 * begun by a supervisor that was killed may not have been reported to anyone.
 */
static bool ended_as_asked(struct supervisor *s)
{
    scoped_json json_t *data = NULL;

    if (s->suspended)
        return true;
    if (!s->stop_wanted || s->killed || s->host_pid > 0 || s->took_over_stop)
        return s->stop_wanted;
    if (s->vm.qmp && qmp_wait_event(s->vm.qmp, "SHUTDOWN", clock_ms(), &data, NULL))
        s->shut_down = json_bool_or(data, "guest", false);
    return s->shut_down;
}

/* Records how it ended; `started` is whether it ever served clients. */
static void record_the_end(struct supervisor *s, bool started)
{
    struct workspace_record *r = &s->record;

    r->vm_pid = 0;
    r->vm_start_time = 0;
    r->stopping = false;
    r->unbegun = false;
    r->held = false;
    r->ephemeral |= r->unannounced; /* ended before anybody was told of it: nothing is left */
    r->unannounced = false;
    r->paused_reason = NULL;
    r->running_command_count = 0;
    if (s->suspended) {
        r->state = WORKSPACE_SUSPENDED;
    } else if (s->stop_wanted && started) {
        r->state = WORKSPACE_STOPPED;
        record_set_string(&r->last_error, NULL);
        supervisor_note(
            s, TIMELINE_ENTRY(TIMELINE_STOPPED, .text = s->expired ? STOPPED_EXPIRED_TEXT : NULL));
    } else if (r->state != WORKSPACE_CREATED) {
        r->state = WORKSPACE_FAILED;
        record_set_string(&r->last_error, s->end_reason);
        supervisor_note(s, TIMELINE_ENTRY(TIMELINE_FAILED, .text = s->end_reason));
        news_add(&r->news, NEWS_VM,
                 attention_new(ATTENTION_FAILED, clock_wall(), "vm", r->id, s->end_reason));
    }
    if (!s->suspended)
        expiry_settle(r, r->state == WORKSPACE_STOPPED && s->expired);
    if (started)
        r->last_activity_at = clock_wall();
    if (!s->removed)
        host_disk_save_record(s);
}

/* The history is cleared with the disk. What fails here is done by the next start. */
static void finish_reset(struct supervisor *s)
{
    struct pyro_error err = { 0 };

    history_forget(s);
    if (!disk_reset_finish(s->dir_fd, &s->record, &err))
        supervisor_complain(s, err.message);
}

static void end_parts(struct supervisor *s, const struct pyro_error *why)
{
    for (const struct supervisor_part *p = s->parts; p->name; p++)
        if (s->suspended && p->suspend)
            p->suspend(s);
        else if (p->end_all)
            p->end_all(s, why);
}

static void supervise_on_ended(void *arg, uint32_t events UNUSED)
{
    struct supervisor *s = arg;
    bool starting = s->phase == PHASE_STARTING;
    bool started = !starting || s->mode == SUPERVISE_ADOPT;
    struct pyro_error why = { 0 };

    if (s->phase == PHASE_ENDED)
        return;
    loop_unwatch(s->loop, s->host_pid > 0 ? s->host_pidfd : s->vm.pidfd);
    ending_describe(s);
    s->stop_wanted = ended_as_asked(s);
    s->phase = PHASE_ENDED;
    if (s->suspended)
        pyro_fail(&why, PYRO_WORKSPACE_STATE, "the workspace was suspended");
    else if (s->record.clearing)
        pyro_fail(&why, PYRO_WORKSPACE_STATE, "the workspace was reset");
    else if (s->stop_wanted)
        pyro_fail(&why, PYRO_WORKSPACE_STATE, "the workspace was stopped%s",
                  s->expired ? ": " STOPPED_EXPIRED_TEXT : "");
    else
        pyro_fail(&why, s->end_code ? s->end_code : PYRO_VM_FAILED, "the VM ended: %s",
                  s->end_reason);
    end_parts(s, &why);
    if (s->record.clearing)
        finish_reset(s);
    record_the_end(s, started);
    if (s->record.ephemeral && started)
        remove_workspace(s);
    SUPERVISOR_EACH_PART(s, fail_all, &why);
    if (starting)
        supervisor_tell_failed(s, &why);
    clients_finish(s);
    loop_stop(s->loop);
}

/* ---- getting ready ---- */

static void adopt_what_runs(struct supervisor *s)
{
    memory_ops_adopt(s);
    SUPERVISOR_EACH_PART(s, adopt);
    SUPERVISOR_EACH_PART(s, guest_ready);
}

static void note_start(struct supervisor *s)
{
    if (!timeline_newest(s->dir_fd))
        supervisor_note(s, TIMELINE_ENTRY(TIMELINE_CREATED, .time = s->record.created_at,
                                          .text = s->record.environment));
    if (s->was_suspended)
        supervisor_note(s, TIMELINE_ENTRY(TIMELINE_RESUMED));
    else
        supervisor_note(s, TIMELINE_ENTRY(TIMELINE_STARTED, .text = s->record.resume_error));
}

/* The supervisor before was killed, and the machine goes on. */
static void note_takeover(struct supervisor *s)
{
    tally_supervisor_restart();
    supervisor_note(s, TIMELINE_ENTRY(TIMELINE_ATTENTION, .id = "supervisor", .state = "failed",
                                      .text = "it was killed; another has taken over"));
}

static void serve(struct supervisor *s)
{
    struct pyro_error err = { 0 };
    bool told;

    loop_timer_cancel(s->loop, &s->deadline);
    s->phase = PHASE_RUNNING;
    if (s->mode != SUPERVISE_ADOPT) {
        s->record.state = WORKSPACE_STARTED;
        s->record.used = true;
        s->record.stopping = false;
        s->record.last_activity_at = clock_wall();
        s->record.unbegun = false;
        expiry_renew(s);
        record_set_string(&s->record.last_error, NULL);
        news_drop(&s->record.news, NEWS_VM);
        note_start(s);
    }
    if (s->listen_fd < 0 && !clients_listen(s, &err)) {
        supervisor_tell_failed(s, &err);
        supervisor_give_up(s, "%s", err.message);
        return;
    }
    if (s->mode != SUPERVISE_ADOPT && !s->resumes) {
        SUPERVISOR_EACH_PART(s, end_stale);
        SUPERVISOR_EACH_PART(s, guest_ready);
    } else if (link_is_ready(s->guest)) {
        adopt_what_runs(s);
    }
    expiry_watch(s);
    workspace_ops_await_holder(s);
    /* On the disk within half a second: until then an older record says that the machine does not
     * run, which is true after a power cut. */
    supervisor_save(s, false);
    if (s->is_fork) {
        memory_sweep(s->dir_fd, &s->record.disk); /* it is used */
        kept_history_sync(s);
    }
    told = supervisor_tell_ready(s);
    memory_forget_suspended(s->dir_fd);
    if (s->mode == SUPERVISE_ADOPT)
        note_takeover(s);
    else
        tally_start(clock_ms() - s->began_ms, s->with);
    if (!told && (s->record.ephemeral || s->record.unannounced || s->ready_lost))
        workspace_ops_abandon(s, true);
    else if (s->record.stopping) /* begun by the last supervisor */
        supervisor_stop(s, false);
    else
        disk_merge_maybe(s);
    if (told && s->mode == SUPERVISE_FRESH && !s->root_mounted && s->phase == PHASE_RUNNING)
        template_behind_start(s);
}

static void supervise_on_begin_answer(struct stream *c, const json_t *result,
                                      const struct pyro_error *why)
{
    struct supervisor *s = c->arg;
    struct pyro_error err = { 0 };

    if (!result)
        supervisor_give_up(s, "the guest was lost as it started: %s", why->message);
    else if (!error_from_result(result, &err))
        supervisor_give_up(s, "the guest could not start: %s", err.message);
    else if (!spare_begun(s))
        serve(s);
}

/* Its name, as far as that may be a host name (RFC 1123: no '_', at most 63 characters). */
static void hostname_of(const struct workspace_record *r, char ret[64])
{
    snprintf(ret, 64, "%s", r->name ? r->name : r->id);
    for (char *c = ret; *c; c++)
        if (*c == '_')
            *c = '-';
}

static void supervise_begin(struct supervisor *s)
{
    static const struct stream_ops ops = { .closed = supervise_on_begin_answer };
    unsigned char entropy[64];
    char entropy_hex[129], hostname[64];
    struct pyro_error err = { 0 };
    scoped_json json_t *request = NULL, *secrets = secret_use_values(s, &err);
    struct timespec now;

    if (!secrets) {
        supervisor_give_up(s, "%s", err.message);
        return;
    }
    random_bytes(entropy, sizeof(entropy));
    hex_encode(entropy, sizeof(entropy), entropy_hex);
    hostname_of(&s->record, hostname);
    clock_gettime(CLOCK_REALTIME, &now);
    request = json_pack("{s:s, s:s, s:I, s:s, s:s, s:s, s:O, s:o}", "op", "begin", "entropy",
                        entropy_hex, "time_ns", (json_int_t)now.tv_sec * 1000000000 + now.tv_nsec,
                        "hostname", hostname, "machine_id", s->record.machine_id, "root",
                        s->root_mounted ? "mounted" : "later", "secrets", secrets, "network",
                        network_for_guest(s));
    if (s->resumes)
        json_object_set_new(request, "fork", json_true());
    if (!stream_open(s->guest, &s->control, request, &ops, s, &err))
        supervisor_give_up(s, "%s", err.message);
}

static void supervise_on_guest_ready(struct link *link)
{
    struct supervisor *s = link_arg(link);

    if (s->mode != SUPERVISE_ADOPT)
        supervise_begin(s);
    else if (s->phase == PHASE_STARTING)
        serve(s);
    else
        adopt_what_runs(s);
}

/* A guest that breaks the protocol is ended; if QEMU is dying, its pidfd shows that. */
static void supervise_on_guest_lost(struct link *link, const struct pyro_error *why)
{
    struct supervisor *s = link_arg(link);
    struct pyro_error lost = *why; /* it lives in the link */

    link_free(link);
    s->guest = NULL;
    if (lost.code == PYRO_GUEST_PROTOCOL)
        supervisor_give_up(s, "%s", lost.message);
    else if (s->phase != PHASE_STOPPING)
        supervisor_await_end(s);
}

static const struct link_ops guest_ops = { .ready = supervise_on_guest_ready,
                                           .lost = supervise_on_guest_lost };

static void supervise_on_stderr(void *arg, uint32_t events UNUSED)
{
    struct supervisor *s = arg;

    if (!vm_read_stderr(&s->vm))
        loop_unwatch(s->loop, s->vm.stderr_fd);
}

static void supervise_on_disk_full(struct supervisor *s)
{
    struct pyro_error why = { 0 };

    supervisor_fail_full(&why);
    if (s->phase == PHASE_STARTING && s->mode != SUPERVISE_ADOPT) {
        s->end_code = why.code;
        supervisor_give_up(s, "%s", why.message);
        return;
    }
    host_disk_is_full(s, &why);
    if (s->phase == PHASE_STARTING)
        serve(s); /* adopted while paused: its guest answers once there is room */
}

static void supervise_on_qmp_event(void *arg, const char *event, const json_t *data)
{
    if (!strcmp(event, "BLOCK_IO_ERROR") && json_bool_or(data, "nospace", false))
        supervise_on_disk_full(arg);
    if (!strcmp(event, "SHUTDOWN"))
        ((struct supervisor *)arg)->shut_down = json_bool_or(data, "guest", false);
    if (!strncmp(event, "BLOCK_JOB_", strlen("BLOCK_JOB_")))
        disk_merge_event(arg, event, data);
}

static void supervise_on_qmp_lost(void *arg, const struct pyro_error *why UNUSED)
{
    struct supervisor *s = arg;

    qmp_free(s->vm.qmp);
    s->vm.qmp = NULL;
}

static bool watch_machine(struct supervisor *s, struct pyro_error *err)
{
    if (s->host_pid > 0)
        return loop_watch(s->loop, s->host_pidfd, EPOLLIN, supervise_on_ended, s, err);
    if (s->vm.stderr_fd >= 0 &&
        !loop_watch(s->loop, s->vm.stderr_fd, EPOLLIN, supervise_on_stderr, s, err))
        return false;
    return qmp_watch(s->vm.qmp, s->loop, supervise_on_qmp_event, supervise_on_qmp_lost, s, err) &&
           loop_watch(s->loop, s->vm.pidfd, EPOLLIN, supervise_on_ended, s, err);
}

static void supervise_on_signal(void *arg, const struct signalfd_siginfo *info)
{
    if (info->ssi_signo == SIGTERM)
        workspace_ops_abandon(arg, false);
}

/* A reset was committed and its supervisor killed: the machine, if it still runs, uses a disk that
 * is gone. */
static bool resume_reset(struct supervisor *s, struct pyro_error *err)
{
    if (s->mode == SUPERVISE_ADOPT) {
        s->stop_wanted = true;
        vm_kill_leftover(s->dir_fd, s->record.id);
    }
    if (!disk_reset_finish(s->dir_fd, &s->record, err))
        return false;
    return s->mode != SUPERVISE_ADOPT ||
           pyro_fail(err, PYRO_WORKSPACE_STATE, "the workspace was reset");
}

static bool open_all(struct supervisor *s, struct pyro_error *err)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGINT);
    s->loop = loop_new(err);
    if (!s->loop || !loop_signals(s->loop, &signals, supervise_on_signal, s, err))
        return false;
    s->run_fd = fs_open_dir(s->dir_fd, "run", err);
    if (s->run_fd < 0 || !record_load(s->dir_fd, s->record.id, &s->record, err))
        return false;
    if (!secret_use_load(s, err))
        return false;
    s->noted_attention_at = json_number_or(record_attention(&s->record), "since", 0);
    return true;
}

/* Of predecessors that were killed. */
static void sweep(const struct supervisor *s)
{
    static const char *const places[] = { ".", SHELLS_DIR, SERVICES_DIR };

    for (size_t i = 0; i < ARRAY_SIZE(places); i++)
        fs_sweep_temporaries(s->dir_fd, places[i]);
}

/* The mode that it was started in, as the record has it. */
static bool choose_mode(struct supervisor *s, struct pyro_error *err)
{
    s->own_template =
        template_is_waited_for(s->mode == SUPERVISE_OWN_TEMPLATE) || s->mode == SUPERVISE_SPARE;
    if (s->mode == SUPERVISE_SPARE && !spare_new(s, supervise_begin, err))
        return false;
    if (s->mode == SUPERVISE_SPARE || s->mode == SUPERVISE_OWN_TEMPLATE)
        s->mode = SUPERVISE_FRESH;
    if (s->mode == SUPERVISE_FRESH && s->record.used)
        s->mode = SUPERVISE_RESTART;
    sweep(s);
    s->was_suspended = s->record.state == WORKSPACE_SUSPENDED;
    if (s->was_suspended && s->mode == SUPERVISE_ADOPT)
        return pyro_fail(err, PYRO_WORKSPACE_STATE, "the workspace is suspended");
    s->resumes = s->mode == SUPERVISE_RESTART && (s->record.resume_from || s->was_suspended);
    s->is_fork = s->resumes && !s->was_suspended && !strcmp(s->record.resume_from, MEMORY_FORK);
    return true;
}

/* What ran before, as of where the machine goes on. */
static bool take_history(struct supervisor *s, struct pyro_error *err)
{
    int64_t highest;

    if (s->resumes && !s->was_suspended &&
        !(memory_bring_back(s->dir_fd, s->record.resume_from, err) &&
          (s->is_fork || shell_cursors_cut(s->dir_fd, s->record.cursors, err))))
        return false;
    check_step("start-history");
    highest = command_history_open(&s->commands, s->dir_fd,
                                   s->is_fork   ? "it went on in the workspace that was forked"
                                   : s->resumes ? "the workspace went back to a time when it ran"
                                                : "its supervisor was killed while it ran");
    history_take_over(s);
    s->record.running_command_count = 0; /* they ended with the last supervisor */
    if (highest > s->record.command_count)
        s->record.command_count = highest;
    return true;
}

static bool supervise_start(struct supervisor *s, struct pyro_error *err)
{
    bool adopted;

    if (!open_all(s, err))
        return false;
    if (s->mode == SUPERVISE_DROP)
        return suspend_drop(s, err);
    if (!choose_mode(s, err))
        return false;
    fs_discard_tree(s->dir_fd, MEMORY_CAPTURES); /* their holders' streams are gone */
    host_disk_reserve(s);
    s->paused_since_ms = clock_ms(); /* if it is paused */
    s->took_over_stop = s->mode == SUPERVISE_ADOPT && s->record.stopping;
    s->stop_wanted = s->took_over_stop;
    if (s->record.clearing && !resume_reset(s, err))
        return false;
    if (!take_history(s, err))
        return false;
    adopted = s->mode == SUPERVISE_ADOPT;
    if (!adopted)
        record_set_string(&s->record.resume_error, NULL);
    if (!(adopted ? machine_adopt(s, &guest_ops, err) : machine_start(s, &guest_ops, err)))
        return false;
    if (adopted && s->record.unbegun) { /* the last supervisor was killed as it let it go on */
        s->mode = SUPERVISE_RESTART;
        s->resumes = s->was_suspended = true;
    }
    SUPERVISOR_EACH_PART(s, start);
    supervisor_save(s, false); /* from here on a process that finds the lock free knows what runs */
    supervisor_await_guest(s);
    if (!watch_machine(s, err))
        return false;
    if (s->record.host_compat)
        supervise_begin(s);
    else if (adopted)
        host_disk_try(
            s); /* it may be paused because the host's disk was full; else this does nothing */
    return true;
}

/* The start failed before the loop ran. */
static void fail_start(struct supervisor *s, const struct pyro_error *err)
{
    scoped_close int unheard =
        s->mode == SUPERVISE_ADOPT ? proc_open(s->record.vm_pid, s->record.vm_start_time) : -1;

    SUPERVISOR_EACH_PART(s, end_all, err);
    supervisor_kill(s);
    if (unheard >= 0)
        proc_signal_fd(unheard, SIGKILL); /* it runs, but cannot be reached */
    if (s->loop && s->record.environment && s->mode != SUPERVISE_FRESH &&
        s->record.state != WORKSPACE_SUSPENDED) {
        snprintf(s->end_reason, sizeof(s->end_reason), "%s", err->message);
        SUPERVISOR_EACH_PART(s, end_stale);
        record_the_end(s, true);
    }
    supervisor_tell_failed(s, err);
}

static void claim_fds(struct supervisor *s)
{
    char path[64], name[4096];
    ssize_t n;

    for (int fd = SUPERVISE_DIR_FD; fd <= SUPERVISE_READY_FD; fd++)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", SUPERVISE_DIR_FD);
    n = readlink(path, name, sizeof(name) - 1);
    name[n > 0 ? n : 0] = '\0';
    s->dir_path = str_printf("%s", name);
}

int supervise_main(int argc, char **argv)
{
    static const char *const modes[] = SUPERVISE_MODE_NAMES;
    /* Static, so that leak checkers see what it points to until the process ends. */
    static struct supervisor s = { .parts = supervisor_parts,
                                   .dir_fd = SUPERVISE_DIR_FD,
                                   .ready_fd = SUPERVISE_READY_FD,
                                   .run_fd = -1,
                                   .listen_fd = -1,
                                   .host_pidfd = -1,
                                   .vm = VM_INIT };
    struct pyro_error err = { 0 };
    unsigned mode = 0;

    s.began_ms = clock_ms();
    while (argc == 3 && mode < ARRAY_SIZE(modes) && strcmp(argv[1], modes[mode]) != 0)
        mode++;
    if (argc != 3 || mode == ARRAY_SIZE(modes) || fcntl(SUPERVISE_LOCK_FD, F_GETFD) < 0) {
        fprintf(stderr, "pyro: __supervise is started by pyro itself\n");
        return 2;
    }
    s.mode = (enum supervise_mode)mode;
    snprintf(s.record.id, sizeof(s.record.id), "%s", argv[2]);
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_NAME, "pyro-supervise");
    claim_fds(&s);
    if (!supervise_start(&s, &err)) {
        fail_start(&s, &err);
        return 1;
    }
    if (s.mode == SUPERVISE_DROP)
        return !supervisor_tell_ready(&s);
    loop_run(s.loop);
    close(SUPERVISE_LOCK_FD); /* done: others need not wait for memory to be freed */
    if (s.suspended)
        memory_pack_start(s.dir_fd, s.record.id);
    vm_release(&s.vm);
    return 0;
}
