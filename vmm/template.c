/*
 * vmm/template.c: finding, checking, installing and removing templates.
 *
 * Locks: TEMPLATES/build.lock while one is built, debris swept and old ones removed; behind.lock while
 * one is built for which nobody waits, which then takes build.lock to install it; the template's
 * own directory, shared, while it is open (a remover tries it exclusively); KEY/load.lock while RAM
 * is loaded from disk, so that of ten starts at once one loads and nine take it from that one.
 */
#include "vmm/template.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <xxhash.h>

#include "vmm/base/fs.h"
#include "vmm/base/json.h"
#include "vmm/base/patience.h"
#include "vmm/base/turn.h"
#include "vmm/host.h"
#include "vmm/template_failed.h"
#include "vmm/template_private.h"

#define FORMAT 4
#define RECORD_BYTES_MAX 16384
#define STATE_BYTES_MAX (16 * 1024 * 1024)
#define LOAD_LOCK "load.lock"
#define LOAD_WAIT_MS 30000
#define QUEUE_MS 60000       /* where others build as well, each in seconds as a rule */
#define REMOVE_WAIT_MS 60000 /* it is held exclusively while a template is removed */

static const char *kind_name(enum template_kind kind)
{
    return kind == TEMPLATE_FRESH ? "fresh" : "restart";
}

static void digest_hex(const void *bytes, size_t n, char *ret)
{
    XXH128_canonical_t canonical;

    XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes, n));
    hex_encode(canonical.digest, sizeof(canonical.digest), ret);
}

/* All that a copy depends on; the caller's. */
static json_t *identity_of(const struct template_spec *spec, const struct template *t)
{
    bool fresh = spec->kind == TEMPLATE_FRESH;
    scoped_free char *host = host_identity(t->accel);
    char host_digest[RAM_DIGEST_HEX + 1];
    json_t *warm = json_array();

    digest_hex(host, strlen(host), host_digest);
    for (size_t i = 0; fresh && spec->warm && spec->warm[i]; i++)
        json_array_append_new(warm, json_string(spec->warm[i]));
    return json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s?, s:i, s:i, s:o, s:I, s:b, s:s}",
                     "format", FORMAT, "qemu", t->qemu.version, "host", host_digest, "accelerator",
                     accel_name(t->accel), "kind", kind_name(spec->kind), "kernel",
                     spec->kernel_digest, "initramfs", spec->initramfs_digest, "environment",
                     fresh ? spec->environment_digest : NULL, "vcpu_count", (int)spec->vcpu_count,
                     "mem_mib", (int)spec->mem_mib, "warm", warm, "disk_bytes",
                     (json_int_t)(fresh ? 0 : spec->disk_bytes), "network", spec->network,
                     "arguments", qemu_kernel_arguments(t->accel));
}

/* Fills key and shape of t, which has qemu and accel; returns the identity, the caller's. */
static json_t *start_template(const struct template_spec *spec, struct template *t,
                              struct pyro_error *err)
{
    json_t *identity;
    scoped_free char *text = NULL;

    t->kind = spec->kind;
    t->vcpu_count = spec->vcpu_count;
    t->mem_mib = spec->mem_mib;
    t->network = spec->network;
    t->ram.size_bytes = (uint64_t)spec->mem_mib << 20;
    identity = identity_of(spec, t);
    text = identity ? json_compact(identity) : NULL;
    if (!text) {
        json_decref(identity);
        return pyro_fail(err, PYRO_INTERNAL, "the identity of a template cannot be written");
    }
    digest_hex(text, strlen(text), t->key);
    return identity;
}

/* A sealed memfd of the devices' state, checked. */
static int load_state(int dirfd, const char *digest, struct pyro_error *err)
{
    scoped_buf state = BUF_INIT(STATE_BYTES_MAX);
    scoped_close int fd = memfd_create("pyro-state", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    char found[RAM_DIGEST_HEX + 1];

    if (fd < 0) {
        pyro_fail_errno(err, "memory for a VM's state");
        return -1;
    }
    if (!fs_read_file(dirfd, TEMPLATE_STATE, &state, err))
        return -1;
    digest_hex(state.data ? state.data : "", state.len, found);
    if (strcmp(found, digest) != 0) {
        pyro_fail(err, PYRO_RECORD_INVALID, "the state of a template fails its check");
        return -1;
    }
    if (!fs_write_all(fd, state.data, state.len, err))
        return -1;
    if (!fs_seal(fd)) {
        pyro_fail_errno(err, "seal a VM's state");
        return -1;
    }
    return take_fd(&fd);
}

/* RAM from a process that holds it, else from disk, by one process at a time. */
static bool get_ram(int dirfd, struct template *t, struct pyro_error *err)
{
    scoped_close int lock = -1, file = -1;
    struct pyro_error why = { 0 };

    t->ram_fd = ram_find_holder(&t->ram);
    if (t->ram_fd >= 0)
        return true;
    lock = fs_lock(dirfd, LOAD_LOCK, patience_until(LOAD_WAIT_MS), &why);
    if (lock < 0 && why.code != PYRO_WORKSPACE_BUSY)
        return pyro_copy(err, &why);
    /* Where one takes so long at it, another may as well do it too. */
    t->ram_fd = ram_find_holder(&t->ram);
    if (t->ram_fd >= 0)
        return true;
    file = openat(dirfd, TEMPLATE_RAM, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0)
        return pyro_fail_errno(err, "the memory of a template");
    t->ram_fd = ram_load(file, &t->ram, err);
    return t->ram_fd >= 0;
}

json_t *template_read_record(int dirfd, struct pyro_error *err)
{
    scoped_buf text = BUF_INIT(RECORD_BYTES_MAX);

    if (!fs_read_file(dirfd, TEMPLATE_RECORD, &text, err))
        return NULL;
    return json_parse(text.data ? text.data : "", text.len, RECORD_BYTES_MAX, err);
}

/* Loads what the directory holds, as its record says and checked against it. */
static bool load_template(int dirfd, const json_t *identity, struct template *t,
                          struct pyro_error *err)
{
    scoped_json json_t *record = template_read_record(dirfd, err);
    const char *ram_digest, *state_digest;

    if (!record)
        return false;
    if (!json_equal(json_object_get(record, "identity"), identity))
        return pyro_fail(err, PYRO_RECORD_INVALID, "a template is not what its name says");
    if (!json_get_string(record, "ram_digest", &ram_digest, err) ||
        !json_get_string(record, "state_digest", &state_digest, err))
        return false;
    snprintf(t->ram.digest, sizeof(t->ram.digest), "%s", ram_digest);
    t->state_fd = load_state(dirfd, state_digest, err);
    return t->state_fd >= 0 && get_ram(dirfd, t, err);
}

/* Opens TEMPLATES/KEY with a shared lock; -1 when it is not there. */
static int open_locked(int templates_fd, const char *key)
{
    for (;;) {
        scoped_close int dirfd =
            openat(templates_fd, key, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        struct stat opened, named;
        if (dirfd < 0)
            return -1;
        if (!fs_lock_fd(dirfd, LOCK_SH, patience_until(REMOVE_WAIT_MS)))
            return -1;
        /* It may have been removed, or replaced, before the lock was there. */
        if (fstat(dirfd, &opened) == 0 &&
            fstatat(templates_fd, key, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
            opened.st_ino == named.st_ino)
            return take_fd(&dirfd);
    }
}

/* Opens what is installed. False: missing or damaged, build it. */
static bool open_installed(int templates_fd, const json_t *identity, struct template *t,
                           struct pyro_error *err)
{
    int dirfd = open_locked(templates_fd, t->key);

    if (dirfd < 0)
        return pyro_fail_errno(err, "open a template");
    if (load_template(dirfd, identity, t, err)) {
        t->lock_fd = dirfd;
        futimens(dirfd, NULL); /* least recently used goes by this */
        return true;
    }
    close(dirfd);
    cleanup_close(&t->state_fd);
    cleanup_close(&t->ram_fd);
    t->state_fd = t->ram_fd = -1;
    return false;
}

static bool write_record(int dirfd, const json_t *identity, const struct template *t,
                         struct pyro_error *err)
{
    scoped_buf state = BUF_INIT(STATE_BYTES_MAX);
    scoped_json json_t *record = NULL;
    scoped_free char *text = NULL;
    char state_digest[RAM_DIGEST_HEX + 1];

    if (!fs_read_file(dirfd, TEMPLATE_STATE, &state, err))
        return false;
    digest_hex(state.data ? state.data : "", state.len, state_digest);
    record = json_pack("{s:O, s:s, s:s}", "identity", identity, "ram_digest", t->ram.digest,
                       "state_digest", state_digest);
    text = record ? json_compact(record) : NULL;
    if (!text)
        return pyro_no_memory(err, NULL);
    return fs_write_atomic(dirfd, TEMPLATE_RECORD, text, strlen(text), 0600, err);
}

/* Renamed into place; the build lock is held. */
static bool put_in_place(int templates_fd, const char *temporary, const char *key,
                         struct pyro_error *err)
{
    return (template_remove(templates_fd, key) &&
            renameat(templates_fd, temporary, templates_fd, key) == 0 &&
            fsync(templates_fd) == 0) ||
           pyro_fail_errno(err, "install a template");
}

/* In a new directory; the caller holds the lock of directories whose names begin so. */
static bool build_in(const struct template_spec *spec, int templates_fd, const char *temporary,
                     const json_t *identity, struct template *t, enum boot_evidence *ret_evidence,
                     struct pyro_error *err)
{
    scoped_close int dirfd = -1;

    if (mkdirat(templates_fd, temporary, 0700) != 0)
        return pyro_fail_errno(err, "create a template");
    dirfd = openat(templates_fd, temporary, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dirfd < 0)
        return pyro_fail_errno(err, "create a template");
    return template_build(spec, dirfd, t, ret_evidence, err) &&
           write_record(dirfd, identity, t, err);
}

/* Builds and installs it; the build lock is held. */
static bool install(const struct template_spec *spec, int templates_fd, const json_t *identity,
                    struct template *t, enum boot_evidence *ret_evidence, struct pyro_error *err)
{
    scoped_free char *temporary = str_printf(TEMPLATE_TEMPORARY "%s", t->key);
    struct pyro_error ignored;
    bool ok = build_in(spec, templates_fd, temporary, identity, t, ret_evidence, err) &&
              put_in_place(templates_fd, temporary, t->key, err);

    if (!ok && !fs_remove_tree(templates_fd, temporary, &ignored))
        return false;
    return ok;
}

/* The limit is longer than a build takes: a process that waits for one sees its end. */
int template_build_lock(int templates_fd, turn_tell_fn *tell, void *arg, struct pyro_error *err)
{
    const struct turn turn = { .work = "boots a template",
                               .limit_ms = TEMPLATE_BUILD_MS + QUEUE_MS,
                               .tell = tell,
                               .arg = arg };

    return turn_wait(templates_fd, TEMPLATE_BUILD_LOCK, &turn, err);
}

/* Builds, unless another has by now; leaves it open. What was built is loaded like any other: the
 * memory it was booted in has no name that tells of its content. */
static bool build(const struct template_spec *spec, int templates_fd, const json_t *identity,
                  struct template *t, enum boot_evidence *ret_evidence, struct pyro_error *err)
{
    scoped_close int lock = template_build_lock(templates_fd, spec->progress, spec->arg, err);

    if (lock < 0)
        return false;
    if (open_installed(templates_fd, identity, t, NULL))
        return true;
    template_sweep(templates_fd, TEMPLATE_TEMPORARY);
    if (spec->progress)
        spec->progress(spec->arg, "booting a template");
    if (!install(spec, templates_fd, identity, t, ret_evidence, err))
        return false;
    t->built = true;
    return open_installed(templates_fd, identity, t, err) ||
           pyro_wrap(err, "a template that was just built");
}

/* By `start`, of which qemu and accel are known. */
static bool open_with(const struct template_spec *spec, int templates_fd,
                      const struct template *start, struct template *ret,
                      enum boot_evidence *ret_evidence, struct pyro_error *err)
{
    struct template t = *start;
    scoped_json json_t *identity = start_template(spec, &t, err);

    *ret_evidence = BOOT_TELLS_NOTHING;
    if (!identity)
        return false;
    if (!open_installed(templates_fd, identity, &t, NULL) &&
        !build(spec, templates_fd, identity, &t, ret_evidence, err)) {
        template_release(&t);
        return false;
    }
    *ret = t;
    return true;
}

/* Whether an error says that guests do not run here, rather than that a file cannot be written. */
static bool blames_guest(enum pyro_code code)
{
    return code == PYRO_TIMEOUT || code == PYRO_VM_FAILED || code == PYRO_GUEST_LOST ||
           code == PYRO_GUEST_PROTOCOL;
}

/* Records a failed boot under KVM, unless it may have been chance. */
static void record_failure(const struct template_spec *spec, const struct qemu *qemu,
                           enum boot_evidence evidence, const char *reason)
{
    if (evidence != BOOT_TELLS_NOTHING)
        accel_record_failure(spec->cache_dir, qemu->version, reason, evidence == BOOT_TELLS_BROKEN);
}

bool template_open(const struct template_spec *spec, struct template *ret, struct pyro_error *err)
{
    scoped_close int templates_fd = open(spec->templates_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum boot_evidence evidence;
    struct accel_verdict verdict;
    struct pyro_error why = { 0 };
    struct template start = TEMPLATE_INIT;

    if (templates_fd < 0)
        return pyro_fail_errno(err, "'%s'", spec->templates_dir);
    if (!qemu_find(spec->cache_dir, &start.qemu, err) ||
        !accel_choose(spec->cache_dir, start.qemu.version, &start.accel, &verdict, err))
        return false;
    if (open_with(spec, templates_fd, &start, ret, &evidence, &why)) {
        if (start.accel == ACCEL_KVM && !verdict.proven)
            accel_record_boot(spec->cache_dir, start.qemu.version);
        if (ret->built)
            template_prune_old(spec->templates_dir);
        return true;
    }
    if (start.accel == ACCEL_KVM && !verdict.proven && blames_guest(why.code)) {
        record_failure(spec, &start.qemu, evidence, why.message);
        start.accel = ACCEL_TCG;
        if (accel_may_emulate(why.message, &why))
            return open_with(spec, templates_fd, &start, ret, &evidence, err);
    }
    return pyro_copy(err, &why);
}

bool template_open_installed(const struct template_spec *spec, struct template *ret,
                             struct pyro_error *err)
{
    scoped_close int templates_fd = open(spec->templates_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct template t = TEMPLATE_INIT;
    struct accel_verdict verdict;
    scoped_json json_t *identity = NULL;

    if (templates_fd < 0)
        return pyro_fail_errno(err, "'%s'", spec->templates_dir);
    if (!qemu_find(spec->cache_dir, &t.qemu, err) ||
        !accel_choose(spec->cache_dir, t.qemu.version, &t.accel, &verdict, err))
        return false;
    identity = start_template(spec, &t, err);
    if (!identity || !open_installed(templates_fd, identity, &t, err))
        return false;
    *ret = t;
    return true;
}

/* Whether its failure is that of the image, and not of this host or moment. */
static bool blames_image(enum pyro_code code)
{
    return code == PYRO_GUEST_ERROR || code == PYRO_GUEST_LOST || code == PYRO_GUEST_PROTOCOL;
}

/* The lock of directories behind-… is held. The build lock only while it is put into place: whoever
 * waits for a template does not wait for one that has time. */
static bool build_behind(const struct template_spec *spec, int templates_fd, const json_t *identity,
                         struct template *t, struct pyro_error *err)
{
    scoped_free char *temporary = str_printf(TEMPLATE_BEHIND "%s", t->key);
    scoped_close int lock = -1;
    struct template other = *t;
    enum boot_evidence unused;
    struct pyro_error ignored, why = { 0 };
    bool ok = build_in(spec, templates_fd, temporary, identity, t, &unused, &why) &&
              (lock = template_build_lock(templates_fd, NULL, NULL, &why)) >= 0;

    if (ok && open_installed(templates_fd, identity, &other, NULL))
        template_release(&other); /* somebody did not have time */
    else if (ok)
        ok = put_in_place(templates_fd, temporary, t->key, &why);
    if (!fs_remove_tree(templates_fd, temporary, &ignored))
        pyro_wrap(&why, "and its files are left");
    if (!ok && blames_image(why.code))
        template_note_failure(templates_fd, t->key);
    return ok || pyro_copy(err, &why);
}

bool template_build_behind(const struct template_spec *spec, struct pyro_error *err)
{
    scoped_close int templates_fd = open(spec->templates_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    scoped_close int lock = -1;
    struct template t = TEMPLATE_INIT;
    struct accel_verdict verdict;
    scoped_json json_t *identity = NULL;

    if (templates_fd < 0)
        return pyro_fail_errno(err, "'%s'", spec->templates_dir);
    if (!qemu_find(spec->cache_dir, &t.qemu, err) ||
        !accel_choose(spec->cache_dir, t.qemu.version, &t.accel, &verdict, err))
        return false;
    lock = fs_lock(templates_fd, TEMPLATE_BEHIND_LOCK, FS_LOCK_NOW, err);
    identity = lock < 0 ? NULL : start_template(spec, &t, err);
    if (!identity)
        return false;
    template_sweep(templates_fd, TEMPLATE_BEHIND);
    if (template_has_failed(templates_fd, t.key))
        return pyro_fail(err, PYRO_VM_FAILED, "it could not be built lately");
    if (!build_behind(spec, templates_fd, identity, &t, err))
        return false;
    template_prune_old(spec->templates_dir);
    return true;
}

bool template_key(const struct template_spec *spec, char ret[TEMPLATE_KEY_BYTES],
                  struct pyro_error *err)
{
    struct template t = TEMPLATE_INIT;
    struct accel_verdict verdict;
    scoped_json json_t *identity = NULL;

    if (!qemu_find(spec->cache_dir, &t.qemu, err) ||
        !accel_choose(spec->cache_dir, t.qemu.version, &t.accel, &verdict, err))
        return false;
    identity = start_template(spec, &t, err);
    if (identity)
        memcpy(ret, t.key, sizeof(t.key));
    return identity != NULL;
}

void template_release(struct template *t)
{
    cleanup_close(&t->ram_fd);
    cleanup_close(&t->state_fd);
    cleanup_close(&t->lock_fd);
    t->ram_fd = t->state_fd = t->lock_fd = -1;
}
