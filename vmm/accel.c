/* vmm/accel.c: KVM's verdict, kept from one host boot to the next. */
#include "vmm/accel.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "vmm/accel_probe.h"
#include "vmm/base/fs.h"
#include "vmm/base/printable.h"
#include "vmm/base/proc.h"
#include "vmm/base/rows.h"

#define DEVICE "/dev/kvm"
#define RECORD "accel.json"
#define RECORD_BYTES_MAX 4096
#define DOUBTS_MAX 2

const char *accel_name(enum accel_kind kind)
{
    return kind == ACCEL_KVM ? "kvm" : "tcg";
}

/* The circumstances that a verdict holds for: this boot of the host, this device, this QEMU. */
struct accel_circumstances {
    char boot_id[PROC_BOOT_ID_SIZE];
    int64_t device, changed; /* numbers of the device file, and when it was last changed */
    char qemu[64];           /* its version */
};
struct accel_record {
    struct accel_circumstances holds_for;
    struct accel_verdict verdict;
};

static const struct row_spec circumstances_rows[] = {
    ROW_TEXT(accel_circumstances, boot_id),
    ROW_INT(accel_circumstances, device),
    ROW_INT(accel_circumstances, changed, .min = INT64_MIN),
    ROW_TEXT(accel_circumstances, qemu),
    ROW_END,
};
static const struct row_spec accel_rows[] = {
    ROW_STRUCT(accel_record, holds_for, circumstances_rows, .kept = "for"),
    ROW_BOOL(accel_record, verdict.usable, .kept = "usable", .required = true),
    ROW_BOOL(accel_record, verdict.proven, .kept = "proven"),
    ROW_INT(accel_record, verdict.doubts, .kept = "doubts"),
    ROW_TEXT(accel_record, verdict.reason, .kept = "reason"),
    ROW_END,
};

/* Those of now; false when they cannot be found out, and then nothing is recorded. */
static bool look_around(const char *qemu_version, struct accel_circumstances *ret)
{
    struct stat st;

    if (stat(DEVICE, &st) != 0)
        return false;
    *ret =
        (struct accel_circumstances){ .device = (int64_t)st.st_rdev, .changed = st.st_ctim.tv_sec };
    if (!proc_boot_id(ret->boot_id))
        return false;
    snprintf(ret->qemu, sizeof(ret->qemu), "%s", qemu_version);
    return true;
}

static bool is_same(const struct accel_circumstances *a, const struct accel_circumstances *b)
{
    return strcmp(a->boot_id, b->boot_id) == 0 && a->device == b->device &&
           a->changed == b->changed && strcmp(a->qemu, b->qemu) == 0;
}

/* Whatever it holds for; false when there is none that can be read. */
static bool load_record(const char *cache_dir, struct accel_record *ret)
{
    scoped_free char *path = str_printf("%s/" RECORD, cache_dir);
    struct accel_record r = { 0 };
    struct pyro_error ignored;

    if (!rows_read(accel_rows, AT_FDCWD, path, RECORD_BYTES_MAX, &r, &ignored))
        return false;
    *ret = r;
    return true;
}

/* Fills in what the record says; false when there is none that holds. */
static bool read_record(const char *cache_dir, const struct accel_circumstances *now,
                        struct accel_verdict *v)
{
    struct accel_record r;

    if (!load_record(cache_dir, &r) || !is_same(&r.holds_for, now))
        return false;
    v->usable = r.verdict.usable;
    v->proven = r.verdict.proven;
    v->doubts = r.verdict.doubts;
    memcpy(v->reason, r.verdict.reason, sizeof(v->reason));
    return true;
}

/* Best effort: without the record the next pyro probes again. */
static void write_record(const char *cache_dir, const struct accel_circumstances *now,
                         const struct accel_verdict *v)
{
    const struct accel_record r = { .holds_for = *now, .verdict = *v };
    scoped_close int dirfd = open(cache_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct pyro_error ignored;

    if (dirfd >= 0 && !rows_write(accel_rows, &r, dirfd, RECORD, &ignored))
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
    struct accel_circumstances now;
    struct accel_verdict v;
    bool known;

    accel_look(&v);
    if (!v.reason[0]) {
        known = look_around(qemu_version, &now);
        if (!known || !read_record(cache_dir, &now, &v)) {
            v.usable = accel_probe(v.reason, sizeof(v.reason));
            if (known)
                write_record(cache_dir, &now, &v);
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
    struct accel_circumstances now;

    /* What was forced proves nothing about what would be chosen. */
    if (!getenv("PYRO_ACCEL") && look_around(qemu_version, &now))
        write_record(cache_dir, &now, &v);
}

void accel_record_failure(const char *cache_dir, const char *qemu_version, const char *reason,
                          bool certain)
{
    struct accel_verdict v = { .usable = true };
    struct accel_circumstances now;

    if (getenv("PYRO_ACCEL") || !look_around(qemu_version, &now))
        return;
    read_record(cache_dir, &now, &v);
    v.doubts++;
    v.usable = !certain && v.doubts < DOUBTS_MAX;
    v.proven = false;
    printable_copy(v.usable ? "" : reason, v.reason, sizeof(v.reason));
    write_record(cache_dir, &now, &v);
}

/* A verdict that came of doubts is one doubt again: if it hangs once more, that is enough. */
void accel_try_again(const char *cache_dir)
{
    struct accel_record r;

    if (!load_record(cache_dir, &r) || r.verdict.usable)
        return;
    if (r.verdict.doubts >= DOUBTS_MAX) {
        r.verdict.usable = true;
        r.verdict.doubts = DOUBTS_MAX - 1;
        r.verdict.reason[0] = '\0';
        write_record(cache_dir, &r.holds_for, &r.verdict);
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
