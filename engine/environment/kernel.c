/* engine/environment/kernel.c: the Debian cloud kernel, from its package into the cache. */
#include "engine/environment/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/environment/apt.h"
#include "engine/environment/digest.h"
#include "engine/helper.h"
#include "vmm/base/fs.h"
#include "vmm/base/json.h"
#include "vmm/base/tree.h"

#define RECORD_MAX 65536
#define RECORD_VERSION 1
#define UNPACK_TIMEOUT_MS (5 * 60 * 1000)
#define META_PACKAGE "linux-image-cloud-amd64"
#define PACKAGE_PREFIX "linux-image-"
#define DIRECTORY_PREFIX "kernel-"

/* In load order; what the guest cannot do without is required. */
static const struct module_row {
    const char *name;
    bool required;
} modules[] = {
    { "virtio_ring", true },    { "virtio", true },     { "virtio_mmio", true },
    { "virtio_console", true }, { "failover", false },  { "net_failover", false },
    { "virtio_net", false },    { "virtio_blk", true },
};
_Static_assert(ARRAY_SIZE(modules) <= KERNEL_MODULES_MAX, "room for every module");

void kernel_release(struct kernel *k)
{
    free(k->directory);
    free(k->version);
    free(k->digest);
    memset(k, 0, sizeof(*k));
}

static bool file_digest(int dirfd, const char *name, char ret[DIGEST_TEXT_BYTES],
                        struct pyro_error *err)
{
    scoped_close int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0)
        return pyro_fail_errno(err, "open '%s'", name);
    return digest_file(fd, ret, err) || pyro_wrap(err, "%s", name);
}

static bool file_matches(int dirfd, const char *name, const char *digest)
{
    char now[DIGEST_TEXT_BYTES];

    return digest && file_digest(dirfd, name, now, NULL) && !strcmp(now, digest);
}

/* Fills *ret when everything in the directory is as its record says. */
static bool kernel_load(const char *directory, struct kernel *ret)
{
    scoped_close int dirfd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    scoped_buf text = BUF_INIT(RECORD_MAX);
    scoped_json json_t *record = NULL;
    const json_t *files;
    struct kernel k = { 0 };
    const char *version;

    if (dirfd < 0 || !fs_read_file(dirfd, "record.json", &text, NULL) || !text.len)
        return false;
    record = json_parse(text.data, text.len, RECORD_MAX, NULL);
    version = json_string_or(record, "kernel_version", NULL);
    files = json_object_get(record, "files");
    if (json_int_or(record, "format_version", 0) != RECORD_VERSION || !version ||
        !file_matches(dirfd, "vmlinuz", json_string_or(files, "vmlinuz", NULL)))
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(modules); i++) {
        char name[64];
        snprintf(name, sizeof(name), "%s.ko", modules[i].name);
        if (file_matches(dirfd, name, json_string_or(files, name, NULL)))
            k.modules[k.module_count++] = modules[i].name;
        else if (modules[i].required || json_object_get(files, name))
            return false;
    }
    k.directory = str_printf("%s", directory);
    k.version = str_printf("%s", version);
    k.digest = str_printf("%s", json_string_or(files, "vmlinuz", ""));
    *ret = k;
    return true;
}

bool kernel_find(const char *boot_dir, struct kernel *ret)
{
    scoped_dir DIR *dir = opendir(boot_dir);
    struct kernel best = { 0 };
    struct dirent *entry;

    while (dir && (entry = readdir(dir))) {
        scoped_free char *path = str_printf("%s/%s", boot_dir, entry->d_name);
        struct kernel k;
        if (strncmp(entry->d_name, DIRECTORY_PREFIX, strlen(DIRECTORY_PREFIX)) != 0 ||
            (best.version &&
             strverscmp(entry->d_name + strlen(DIRECTORY_PREFIX), best.version) < 0) ||
            !kernel_load(path, &k))
            continue;
        kernel_release(&best);
        best = k;
    }
    if (!best.version)
        return false;
    *ret = best;
    return true;
}

static ssize_t read_stream(void *arg, void *bytes, size_t n, struct pyro_error *err)
{
    ssize_t got;

    do
        got = read(*(const int *)arg, bytes, n);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        pyro_fail_errno(err, "read the package's files");
    return got;
}

static bool write_file(struct tree_input *in, int dirfd, const char *name, struct pyro_error *err)
{
    scoped_close int fd =
        openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    const void *bytes;
    uint64_t offset;
    size_t n;

    if (fd < 0)
        return pyro_fail_errno(err, "create '%s'", name);
    do {
        if (!tree_next_data(in, &offset, &bytes, &n, err))
            return false;
        if (n && pwrite(fd, bytes, n, (off_t)offset) != (ssize_t)n)
            return pyro_fail_errno(err, "write '%s'", name);
    } while (n);
    return true;
}

/* pyro-image took them out of a package: files with plain names, and nothing else, are expected. */
static bool write_files(int stream_fd, int dirfd, struct pyro_error *err)
{
    struct tree_input in;
    struct tree_entry e;
    bool ok = tree_input_init(&in, read_stream, &stream_fd, err);

    if (!ok)
        return false;
    while ((ok = tree_next(&in, &e, err)) && e.type != TREE_DONE) {
        scoped_free char *name = str_printf("%s", e.path);
        if (e.type != TREE_FILE || strchr(name, '/'))
            ok = pyro_fail(err, PYRO_INTERNAL, "pyro-image gave '%s' for a package's file", name);
        ok = ok && write_file(&in, dirfd, name, err);
        if (!ok)
            break;
    }
    tree_input_release(&in);
    return ok;
}

/* Runs pyro-image with the package as its input, and writes what comes out. */
static bool run_unpack(struct proc_spec *spec, int dirfd, struct pyro_error *err)
{
    int64_t deadline_ms = clock_ms() + UNPACK_TIMEOUT_MS;
    scoped_json json_t *result = NULL;
    struct pyro_error why = { 0 };
    int stream[2], out_fd;
    pid_t pid;
    bool ok;

    if (pipe2(stream, O_CLOEXEC) != 0)
        return pyro_fail_errno(err, "pipe");
    spec->fds[0].from = stream[1];
    spec->fds[0].to = 3;
    spec->fd_count = 1;
    ok = helper_start(spec, &pid, &out_fd, err);
    close(stream[1]);
    if (!ok) {
        close(stream[0]);
        return false;
    }
    ok = write_files(stream[0], dirfd, &why);
    close(stream[0]); /* it is not waited for by one that cannot go on */
    result = helper_wait(pid, out_fd, deadline_ms, err);
    if (result && !ok && err)
        *err = why;
    return result && ok;
}

static bool unpack(const char *deb, int dirfd, struct pyro_error *err)
{
    enum { FIRST = 5, EACH = 2 };
    char patterns[ARRAY_SIZE(modules)][128];
    const char *argv[FIRST + EACH * (ARRAY_SIZE(modules) + 1) + 1] = {
        "", "unpack-deb", "--output-fd", "3", "--member", "boot/vmlinuz-*",
    };
    scoped_close int fd = open(deb, O_RDONLY | O_CLOEXEC);
    struct proc_spec spec = proc_spec_of(argv);
    unsigned n = FIRST + 1;

    if (fd < 0)
        return pyro_fail_errno(err, "open '%s'", deb);
    for (size_t i = 0; i < ARRAY_SIZE(modules); i++) {
        /* fnmatch's star does not cross a slash: the drivers stand two or three levels deep. */
        const char *at =
            !strncmp(modules[i].name, "virtio_net", 10) || !strcmp(modules[i].name, "net_failover")
                ? "drivers/net"
            : !strcmp(modules[i].name, "failover") ? "net/core"
                                                   : "drivers/*";
        snprintf(patterns[i], sizeof(patterns[i]), "lib/modules/*/kernel/%s/%s.ko", at,
                 modules[i].name);
        argv[n++] = "--member";
        argv[n++] = patterns[i];
    }
    spec.stdin_fd = fd;
    return run_unpack(&spec, dirfd, err);
}

/* vmlinuz-VERSION becomes vmlinuz; the version is the caller's. */
static char *name_kernel(const char *directory, int dirfd, struct pyro_error *err)
{
    scoped_dir DIR *dir = opendir(directory);
    struct dirent *entry;

    while (dir && (entry = readdir(dir))) {
        static const char prefix[] = "vmlinuz-";
        if (strncmp(entry->d_name, prefix, sizeof(prefix) - 1) != 0)
            continue;
        if (renameat(dirfd, entry->d_name, dirfd, "vmlinuz") != 0) {
            pyro_fail_errno(err, "rename '%s'", entry->d_name);
            return NULL;
        }
        return str_printf("%s", entry->d_name + sizeof(prefix) - 1);
    }
    pyro_fail(err, PYRO_PULL_FAILED, "the kernel's package holds no kernel");
    return NULL;
}

static bool write_record(int dirfd, const char *version, const char *package,
                         struct pyro_error *err)
{
    scoped_json json_t *files = json_object(), *record = NULL;
    scoped_free char *text = NULL;
    char digest[DIGEST_TEXT_BYTES];

    if (!file_digest(dirfd, "vmlinuz", digest, err))
        return false;
    json_object_set_new(files, "vmlinuz", json_string(digest));
    for (size_t i = 0; i < ARRAY_SIZE(modules); i++) {
        char name[64];
        snprintf(name, sizeof(name), "%s.ko", modules[i].name);
        if (file_digest(dirfd, name, digest, err))
            json_object_set_new(files, name, json_string(digest));
        else if (modules[i].required)
            return pyro_wrap(err, "kernel %s has no module %s", version, modules[i].name);
    }
    record = json_pack("{si ss ss sO}", "format_version", RECORD_VERSION, "kernel_version", version,
                       "package", package, "files", files);
    text = record ? json_compact(record) : NULL;
    if (!text)
        return pyro_fail(err, PYRO_NO_MEMORY, "out of memory");
    return fs_write_atomic(dirfd, "record.json", text, strlen(text), 0644, err);
}

/* The one .deb in the directory; the caller frees. */
static char *only_deb(const char *directory, struct pyro_error *err)
{
    scoped_dir DIR *dir = opendir(directory);
    struct dirent *entry;

    while (dir && (entry = readdir(dir))) {
        size_t n = strlen(entry->d_name);
        if (n > 4 && !strcmp(entry->d_name + n - 4, ".deb"))
            return str_printf("%s/%s", directory, entry->d_name);
    }
    pyro_fail(err, PYRO_PULL_FAILED, "apt-get downloaded nothing");
    return NULL;
}

static bool sync_all(int dirfd)
{
    return syncfs(dirfd) == 0;
}

/* Fills the temporary directory and moves it to its place. */
static bool fetch_into(const char *boot_dir, const char *temporary, const char *package,
                       const struct apt *apt, struct pyro_error *err)
{
    scoped_free char *download = str_printf("%s/download", temporary);
    scoped_free char *content = str_printf("%s/content", temporary);
    scoped_free char *deb = NULL, *version = NULL, *name = NULL, *target = NULL;
    scoped_close int dirfd = -1, bootfd = -1;

    if (!fs_mkdir_p(download, 0755, err) || !fs_mkdir_p(content, 0755, err) ||
        !apt_download(apt, package, download, err) || !(deb = only_deb(download, err)))
        return false;
    dirfd = fs_open_dir(AT_FDCWD, content, err);
    bootfd = fs_open_dir(AT_FDCWD, boot_dir, err);
    if (dirfd < 0 || bootfd < 0 || !unpack(deb, dirfd, err) ||
        !(version = name_kernel(content, dirfd, err)) ||
        !write_record(dirfd, version, package, err))
        return false;
    name = str_printf(DIRECTORY_PREFIX "%s", version);
    target = str_printf("%s/%s", boot_dir, name);
    if (!sync_all(dirfd))
        return pyro_fail_errno(err, "sync '%s'", content);
    /* One that is in the way failed its check. */
    if (!fs_remove_tree(bootfd, name, err))
        return false;
    if (rename(content, target) != 0)
        return pyro_fail_errno(err, "install '%s'", target);
    return true;
}

bool kernel_fetch(const char *boot_dir, const struct progress *progress, struct kernel *ret,
                  struct pyro_error *err)
{
    scoped_free char *temporary = str_printf("%s/tmp-kernel", boot_dir);
    scoped_free char *package = NULL;
    struct apt apt;
    bool ok;

    progress_update(progress, "fetching package lists", -1);
    if (!fs_remove_tree(AT_FDCWD, temporary, err) || !apt_open(&apt, err))
        return false;
    ok = apt_update(&apt, err) &&
         (package = apt_resolve(&apt, META_PACKAGE, PACKAGE_PREFIX, err)) != NULL;
    if (ok) {
        progress_update(progress, "fetching the kernel", -1);
        ok = fetch_into(boot_dir, temporary, package, &apt, err);
    }
    apt_release(&apt);
    if (!fs_remove_tree(AT_FDCWD, temporary, ok ? err : NULL))
        return false;
    if (ok && !kernel_find(boot_dir, ret))
        return pyro_fail(err, PYRO_IO, "the kernel just unpacked fails its check");
    return ok || pyro_wrap(err, "kernel");
}
