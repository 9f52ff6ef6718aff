/* vmm/accel.c: KVM's verdict, kept from one host boot to the next. */
#include "vmm/accel.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "vmm/accel_probe.h"
#include "vmm/base/fs.h"
#include "vmm/base/json.h"
#include "vmm/base/printable.h"

#define DEVICE "/dev/kvm"
#define RECORD "accel.json"
#define RECORD_BYTES_MAX 4096
#define DOUBTS_MAX 2

const char *accel_name(enum accel_kind kind)
{
    return kind == ACCEL_KVM ? "kvm" : "tcg";
}

/* What the verdict holds for: this boot of the host, this device, this QEMU. The caller's. */
static json_t *circumstances(const char *qemu_version)
{
    scoped_buf boot_id = BUF_INIT(64);
    struct pyro_error ignored;
    struct stat st;

    if (!fs_read_file(AT_FDCWD, "/proc/sys/kernel/random/boot_id", &boot_id, &ignored) ||
        boot_id.len < 36 || stat(DEVICE, &st) != 0)
        return NULL;
    boot_id.data[36] = '\0';
    return json_pack("{s:s, s:I, s:I, s:s}", "boot_id", boot_id.data, "device",
                     (json_int_t)st.st_rdev, "changed", (json_int_t)st.st_ctim.tv_sec, "qemu",
                     qemu_version);
}

/* The record, new, whatever it holds for; NULL when there is none that can be read. */
static json_t *load_record(const char *cache_dir)
{
    scoped_free char *path = str_printf("%s/" RECORD, cache_dir);
    scoped_buf text = BUF_INIT(RECORD_BYTES_MAX);
    scoped_json json_t *record = NULL;
    struct pyro_error ignored;

    if (!fs_read_file(AT_FDCWD, path, &text, &ignored) || !text.len)
        return NULL;
    record = json_parse(text.data, text.len, RECORD_BYTES_MAX, &ignored);
    return json_is_boolean(json_object_get(record, "usable")) ? take_ptr(&record) : NULL;
}

static void take_verdict(const json_t *record, struct accel_verdict *v)
{
    v->usable = json_bool_or(record, "usable", false);
    v->proven = json_bool_or(record, "proven", false);
    v->doubts = (int)json_int_or(record, "doubts", 0);
    snprintf(v->reason, sizeof(v->reason), "%s", json_string_or(record, "reason", ""));
}

/* Fills in what the record says; false when there is none that holds. */
static bool read_record(const char *cache_dir, const json_t *holds_for, struct accel_verdict *v)
{
    scoped_json json_t *record = holds_for ? load_record(cache_dir) : NULL;

    if (!record || !json_equal(json_object_get(record, "for"), holds_for))
        return false;
    take_verdict(record, v);
    return true;
}

/* Best effort: without the record the next pyro probes again. */
static void write_record(const char *cache_dir, json_t *holds_for, const struct accel_verdict *v)
{
    scoped_json json_t *record =
        holds_for ? json_pack("{s:O, s:b, s:b, s:i, s:o}", "for", holds_for, "usable", v->usable,
                              "proven", v->proven, "doubts", v->doubts, "reason",
                              json_string_or_null(v->reason))
                  : NULL;
    scoped_free char *text = record ? json_compact(record) : NULL;
    scoped_close int dirfd = open(cache_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct pyro_error ignored;

    if (text && dirfd >= 0 && !fs_replace(dirfd, RECORD, text, strlen(text), 0600, &ignored))
        unlinkat(dirfd, RECORD, 0);
}

void accel_look(struct accel_verdict *ret)
{
    struct accel_verdict v = { .exists = access(DEVICE, F_OK) == 0,
                               .readable = access(DEVICE, R_OK) == 0,
                               .writable = access(DEVICE, W_OK) == 0 };

    if (!v.exists)
        snprintf(v.reason, sizeof(v.reason), DEVICE " is not there");
    else if (!v.readable || !v.writable)
        snprintf(v.reason, sizeof(v.reason), "no permission for " DEVICE);
    *ret = v;
}

bool accel_judge(const char *cache_dir, const char *qemu_version, struct accel_verdict *ret,
                 struct pyro_error *err UNUSED)
{
    scoped_json json_t *holds_for = NULL;
    struct accel_verdict v;

    accel_look(&v);
    if (!v.reason[0]) {
        holds_for = circumstances(qemu_version);
        if (!read_record(cache_dir, holds_for, &v)) {
            v.usable = accel_probe(v.reason, sizeof(v.reason));
            write_record(cache_dir, holds_for, &v);
        }
    }
    *ret = v;
    return true;
}

static bool is_set(const char *name, const char *value)
{
    const char *now = getenv(name);

    return now && strcmp(now, value) == 0;
}

static bool fail_required(const char *reason, struct pyro_error *err)
{
    pyro_fail(err, PYRO_KVM_REQUIRED, "KVM is required and cannot be used: %s", reason);
    return false;
}

bool accel_choose(const char *cache_dir, const char *qemu_version, enum accel_kind *ret,
                  struct accel_verdict *ret_verdict, struct pyro_error *err)
{
    bool required = is_set("PYRO_REQUIRE_KVM", "1");
    struct accel_verdict v;
    enum accel_kind chosen;

    if (!accel_judge(cache_dir, qemu_version, &v, err))
        return false;
    chosen = v.usable ? ACCEL_KVM : ACCEL_TCG;
    if (is_set("PYRO_ACCEL", "kvm")) {
        if (!v.writable)
            return fail_required(v.reason, err);
        chosen = ACCEL_KVM;
    } else if (is_set("PYRO_ACCEL", "tcg")) {
        chosen = ACCEL_TCG;
    }
    if (required && chosen != ACCEL_KVM)
        return fail_required(*v.reason ? v.reason : "PYRO_ACCEL=tcg", err);
    *ret = chosen;
    if (ret_verdict)
        *ret_verdict = v;
    return true;
}

void accel_record_boot(const char *cache_dir, const char *qemu_version)
{
    const struct accel_verdict v = { .usable = true, .proven = true };
    scoped_json json_t *holds_for = NULL;

    if (getenv("PYRO_ACCEL"))
        return; /* what was forced proves nothing about what would be chosen */
    holds_for = circumstances(qemu_version);
    write_record(cache_dir, holds_for, &v);
}

void accel_record_failure(const char *cache_dir, const char *qemu_version, const char *reason,
                          bool certain)
{
    scoped_json json_t *holds_for = NULL;
    struct accel_verdict v = { .usable = true };

    if (getenv("PYRO_ACCEL"))
        return;
    holds_for = circumstances(qemu_version);
    read_record(cache_dir, holds_for, &v);
    v.doubts++;
    v.usable = !certain && v.doubts < DOUBTS_MAX;
    v.proven = false;
    printable_copy(v.usable ? "" : reason, v.reason, sizeof(v.reason));
    write_record(cache_dir, holds_for, &v);
}

/* A verdict that came of doubts is one doubt again: if it hangs once more, that is enough. */
void accel_try_again(const char *cache_dir)
{
    scoped_json json_t *record = load_record(cache_dir);
    struct accel_verdict v = { 0 };

    if (!record)
        return;
    take_verdict(record, &v);
    if (v.usable)
        return;
    if (v.doubts >= DOUBTS_MAX) {
        v.usable = true;
        v.doubts = DOUBTS_MAX - 1;
        v.reason[0] = '\0';
        write_record(cache_dir, json_object_get(record, "for"), &v);
    } else {
        scoped_free char *path = str_printf("%s/" RECORD, cache_dir);
        unlink(path);
    }
}

bool accel_may_emulate(const char *reason, struct pyro_error *err)
{
    if (is_set("PYRO_REQUIRE_KVM", "1"))
        return fail_required(reason, err);
    return !is_set("PYRO_ACCEL", "kvm");
}
