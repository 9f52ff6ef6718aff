/* vmm/saved.c: writing, checking and opening a captured machine. */
#include "vmm/saved.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>

#include "vmm/base/fs.h"
#include "vmm/host.h"
#include "vmm/ram_copy.h"
#include "vmm/template_private.h"

#define FORMAT 1
#define RECORD_BYTES_MAX (1024 * 1024)
#define STATE_FILE "state"
#define MERGED_ON "merged_on" /* of a machine: struct template's */
#define UPPER "upper"         /* of a record: ram_find_upper()'s */

/* ---- what must be the same ---- */

static void digest_hex(const void *bytes, size_t n, char *ret)
{
    XXH128_canonical_t canonical;

    XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes, n));
    hex_encode(canonical.digest, sizeof(canonical.digest), ret);
}

json_t *saved_machine(const struct template *t, const char *guest)
{
    scoped_free char *host = host_identity(t->accel);
    char host_digest[RAM_DIGEST_HEX + 1];

    digest_hex(host, strlen(host), host_digest);
    return json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:b, s:s, s:s, s:s*}", "qemu", t->qemu.version,
                     "host", host_digest, "accelerator", accel_name(t->accel), "guest", guest,
                     "vcpu_count", (int)t->vcpu_count, "mem_mib", (int)t->mem_mib, "network",
                     t->network, "template", t->key, "ram_digest", t->ram.digest, MERGED_ON,
                     t->merged_on[0] ? t->merged_on : NULL);
}

bool saved_ram(const json_t *machine, struct ram_identity *ret)
{
    const char *digest = json_string_or(machine, "ram_digest", "");
    int64_t mem_mib = json_int_or(machine, "mem_mib", 0);

    if (strlen(digest) != RAM_DIGEST_HEX || mem_mib < 1 || mem_mib > INT32_MAX)
        return false;
    ret->size_bytes = (uint64_t)mem_mib << 20;
    snprintf(ret->digest, sizeof(ret->digest), "%s", digest);
    return true;
}

/* ---- writing ---- */

/* The template's file, if it is there and still the same; -1. */
static int find_template(const char *templates_dir, const json_t *machine)
{
    scoped_free char *path =
        str_printf("%s/%s", templates_dir, json_string_or(machine, "template", ""));
    scoped_close int dirfd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    scoped_json json_t *record = dirfd < 0 ? NULL : template_read_record(dirfd, NULL);

    if (!record || strcmp(json_string_or(record, "ram_digest", ""),
                          json_string_or(machine, "ram_digest", "-")) != 0)
        return -1;
    return openat(dirfd, TEMPLATE_RAM, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
}

/* *ret_fd: it, for the caller to close; -1: it is not there any more. */
static bool link_template(int dirfd, const char *templates_dir, const json_t *machine, int *ret_fd)
{
    char path[64];

    *ret_fd = find_template(templates_dir, machine);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", *ret_fd);
    return *ret_fd >= 0 && linkat(AT_FDCWD, path, dirfd, SAVED_TEMPLATE, AT_SYMLINK_FOLLOW) == 0;
}

/* The machine as one that maps its template's memory. New; NULL: it does. */
static json_t *unmerged(const json_t *machine)
{
    const char *digest = json_string_or(machine, MERGED_ON, NULL);
    json_t *copy = digest ? json_copy((json_t *)(uintptr_t)machine) : NULL;

    if (copy) {
        json_object_set_new(copy, "ram_digest", json_string(digest));
        json_object_del(copy, MERGED_ON);
    }
    return copy;
}

static int create(int dirfd, const char *name, struct pyro_error *err)
{
    int fd = openat(dirfd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0)
        pyro_fail_errno(err, "create '%s'", name);
    return fd;
}

/* A copy of what QEMU maps. */
static bool copy_template(int dirfd, const json_t *machine, const struct captured *captured,
                          struct pyro_error *err)
{
    struct ram_identity identity;
    scoped_close int fd = -1;
    char found[RAM_DIGEST_HEX + 1];

    fd = create(dirfd, SAVED_TEMPLATE, err);
    if (fd < 0 || !saved_ram(machine, &identity))
        return false;
    if (ftruncate(fd, (off_t)identity.size_bytes) != 0)
        return pyro_fail_errno(err, "write a machine's memory");
    if (!ram_copy(captured->base_fd, fd, false, identity.size_bytes, found, err))
        return false;
    if (strcmp(found, identity.digest) != 0)
        return pyro_fail(err, PYRO_VM_FAILED, "QEMU has another memory than its template's");
    return fsync(fd) == 0 || pyro_fail_errno(err, "write a machine's memory");
}

/*
 * A link where that is possible, else a copy. A machine whose memory was merged is one of its
 * template again: *ret_machine, new. *ret_fd: what it is to be compared with; -1: with what QEMU maps.
 */
static bool keep_template(int dirfd, const char *templates_dir, const json_t *machine,
                          const struct captured *captured, json_t **ret_machine, int *ret_fd,
                          struct pyro_error *err)
{
    scoped_json json_t *of_template = unmerged(machine);
    scoped_close int fd = -1;

    if (of_template && link_template(dirfd, templates_dir, of_template, &fd)) {
        *ret_machine = take_ptr(&of_template);
        *ret_fd = take_fd(&fd);
        return true;
    }
    *ret_machine = json_copy((json_t *)(uintptr_t)machine);
    *ret_fd = -1;
    if (!of_template && link_template(dirfd, templates_dir, machine, &fd))
        return true;
    /* What was merged is all there is: from here on it is the template's. */
    json_object_del(*ret_machine, MERGED_ON);
    return copy_template(dirfd, machine, captured, err);
}

static bool write_delta(int dirfd, const struct captured *captured, int template_fd,
                        char *ret_digest, struct pyro_error *err)
{
    scoped_close int fd = create(dirfd, SAVED_DELTA, err);

    return fd >= 0 &&
           delta_write(captured, template_fd < 0 ? captured->base_fd : template_fd, fd, err) &&
           delta_digest(fd, ret_digest, err);
}

static bool write_file(int dirfd, const char *name, const void *bytes, size_t n, bool passing,
                       struct pyro_error *err)
{
    return passing ? fs_replace(dirfd, name, bytes, n, 0600, err)
                   : fs_write_atomic(dirfd, name, bytes, n, 0600, err);
}

static bool write_record(int dirfd, const json_t *record, bool passing, struct pyro_error *err)
{
    scoped_free char *text = record ? json_compact(record) : NULL;

    if (!text)
        return pyro_no_memory(err, NULL);
    return write_file(dirfd, SAVED_RECORD, text, strlen(text), passing, err);
}

static bool write_state(int dirfd, const struct buf *state, bool passing, char *ret_digest,
                        struct pyro_error *err)
{
    digest_hex(state->data, state->len, ret_digest);
    return write_file(dirfd, STATE_FILE, state->data, state->len, passing, err);
}

bool saved_write(int dirfd, const char *templates_dir, const json_t *machine,
                 const struct captured *captured, const struct buf *state, const json_t *members,
                 struct pyro_error *err)
{
    char delta[RAM_DIGEST_HEX + 1], devices[RAM_DIGEST_HEX + 1];
    scoped_json json_t *record = NULL, *own = NULL;
    scoped_close int template_fd = -1;

    if (!keep_template(dirfd, templates_dir, machine, captured, &own, &template_fd, err) ||
        !write_delta(dirfd, captured, template_fd, delta, err) ||
        !write_state(dirfd, state, false, devices, err))
        return false;
    record = json_pack("{s:i, s:O, s:s, s:s}", "format", FORMAT, "machine", own, "delta_digest",
                       delta, "state_digest", devices);
    if (record && members)
        json_object_update(record, (json_t *)(uintptr_t)members);
    return write_record(dirfd, record, false, err);
}

bool saved_write_upper(int dirfd, const char *templates_dir, const json_t *machine,
                       const char *upper, const struct buf *state, const json_t *members,
                       struct pyro_error *err)
{
    char devices[RAM_DIGEST_HEX + 1];
    scoped_json json_t *record = NULL;
    scoped_close int template_fd = -1;

    /* If it is gone: who holds the upper memory holds the template's, too. */
    (void)!link_template(dirfd, templates_dir, machine, &template_fd);
    if (!write_state(dirfd, state, true, devices, err))
        return false;
    record = json_pack("{s:i, s:O, s:s, s:s}", "format", FORMAT, "machine", machine, UPPER, upper,
                       "state_digest", devices);
    if (record && members)
        json_object_update(record, (json_t *)(uintptr_t)members);
    return write_record(dirfd, record, true, err);
}

int64_t saved_bytes(int dirfd)
{
    static const char *const files[] = { SAVED_DELTA, SAVED_DELTA_PACKED, STATE_FILE };
    int64_t bytes = 0;
    struct stat st;

    for (size_t i = 0; i < ARRAY_SIZE(files); i++)
        if (fstatat(dirfd, files[i], &st, AT_SYMLINK_NOFOLLOW) == 0)
            bytes += st.st_blocks * 512LL;
    return bytes;
}

/* ---- reading ---- */

json_t *saved_read(int dirfd, struct pyro_error *err)
{
    scoped_buf text = BUF_INIT(RECORD_BYTES_MAX);
    json_t *record;

    if (!fs_read_file(dirfd, SAVED_RECORD, &text, err))
        return NULL;
    record = json_parse(text.data ? text.data : "", text.len, RECORD_BYTES_MAX, err);
    if (record && json_int_or(record, "format", 0) == FORMAT)
        return record;
    if (record)
        pyro_fail(err, PYRO_SNAPSHOT_STATE, "the saved memory is another version's");
    json_decref(record);
    return NULL;
}

static bool is_the_same(const json_t *machine, const char *member, const char *now,
                        const char *what, struct pyro_error *err)
{
    const char *then = json_string_or(machine, member, "");

    return !strcmp(then, now) ||
           pyro_fail(err, PYRO_SNAPSHOT_STATE,
                     "the saved memory cannot be used: %s has changed since", what);
}

/* Fills what t says of a machine. */
static bool fit(const json_t *machine, const struct saved_host *host, struct template *t,
                struct pyro_error *err)
{
    struct accel_verdict verdict;
    scoped_json json_t *now = NULL;
    int64_t vcpu_count, mem_mib;

    if (!qemu_find(host->cache_dir, &t->qemu, err) ||
        !accel_choose(host->cache_dir, t->qemu.version, &t->accel, &verdict, err))
        return false;
    if (!json_get_int(machine, "vcpu_count", 1, 1024, &vcpu_count, err) ||
        !json_get_int(machine, "mem_mib", 1, INT32_MAX, &mem_mib, err) ||
        !saved_ram(machine, &t->ram))
        return pyro_fail(err, PYRO_RECORD_INVALID, "the record of a saved memory is damaged");
    if (vcpu_count != host->vcpu_count || mem_mib != host->mem_mib)
        return pyro_fail(err, PYRO_SNAPSHOT_STATE,
                         "the saved memory cannot be used: the workspace had %d vCPU and %d MiB",
                         (int)vcpu_count, (int)mem_mib);
    t->vcpu_count = (unsigned)vcpu_count;
    t->mem_mib = (unsigned)mem_mib;
    t->network = json_bool_or(machine, "network", false);
    t->kind = TEMPLATE_RESTART;
    snprintf(t->key, sizeof(t->key), "%s", json_string_or(machine, "template", ""));
    snprintf(t->merged_on, sizeof(t->merged_on), "%s", json_string_or(machine, MERGED_ON, ""));
    now = saved_machine(t, host->guest);
    return is_the_same(machine, "qemu", t->qemu.version, "QEMU", err) &&
           is_the_same(machine, "accelerator", accel_name(t->accel), "the accelerator", err) &&
           is_the_same(machine, "host", json_string_or(now, "host", ""), "this host's processor",
                       err) &&
           is_the_same(machine, "guest", host->guest, "the guest program", err);
}

bool saved_check(int dirfd, const struct saved_host *host, struct pyro_error *err)
{
    scoped_json json_t *record = saved_read(dirfd, err);
    struct template t = TEMPLATE_INIT;

    return record && fit(json_object_get(record, "machine"), host, &t, err);
}

static bool load_template(int dirfd, struct template *t, struct pyro_error *err)
{
    scoped_close int file = -1;

    t->ram_fd = ram_find_holder(&t->ram);
    if (t->ram_fd >= 0)
        return true;
    file = openat(dirfd, SAVED_TEMPLATE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0)
        return pyro_fail_errno(err, "a machine's memory");
    t->ram_fd = ram_load(file, &t->ram, err);
    return t->ram_fd >= 0;
}

static bool load_state(int dirfd, const json_t *record, struct buf *ret, struct pyro_error *err)
{
    char found[RAM_DIGEST_HEX + 1];

    if (!fs_read_file(dirfd, STATE_FILE, ret, err))
        return false;
    digest_hex(ret->data ? ret->data : "", ret->len, found);
    if (strcmp(found, json_string_or(record, "state_digest", "")) != 0)
        return pyro_fail(err, PYRO_RECORD_INVALID, "the state of a saved machine fails its check");
    return device_state_check(ret->data, ret->len, err);
}

/* Compressed, as a memfd; where both are there it was not compressed to the end, or just has been. */
static int open_delta(int dirfd, const struct saved_host *host, uint64_t ram_bytes,
                      struct pyro_error *err)
{
    scoped_close int fd = openat(dirfd, SAVED_DELTA, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    scoped_close int packed = -1;

    if (fd >= 0)
        return take_fd(&fd);
    if (errno == ENOENT && host->unpack)
        packed = openat(dirfd, SAVED_DELTA_PACKED, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (packed < 0) {
        pyro_fail_errno(err, "a saved memory");
        return -1;
    }
    fd = memfd_create("pyro-delta", MFD_CLOEXEC);
    if (fd < 0)
        pyro_fail_errno(err, "a saved memory");
    return fd >= 0 && host->unpack(packed, fd, delta_bytes_max(ram_bytes), err) ? take_fd(&fd) : -1;
}

bool saved_hold_upper(const json_t *record, pid_t holder, int *ret_fd, struct pyro_error *err)
{
    const char *name = json_string_or(record, UPPER, NULL);
    struct ram_identity ram;

    *ret_fd = -1;
    if (!name)
        return true;
    if (saved_ram(json_object_get(record, "machine"), &ram))
        *ret_fd = holder ? ram_take_upper(holder, name, ram.size_bytes)
                         : ram_find_upper(name, ram.size_bytes);
    return *ret_fd >= 0 || pyro_fail(err, PYRO_GUEST_LOST, "the captured memory is gone");
}

static bool load_delta(int dirfd, const struct saved_host *host, const json_t *record,
                       struct saved *s, struct pyro_error *err)
{
    scoped_close int delta = -1;

    if (!saved_hold_upper(record, 0, &s->upper_fd, err))
        return false;
    if (s->upper_fd >= 0)
        return true;
    delta = open_delta(dirfd, host, s->template.ram.size_bytes, err);
    return delta >= 0 && delta_open(delta, s->template.ram.size_bytes,
                                    json_string_or(record, "delta_digest", ""), &s->delta, err);
}

bool saved_open(int dirfd, const struct saved_host *host, struct saved *ret, struct pyro_error *err)
{
    scoped_json json_t *record = saved_read(dirfd, err);
    struct saved s = SAVED_INIT;

    if (!record || !fit(json_object_get(record, "machine"), host, &s.template, err))
        return false;
    if (load_state(dirfd, record, &s.state, err) && load_delta(dirfd, host, record, &s, err) &&
        load_template(dirfd, &s.template, err)) {
        *ret = s;
        return true;
    }
    saved_release(&s);
    return false;
}

/* ---- one memory for several ---- */

int saved_merge(int dirfd, const struct saved_host *host, struct ram_identity *ret,
                struct pyro_error *err)
{
    struct ram_identity identity = { 0 };
    scoped_close int fd = -1, merged = -1;
    struct saved s = SAVED_INIT;

    if (!saved_open(dirfd, host, &s, err))
        return -1;
    fd = delta_merge(&s.delta, s.template.ram_fd, err);
    identity.size_bytes = s.template.ram.size_bytes;
    saved_release(&s);
    if (fd < 0 || !ram_copy(fd, -1, false, identity.size_bytes, identity.digest, err))
        return -1;
    merged = ram_load(fd, &identity, err);
    *ret = identity;
    return take_fd(&merged);
}

/* One that differs nowhere. */
static bool write_no_delta(int dirfd, uint64_t size_bytes, char *ret_digest, struct pyro_error *err)
{
    uint8_t count[8];
    scoped_close int fd = -1;

    if (unlinkat(dirfd, SAVED_DELTA, 0) != 0 || (fd = create(dirfd, SAVED_DELTA, err)) < 0)
        return pyro_fail_errno(err, "replace '" SAVED_DELTA "'");
    put_u64(count, size_bytes / RAM_PAGE_BYTES);
    if (!fs_write_all(fd, count, sizeof(count), err))
        return false;
    return (ftruncate(fd, (off_t)(sizeof(count) + size_bytes / RAM_PAGE_BYTES)) == 0 ||
            pyro_fail_errno(err, "write '" SAVED_DELTA "'")) &&
           delta_digest(fd, ret_digest, err);
}

bool saved_use_merged(int dirfd, const struct ram_identity *merged, struct pyro_error *err)
{
    scoped_json json_t *record = saved_read(dirfd, err), *machine = NULL;
    char delta[RAM_DIGEST_HEX + 1];

    if (!record || !write_no_delta(dirfd, merged->size_bytes, delta, err))
        return false;
    machine = json_copy(json_object_get(record, "machine"));
    if (!json_object_get(machine, MERGED_ON))
        json_object_set(machine, MERGED_ON, json_object_get(machine, "ram_digest"));
    json_object_set_new(machine, "ram_digest", json_string(merged->digest));
    json_object_set(record, "machine", machine);
    json_object_set_new(record, "delta_digest", json_string(delta));
    unlinkat(dirfd, SAVED_TEMPLATE, 0);
    return write_record(dirfd, record, true, err); /* a new file: the old one is a link */
}

void saved_release(struct saved *s)
{
    template_release(&s->template);
    cleanup_close(&s->upper_fd);
    delta_close(&s->delta);
    buf_release(&s->state);
}
