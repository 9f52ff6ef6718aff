/*
 * tests/web/server.c: a small server for tests and bench rows, static, so that the same program
 * runs in a guest and on the host.
 *
 *   server PORT [v6]    on 127.0.0.1 (::1), files of the working directory; prints the port, which
 *                       is a free one when PORT is 0
 *
 * The first line of a connection says what becomes of it:
 *   GET /NAME   the file, by HTTP/1.1, and then the next request
 *   PUT /NAME   the request's body into the file
 *   ECHO        every byte back, until the client's end; then the end
 *   COUNT       how many bytes came, only once the client has ended
 *   HOLD        nothing is read and nothing is sent
 *   RESET       the connection is reset
 *   QUIT        a line back, and the program ends
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct client {
    int fd;
    size_t have;
    char in[65536];
};

static void give(int fd, const char *bytes, size_t n)
{
    while (n) {
        ssize_t sent = write(fd, bytes, n);
        if (sent <= 0)
            return;
        bytes += sent;
        n -= (size_t)sent;
    }
}

static void give_text(int fd, const char *text)
{
    give(fd, text, strlen(text));
}

/* Reads until there is a whole head (up to an empty line), or a line; its length, or 0 at the end.
 */
static size_t read_head(struct client *c)
{
    for (;;) {
        char *end = memmem(c->in, c->have, "\r\n\r\n", 4);
        char *line = memchr(c->in, '\n', c->have);
        ssize_t n;
        if (end)
            return (size_t)(end - c->in) + 4;
        if (line && !memmem(c->in, c->have, " HTTP/", 6))
            return (size_t)(line - c->in) + 1;
        if (c->have == sizeof(c->in))
            return 0;
        n = read(c->fd, c->in + c->have, sizeof(c->in) - c->have);
        if (n <= 0)
            return 0;
        c->have += (size_t)n;
    }
}

static void get(struct client *c, const char *name)
{
    int fd = open(name, O_RDONLY);
    struct stat st;
    char head[128];
    off_t at = 0;

    if (fd < 0 || fstat(fd, &st) != 0) {
        give_text(c->fd, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    } else {
        snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %lld\r\n\r\n",
                 (long long)st.st_size);
        send(c->fd, head, strlen(head), MSG_MORE);
        while (at < st.st_size && sendfile(c->fd, fd, &at, (size_t)(st.st_size - at)) > 0)
            ;
    }
    if (fd >= 0)
        close(fd);
}

static void put(struct client *c, const char *name, size_t head, size_t length)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

    for (size_t at = head; length;) {
        size_t n = c->have - at < length ? c->have - at : length;
        give(fd, c->in + at, n);
        length -= n;
        if (!length)
            break;
        ssize_t more = read(c->fd, c->in, sizeof(c->in));
        if (more <= 0)
            break;
        c->have = (size_t)more;
        at = 0;
    }
    close(fd);
    give_text(c->fd, length ? "HTTP/1.1 400 Short\r\nContent-Length: 0\r\n\r\n"
                            : "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
}

static void count(struct client *c, size_t head, int echo)
{
    uint64_t total = c->have - head;
    char text[32];
    ssize_t n;

    if (echo)
        give(c->fd, c->in + head, c->have - head);
    while ((n = read(c->fd, c->in, sizeof(c->in))) > 0) {
        total += (uint64_t)n;
        if (echo)
            give(c->fd, c->in, (size_t)n);
    }
    snprintf(text, sizeof(text), "%llu\n", (unsigned long long)total);
    if (!echo)
        give_text(c->fd, text);
}

/* False: this connection is over. */
static int serve_one(struct client *c)
{
    size_t head = read_head(c), length;
    const struct linger at_once = { .l_onoff = 1 };
    char name[256] = "", *field;

    if (!head)
        return 0;
    c->in[head - 1] = '\0';
    sscanf(c->in, "%*s /%255[^ \r\n]", name);
    if (!strncmp(c->in, "GET ", 4)) {
        get(c, name);
        memmove(c->in, c->in + head, c->have - head);
        c->have -= head;
        return 1;
    }
    if (!strncmp(c->in, "PUT ", 4) && (field = strcasestr(c->in, "Content-Length:"))) {
        length = strtoull(field + strlen("Content-Length:"), NULL, 10);
        put(c, name, head, length);
    } else if (!strncmp(c->in, "ECHO", 4) || !strncmp(c->in, "COUNT", 5)) {
        count(c, head, c->in[0] == 'E');
    } else if (!strncmp(c->in, "HOLD", 4)) {
        pause();
    } else if (!strncmp(c->in, "RESET", 5)) {
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    } else if (!strncmp(c->in, "QUIT", 4)) {
        give_text(c->fd, "bye\n");
        exit(0);
    }
    return 0;
}

static atomic_int idle;

static void *serve(void *arg);

static void start_thread(int listener)
{
    pthread_attr_t small;
    pthread_t thread;

    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 65536);
    atomic_fetch_add(&idle, 1);
    if (pthread_create(&thread, &small, serve, (void *)(intptr_t)listener) != 0)
        atomic_fetch_sub(&idle, 1);
}

/* One of the threads that wait for a client. There is always one more than is needed, so that a
 * request does not pay for a thread. */
static void *serve(void *arg)
{
    int listener = (int)(intptr_t)arg, on = 1;
    struct client *c = malloc(sizeof(*c));

    for (;;) {
        c->fd = accept(listener, NULL, NULL);
        c->have = 0;
        if (atomic_fetch_sub(&idle, 1) == 1)
            start_thread(listener);
        setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        while (c->fd >= 0 && serve_one(c))
            ;
        close(c->fd);
        atomic_fetch_add(&idle, 1);
    }
    return NULL;
}

static int listen_on(int port, int v6)
{
    struct sockaddr_in a4 = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct sockaddr_in6 a6 = { .sin6_family = AF_INET6,
                               .sin6_port = htons((uint16_t)port),
                               .sin6_addr = in6addr_loopback };
    socklen_t n;
    int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0), on = 1;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, v6 ? (const void *)&a6 : (const void *)&a4, v6 ? sizeof(a6) : sizeof(a4)) != 0 ||
        listen(fd, 1024) != 0) {
        perror("listen");
        exit(1);
    }
    n = sizeof(a6);
    getsockname(fd, (void *)&a6, &n); /* the port stands at the same place in both */
    printf("%d\n", ntohs(a6.sin6_port));
    fflush(stdout);
    return fd;
}

int main(int argc, char **argv)
{
    int listener = listen_on(argc > 1 ? atoi(argv[1]) : 8000, argc > 2);

    signal(SIGPIPE, SIG_IGN);
    atomic_fetch_add(&idle, 1); /* this thread */
    serve((void *)(intptr_t)listener);
}
