/* vmm/qemu.c: finding QEMU, and the command line of pyro's machine. */
#include "vmm/qemu.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "vmm/base/fs.h"
#include "vmm/base/json.h"
#include "vmm/base/patience.h"
#include "vmm/base/rows.h"
#include "vmm/fd_set.h"
#include "vmm/holes.h"
#include "vmm/tsc.h"

#define PROGRAM "qemu-system-x86_64"
#define VERSION_RECORD "qemu.json"
#define VERSION_PREFIX "QEMU emulator version "
#define VERSION_TIMEOUT_MS 20000
#define RECORD_BYTES_MAX 4096
#define ARGV_MAX (80 + 4 * DISK_LAYERS_MAX)

/* Where the child finds what it is given. */
enum {
    FD_GUEST = 3,
    FD_CONSOLE,
    FD_QMP,
    FD_RAM,
    FD_KERNEL,
    FD_INITRAMFS,
    FD_NET,
    FD_HOLES,     /* HOLES_FD */
    FD_UPPER,     /* HOLES_UPPER_FD */
    FD_DISK_FIRST /* one a layer, the base first */
};
_Static_assert(FD_HOLES == HOLES_FD && FD_UPPER == HOLES_UPPER_FD, "the library's are its own");

/*
 * quiet: each byte of the kernel's chatter on the console is an exit from the guest, a system call
 * and a wake-up of the supervisor; the line about the remount alone made a clone's start 25 ms
 * longer. Warnings and errors are still printed.
 *
 * init_on_free: what a program leaves behind is zeros. So what the boot itself freed is a hole in the
 * template, and memory saved later holds what is in use. Zeroed when it is freed, memory need not be
 * zeroed again when it is given out.
 *
 * vsyscall=xonly: programs with a glibc before 2.14 (CentOS 6) ask for the time at a fixed address,
 * where Debian's kernel has nothing unless told so.
 *
 * mitigations=off only where the guest is emulated: the host's CPU then never runs guest code, so
 * there is nothing for the guest's own mitigations to mitigate.
 */
#define KERNEL_ARGUMENTS                                                                           \
    "console=ttyS0 quiet reboot=t panic=-1 rdinit=/init tsc=reliable random.trust_cpu=on "         \
    "no_timer_check init_on_free=1 init_on_alloc=0 vsyscall=xonly"

/*
 * Without "enhanced rep movsb": with it the guest's kernel copies by that one instruction, which
 * TCG emulates byte by byte. Output of commands comes twice as fast without it. Nor its "fast
 * short" form, which QEMU 8.1 and later emulate: a kernel that sees it alone hangs in early boot.
 */
#define TCG_CPU "max,-erms,-fsrm"

static bool resolve(const char *candidate, char *ret, size_t n)
{
    char real[PATH_MAX];

    if (!realpath(candidate, real) || access(real, X_OK) != 0 || strlen(real) >= n)
        return false;
    snprintf(ret, n, "%s", real);
    return true;
}

static bool find_in_path(char *ret, size_t n)
{
    const char *path = getenv("PATH");

    for (path = path ? path : "/usr/bin:/bin"; *path;) {
        size_t length = strcspn(path, ":");
        char candidate[PATH_MAX];
        int full = snprintf(candidate, sizeof(candidate), "%.*s/" PROGRAM, (int)length, path);
        if (length && full < (int)sizeof(candidate) && resolve(candidate, ret, n))
            return true;
        path += length + (path[length] == ':');
    }
    return false;
}

/* ---- the version, as it is kept ---- */

/* Tells a file from another one that took its place. */
struct qemu_file {
    char path[sizeof(((struct qemu *)0)->path)];
    int64_t device, inode, size, mtime, mtime_ns;
};
struct qemu_record {
    struct qemu_file file;
    char version[sizeof(((struct qemu *)0)->version)];
};

static bool qemu_is_version(const char *text)
{
    return *text;
}

static const struct row_spec file_rows[] = {
    ROW_TEXT(qemu_file, path),
    ROW_INT(qemu_file, device, .min = INT64_MIN),
    ROW_INT(qemu_file, inode, .min = INT64_MIN),
    ROW_INT(qemu_file, size),
    ROW_INT(qemu_file, mtime, .min = INT64_MIN),
    ROW_INT(qemu_file, mtime_ns),
    ROW_END,
};
static const struct row_spec version_rows[] = {
    ROW_STRUCT(qemu_record, file, file_rows, .required = true),
    ROW_TEXT(qemu_record, version, .required = true, .is_valid = qemu_is_version),
    ROW_END,
};

static bool fingerprint(const char *path, struct qemu_file *ret)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return false;
    *ret = (struct qemu_file){ .device = (int64_t)st.st_dev,
                               .inode = (int64_t)st.st_ino,
                               .size = st.st_size,
                               .mtime = st.st_mtim.tv_sec,
                               .mtime_ns = st.st_mtim.tv_nsec };
    snprintf(ret->path, sizeof(ret->path), "%s", path);
    return true;
}

static bool is_same_file(const struct qemu_file *a, const struct qemu_file *b)
{
    return strcmp(a->path, b->path) == 0 && a->device == b->device && a->inode == b->inode &&
           a->size == b->size && a->mtime == b->mtime && a->mtime_ns == b->mtime_ns;
}

static bool version_from_record(const char *cache_dir, const struct qemu_file *file, char *ret,
                                size_t n)
{
    scoped_free char *path = str_printf("%s/" VERSION_RECORD, cache_dir);
    struct pyro_error ignored = { 0 };
    struct qemu_record r = { 0 };

    if (!rows_read(version_rows, AT_FDCWD, path, RECORD_BYTES_MAX, &r, &ignored) ||
        !is_same_file(&r.file, file))
        return false;
    snprintf(ret, n, "%s", r.version);
    return true;
}

static void record_version(const char *cache_dir, const struct qemu_file *file, const char *version)
{
    scoped_close int dirfd = open(cache_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct qemu_record r = { .file = *file };
    struct pyro_error ignored;

    snprintf(r.version, sizeof(r.version), "%s", version);
    if (dirfd >= 0 && !rows_write(version_rows, &r, dirfd, VERSION_RECORD, &ignored))
        unlinkat(dirfd, VERSION_RECORD, 0);
}

static bool ask_version(const char *path, char *ret, size_t n, struct pyro_error *err)
{
    const char *const argv[] = { path, "-version", NULL };
    struct proc_spec spec = proc_spec_of(argv);
    scoped_buf out = BUF_INIT(4096);
    const char *version;
    size_t length;

    if (!proc_run(&spec, patience(VERSION_TIMEOUT_MS), &out, err)) {
        pyro_wrap(err, "asking QEMU for its version");
        return pyro_hint(err,
                         "reinstall the package qemu-system-x86; PYRO_QEMU names another QEMU");
    }
    version = out.data ? strstr(out.data, VERSION_PREFIX) : NULL;
    if (!version)
        return pyro_fail(err, PYRO_DEPENDENCY_MISSING, "%s does not say its version", path);
    version += strlen(VERSION_PREFIX);
    length = strcspn(version, "\r\n");
    snprintf(ret, n, "%.*s", (int)(length < n ? length : n - 1), version);
    return true;
}

/* Whether a version ("7.2.22 (Debian …)") is one that pyro works with. */
static bool check_version(const struct qemu *qemu, struct pyro_error *err)
{
    unsigned major, minor, wanted_major, wanted_minor;

    sscanf(QEMU_VERSION_MIN, "%u.%u", &wanted_major, &wanted_minor);
    if (sscanf(qemu->version, "%u.%u", &major, &minor) != 2)
        return pyro_fail(err, PYRO_DEPENDENCY_MISSING, "%s does not say its version", qemu->path);
    if (major > wanted_major || (major == wanted_major && minor >= wanted_minor))
        return true;
    pyro_fail(err, PYRO_DEPENDENCY_MISSING, "%s is QEMU %u.%u, and pyro needs %s or newer",
              qemu->path, major, minor, QEMU_VERSION_MIN);
    return pyro_hint(err, "install a newer qemu-system-x86; PYRO_QEMU names another QEMU");
}

bool qemu_find(const char *cache_dir, struct qemu *ret, struct pyro_error *err)
{
    const char *named = getenv("PYRO_QEMU");
    struct qemu found = { 0 };
    struct qemu_file file;

    if (named && *named ? !resolve(named, found.path, sizeof(found.path))
                        : !find_in_path(found.path, sizeof(found.path))) {
        pyro_fail(err, PYRO_DEPENDENCY_MISSING, "%s: program not found",
                  named && *named ? named : PROGRAM);
        return pyro_hint(err, "install the package qemu-system-x86");
    }
    if (!fingerprint(found.path, &file))
        return pyro_fail_errno(err, "'%s'", found.path);
    if (!version_from_record(cache_dir, &file, found.version, sizeof(found.version))) {
        if (!ask_version(found.path, found.version, sizeof(found.version), err))
            return false;
        record_version(cache_dir, &file, found.version);
    }
    if (!check_version(&found, err))
        return false;
    *ret = found;
    return true;
}

/* Appends copies of the strings up to NULL. */
__attribute__((sentinel)) static void add_args(struct qemu_command *c, ...)
{
    const char *arg;
    va_list args;
    size_t n = 0;

    while (c->argv[n])
        n++;
    va_start(args, c);
    while ((arg = va_arg(args, const char *)) != NULL) {
        BUG_ON(n + 1 >= ARGV_MAX);
        c->argv[n++] = str_printf("%s", arg);
    }
    va_end(args);
}

static void give_fd(struct qemu_command *c, int from, int to)
{
    BUG_ON(c->spec.fd_count >= PROC_FDS_MAX);
    c->spec.fds[c->spec.fd_count].from = from;
    c->spec.fds[c->spec.fd_count++].to = to;
}

static void add_machine(struct qemu_command *c, const struct qemu_machine *m)
{
    char smp[16], mem[16], ram[192];

    snprintf(smp, sizeof(smp), "%u", m->vcpu_count);
    snprintf(mem, sizeof(mem), "%u", m->mem_mib);
    /* A core dump of QEMU is not to hold what the guest's memory does. */
    snprintf(ram, sizeof(ram),
             "memory-backend-file,id=ram,size=%uM,mem-path=/proc/self/fd/%d,dump=off,%s",
             m->mem_mib, FD_RAM, m->ram_share ? "share=on" : "share=off");
    add_args(c, "-M", "microvm,rtc=on,pit=on,pic=on,memory-backend=ram", "-accel",
             m->accel == ACCEL_KVM ? "kvm" : "tcg,thread=multi,tb-size=256", "-cpu",
             m->accel == ACCEL_KVM ? "host" : TCG_CPU, "-smp", smp, "-m", mem, "-object", ram,
             "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-sandbox",
             "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny", NULL);
    give_fd(c, m->ram_fd, FD_RAM);
    if (m->upper_fd >= 0)
        give_fd(c, m->upper_fd, FD_UPPER);
}

/* A private copy of RAM leaves the holes in it alone; without the library it takes more memory. */
static void add_library(struct qemu_command *c)
{
    struct pyro_error ignored;

    c->library = holes_library(&ignored);
    if (c->library >= 0)
        holes_add(&c->spec, c->library);
}

static void add_socket(struct qemu_command *c, const char *id, int from, int to)
{
    char chardev[96];

    snprintf(chardev, sizeof(chardev), "socket,id=%s,fd=%d,server=on,wait=off", id, to);
    add_args(c, "-chardev", chardev, NULL);
    give_fd(c, from, to);
}

static void add_ports(struct qemu_command *c, const struct qemu_machine *m)
{
    add_socket(c, "guest", m->guest_fd, FD_GUEST);
    add_socket(c, "console", m->console_fd, FD_CONSOLE);
    add_socket(c, "qmp", m->qmp_fd, FD_QMP);
    add_args(c, "-serial", "chardev:console", "-mon", "chardev=qmp,mode=control", "-device",
             "virtio-serial-device,max_ports=2", "-device",
             "virtserialport,chardev=guest,name=pyro", NULL);
}

const char *qemu_kernel_arguments(enum accel_kind accel)
{
    return accel == ACCEL_TCG ? KERNEL_ARGUMENTS " mitigations=off" : KERNEL_ARGUMENTS;
}

static void add_boot(struct qemu_command *c, const struct qemu_machine *m)
{
    char kernel[40], initramfs[40], append[256];

    snprintf(kernel, sizeof(kernel), "/proc/self/fd/%d", FD_KERNEL);
    snprintf(initramfs, sizeof(initramfs), "/proc/self/fd/%d", FD_INITRAMFS);
    if (m->accel == ACCEL_TCG)
        snprintf(append, sizeof(append), "%s tsc_early_khz=%lu", qemu_kernel_arguments(m->accel),
                 tsc_khz());
    else
        snprintf(append, sizeof(append), "%s", qemu_kernel_arguments(m->accel));
    add_args(c, "-kernel", kernel, "-initrd", initramfs, "-append", append, NULL);
    give_fd(c, m->kernel_fd, FD_KERNEL);
    give_fd(c, m->initramfs_fd, FD_INITRAMFS);
}

/* QEMU listens: as a client it would never connect again. One peer at a time, and the guest does
 * not notice that another one came. */
static void add_network(struct qemu_command *c, const struct qemu_machine *m)
{
    char backend[80];

    snprintf(backend, sizeof(backend), "stream,id=net,server=on,addr.type=fd,addr.str=%d", FD_NET);
    add_args(c, "-netdev", backend, "-device", "virtio-net-device,netdev=net", NULL);
    give_fd(c, m->net_fd, FD_NET);
}

/* Its descriptor must not be opened again for writing: the jail prevents that. */
static bool keep_read_only(struct qemu_command *c, const struct disk_layer *layer, int fd, int to,
                           struct pyro_error *err)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return pyro_fail_errno(err, "disk '%s'", layer->path);
    c->read_only[c->read_only_count++] = (struct jail_read_only){
        .path = layer->path, .device = st.st_dev, .inode = st.st_ino, .fd = to
    };
    return true;
}

static bool open_layer(struct qemu_command *c, const struct disk_chain *chain, unsigned i,
                       struct pyro_error *err)
{
    bool top = i == chain->count - 1;
    const struct disk_layer *layer = &chain->layers[i];
    int fd = disk_open_layer(AT_FDCWD, layer->path, top, err), to = (int)(FD_DISK_FIRST + i);
    char add[64];
    uint64_t size;

    if (fd < 0)
        return false;
    c->opened[c->opened_count++] = fd;
    if (!disk_check_layer(fd, layer, &size, err) ||
        (!top && !keep_read_only(c, layer, fd, to, err)))
        return false;
    snprintf(add, sizeof(add), "fd=%d,set=%u,opaque=%s", to, layer->id,
             top ? FD_SET_WRITABLE : FD_SET_READ_ONLY);
    add_args(c, "-add-fd", add, NULL);
    give_fd(c, fd, to);
    return true;
}

static bool add_disk(struct qemu_command *c, const struct disk_chain *chain, struct pyro_error *err)
{
    char name[DISK_NODE_NAME_MAX], device[64];

    for (unsigned i = 0; i < chain->count; i++) {
        scoped_json json_t *node = disk_blockdev_node(
            &chain->layers[i], i ? &chain->layers[i - 1] : NULL, i == chain->count - 1);
        scoped_free char *text = node ? json_compact(node) : NULL;
        if (!text)
            return pyro_no_memory(err, NULL);
        if (!open_layer(c, chain, i, err))
            return false;
        add_args(c, "-blockdev", text, NULL);
    }
    disk_node_name(chain->layers[chain->count - 1].id, name);
    snprintf(device, sizeof(device), "virtio-blk-device,id=" QEMU_DISK ",drive=%s", name);
    add_args(c, "-device", device, NULL);
    return true;
}

bool qemu_command_build(const struct qemu *qemu, const struct qemu_machine *machine,
                        struct qemu_command *ret, struct pyro_error *err)
{
    struct qemu_command c = { .argv = calloc(ARGV_MAX, sizeof(char *)), .library = -1 };

    if (!c.argv)
        return pyro_no_memory(err, NULL);
    c.spec = proc_spec_of((const char *const *)(uintptr_t)c.argv);
    c.spec.new_session = true;
    c.spec.die_with_parent = machine->die_with_parent;
    add_args(&c, qemu->path, NULL);
    add_machine(&c, machine);
    if (!machine->ram_share)
        add_library(&c);
    add_ports(&c, machine);
    if (machine->network)
        add_network(&c, machine);
    if (machine->kernel_fd >= 0)
        add_boot(&c, machine);
    if (!add_disk(&c, machine->disk, err)) {
        qemu_command_release(&c);
        return false;
    }
    if (machine->name) {
        char name[128];
        snprintf(name, sizeof(name), "pyro-%s", machine->name);
        add_args(&c, "-name", name, NULL);
    }
    if (machine->incoming)
        add_args(&c, "-incoming", "defer", "-S", NULL);
    *ret = c;
    return true;
}

void qemu_command_release(struct qemu_command *command)
{
    for (size_t i = 0; command->argv && command->argv[i]; i++)
        free(command->argv[i]);
    free(command->argv);
    command->argv = NULL;
    cleanup_close(&command->library);
    command->library = -1;
    while (command->opened_count)
        close(command->opened[--command->opened_count]);
}
