/*
 * engine/environment/boot.c: kernel and initramfs for this pyro's own guest program. A record for
 * each guest program (boot/boot-GUEST.json) says which files belong to it and what they looked like
 * when their digests were last checked; while that still holds, no byte of them is read.
 */
#include "engine/environment/boot.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/environment/kernel.h"
#include "engine/helper/helper.h"
#include "engine/state/digest.h"
#include "engine/state/file_state.h"
#include "engine/state/paths.h"
#include "vmm/base/fs.h"
#include "vmm/base/json.h"
#include "vmm/base/turn.h"

#define RECORD_BYTES_MAX 65536
#define RECORD_VERSION 1
#define BUILD_TIMEOUT_MS (60 * 1000)
#define FETCH_WAIT_MS (55 * 60 * 1000) /* three runs of apt, the kernel unpacked, an initramfs */

extern const char _binary_pyro_guest_start[], _binary_pyro_guest_end[];

void boot_files_release(struct boot_files *b)
{
    free(b->kernel);
    free(b->kernel_version);
    free(b->kernel_digest);
    free(b->initramfs);
    free(b->initramfs_digest);
    memset(b, 0, sizeof(*b));
}

static size_t guest_bytes(void)
{
    return (size_t)(_binary_pyro_guest_end - _binary_pyro_guest_start);
}

/* 16 hex digits that identify the guest program carried here. */
static void guest_key(char ret[17])
{
    char digest[DIGEST_TEXT_BYTES];

    digest_bytes(_binary_pyro_guest_start, guest_bytes(), digest);
    memcpy(ret, digest + 5, 16);
    ret[16] = '\0';
}

/* ---- the record ---- */

struct boot_record {
    char *kernel, *initramfs; /* paths in boot/ */
    char *kernel_version, *kernel_digest, *initramfs_digest;
    struct file_state kernel_state, initramfs_state;
};

static bool boot_is_plain_name(const char *name)
{
    return name[0] && !strstr(name, "..");
}

static const struct row_spec record_rows[] = {
    ROW_VERSION("format_version", RECORD_VERSION),
    ROW_TEXT(boot_record, kernel, .required = true, .is_valid = boot_is_plain_name),
    ROW_TEXT(boot_record, kernel_version, .value = ""),
    ROW_TEXT(boot_record, kernel_digest, .value = ""),
    ROW_STRUCT(boot_record, kernel_state, file_state_rows),
    ROW_TEXT(boot_record, initramfs, .required = true, .is_valid = boot_is_plain_name),
    ROW_TEXT(boot_record, initramfs_digest, .value = ""),
    ROW_STRUCT(boot_record, initramfs_state, file_state_rows),
    ROW_END,
};

/* The files of the record, if they still look as they did when they were checked. */
static bool load_record(const char *boot_dir, const char *record_name, struct boot_files *ret)
{
    scoped_free char *path = str_printf("%s/%s", boot_dir, record_name);
    struct boot_record r = { 0 };
    struct boot_files b = { 0 };
    bool ok = rows_read(record_rows, AT_FDCWD, path, RECORD_BYTES_MAX, &r, NULL);

    if (ok) {
        b = (struct boot_files){ .kernel = str_printf("%s/%s", boot_dir, r.kernel),
                                 .kernel_version = take_ptr(&r.kernel_version),
                                 .kernel_digest = take_ptr(&r.kernel_digest),
                                 .initramfs = str_printf("%s/%s", boot_dir, r.initramfs),
                                 .initramfs_digest = take_ptr(&r.initramfs_digest) };
        ok = file_state_matches(b.kernel, &r.kernel_state) &&
             file_state_matches(b.initramfs, &r.initramfs_state);
    }
    rows_release(record_rows, &r);
    if (ok)
        *ret = b;
    else
        boot_files_release(&b);
    return ok;
}

const char *boot_guest_digest(void)
{
    static char digest[DIGEST_TEXT_BYTES];

    if (!*digest)
        digest_bytes(_binary_pyro_guest_start, guest_bytes(), digest);
    return digest;
}

static int guest_memfd(struct pyro_error *err)
{
    scoped_close int fd = memfd_create("pyro-guest", MFD_CLOEXEC);

    if (fd < 0) {
        pyro_fail_errno(err, "memfd");
        return -1;
    }
    if (!fs_write_all(fd, _binary_pyro_guest_start, guest_bytes(), err))
        return -1;
    return take_fd(&fd);
}

/* Runs pyro-image on descriptors: the modules 0, output 3, the guest program 4. */
static bool build_initramfs(const struct kernel *k, int output_fd, struct pyro_error *err)
{
    static const char *const argv[] = {
        "", "initramfs", "--output-fd", "3", "--init-fd", "4", NULL
    };
    scoped_free char *path = str_printf("%s/" KERNEL_MODULES, k->directory);
    scoped_close int modules = open(path, O_RDONLY | O_CLOEXEC), guest = guest_memfd(err);
    struct proc_spec spec = proc_spec_of(argv);
    scoped_json json_t *result = NULL;

    if (guest < 0)
        return false;
    if (modules < 0)
        return pyro_fail_errno(err, "open '%s'", path);
    spec.stdin_fd = modules;
    spec.fds[0].from = output_fd, spec.fds[0].to = 3;
    spec.fds[1].from = guest, spec.fds[1].to = 4;
    spec.fd_count = 2;
    result = helper_run(&spec, BUILD_TIMEOUT_MS, err);
    return result != NULL;
}

/* Builds it under a temporary name, then gives it its own. */
static bool install_initramfs(const struct kernel *k, const char *path,
                              char ret_digest[DIGEST_TEXT_BYTES], struct pyro_error *err)
{
    scoped_free char *temporary = str_printf("%s.tmp", path);
    scoped_close int fd = -1;

    unlink(temporary);
    fd = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0)
        return pyro_fail_errno(err, "create '%s'", temporary);
    if (!build_initramfs(k, fd, err) || !digest_file(fd, ret_digest, err)) {
        unlink(temporary);
        return pyro_wrap(err, "initramfs");
    }
    if (fsync(fd) != 0 || rename(temporary, path) != 0) {
        pyro_fail_errno(err, "install '%s'", path);
        unlink(temporary);
        return false;
    }
    return true;
}

static bool write_record(const char *boot_dir, const char *record_name, const struct kernel *k,
                         const char *initramfs, char *initramfs_digest, struct pyro_error *err)
{
    scoped_free char *kernel_path = str_printf("%s/vmlinuz", k->directory);
    scoped_free char *initramfs_path = str_printf("%s/%s", boot_dir, initramfs);
    scoped_free char *kernel_name = str_printf("kernel-%s/vmlinuz", k->version);
    scoped_close int dirfd = fs_open_dir(AT_FDCWD, boot_dir, err);
    const struct boot_record r = { .kernel = kernel_name,
                                   .kernel_version = k->version,
                                   .kernel_digest = k->digest,
                                   .kernel_state = file_state_of(kernel_path),
                                   .initramfs = (char *)(uintptr_t)initramfs,
                                   .initramfs_digest = initramfs_digest,
                                   .initramfs_state = file_state_of(initramfs_path) };

    return dirfd >= 0 && rows_publish(record_rows, &r, dirfd, record_name, err);
}

/* Under the lock: a complete kernel, a new initramfs, a record of both. */
static bool rebuild(const char *boot_dir, const char *record_name, const char *key,
                    const struct progress *progress, struct pyro_error *err)
{
    scoped_free char *name = NULL, *path = NULL;
    char digest[DIGEST_TEXT_BYTES];
    struct kernel k;
    bool ok;

    if (!kernel_find(boot_dir, &k) && !kernel_fetch(boot_dir, progress, &k, err))
        return false;
    progress_update(progress, "building the initramfs", NULL);
    name = str_printf("initramfs-%s-%s", k.version, key);
    path = str_printf("%s/%s", boot_dir, name);
    ok = install_initramfs(&k, path, digest, err) &&
         write_record(boot_dir, record_name, &k, name, digest, err);
    kernel_release(&k);
    return ok;
}

bool boot_files_ensure(const struct progress *progress, struct boot_files *ret,
                       struct pyro_error *err)
{
    scoped_free char *boot_dir = paths_boot(err), *record_name = NULL, *lock_path = NULL;
    const struct turn turn = { .work = "fetches the kernel or builds the initramfs",
                               .limit_ms = FETCH_WAIT_MS,
                               .tell = progress_tell,
                               .arg = (void *)(uintptr_t)progress };
    scoped_close int lock = -1;
    char key[17];

    if (!boot_dir)
        return false;
    guest_key(key);
    record_name = str_printf("boot-%s.json", key);
    if (load_record(boot_dir, record_name, ret))
        return true;
    lock_path = str_printf("%s/lock", boot_dir);
    lock = turn_wait(AT_FDCWD, lock_path, &turn, err);
    if (lock < 0)
        return false;
    if (load_record(boot_dir, record_name, ret)) /* another process was building it */
        return true;
    if (!rebuild(boot_dir, record_name, key, progress, err))
        return false;
    return load_record(boot_dir, record_name, ret) ||
           pyro_fail(err, PYRO_IO, "the boot files in '%s' change while they are made", boot_dir);
}
