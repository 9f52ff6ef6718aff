/* engine/supervisor/network.c: guard and passt, from start to start. */
#include "engine/supervisor/network.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/network/guard.h"
#include "engine/network/host.h"
#include "engine/network/refusals.h"
#include "vmm/base/fs.h"
#include "vmm/base/network_counts.h"
#include "vmm/base/proc.h"

/*
 * The machine's own small network, which nothing else uses (RFC 7335), so that it hides no address
 * of the host's networks; and a unique-local one (RFC 4193), which is "pyro".
 */
#define GUEST_ADDRESS "192.0.0.2"
#define GUEST_GATEWAY "192.0.0.1"
#define GUEST_PREFIX "29"
#define GUEST_ADDRESS6 "fd70:7972:6f00::2"
#define GUEST_GATEWAY6 "fd70:7972:6f00::1"
#define GUEST_PREFIX6 "64"
#define GATEWAY_MAC "02:70:79:72:6f:01"

#define FRAMES_IN_FLIGHT_BYTES (8 << 20)
#define RETRY_FIRST_MS 100
#define RETRY_MAX_MS 30000
#define LASTS_MS 1000 /* running this long counts as working */
#define WORDS_MAX 512
#define REFUSALS_PAUSE_MS 250 /* between two looks at what the guard refused … */
#define REFUSALS_READ_MAX 64  /* … and the packets of one: a guest decides how many there are */

struct child {
    const char *name;
    pid_t pid; /* 0: not running */
    int pidfd;
};

struct network {
    struct supervisor *supervisor;
    struct child passt, guard;
    int control_fd, stderr_fd, addresses_fd, counts_fd;
    struct loop_timer retry, lasts;
    int64_t retry_ms;
    char words[WORDS_MAX]; /* the last line passt wrote to stderr */
    struct refusals refusals;
    struct loop_pause refusals_pause;
};

static void network_start_children(void *arg);

/* ---- going down ---- */

static void close_watched(struct network *n, int *fd)
{
    if (*fd < 0)
        return;
    loop_unwatch(n->supervisor->loop, *fd);
    close(take_fd(fd));
}

static void end_child(struct network *n, struct child *c)
{
    if (!c->pid)
        return;
    close_watched(n, &c->pidfd);
    proc_kill(c->pid);
    c->pid = 0;
}

static void end_children(struct network *n)
{
    loop_timer_cancel(n->supervisor->loop, &n->lasts);
    loop_timer_cancel(n->supervisor->loop, &n->refusals_pause.timer);
    close_watched(n, &n->control_fd);
    end_child(n, &n->guard);
    end_child(n, &n->passt);
    close_watched(n, &n->stderr_fd);
}

static void note(struct network *n, const char *why)
{
    struct workspace_record *r = &n->supervisor->record;

    if (!why == !r->network_error && (!why || !strcmp(why, r->network_error)))
        return;
    record_set_string(&r->network_error, why);
    supervisor_note(n->supervisor,
                    TIMELINE_ENTRY(TIMELINE_NETWORK, .state = why ? "down" : "up", .text = why));
    supervisor_save(n->supervisor, false);
}

static void go_down(struct network *n, const char *why)
{
    note(n, why);
    end_children(n);
    loop_timer_set(n->supervisor->loop, &n->retry, n->retry_ms, network_start_children, n);
    n->retry_ms = n->retry_ms * 2 < RETRY_MAX_MS ? n->retry_ms * 2 : RETRY_MAX_MS;
}

/* Keeps the last line, printable characters only; false at the end. */
static bool read_words(struct network *n)
{
    char text[4096];
    ssize_t got = n->stderr_fd < 0 ? 0 : read(n->stderr_fd, text, sizeof(text) - 1);
    char *line, *rest = text;

    if (got <= 0)
        return got < 0 && errno == EAGAIN;
    text[got] = '\0';
    while ((line = strsep(&rest, "\n"))) {
        if (!*line || strstr(line, "syslog") || strstr(line, "run as root"))
            continue;
        snprintf(n->words, sizeof(n->words), "%s", line);
    }
    for (char *c = n->words; *c; c++)
        if (!isprint((unsigned char)*c))
            *c = '?';
    return true;
}

static void network_on_words(void *arg, uint32_t events UNUSED)
{
    struct network *n = arg;

    if (!read_words(n)) /* not earlier: passt would die of writing more */
        close_watched(n, &n->stderr_fd);
}

static void network_on_child_ended(struct network *n, struct child *c)
{
    char how[64], why[WORDS_MAX + 128];
    int status = 0;

    if (c == &n->passt)
        read_words(n);
    waitpid(c->pid, &status, 0);
    c->pid = 0;
    close_watched(n, &c->pidfd);
    if (WIFSIGNALED(status))
        snprintf(how, sizeof(how), "was killed by signal %d", WTERMSIG(status));
    else
        snprintf(how, sizeof(how), "ended with status %d", WEXITSTATUS(status));
    /* In passt's own words. */
    snprintf(why, sizeof(why), "%s %s%s%s", c->name, how, c == &n->passt && n->words[0] ? ": " : "",
             c == &n->passt ? n->words : "");
    go_down(n, why);
}

static void network_on_passt_ended(void *arg, uint32_t events UNUSED)
{
    struct network *n = arg;

    network_on_child_ended(n, &n->passt);
}

static void network_on_guard_ended(void *arg, uint32_t events UNUSED)
{
    struct network *n = arg;

    network_on_child_ended(n, &n->guard);
}

static void network_on_lasts(void *arg)
{
    struct network *n = arg;

    n->retry_ms = RETRY_FIRST_MS;
    note(n, NULL);
}

/* ---- what the guard refuses ---- */

static void note_refusals(struct network *n, const struct frame_refusal *list, size_t count)
{
    char text[REFUSAL_TEXT_BYTES];

    for (size_t i = 0; i < count; i++)
        if (refusals_take(&n->refusals, &list[i], clock_ms(), text))
            supervisor_note(n->supervisor,
                            TIMELINE_ENTRY(TIMELINE_NETWORK, .state = "refused", .text = text));
}

static void network_on_refusals(void *arg, uint32_t events UNUSED)
{
    struct network *n = arg;
    struct loop *loop = n->supervisor->loop;
    struct frame_refusals r;

    for (int i = 0; i < REFUSALS_READ_MAX; i++) {
        ssize_t got = recv(n->control_fd, r.list, sizeof(r.list), MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
            loop_timer_cancel(loop, &n->refusals_pause.timer);
            loop_unwatch(loop, n->control_fd); /* the guard's end is seen by its pidfd */
            return;
        }
        if (got < 0)
            break;
        note_refusals(n, r.list, (size_t)got / sizeof(r.list[0]));
    }
    loop_pause(loop, &n->refusals_pause, n->control_fd, EPOLLIN, REFUSALS_PAUSE_MS);
}

/* ---- coming up ---- */

static bool watch_child(struct network *n, struct child *c, loop_fd_fn *fn, struct pyro_error *err)
{
    c->pidfd = (int)syscall(SYS_pidfd_open, c->pid, 0);
    if (c->pidfd < 0)
        return pyro_fail_errno(err, "watch %s", c->name);
    return loop_watch(n->supervisor->loop, c->pidfd, EPOLLIN, fn, n, err);
}

static bool start_passt(struct network *n, int guard_end, struct pyro_error *err)
{
    /* No addresses by DHCP or advertisement, no ports inward, and the gateway is not the host. */
    const char *argv[40] = { "passt",       "--foreground", "--quiet",    "--fd",
                             "3",           "--no-map-gw",  "--no-dhcp",  "--no-dhcpv6",
                             "--no-ra",     "--tcp-ports",  "none",       "--udp-ports",
                             "none",        "--mac-addr",   GATEWAY_MAC,  "--address",
                             GUEST_ADDRESS, "--netmask",    GUEST_PREFIX, "--gateway",
                             GUEST_GATEWAY };
    char interface[IF_NAMESIZE];
    struct proc_spec spec = proc_spec_of(argv);
    size_t count = 21;
    int errors[2];
    bool ok;

    if (host_has_route(AF_INET6)) {
        argv[count++] = "--address";
        argv[count++] = GUEST_ADDRESS6;
        argv[count++] = "--gateway";
        argv[count++] = GUEST_GATEWAY6;
    } else {
        argv[count++] = "--ipv4-only";
        if (!host_has_route(AF_INET)) { /* it insists on one */
            host_any_interface(interface);
            argv[count++] = "--interface";
            argv[count++] = interface;
        }
    }
    if (pipe2(errors, O_CLOEXEC | O_NONBLOCK) != 0)
        return pyro_fail_errno(err, "pipe");
    spec.stderr_fd = errors[1];
    spec.fds[0].from = guard_end, spec.fds[0].to = 3;
    spec.fd_count = 1;
    spec.new_session = true;
    spec.die_with_parent = true;
    spec.hold_signals = true;
    n->words[0] = '\0';
    ok = proc_start(&spec, &n->passt.pid, err);
    close(errors[1]);
    n->stderr_fd = errors[0];
    if (!ok && pyro_is(err, PYRO_DEPENDENCY_MISSING))
        pyro_hint(err, "install the package passt");
    return ok && watch_child(n, &n->passt, network_on_passt_ended, err) &&
           loop_watch(n->supervisor->loop, n->stderr_fd, EPOLLIN, network_on_words, n, err);
}

/* Of one machine: they go on when its guard, or its supervisor, is replaced. Written here, so that the
 * guard does not meet a full disk. */
static int open_counts(const struct supervisor *s)
{
    static const struct network_counts none;
    int fd =
        openat(s->run_fd, NETWORK_COUNTS_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    struct stat st;
    bool goes_on =
        s->mode == SUPERVISE_ADOPT && fd >= 0 && fstat(fd, &st) == 0 && st.st_size == sizeof(none);

    if (fd >= 0 && !goes_on && pwrite(fd, &none, sizeof(none), 0) != sizeof(none)) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool start_guard(struct network *n, int passt_end, int control_end, struct pyro_error *err)
{
    static const char *const argv[] = { "/proc/self/exe", "__network", NULL };
    scoped_close int qemu = vm_connect_network(n->supervisor->run_fd, err);
    struct proc_spec spec = proc_spec_of(argv);

    if (qemu < 0)
        return false;
    spec.fds[0].from = qemu, spec.fds[0].to = GUARD_QEMU_FD;
    spec.fds[1].from = passt_end, spec.fds[1].to = GUARD_PASST_FD;
    spec.fds[2].from = control_end, spec.fds[2].to = GUARD_CONTROL_FD;
    spec.fds[3].from = n->counts_fd, spec.fds[3].to = GUARD_COUNTS_FD;
    spec.fd_count = n->counts_fd < 0 ? 3 : 4; /* it counts what nobody sees */
    spec.new_session = true;
    spec.die_with_parent = true;
    spec.hold_signals = true;
    return proc_start(&spec, &n->guard.pid, err) &&
           watch_child(n, &n->guard, network_on_guard_ended, err);
}

/* The guard passes nothing before it has this. */
static bool tell_addresses(struct network *n, struct pyro_error *err)
{
    static struct frame_refused own;
    size_t bytes;

    if (!host_addresses(&own, err))
        return false;
    bytes = own.count * sizeof(own.addresses[0]);
    return send(n->control_fd, own.addresses, bytes, MSG_NOSIGNAL | MSG_DONTWAIT) ==
               (ssize_t)bytes ||
           pyro_fail_errno(err, "tell the guard this host's addresses");
}

/*
 * passt drops frames its socket has no room for, and they are all sent again. The machine's windows
 * are small for that reason (guest/sysctl.c); this is for many connections at once. The kernel
 * gives a user at most net.core.wmem_max.
 */
static void make_room(int passt_end)
{
    const int bytes = FRAMES_IN_FLIGHT_BYTES;

    if (setsockopt(passt_end, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) != 0)
        setsockopt(passt_end, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

static bool start_both(struct network *n, struct pyro_error *err)
{
    int frames[2], control[2];
    bool ok;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, frames) != 0)
        return pyro_fail_errno(err, "socketpair");
    make_room(frames[1]);
    ok = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) == 0;
    if (ok) {
        n->control_fd = control[0];
        ok = start_passt(n, frames[1], err) && start_guard(n, frames[0], control[1], err) &&
             tell_addresses(n, err) &&
             loop_watch(n->supervisor->loop, n->control_fd, EPOLLIN, network_on_refusals, n, err);
        close(control[1]);
    } else {
        pyro_fail_errno(err, "socketpair");
    }
    close(frames[0]);
    close(frames[1]);
    return ok;
}

static void network_start_children(void *arg)
{
    struct network *n = arg;
    struct pyro_error err = { 0 };

    if (!start_both(n, &err)) {
        const char *hint = pyro_error_hint(&err);
        char why[WORDS_MAX + 128];
        snprintf(why, sizeof(why), "%.400s%s%.100s", err.message, *hint ? ": " : "", hint);
        go_down(n, why);
        return;
    }
    loop_timer_set(n->supervisor->loop, &n->lasts, LASTS_MS, network_on_lasts, n);
}

static void network_on_addresses(void *arg, uint32_t events UNUSED)
{
    struct network *n = arg;
    struct pyro_error err = { 0 };
    char news[8192];

    while (recv(n->addresses_fd, news, sizeof(news), 0) > 0 || errno == ENOBUFS)
        ;
    if (n->control_fd >= 0 && !tell_addresses(n, &err))
        go_down(n, err.message);
}

bool network_check(const struct supervisor *s, struct pyro_error *err)
{
    if (s->record.network_policy == NETWORK_OFF || proc_in_path("passt", ""))
        return true;
    pyro_fail(err, PYRO_DEPENDENCY_MISSING, "passt: program not found, and the network needs it");
    return pyro_hint(err, "install the package passt");
}

void network_start(struct supervisor *s)
{
    struct network *n;
    struct pyro_error err = { 0 };

    if (s->record.network_policy == NETWORK_OFF || s->record.host_compat)
        return;
    n = calloc(1, sizeof(*n));
    BUG_ON(!n);
    *n = (struct network){ .supervisor = s,
                           .passt = { .name = "passt", .pidfd = -1 },
                           .guard = { .name = "the guard", .pidfd = -1 },
                           .control_fd = -1,
                           .stderr_fd = -1,
                           .counts_fd = open_counts(s),
                           .retry_ms = RETRY_FIRST_MS };
    n->addresses_fd = host_watch_addresses(&err);
    if (n->addresses_fd >= 0 &&
        !loop_watch(s->loop, n->addresses_fd, EPOLLIN, network_on_addresses, n, &err)) {
        close(take_fd(&n->addresses_fd));
    }
    s->network = n;
    if (n->addresses_fd < 0) /* what the guard was told would become outdated */
        note(n, err.message);
    else
        network_start_children(n);
}

void network_end(struct supervisor *s, const struct pyro_error *why UNUSED)
{
    struct network *n = s->network;

    if (!n)
        return;
    s->network = NULL;
    loop_timer_cancel(s->loop, &n->retry);
    end_children(n);
    close_watched(n, &n->addresses_fd);
    cleanup_close(&n->counts_fd);
    record_set_string(&s->record.network_error, NULL);
    free(n);
}

json_t *network_for_guest(const struct supervisor *s)
{
    uint8_t b[6];
    char mac[18];
    json_t *j;

    if (s->record.network_policy == NETWORK_OFF || s->record.host_compat)
        return json_null();
    random_bytes(b, sizeof(b));
    snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", (b[0] & 0xfcu) | 2u, b[1], b[2],
             b[3], b[4], b[5]); /* locally administered, one station's */
    j = json_pack("{s:s, s:s, s:s}", "mac", mac, "address", GUEST_ADDRESS "/" GUEST_PREFIX,
                  "gateway", GUEST_GATEWAY);
    if (j && host_has_route(AF_INET6)) {
        json_object_set_new(j, "address6", json_string(GUEST_ADDRESS6 "/" GUEST_PREFIX6));
        json_object_set_new(j, "gateway6", json_string(GUEST_GATEWAY6));
    }
    return j;
}
