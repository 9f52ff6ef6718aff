/*
 * tests/bench/rows_network.c: what a machine downloads under egress. The outside is a network
 * namespace at the end of a virtual cable, pyro runs in another, at the other end.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "vmm/base/fs.h"

#define RUNS 5
#define BIG_BYTES (256 * 1024 * 1024)
#define HERE "pyro-bench-h"
#define THERE "pyro-bench-t"

static const char make_networks[] =
    "set -e; ip netns add " HERE "; ip netns add " THERE ";"
    "ip link add v0 netns " HERE " type veth peer name v1 netns " THERE ";"
    "ip -n " HERE " addr add 198.51.100.1/24 dev v0; ip -n " THERE
    " addr add 198.51.100.2/24 dev v1;"
    "for d in lo v0; do ip -n " HERE " link set $d up; done;"
    "for d in lo v1; do ip -n " THERE " link set $d up; done;"
    "ip -n " HERE " route add default via 198.51.100.2";
static const char remove_networks[] = "ip netns del " HERE "; ip netns del " THERE "; :";
static const char wait_for_server[] =
    "for i in $(seq 600); do ip netns exec " HERE
    " curl -sf -o /dev/null http://198.51.100.2:7002/small && exit; sleep 0.1; done; exit 1";
/* Microseconds from the question to the last byte, and the bytes. */
static const char download[] = "start=${EPOCHREALTIME/./}; exec 3<>/dev/tcp/198.51.100.2/7002;"
                               "printf 'GET /big HTTP/1.0\\r\\n\\r\\n' >&3; n=$(wc -c <&3);"
                               "echo $((${EPOCHREALTIME/./} - start)) $n";

static bool shell(const char *script, struct pyro_error *err)
{
    const char *const argv[] = { "sh", "-c", script, NULL };

    return process_quietly(argv, err);
}

static bool start_server(struct process *server, struct pyro_error *err)
{
    scoped_free char *directory = bench_path("download");
    scoped_free char *files =
        str_printf("mkdir -p '%s' && cd '%s' && : >small && truncate -s %d big", directory,
                   directory, BIG_BYTES);
    const char *const argv[] = { "ip",          "netns",       "exec", THERE,    "python3",
                                 "-m",          "http.server", "7002", "--bind", "198.51.100.2",
                                 "--directory", directory,     NULL };

    return shell(files, err) && process_start(argv, server, err) && shell(wait_for_server, err);
}

/* MB/s of one run whose output is microseconds and bytes. */
static bool sample(const char *const *argv, struct samples *ret, struct pyro_error *err)
{
    struct outcome o;
    long long us = 0, bytes = 0;
    bool ok;

    if (!process_run(argv, &o, err))
        return false;
    ok = o.out.data && sscanf(o.out.data, "%lld %lld", &us, &bytes) == 2 && us > 0 &&
         bytes >= BIG_BYTES;
    outcome_release(&o);
    if (!ok)
        return pyro_fail(err, PYRO_INTERNAL, "the download is not whole: %lld bytes", bytes);
    samples_add(ret, (double)bytes / (double)us);
    return true;
}

static bool measure_in(const char *id, struct bench_result *ret, struct pyro_error *err)
{
    const char *const ours[] = { "ip",         "netns",     "exec", HERE,
                                 bench_pyro(), "workspace", "exec", "--timeout-seconds",
                                 "0",          id,          "--",   "bash",
                                 "-c",         download,    NULL };
    const char *const peer[] = { "ip",
                                 "netns",
                                 "exec",
                                 HERE,
                                 "curl",
                                 "-sS",
                                 "-o",
                                 "/dev/null",
                                 "-w",
                                 "%{time_total} %{size_download}",
                                 "http://198.51.100.2:7002/big",
                                 NULL };

    for (int i = 0; i < RUNS; i++) {
        struct outcome o;
        double seconds = 0;
        if (!sample(ours, &ret->ours, err) || !process_run(peer, &o, err))
            return false;
        if (o.out.data)
            seconds = strtod(o.out.data, NULL);
        outcome_release(&o);
        samples_add(&ret->peer, seconds > 0 ? BIG_BYTES / 1e6 / seconds : 0);
    }
    snprintf(ret->note, sizeof(ret->note), "a file of %d MiB, over one connection",
             BIG_BYTES >> 20);
    return true;
}

static bool measure_with_networks(struct bench_result *ret, struct pyro_error *err)
{
    const char *const create[] = { "ip",     "netns",           "exec",
                                   HERE,     bench_pyro(),      "workspace",
                                   "create", BENCH_ENVIRONMENT, "--network-policy",
                                   "egress", "--id-only",       NULL };
    struct process server = { 0 };
    char id[BENCH_ID_BYTES] = "";
    struct outcome o;
    bool ok = start_server(&server, err) && process_run(create, &o, err);

    if (ok) {
        snprintf(id, sizeof(id), "%.*s", o.out.data ? (int)strcspn(o.out.data, "\n") : 0,
                 o.out.data ? o.out.data : "");
        outcome_release(&o);
        ok = measure_in(id, ret, err);
        ok = bench_delete(id, ok ? err : NULL) && ok;
    }
    if (server.pid > 0) {
        kill(server.pid, SIGKILL);
        waitpid(server.pid, NULL, 0);
        close(server.out_fd);
    }
    return ok;
}

static bool measure_download(struct bench_result *ret, struct pyro_error *err)
{
    static const char *const needed[] = { "passt", "ip", "curl", "python3" };
    bool ok;

    for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
        if (!program_exists(needed[i]))
            return pyro_fail(err, PYRO_DEPENDENCY_MISSING, "%s is not installed", needed[i]);
    if (geteuid() != 0)
        return pyro_fail(err, PYRO_DEPENDENCY_MISSING, "only root may make network namespaces");
    (void)!shell(remove_networks, NULL); /* what a killed run left */
    ok = shell(make_networks, err) && measure_with_networks(ret, err);
    return shell(remove_networks, ok ? err : NULL) && ok;
}

const struct bench_row bench_network_rows[] = {
    { .name = "download under egress",
      .unit = "MB/s",
      .target = 50,
      .sense = AT_LEAST,
      .peer = "curl on the host",
      .measure = measure_download },
    { .name = NULL },
};
