/* engine/supervisor/machine.c: a copy of a template, an adopted QEMU, or a plain child on the
 * host. */
#include "engine/supervisor/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "engine/helper/zstd.h"
#include "engine/state/memory_files.h"
#include "engine/state/paths.h"
#include "engine/supervisor/disk_ops.h"
#include "engine/supervisor/guest_program.h"
#include "engine/supervisor/network.h"
#include "engine/supervisor/template_want.h"
#include "vmm/base/fs.h"
#include "vmm/base/proc.h"
#include "vmm/clone.h"
#include "vmm/find.h"

#define DESCRIPTION "machine.json" /* in run/ */
#define DESCRIPTION_BYTES_MAX 4096

static void machine_progress(void *arg, const char *what, const struct progress_count *count UNUSED)
{
    supervisor_tell_progress(arg, what);
}

/* `environment`: the environment's layers, for a start from its own template. */
static bool want(struct supervisor *s, enum template_kind kind,
                 const struct disk_chain *environment, struct template_want *ret,
                 struct pyro_error *err)
{
    bool fresh = kind == TEMPLATE_FRESH;
    const struct template_wish wish = {
        .kind = kind,
        .environment = fresh ? environment : NULL,
        .environment_digest = fresh ? s->record.environment_digest : NULL,
        .entrypoint = template_entrypoint(s->record.image),
        .base_path = fresh ? NULL : s->record.base_path,
        .vcpu_count = (unsigned)s->record.vcpu_count,
        .mem_mib = (unsigned)s->record.mem_mib,
        .network = s->record.network_policy != NETWORK_OFF,
        .progress = { .update = machine_progress, .arg = s },
    };

    return template_want(&wish, ret, err);
}

bool machine_template_is_current(struct supervisor *s, struct pyro_error *err)
{
    scoped_template_want struct template_want w = { 0 };
    enum template_kind kind = s->root_mounted ? TEMPLATE_FRESH : TEMPLATE_RESTART;
    char key[TEMPLATE_KEY_BYTES];

    return want(s, kind, NULL, &w, err) && template_key(&w.spec, key, err) &&
           ((s->template_key && !strcmp(key, s->template_key)) ||
            pyro_fail(err, PYRO_WORKSPACE_STATE, "its template is an old one"));
}

/* Only a disk that is an exact copy of what the template has mounted may be used with that
 * template, whatever the record says: its last version may not have reached the disk before a power
 * cut. */
static void choose_mode(struct supervisor *s, const struct disk_chain *disk)
{
    const struct disk_layers *l = &s->record.disk;

    if (s->mode == SUPERVISE_FRESH &&
        (disk_layers_parent(l, l->active) != l->origin ||
         !disk_is_untouched(AT_FDCWD, disk->layers[disk->count - 1].path)))
        s->mode = SUPERVISE_RESTART;
}

/* ---- what runs, written down ---- */

json_t *machine_description(const struct supervisor *s)
{
    scoped_buf text = BUF_INIT(DESCRIPTION_BYTES_MAX);

    if (!fs_read_file(s->run_fd, DESCRIPTION, &text, NULL) || !text.data)
        return NULL;
    return json_parse(text.data, text.len, DESCRIPTION_BYTES_MAX, NULL);
}

static bool describe(struct supervisor *s, const struct template *t, struct pyro_error *err)
{
    scoped_json json_t *machine = saved_machine(t, boot_guest_digest());
    scoped_free char *text = machine ? json_compact(machine) : NULL;

    if (!text)
        return pyro_no_memory(err, NULL);
    return fs_replace(s->run_fd, DESCRIPTION, text, strlen(text), 0600, err);
}

/* ---- a machine that goes on ---- */

/* From here on its memory is older than its disk: whatever happens, it is not used again. */
static bool machine_before_run(void *arg, const struct vm *vm, struct pyro_error *err)
{
    struct supervisor *s = arg;

    record_set_string(&s->record.resume_from, NULL);
    s->record.used = true;
    if (s->was_suspended) { /* a successor takes it over and lets it begin */
        s->record.state = WORKSPACE_STARTED;
        s->record.unbegun = true;
        s->record.vm_pid = vm->pid;
        s->record.vm_start_time = vm->start_time;
    }
    return record_save(s->dir_fd, &s->record, true, err);
}

/* Of an older record: the disk has been written to since. */
static bool check_disk(struct supervisor *s, int dir, const struct disk_chain *disk,
                       struct pyro_error *err)
{
    scoped_json json_t *record = s->was_suspended ? saved_read(dir, err) : NULL;
    bool fits = s->was_suspended
                    ? json_int_or(record, "layer", -1) == (int64_t)s->record.disk.active
                    : disk_is_untouched(AT_FDCWD, disk->layers[disk->count - 1].path);

    return fits || pyro_fail(err, PYRO_SNAPSHOT_STATE, "the disk is newer than the memory");
}

static bool resume_vm(struct supervisor *s, struct disk_chain *disk, struct pyro_error *err)
{
    scoped_close int dir = s->was_suspended ? fs_open_dir(s->dir_fd, MEMORY_SUSPENDED, err)
                                            : memory_open(s->dir_fd, s->record.resume_from, err);
    scoped_free char *cache_dir = dir < 0 ? NULL : paths_cache(err);
    const struct saved_host host = { .cache_dir = cache_dir,
                                     .guest = boot_guest_digest(),
                                     .vcpu_count = s->record.vcpu_count,
                                     .mem_mib = s->record.mem_mib,
                                     .unpack = zstd_decompress };
    struct saved saved = SAVED_INIT;
    struct vm_spec spec = { .template = &saved.template,
                            .disk = disk,
                            .run_dirfd = s->run_fd,
                            .name = s->record.id,
                            .saved = &saved,
                            .before_run = machine_before_run,
                            .arg = s };
    bool ok;

    if (!cache_dir || !check_disk(s, dir, disk, err) || !saved_open(dir, &host, &saved, err))
        return false;
    ok = describe(s, &saved.template, err) && vm_start(&spec, &s->vm, err);
    if (ok)
        record_set_string(&s->record.accelerator, accel_name(saved.template.accel));
    saved_release(&saved);
    return ok;
}

static void note_vm(struct supervisor *s)
{
    s->record.vm_pid = s->vm.pid;
    s->record.vm_start_time = s->vm.start_time;
    s->record.disk.booted = s->record.disk.active;
}

/* By the snapshot that a reset named; the machine that is left of a start that was killed is not on
 * its way to being another. */
static bool start_resumed(struct supervisor *s, struct pyro_error *err)
{
    scoped_layer_chain struct disk_layer_chain disk = { 0 };

    if (!network_check(s, err) || !disk_layers_chain(&s->record.disk, s->record.disk.active,
                                                     s->record.base_path, s->dir_path, &disk, err))
        return false;
    disk_layers_sweep(s->dir_fd, &s->record.disk);
    vm_kill_leftover(s->dir_fd, s->record.id);
    s->with = TALLY_TEMPLATE_HIT;
    if (resume_vm(s, &disk.chain, err)) {
        note_vm(s);
        return true;
    }
    if (s->was_suspended) {
        pyro_wrap(err, "resuming");
        return pyro_hint(err, "'pyro workspace stop' drops the memory and keeps the disk");
    }
    pyro_wrap(err, "going on from the memory of a snapshot");
    return pyro_hint(err, "reset to it with --disk-only");
}

/* The environment's own. */
static bool open_fresh(struct supervisor *s, const struct disk_chain *environment,
                       struct template *ret, struct pyro_error *err)
{
    scoped_template_want struct template_want w = { 0 };

    s->root_mounted = want(s, TEMPLATE_FRESH, environment, &w, err) &&
                      (s->own_template ? template_open(&w.spec, ret, err)
                                       : template_open_installed(&w.spec, ret, err));
    return s->root_mounted;
}

/* Where a first start finds no template of its environment, it does not wait for one: that of
 * restarts is for any disk (template_behind.h). */
static bool open_template(struct supervisor *s, const struct disk_chain *environment,
                          struct template *ret, struct pyro_error *err)
{
    scoped_template_want struct template_want w = { 0 };

    if (s->mode == SUPERVISE_FRESH && s->own_template)
        return open_fresh(s, environment, ret, err);
    return (s->mode == SUPERVISE_FRESH && open_fresh(s, environment, ret, NULL)) ||
           (want(s, TEMPLATE_RESTART, NULL, &w, err) && template_open(&w.spec, ret, err));
}

static bool start_vm(struct supervisor *s, struct pyro_error *err)
{
    scoped_layer_chain struct disk_layer_chain disk = { 0 };
    struct disk_chain below;
    struct template template = TEMPLATE_INIT;
    struct vm_spec spec = {
        .template = &template, .disk = &disk.chain, .run_dirfd = s->run_fd, .name = s->record.id
    };
    bool ok;

    if (!network_check(s, err) || !disk_layers_chain(&s->record.disk, s->record.disk.active,
                                                     s->record.base_path, s->dir_path, &disk, err))
        return false;
    choose_mode(s, &disk.chain);
    below = disk.chain;
    below.count--;
    disk.chain.layers[disk.chain.count - 1].throw_away = s->record.throw_away;
    disk_layers_sweep(s->dir_fd, &s->record.disk);

    if (s->mode == SUPERVISE_RESTART)
        vm_kill_leftover(s->dir_fd, s->record.id); /* of one that was killed while starting */
    ok = open_template(s, &below, &template, err) && describe(s, &template, err) &&
         vm_start(&spec, &s->vm, err);
    if (ok) {
        record_set_string(&s->record.accelerator, accel_name(template.accel));
        note_vm(s);
        record_set_string(&s->template_key, template.key);
    }
    s->with = template.built ? TALLY_TEMPLATE_BUILT : TALLY_TEMPLATE_HIT;
    template_release(&template);
    return ok;
}

/* Whether a memory will never be of use again, rather than now. */
static bool is_unusable(const struct pyro_error *why)
{
    return why->code == PYRO_SNAPSHOT_STATE || why->code == PYRO_RECORD_INVALID ||
           why->sys_errno == ENOENT || why->sys_errno == EIO;
}

/* A suspended machine goes on; where its memory is of no use, it is booted, as after a power cut. */
static bool start_suspended(struct supervisor *s, struct pyro_error *err)
{
    struct pyro_error why = { 0 };

    if (start_resumed(s, &why))
        return true;
    if (!is_unusable(&why) || s->record.state != WORKSPACE_SUSPENDED)
        return pyro_copy(err, &why);
    s->resumes = s->was_suspended = false;
    s->record.state = WORKSPACE_STOPPED;
    record_set_string(&s->record.resume_error, why.message);
    if (!record_save(s->dir_fd, &s->record, true, err))
        return false;
    memory_forget_suspended(s->dir_fd);
    return start_vm(s, err);
}

static bool start_machine(struct supervisor *s, struct pyro_error *err)
{
    if (s->was_suspended)
        return start_suspended(s, err);
    return s->resumes ? start_resumed(s, err) : start_vm(s, err);
}

/* The guest program carried in pyro, as an executable descriptor. */
static int guest_program_fd(struct pyro_error *err)
{
    size_t size;
    const void *bytes = guest_program(&size);
    scoped_close int fd = memfd_create("pyro-guest", MFD_CLOEXEC);

    if (fd < 0 || !fs_write_all(fd, bytes, size, err)) {
        pyro_fail_errno(err, "prepare the guest program");
        return -1;
    }
    return take_fd(&fd);
}

static bool start_on_host(struct supervisor *s, int *ret_link_fd, struct pyro_error *err)
{
    scoped_free char *directory = str_printf("%s/workspace", s->dir_path);
    scoped_close int program = guest_program_fd(err);
    const char *const argv[] = { "/proc/self/fd/4", "--host", directory, NULL };
    struct proc_spec spec = proc_spec_of(argv);
    int ends[2];
    bool ok;

    if (program < 0 || !fs_mkdir_p(directory, 0700, err))
        return false;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return pyro_fail_errno(err, "start the guest program");
    spec.stderr_fd = 2;
    spec.inherit =
        INHERIT_PERSON | INHERIT_UMASK | INHERIT_FILE_LIMIT; /* it runs the user's own programs */
    spec.new_session = true;
    spec.die_with_parent = true;
    spec.fds[0].from = ends[1], spec.fds[0].to = 3;
    spec.fds[1].from = program, spec.fds[1].to = 4;
    spec.fd_count = 2;
    ok = proc_start(&spec, &s->host_pid, err);
    close(ends[1]);
    if (!ok) {
        close(ends[0]);
        return false;
    }
    s->host_pidfd = (int)syscall(SYS_pidfd_open, s->host_pid, 0);
    s->record.vm_pid = s->host_pid;
    s->record.vm_start_time = proc_start_time(s->host_pid);
    *ret_link_fd = ends[0];
    return true;
}

static bool open_link(struct supervisor *s, int fd, enum link_kind kind, const struct link_ops *ops,
                      struct pyro_error *err)
{
    s->guest = link_new(s->loop, fd, kind, ops, s, err);
    if (!s->guest)
        close(fd);
    return s->guest != NULL;
}

static bool open_guest(struct supervisor *s, bool resync, const struct link_ops *ops,
                       struct pyro_error *err)
{
    s->console = console_new(s->loop, s->vm.console_fd, s->dir_fd, "console.log", err);
    if (!s->console)
        return false;
    s->vm.console_fd = -1;
    console_redact(s->console, s->redactor);
    return open_link(s, take_fd(&s->vm.guest_fd), LINK_HOST_PORT, ops, err) &&
           link_hello(s->guest, resync, err);
}

bool machine_start(struct supervisor *s, const struct link_ops *ops, struct pyro_error *err)
{
    int fd = -1;

    if (s->record.host_compat)
        return start_on_host(s, &fd, err) && open_link(s, fd, LINK_HOST_SOCKET, ops, err);
    /* A machine that goes on has a guest that another host spoke to. */
    return start_machine(s, err) && open_guest(s, s->resumes, ops, err);
}

bool machine_adopt(struct supervisor *s, const struct link_ops *ops, struct pyro_error *err)
{
    struct workspace_record *r = &s->record;

    if (r->host_compat)
        return pyro_fail(err, PYRO_VM_FAILED,
                         "its supervisor was killed, and what ran on the host died with it");
    if (!proc_is_alive(r->vm_pid, r->vm_start_time))
        return pyro_fail(err, PYRO_VM_FAILED, "QEMU and its supervisor ended unexpectedly");
    if (!vm_adopt(r->vm_pid, r->vm_start_time, s->run_fd, NULL, &s->vm, err))
        return false;
    disk_ops_reconcile(s);
    return open_guest(s, true, ops, err);
}
