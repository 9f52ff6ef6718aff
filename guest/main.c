/* guest/main.c: start-up, as PID 1 of a VM or as a plain child (--host DIR), and the loop. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest/cgroup.h"
#include "guest/child.h"
#include "guest/freeze.h"
#include "guest/guest.h"
#include "guest/module.h"
#include "guest/network.h"
#include "guest/ops.h"
#include "guest/reach.h"
#include "guest/root.h"
#include "guest/shutdown.h"
#include "guest/sysctl.h"
#include "guest/tmp.h"
#include "guest/tree.h"
#include "guest/uevent.h"
#include "vmm/base/fs.h"
#include "vmm/base/limits.h"

#define PORTS_DIR "/sys/class/virtio-ports"
#define DEBUG_DIR "/sys/kernel/debug"
#define PORT_NAME "pyro"
#define HOST_LINK_FD 3
#define FILES_MAX 65536 /* descriptors of this program; commands get their own limit */

/* --- the link --- */

static void main_on_opened(struct link *link, uint32_t id, const json_t *request)
{
    ops_dispatch(link_arg(link), id, request);
}

static void main_on_lost(struct link *link, const struct pyro_error *err)
{
    struct guest *g = link_arg(link);

    if (g->host_dir) {
        shutdown_host_gone();
        return;
    }
    if (err->code == PYRO_GUEST_PROTOCOL)
        guest_log("link: %s", err->message);
    link_listen(link);
}

static const struct link_ops link_callbacks = { .opened = main_on_opened, .lost = main_on_lost };

/* --- children --- */

static void main_on_signal(void *arg, const struct signalfd_siginfo *info UNUSED)
{
    struct guest *g = arg;
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        if (!freeze_child_ended(g, pid, status))
            child_reaped(pid, status);
    if (pid < 0 && errno == ECHILD)
        shutdown_no_children(g);
    cgroup_sweep();
}

static bool serve(struct guest *g, int fd, enum link_kind kind, struct pyro_error *err)
{
    sigset_t signals;

    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    g->loop = loop_new(err);
    if (!g->loop || !loop_signals(g->loop, &signals, main_on_signal, g, err))
        return false;
    cgroup_setup(g->loop, g->host_dir != NULL);
    g->link = link_new(g->loop, fd, kind, &link_callbacks, g, err);
    if (!g->link)
        return false;
    loop_run(g->loop);
    return true;
}

/* --- PID 1 --- */

/* The descriptors 0, 1 and 2 exist, so that no other file gets their numbers. */
static void fill_standard_fds(void)
{
    int fd = open("/dev/console", O_RDWR | O_NOCTTY | O_CLOEXEC);

    if (fd < 0)
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int i = 0; i < 3 && fd >= 0; i++)
        if (fd != i)
            dup2(fd, i);
    if (fd > 2)
        close(fd);
}

static void set(const char *path, const char *text)
{
    if (!fs_write_setting(AT_FDCWD, path, text))
        guest_log("%s: errno %d", path, errno);
}

/*
 * A program that prints lines to a terminal wakes a kernel thread for each of them. On one
 * processor that thread, and then this program, would take it away from the printing one each time:
 * 2 MB/s instead of 25 under emulation, measured. So a woken process waits for the end of the
 * running one's turn (more than the 3 ms of credit that sleep gives), except this program, which
 * must answer its host; its children are ordinary again.
 */
static void set_scheduler(void)
{
    const struct sched_param none = { 0 };

    if (mount("debugfs", DEBUG_DIR, "debugfs", 0, NULL) == 0) {
        set(DEBUG_DIR "/sched/wakeup_granularity_ns", "5000000");
        umount(DEBUG_DIR);
    }
    if (sched_setscheduler(0, SCHED_OTHER | SCHED_RESET_ON_FORK, &none) != 0 ||
        setpriority(PRIO_PROCESS, 0, -20) != 0)
        guest_log("scheduler: errno %d", errno);
}

static void raise_loopback(void)
{
    scoped_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq r = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };

    if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &r) != 0)
        guest_log("loopback interface: errno %d", errno);
}

/* Opens the port if it exists by now: arg is an int that takes the descriptor. */
static bool main_open_port(void *arg)
{
    scoped_dir DIR *dir = opendir(PORTS_DIR);
    struct dirent *entry;
    int *ret = arg;

    while (dir && (entry = readdir(dir))) {
        scoped_buf name = BUF_INIT(4096);
        char path[sizeof(PORTS_DIR) + 300];
        snprintf(path, sizeof(path), PORTS_DIR "/%s/name", entry->d_name);
        if (entry->d_name[0] == '.' || !fs_read_file(AT_FDCWD, path, &name, NULL) || !name.data ||
            strcmp(name.data, PORT_NAME "\n") != 0)
            continue;
        snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
        *ret = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
        return *ret >= 0;
    }
    return false;
}

static bool run_as_init(struct guest *g, struct pyro_error *err)
{
    static const char *const modules[] = { "virtio_mmio", "virtio_console" };
    const struct rlimit files = { FILES_MAX, FILES_MAX };
    int port = -1;

    root_mount_system();
    fill_standard_fds();
    /* Any fixed seed: the default one would use the random numbers of the template, and the JSON
     * parsed here comes from the host, which we trust. */
    json_object_seed(1);
    set("/proc/self/oom_score_adj", "-1000");
    setrlimit(RLIMIT_NOFILE, &files);
    raise_loopback();
    set_scheduler();
    sysctl_set();
    module_setup();
    for (size_t i = 0; i < ARRAY_SIZE(modules); i++)
        if (!module_load(modules[i], err))
            guest_log("%s", err->message);
    network_load();
    uevent_wait(main_open_port, &port, -1);
    return serve(g, port, LINK_GUEST_PORT, err);
}

static bool run_on_host(struct guest *g, struct pyro_error *err)
{
    files_raise();
    fcntl(HOST_LINK_FD, F_SETFD, FD_CLOEXEC);
    return serve(g, HOST_LINK_FD, LINK_SOCKET, err);
}

int main(int argc, char **argv)
{
    struct guest g = { 0 };
    struct pyro_error err = { 0 };

    if (argc > 1 && strcmp(argv[1], "--tree") == 0)
        return tree_main(argc - 1, argv + 1);
    if (argc == 4 && strcmp(argv[1], "-q") == 0 && strcmp(argv[2], "--") == 0)
        return module_request_main(argv[3]);
    if (argc > 1 && strcmp(argv[1], "--empty") == 0)
        return tmp_empty_main(argc, argv);
    if (argc > 1 && strcmp(argv[1], "--reach") == 0)
        return reach_main(argc - 1, argv + 1);
    if (argc == 3 && strcmp(argv[1], "--host") == 0) {
        g.host_dir = argv[2];
        if (!run_on_host(&g, &err))
            guest_log("%s", err.message);
        return 1;
    }
    if (getpid() != 1) {
        fputs("pyro-guest is the first process of a pyro VM; pyro starts it.\n", stderr);
        return 2;
    }
    if (!run_as_init(&g, &err))
        guest_log("%s", err.message);
    for (;;)
        pause();
}
