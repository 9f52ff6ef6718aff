/* engine/supervisor/suspend.c: what a suspended machine leaves, and when it may. */
#include "engine/supervisor/suspend.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/state/commands.h"
#include "engine/state/memory_files.h"
#include "engine/supervisor/expiry.h"
#include "engine/supervisor/network.h"
#include "engine/supervisor/service.h"
#include "engine/supervisor/shell.h"
#include "vmm/base/fs.h"
#include "vmm/find.h"
#include "vmm/saved.h"

#define QUIT_MS 3000

/* ---- whether ---- */

/* The oldest command that runs, as it is written down; NULL: none is. */
static json_t *find_running(struct supervisor *s)
{
    size_t count = 0;
    scoped_free int64_t *sequences = commands_sequences(s->dir_fd, &count, NULL);

    for (size_t i = 0; sequences && i < count; i++)
        if (command_is_running(s->dir_fd, sequences[i], count - i <= COMMANDS_RUNNING_MAX))
            return command_read(s->dir_fd, sequences[i]);
    return NULL;
}

static bool check_commands(struct supervisor *s, struct pyro_error *err)
{
    scoped_json json_t *entry = s->execs ? find_running(s) : NULL;
    const json_t *words = json_object_get(entry, "command");
    long long sequence = (long long)json_int_or(entry, "sequence", 0);

    if (!s->execs)
        return true;
    if (!entry) /* its output is still on the way to its client */
        return pyro_fail(err, PYRO_WORKSPACE_BUSY, "a command of '%s' is just ending",
                         s->record.id);
    pyro_fail(err, PYRO_WORKSPACE_STATE, "command %lld of '%s' is running: %.200s%s", sequence,
              s->record.id, json_string_value(json_array_get(words, 0)),
              json_array_size(words) > 1 ? " …" : "");
    return pyro_hint(err, "wait for it, or end it: 'pyro workspace command kill %s %lld'",
                     s->record.id, sequence);
}

static bool check_shells(const struct supervisor *s, struct pyro_error *err)
{
    for (const struct shell *sh = s->shells; sh; sh = sh->next)
        if (sh->opening || shell_input_waiting(&sh->input))
            return pyro_fail(err, PYRO_WORKSPACE_BUSY, "shell '%s' %s", sh->record.id,
                             sh->opening ? "is being opened"
                                         : "has input that its program does not read");
    return true;
}

static bool check_services(const struct supervisor *s, struct pyro_error *err)
{
    for (const struct service *sv = s->services; sv; sv = sv->next)
        if (sv->opening || sv->start_client || sv->waiters)
            return pyro_fail(err, PYRO_WORKSPACE_BUSY, "service '%s' is being %s", sv->record.name,
                             sv->waiters ? "stopped" : "started");
    return true;
}

static bool check_lives_on(const struct supervisor *s, struct pyro_error *err)
{
    if (!s->record.ephemeral && !s->record.held && !s->waiters)
        return true;
    supervisor_fail_held(s, err);
    return pyro_hint(err, "one that nobody holds can be suspended");
}

bool suspend_check(struct supervisor *s, struct pyro_error *err)
{
    return check_lives_on(s, err) && check_commands(s, err) &&
           (!s->relays ||
            pyro_fail(err, PYRO_WORKSPACE_BUSY, "files of '%s' are being copied", s->record.id)) &&
           check_shells(s, err) && check_services(s, err);
}

/* ---- written down ---- */

bool suspend_write(struct supervisor *s, const char *templates_dir, const json_t *machine,
                   const struct captured *captured, const struct buf *state, struct pyro_error *err)
{
    scoped_json json_t *members = json_pack("{s:I}", "layer", (json_int_t)s->record.disk.active);
    scoped_close int dir = -1;

    memory_forget_suspended(s->dir_fd);
    if (mkdirat(s->dir_fd, MEMORY_SUSPENDED_NEW, 0700) != 0)
        return pyro_fail_errno(err, "create '" MEMORY_SUSPENDED_NEW "'");
    return (dir = fs_open_dir(s->dir_fd, MEMORY_SUSPENDED_NEW, err)) >= 0 &&
           saved_write(dir, templates_dir, machine, captured, state, members, err) &&
           (fsync(dir) == 0 || pyro_fail_errno(err, "write the machine's memory"));
}

/* It is in its place, and after that the record says so. */
static bool put_in_place(struct supervisor *s, struct pyro_error *err)
{
    if (renameat(s->dir_fd, MEMORY_SUSPENDED_NEW, s->dir_fd, MEMORY_SUSPENDED) != 0 ||
        fsync(s->dir_fd) != 0)
        return pyro_fail_errno(err, "keep the machine's memory");
    s->record.state = WORKSPACE_SUSPENDED;
    s->record.last_activity_at = clock_wall();
    return record_save(s->dir_fd, &s->record, true, err);
}

bool suspend_commit(struct supervisor *s, struct pyro_error *err)
{
    SUPERVISOR_EACH_PART(s, sync);
    if (!put_in_place(s, err)) {
        memory_forget_suspended(s->dir_fd); /* first: the record may have been written after all */
        s->record.state = WORKSPACE_STARTED;
        supervisor_save(s, true);
        return false;
    }
    supervisor_note(s, TIMELINE_ENTRY(TIMELINE_SUSPENDED));
    s->suspended = true;
    s->phase = PHASE_STOPPING;
    supervisor_await_end(s);
    network_end(s, NULL); /* that its children end with QEMU is not an error */
    if (!s->vm.qmp || !qmp_command(s->vm.qmp, "quit", NULL, clock_ms() + QUIT_MS, NULL, NULL))
        supervisor_kill(s);
    return true;
}

bool suspend_drop(struct supervisor *s, struct pyro_error *err)
{
    struct workspace_record *r = &s->record;
    bool expired = record_is_expired(r);

    if (r->state != WORKSPACE_SUSPENDED)
        return true;
    vm_kill_leftover(s->dir_fd, r->id);
    s->stop_wanted = true;
    SUPERVISOR_EACH_PART(s, end_stale);
    r->state = WORKSPACE_STOPPED;
    r->vm_pid = 0;
    r->vm_start_time = 0;
    expiry_settle(r, expired);
    r->last_activity_at = clock_wall();
    if (!record_save(s->dir_fd, r, true, err))
        return false;
    supervisor_note(
        s, TIMELINE_ENTRY(TIMELINE_STOPPED, .text = expired ? STOPPED_EXPIRED_TEXT : NULL));
    memory_forget_suspended(s->dir_fd);
    return true;
}
