/*
 * tests/bench/rows_ports.c: published ports. Requests to a static file of tests/web/server.c, each
 * on a connection of its own, and one large file; the peer is the same server on the host.
 */
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "vmm/base/fs.h"

#define SERVER "build/tests/web-server"
#define ROUNDS 10
#define REQUESTS 200 /* a round: its median and its 99th percentile are one sample each */
#define BIG_BYTES (128 * 1024 * 1024)
#define BIG_RUNS 5
#define WAIT_S 60

struct site {
    char id[BENCH_ID_BYTES];
    int port;      /* of the service in the guest, on this host */
    int peer_port; /* of the same server here */
    pid_t peer;
};

/* ---- the two servers ---- */

static bool start_peer(struct site *site, const char *directory, const char *server,
                       struct pyro_error *err)
{
    char text[16] = "";
    int ends[2];
    ssize_t n;

    if (pipe(ends) != 0)
        return pyro_fail_errno(err, "pipe");
    site->peer = fork();
    if (site->peer == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (chdir(directory) == 0 && dup2(ends[1], 1) == 1)
            execl(server, server, "0", NULL);
        _exit(127);
    }
    close(ends[1]);
    n = read(ends[0], text, sizeof(text) - 1);
    close(ends[0]);
    site->peer_port = n > 0 ? (int)strtol(text, NULL, 10) : 0;
    return site->peer_port > 0 ||
           pyro_fail(err, PYRO_INTERNAL, "the server on the host does not start");
}

static bool make_files(const char *directory, char **ret_server, struct pyro_error *err)
{
    scoped_free char *script =
        str_printf("mkdir -p '%s' && cp " SERVER " '%s/server' && cd '%s' && "
                   "echo hello >hello && head -c %d /dev/urandom >big",
                   directory, directory, directory, BIG_BYTES);
    const char *const argv[] = { "sh", "-c", script, NULL };

    *ret_server = str_printf("%s/server", directory);
    return process_quietly(argv, err);
}

static bool start_service(struct site *site, const char *directory, struct pyro_error *err)
{
    const char *const create[] = { bench_pyro(),       "workspace",
                                   "create",           BENCH_ENVIRONMENT,
                                   "--network-policy", "egress+published-ports",
                                   "--id-only",        NULL };
    const char *const push[] = { bench_pyro(), "workspace", "sync", "push",
                                 site->id,     directory,   NULL };
    const char *const start[] = { bench_pyro(),     "workspace", "service",
                                  "start",          site->id,    "web",
                                  "--publish",      "8000",      "--ready-tcp",
                                  "127.0.0.1:8000", "--json",    "--",
                                  "./server",       "8000",      NULL };
    struct outcome o;
    json_t *result;

    if (!process_run(create, &o, err))
        return false;
    snprintf(site->id, sizeof(site->id), "%.*s", o.out.data ? (int)strcspn(o.out.data, "\n") : 0,
             o.out.data ? o.out.data : "");
    outcome_release(&o);
    if (!process_quietly(push, err) || !process_run(start, &o, err))
        return false;
    result = json_parse(o.out.data, o.out.len, JSON_BYTES_MAX, err);
    outcome_release(&o);
    site->port = (int)json_int_or(json_array_get(json_object_get(result, "published_ports"), 0),
                                  "host_port", 0);
    json_decref(result);
    return site->port > 0 || pyro_fail(err, PYRO_INTERNAL, "the service has no port");
}

static bool site_start(struct site *site, struct pyro_error *err)
{
    scoped_free char *directory = bench_path("web");
    scoped_free char *server = NULL;

    return make_files(directory, &server, err) && start_service(site, directory, err) &&
           start_peer(site, directory, server, err);
}

static bool site_end(struct site *site, struct pyro_error *err)
{
    kill(site->peer, SIGKILL);
    waitpid(site->peer, NULL, 0);
    return bench_delete(site->id, err);
}

/* ---- requests ---- */

static int dial(int port, struct pyro_error *err)
{
    struct sockaddr_in a = { .sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    const struct timeval patience = { .tv_sec = WAIT_S };
    scoped_close int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) != 0 ||
        connect(fd, (void *)&a, sizeof(a)) != 0) {
        pyro_fail_errno(err, "connect to port %d", port);
        return -1;
    }
    return take_fd(&fd);
}

/* Asks for a file and reads `expected` bytes of it, on a connection of its own. */
static bool request(int port, const char *name, uint64_t expected, double *ret_ms,
                    struct pyro_error *err)
{
    static char chunk[256 * 1024];
    scoped_free char *question = str_printf("GET /%s HTTP/1.1\r\n\r\n", name);
    int64_t start = bench_now_ns();
    scoped_close int fd = dial(port, err);
    uint64_t got = 0;
    char *body = NULL;

    if (fd < 0 || !fs_write_all(fd, question, strlen(question), err))
        return false;
    while (got < expected) {
        ssize_t n = recv(fd, chunk, sizeof(chunk), 0);
        if (n <= 0)
            return pyro_fail(err, PYRO_INTERNAL, "port %d gave %llu bytes of '%s'", port,
                             (unsigned long long)got, name);
        if (!body) {
            body = memmem(chunk, (size_t)n, "\r\n\r\n", 4);
            n = body ? chunk + n - body - 4 : 0;
        }
        got += (uint64_t)n;
    }
    *ret_ms = (double)(bench_now_ns() - start) / 1e6;
    return true;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static bool round_of(int port, struct samples *median, struct samples *high, struct pyro_error *err)
{
    double ms[REQUESTS];

    for (int i = 0; i < REQUESTS; i++)
        if (!request(port, "hello", strlen("hello\n"), &ms[i], err))
            return false;
    qsort(ms, REQUESTS, sizeof(ms[0]), compare);
    samples_add(median, ms[REQUESTS / 2]);
    samples_add(high, ms[REQUESTS * 99 / 100]);
    return true;
}

/* Both figures come from the same requests. */
static struct {
    bool known;
    struct bench_result median, high;
} requests;

static bool measure_requests(struct pyro_error *err)
{
    struct site site;

    if (requests.known)
        return true;
    if (!site_start(&site, err))
        return false;
    for (int i = 0; i < ROUNDS; i++)
        if (!round_of(site.port, &requests.median.ours, &requests.high.ours, err) ||
            !round_of(site.peer_port, &requests.median.peer, &requests.high.peer, err))
            return false;
    requests.known = true;
    return site_end(&site, err);
}

static bool measure_median(struct bench_result *ret, struct pyro_error *err)
{
    if (!measure_requests(err))
        return false;
    *ret = requests.median;
    snprintf(ret->note, sizeof(ret->note),
             "%d rounds of %d requests one after the other, each on a connection of its own",
             ROUNDS, REQUESTS);
    return true;
}

static bool measure_high(struct bench_result *ret, struct pyro_error *err)
{
    if (!measure_requests(err))
        return false;
    *ret = requests.high;
    snprintf(ret->note, sizeof(ret->note), "of the same requests, a round's each");
    return true;
}

static bool measure_big(struct bench_result *ret, struct pyro_error *err)
{
    struct site site;
    double ms;

    if (!site_start(&site, err))
        return false;
    for (int i = 0; i < BIG_RUNS; i++) {
        if (!request(site.port, "big", BIG_BYTES, &ms, err))
            return false;
        samples_add(&ret->ours, BIG_BYTES / 1e3 / ms);
        if (!request(site.peer_port, "big", BIG_BYTES, &ms, err))
            return false;
        samples_add(&ret->peer, BIG_BYTES / 1e3 / ms);
    }
    snprintf(ret->note, sizeof(ret->note), "a file of %d MiB", BIG_BYTES >> 20);
    return site_end(&site, err);
}

const struct bench_row bench_port_rows[] = {
    { .name = "published port: request to a static file, p50",
      .unit = "ms",
      .target = 4,
      .peer = "the same server on the host",
      .measure = measure_median },
    { .name = "published port: request to a static file, p99",
      .unit = "ms",
      .target = 15,
      .peer = "the same server on the host",
      .measure = measure_high },
    { .name = "published port: throughput",
      .unit = "MB/s",
      .target = 60,
      .sense = AT_LEAST,
      .peer = "the same server on the host",
      .measure = measure_big },
    { .name = NULL },
};
