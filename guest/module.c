/*
 * guest/module.c: loading modules.
 *
 * /modules has NAME.ko, modules.dep ("NAME: NAME…" a line, direct dependencies) and modules.alias
 * ("PATTERN NAME"). The kernel's own requests start a program, by a path that is looked up from the
 * root that the disk has become: /proc/1/exe leads to this program wherever it is, and /proc/1/fd
 * to the modules.
 */
#include "guest/module.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "guest/guest.h"
#include "vmm/base/fs.h"

#define MODULES_FD 200 /* of PID 1, where other processes find them too */
#define MODULES_DIR "/modules"
#define MODULES_OF_INIT "/proc/1/fd/200"
#define LIST_MAX_BYTES (4u << 20)
#define NAME_MAX_BYTES 64
#define DEPTH_MAX 16

static int modules_fd = -1;

/* Devices that exist before their drivers: opening one requests it. */
static void make_devices(void)
{
    static const struct {
        const char *path, *file;
        mode_t mode;
        unsigned minor;
    } devices[] = {
        { "/dev/net/tun", "tun.ko", 0666, 200 },
        { "/dev/fuse", "fuse.ko", 0666, 229 },
        { "/dev/loop-control", "loop.ko", 0600, 237 },
    };

    mkdir("/dev/net", 0755);
    for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
        if (faccessat(modules_fd, devices[i].file, F_OK, 0) != 0)
            continue;
        if (mknod(devices[i].path, S_IFCHR | 0600, makedev(10, devices[i].minor)) != 0 ||
            chmod(devices[i].path, devices[i].mode) != 0)
            guest_log("%s: errno %d", devices[i].path, errno);
    }
}

void module_setup(void)
{
    int fd = open(MODULES_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    modules_fd = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, MODULES_FD);
    cleanup_close(&fd);
    if (modules_fd < 0)
        guest_log(MODULES_DIR ": errno %d", errno);
    make_devices();
}

static bool insert(const char *name, struct pyro_error *err)
{
    char file[NAME_MAX_BYTES + 8];
    scoped_close int fd = -1;

    snprintf(file, sizeof(file), "%.*s.ko", NAME_MAX_BYTES, name);
    fd = openat(modules_fd, file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return pyro_fail_errno(err, "kernel module %s", name);
    return syscall(SYS_finit_module, fd, "", 0) == 0 || errno == EEXIST ||
           pyro_fail_errno(err, "load kernel module %s", name);
}

/* The dependencies in a module's line of modules.dep; the caller's, NULL when it has none. */
static char *find_line(const char *text, const char *name)
{
    size_t n = strlen(name);

    while (*text) {
        size_t length = strcspn(text, "\n");
        if (length > n && strncmp(text, name, n) == 0 && text[n] == ':')
            return strndup(text + n + 1, length - n - 1);
        text += length + (text[length] == '\n');
    }
    return NULL;
}

static bool load(const char *dep, const char *name, int depth, struct pyro_error *err)
{
    scoped_free char *line = find_line(dep, name);
    char *rest = line, *other;

    if (!line)
        return true; /* built in: the host has made sure that machines have all they need */
    if (depth == DEPTH_MAX)
        return pyro_fail(err, PYRO_GUEST_ERROR, "kernel module %s depends on too many others",
                         name);
    while ((other = strsep(&rest, " ")))
        if (*other && !load(dep, other, depth + 1, err))
            return false;
    return insert(name, err);
}

bool module_load(const char *name, struct pyro_error *err)
{
    scoped_buf dep = BUF_INIT(LIST_MAX_BYTES);

    if (!fs_read_file(modules_fd, "modules.dep", &dep, err))
        return false;
    return !dep.len || load(dep.data, name, 0, err);
}

static bool is_module(const char *name)
{
    char file[NAME_MAX_BYTES + 8];

    snprintf(file, sizeof(file), "%.*s.ko", NAME_MAX_BYTES, name);
    return !strchr(name, '/') && faccessat(modules_fd, file, F_OK, 0) == 0;
}

/* Loads the modules with this alias; false: there are none. */
static bool load_alias(const char *wanted)
{
    scoped_buf text = BUF_INIT(LIST_MAX_BYTES);
    char *line, *rest;
    bool loaded = false;

    if (!fs_read_file(modules_fd, "modules.alias", &text, NULL))
        return false;
    rest = text.data;
    while ((line = strsep(&rest, "\n"))) {
        char *name = strchr(line, ' ');
        if (!name)
            continue;
        *name++ = '\0';
        if (fnmatch(line, wanted, 0) == 0 && module_load(name, NULL))
            loaded = true;
    }
    return loaded;
}

int module_request_main(const char *wanted)
{
    scoped_free char *name = strdup(wanted);

    modules_fd = open(MODULES_OF_INIT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (modules_fd < 0 || !name)
        return 1;
    if (load_alias(wanted))
        return 0;
    for (char *c = name; *c; c++)
        *c = *c == '-' ? '_' : *c;
    return is_module(name) && module_load(name, NULL) ? 0 : 1;
}
