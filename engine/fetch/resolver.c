/* engine/fetch/resolver.c: a packet with a name in, a packet with addresses or "!WHY" out. */
#include "engine/fetch/resolver.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vmm/base/confine.h"
#include "vmm/base/fs.h"

#define NAME_MAX_BYTES 256
#define ADDRESSES_MAX 16

/* What the C library and its modules read. */
static const char *const readable[] = { "/etc", "/run", "/usr", "/lib", "/lib64" };

static void confine(void)
{
    struct confine_exception exceptions[ARRAY_SIZE(readable)];
    size_t count = 0;

    for (size_t i = 0; i < ARRAY_SIZE(readable); i++) {
        int fd = open(readable[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd >= 0)
            exceptions[count++] = (struct confine_exception){ fd, LANDLOCK_ACCESS_FS_READ_FILE |
                                                                      LANDLOCK_ACCESS_FS_READ_DIR };
    }
    /* What a host does not allow is left out: the names asked for are all that it ever gets. */
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    (void)confine_limit(RLIMIT_CORE, 0);
    (void)confine_files(CONFINE_FILES, exceptions, count);
    if (geteuid() == 0)
        (void)confine_become_nobody(NULL, 0);
    for (size_t i = 0; i < count; i++)
        close(exceptions[i].fd);
}

static void resolve(const char *name, char ret[RESOLVER_ANSWER_MAX])
{
    const struct addrinfo hints = { .ai_family = AF_UNSPEC,
                                    .ai_socktype = SOCK_STREAM,
                                    .ai_flags = AI_ADDRCONFIG };
    struct addrinfo *list = NULL;
    unsigned count = 0;
    size_t used = 0;
    int status = getaddrinfo(name, NULL, &hints, &list);

    ret[0] = '\0';
    for (struct addrinfo *a = list; !status && a && count < ADDRESSES_MAX; a = a->ai_next) {
        char text[NI_MAXHOST];
        if (getnameinfo(a->ai_addr, a->ai_addrlen, text, sizeof(text), NULL, 0, NI_NUMERICHOST) ||
            strchr(text, '%'))
            continue;
        used += (size_t)snprintf(ret + used, RESOLVER_ANSWER_MAX - used, "%s%s", count ? "," : "",
                                 text);
        count++;
    }
    if (list)
        freeaddrinfo(list);
    if (!count)
        snprintf(ret, RESOLVER_ANSWER_MAX, "!%s", status ? gai_strerror(status) : "no address");
}

_Noreturn static void serve(void)
{
    char name[NAME_MAX_BYTES + 1], answer[RESOLVER_ANSWER_MAX];
    ssize_t n;

    confine();
    while ((n = recv(STDIN_FILENO, name, NAME_MAX_BYTES, 0)) > 0) {
        name[n] = '\0';
        resolve(name, answer);
        if (send(STDIN_FILENO, answer, strlen(answer), MSG_NOSIGNAL) < 0)
            break;
    }
    _exit(0);
}

int resolver_start(struct pyro_error *err)
{
    pid_t parent = getpid(), pid;
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        pyro_fail_errno(err, "start the resolver");
        return -1;
    }
    pid = fork();
    if (pid == 0) {
        /* Nothing but its end of the socket. */
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent ||
            dup2(ends[1], STDIN_FILENO) != STDIN_FILENO || close_range(1, ~0U, 0) != 0)
            _exit(1);
        serve();
    }
    close(ends[1]);
    if (pid > 0)
        return ends[0];
    close(ends[0]);
    pyro_fail_errno(err, "start the resolver");
    return -1;
}

bool resolver_ask(int fd, const char *host, int64_t limit_ms, char ret[RESOLVER_ANSWER_MAX],
                  struct pyro_error *err)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    ssize_t n = -1;

    if (send(fd, host, strlen(host), MSG_NOSIGNAL) < 0 || poll(&p, 1, (int)limit_ms) != 1 ||
        (n = recv(fd, ret, RESOLVER_ANSWER_MAX - 1, 0)) <= 0)
        return pyro_fail(err, PYRO_PULL_FAILED, "the name '%s' cannot be resolved: no answer",
                         host);
    ret[n] = '\0';
    return ret[0] != '!' ||
           pyro_fail(err, PYRO_PULL_FAILED, "the name '%s' cannot be resolved: %s", host, ret + 1);
}
