/* engine/environment/kernel.c: the Debian cloud kernel, from its package into the cache. */
#include "engine/environment/kernel.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/environment/apt.h"
#include "engine/helper/helper.h"
#include "engine/state/digest.h"
#include "vmm/base/fs.h"
#include "vmm/base/rows.h"

#define RECORD "record.json"
#define RECORD_BYTES_MAX 65536
#define RECORD_VERSION 2 /* before it there were no modules in a stream */
#define UNPACK_TIMEOUT_MS (5 * 60 * 1000)
#define META_PACKAGE "linux-image-cloud-amd64"
#define PACKAGE_PREFIX "linux-image-"
#define DIRECTORY_PREFIX "kernel-"

/*
 * Modules that machines may load; their dependencies come along, and built-in ones need no file.
 * The first are needed by every machine, the others are for containers and their networks, tunnels,
 * and file systems in files.
 */
static const char *const required_modules[] = { "virtio_mmio", "virtio_console", "virtio_blk" };
static const char *const modules[] = {
    "virtio_net",
    "overlay",
    "fuse",
    "tun",
    "loop",
    "squashfs",
    "veth",
    "bridge",
    "br_netfilter",
    "dummy",
    "macvlan",
    "ipvlan",
    "vxlan",
    "wireguard",
    "nf_tables",
    "nft_compat",
    "nft_chain_nat",
    "nft_ct",
    "nft_fib_inet",
    "nft_limit",
    "nft_log",
    "nft_masq",
    "nft_nat",
    "nft_redir",
    "nft_reject_inet",
    "nft_numgen",
    "nft_hash",
    "nf_conntrack",
    "nf_conntrack_netlink",
    "nf_nat",
    "ip_tables",
    "iptable_filter",
    "iptable_mangle",
    "iptable_nat",
    "iptable_raw",
    "ip6_tables",
    "ip6table_filter",
    "ip6table_mangle",
    "ip6table_nat",
    "ip6table_raw",
    "ipt_REJECT",
    "ip6t_REJECT",
    "xt_addrtype",
    "xt_comment",
    "xt_conntrack",
    "xt_limit",
    "xt_mark",
    "xt_MASQUERADE",
    "xt_multiport",
    "xt_nat",
    "xt_recent",
    "xt_REDIRECT",
    "xt_statistic",
    "xt_tcpudp",
    "xt_TCPMSS",
    "xt_u32",
};
_Static_assert(ARRAY_SIZE(modules) + ARRAY_SIZE(required_modules) < 96, "room in an argument list");

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

    return file_digest(dirfd, name, now, NULL) && !strcmp(now, digest);
}

/* ---- the record of one ---- */

struct kernel_files {
    char *kernel, *modules; /* digests */
};
struct kernel_record {
    char *kernel_version;
    char *package; /* that it is from */
    struct kernel_files files;
};

static const struct row_spec files_rows[] = {
    ROW_TEXT(kernel_files, kernel, .kept = KERNEL_FILE, .required = true),
    ROW_TEXT(kernel_files, modules, .kept = KERNEL_MODULES, .required = true),
    ROW_END,
};
static const struct row_spec record_rows[] = {
    ROW_VERSIONS("format_version", RECORD_VERSION, RECORD_VERSION),
    ROW_TEXT(kernel_record, kernel_version, .required = true),
    ROW_TEXT(kernel_record, package),
    ROW_STRUCT(kernel_record, files, files_rows, .required = true),
    ROW_END,
};

/* Fills *ret when everything in the directory is as its record says. */
static bool kernel_load(const char *directory, struct kernel *ret)
{
    scoped_close int dirfd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct kernel_record r = { 0 };
    bool ok = dirfd >= 0 && rows_read(record_rows, dirfd, RECORD, RECORD_BYTES_MAX, &r, NULL) &&
              file_matches(dirfd, KERNEL_FILE, r.files.kernel) &&
              file_matches(dirfd, KERNEL_MODULES, r.files.modules);

    if (ok)
        *ret = (struct kernel){ .directory = str_printf("%s", directory),
                                .version = take_ptr(&r.kernel_version),
                                .digest = take_ptr(&r.files.kernel) };
    rows_release(record_rows, &r);
    return ok;
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

static int create(int dirfd, const char *name, struct pyro_error *err)
{
    int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);

    if (fd < 0)
        pyro_fail_errno(err, "create '%s'", name);
    return fd;
}

/* Without what it is required for there is no machine. */
static bool check_missing(const json_t *missing, const char *version, struct pyro_error *err)
{
    const json_t *name;
    size_t i;

    json_array_foreach (missing, i, name)
        for (size_t k = 0; k < ARRAY_SIZE(required_modules); k++)
            if (json_is_string(name) && !strcmp(json_string_value(name), required_modules[k]))
                return pyro_fail(err, PYRO_PULL_FAILED, "kernel %s has no module %s", version,
                                 required_modules[k]);
    return true;
}

/* Kernel and modules into the directory; the version is the caller's. */
static char *unpack(const char *deb, int dirfd, struct pyro_error *err)
{
    enum { FIRST = 6, COUNT = ARRAY_SIZE(modules) + ARRAY_SIZE(required_modules) };
    const char *argv[FIRST + 2 * COUNT + 1] = { "",  "unpack-kernel", "--kernel-fd",
                                                "3", "--modules-fd",  "4" };
    scoped_close int package = open(deb, O_RDONLY | O_CLOEXEC), kernel = -1, stream = -1;
    struct proc_spec spec = proc_spec_of(argv);
    scoped_json json_t *result = NULL;
    const char *version;

    if (package < 0)
        return pyro_fail_errno(err, "open '%s'", deb);
    if ((kernel = create(dirfd, KERNEL_FILE, err)) < 0 ||
        (stream = create(dirfd, KERNEL_MODULES, err)) < 0)
        return NULL;
    for (size_t i = 0; i < COUNT; i++) {
        argv[FIRST + 2 * i] = "--module";
        argv[FIRST + 2 * i + 1] = i < ARRAY_SIZE(required_modules)
                                      ? required_modules[i]
                                      : modules[i - ARRAY_SIZE(required_modules)];
    }
    spec.stdin_fd = package;
    spec.fds[0].from = kernel, spec.fds[0].to = 3;
    spec.fds[1].from = stream, spec.fds[1].to = 4;
    spec.fd_count = 2;
    result = helper_run(&spec, UNPACK_TIMEOUT_MS, err);
    if (!result)
        return NULL;
    version = json_string_or(result, "kernel_version", "");
    if (!*version || strchr(version, '/'))
        return pyro_fail(err, PYRO_PULL_FAILED, "the kernel's package does not say its version");
    return check_missing(json_object_get(result, "missing"), version, err)
               ? str_printf("%s", version)
               : NULL;
}

static bool write_record(int dirfd, const char *version, const char *package,
                         struct pyro_error *err)
{
    char digests[2][DIGEST_TEXT_BYTES];
    const struct kernel_record r = { .kernel_version = (char *)(uintptr_t)version,
                                     .package = (char *)(uintptr_t)package,
                                     .files = { .kernel = digests[0], .modules = digests[1] } };

    return file_digest(dirfd, KERNEL_FILE, digests[0], err) &&
           file_digest(dirfd, KERNEL_MODULES, digests[1], err) &&
           rows_publish(record_rows, &r, dirfd, RECORD, err);
}

/* The one .deb in the directory; the caller frees. */
static char *only_deb(const char *directory, struct pyro_error *err)
{
    scoped_dir DIR *dir = opendir(directory);
    struct dirent *entry;

    while (dir && (entry = readdir(dir)))
        if (str_ends_with(entry->d_name, ".deb"))
            return str_printf("%s/%s", directory, entry->d_name);
    return pyro_fail(err, PYRO_PULL_FAILED, "apt-get downloaded nothing");
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
    if (dirfd < 0 || bootfd < 0 || !(version = unpack(deb, dirfd, err)) ||
        !write_record(dirfd, version, package, err))
        return false;
    name = str_printf(DIRECTORY_PREFIX "%s", version);
    target = str_printf("%s/%s", boot_dir, name);
    if (syncfs(dirfd) != 0)
        return pyro_fail_errno(err, "sync '%s'", content);
    /* A directory that is in the way failed its check. */
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

    progress_update(progress, "fetching package lists", NULL);
    if (!fs_remove_tree(AT_FDCWD, temporary, err) || !apt_open(&apt, err))
        return false;
    ok = apt_update(&apt, err) &&
         (package = apt_resolve(&apt, META_PACKAGE, PACKAGE_PREFIX, err)) != NULL;
    if (ok) {
        progress_update(progress, "fetching the kernel", NULL);
        ok = fetch_into(boot_dir, temporary, package, &apt, err);
    }
    apt_release(&apt);
    if (!fs_remove_tree(AT_FDCWD, temporary, ok ? err : NULL))
        return false;
    if (ok && !kernel_find(boot_dir, ret))
        return pyro_fail(err, PYRO_IO, "the kernel just unpacked fails its check");
    return ok || pyro_wrap(err, "kernel");
}
