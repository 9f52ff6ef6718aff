/*
 * tests/bench/rows_environment.c: images from a registry on the loopback (registry.py), and
 * environments made of workspaces. A pull ends with the first machine of the image: that is not
 * counted, its time is until the image is installed.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "vmm/base/fs.h"

#define PULL_RUNS 3   /* each starts a machine, which is not counted */
#define COMMIT_RUNS 3 /* each writes a gigabyte first */
#define START_RUNS 15

/* --- the registry --- */

struct registry {
    struct process process;
    char host[64];
    char *directory, *cache;
};

static const char *const needed[] = { "docker-registry", "skopeo", "umoci", "zstd", "python3" };

static bool check_programs(struct pyro_error *err)
{
    for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
        if (!program_exists(needed[i]))
            return pyro_fail(err, PYRO_DEPENDENCY_MISSING, "%s is not in PATH", needed[i]);
    return true;
}

static void registry_release(struct registry *r)
{
    if (r->process.pid > 0) {
        kill(r->process.pid, SIGTERM);
        waitpid(r->process.pid, NULL, 0);
        close(r->process.out_fd);
    }
    free(r->directory);
    free(r->cache);
}
#define scoped_registry __attribute__((cleanup(registry_release))) struct registry

static bool read_line(int fd, char *ret, size_t size)
{
    size_t n = 0;

    while (n + 1 < size && read(fd, ret + n, 1) == 1 && ret[n] != '\n')
        n++;
    ret[n] = '\0';
    return n > 0;
}

/* The tar is the one that the rows of pyro-image make. */
static bool registry_start(struct registry *r, struct pyro_error *err)
{
    scoped_free char *tar = bench_path("debian12.tar");

    *r = (struct registry){ .directory = bench_path("registry"), .cache = bench_path("pulled") };
    if (!check_programs(err))
        return false;
    if (access(tar, R_OK) != 0)
        return pyro_fail(err, PYRO_DEPENDENCY_MISSING,
                         "the row 'tar to ext4' has not made '%s' yet", tar);
    {
        const char *const argv[] = { "python3", "tests/bench/registry.py", r->directory, tar,
                                     NULL };
        return process_start(argv, &r->process, err) &&
               (read_line(r->process.out_fd, r->host, sizeof(r->host)) ||
                pyro_fail(err, PYRO_INTERNAL, "tests/bench/registry.py gives no address"));
    }
}

/* --- pulls --- */

/* A cache with the kernel and nothing else. */
static bool empty_cache(const struct registry *r, struct pyro_error *err)
{
    static const char script[] = "rm -rf \"$1\" && mkdir -p \"$1/pyro\" && "
                                 "cp -a \"$XDG_CACHE_HOME/pyro/boot\" "
                                 "\"$XDG_CACHE_HOME\"/pyro/*.json \"$1/pyro/\"";
    const char *const argv[] = { "sh", "-c", script, "sh", r->cache, NULL };

    return process_quietly(argv, err);
}

/* Until it says that the image is installed. */
static bool pull(const struct registry *r, const char *name, double *ret_ms, struct pyro_error *err)
{
    scoped_free char *home = str_printf("XDG_CACHE_HOME=%s", r->cache);
    scoped_free char *reference = str_printf("%s/bench/%s:1", r->host, name);
    const char *const argv[] = {
        "env", home, "sh", "-c", "exec \"$0\" env pull \"$1\" 2>&1", bench_pyro(), reference, NULL
    };
    struct outcome o;
    struct process p;
    char line[512];

    if (!process_start(argv, &p, err))
        return false;
    while (read_line(p.out_fd, line, sizeof(line)) && !strstr(line, "phase=ready"))
        ;
    *ret_ms = (double)(bench_now_ns() - p.started_ns) / 1e6;
    if (!process_finish(&p, "pyro env pull", &o, err))
        return false;
    outcome_release(&o);
    return strstr(line, "phase=ready") ||
           pyro_fail(err, PYRO_INTERNAL, "'env pull' does not say when it is ready");
}

static bool measure_pull(const char *name, const char *first, const char *const *peer,
                         struct registry *r, struct bench_result *ret, struct pyro_error *err)
{
    for (int i = 0; i < PULL_RUNS; i++) {
        double ms;
        if (!empty_cache(r, err) || (first && !pull(r, first, &ms, err)) ||
            !pull(r, name, &ms, err))
            return false;
        samples_add(&ret->ours, ms);
        if (peer && !process_sample_peer(peer, ret, err))
            return false;
    }
    return fs_remove_tree(AT_FDCWD, r->cache, err);
}

/* Against a program that does nothing but decompress the layer. */
static bool measure_against(const char *name, const char *program, const char *ending,
                            struct bench_result *ret, struct pyro_error *err)
{
    scoped_registry r = { 0 };
    scoped_free char *layer = NULL;
    const char *peer[] = { program, "-dc", NULL, NULL };

    if (!registry_start(&r, err))
        return false;
    peer[2] = layer = str_printf("%s/layer.%s", r.directory, ending);
    return measure_pull(name, NULL, peer, &r, ret, err);
}

static bool measure_gzip(struct bench_result *ret, struct pyro_error *err)
{
    return measure_against("gzip", "gzip", "gz", ret, err);
}

static bool measure_zstd(struct bench_result *ret, struct pyro_error *err)
{
    return measure_against("zstd", "zstd", "zst", ret, err);
}

static bool measure_tools(struct bench_result *ret, struct pyro_error *err)
{
    static const char script[] = "cd \"$1\" && rm -rf layout tree && skopeo copy --quiet "
                                 "--insecure-policy --src-tls-verify=false "
                                 "\"docker://$2/bench/gzip:1\" oci:layout:1 && "
                                 "umoci raw unpack --image layout:1 tree >/dev/null 2>&1";
    scoped_registry r = { 0 };
    const char *peer[] = { "sh", "-c", script, "sh", NULL, r.host, NULL };

    if (geteuid() != 0)
        return pyro_fail(err, PYRO_DEPENDENCY_MISSING, "only root can unpack what others own");
    if (!registry_start(&r, err))
        return false;
    peer[4] = r.directory;
    return measure_pull("gzip", NULL, peer, &r, ret, err);
}

/* No image with those files is on the disk sooner, unless its file system shares blocks. */
static bool measure_second(struct bench_result *ret, struct pyro_error *err)
{
    static const char script[] = "cp --sparse=always \"$1\"/pyro/environments/*gzip*/base.ext4 "
                                 "\"$1/copy\" && sync \"$1/copy\" && rm \"$1/copy\"";
    scoped_registry r = { 0 };
    const char *peer[] = { "sh", "-c", script, "sh", NULL, NULL };

    snprintf(ret->note, sizeof(ret->note),
             "the base is a tar of debian:12, the layer above it one of 1 MB");
    if (!registry_start(&r, err))
        return false;
    peer[4] = r.cache;
    return measure_pull("second", "gzip", peer, &r, ret, err);
}

/* --- made of workspaces --- */

static bool in_guest(const char *id, const char *script, struct pyro_error *err)
{
    const char *const argv[] = { bench_pyro(), "workspace", "exec", "--timeout-seconds",
                                 "0",          id,          "--",   "sh",
                                 "-c",         script,      NULL };

    return process_quietly(argv, err);
}

static bool remove_environment(const char *name, struct pyro_error *err)
{
    const char *const argv[] = { bench_pyro(), "env", "remove", name, NULL };

    return process_quietly(argv, err);
}

/* What it says that each part took, in ms. */
static bool commit(const char *id, const char *name, json_t **ret, struct pyro_error *err)
{
    const char *const argv[] = { bench_pyro(), "workspace", "commit", id, name, "--json", NULL };
    struct outcome o;

    if (!process_run(argv, &o, err))
        return false;
    *ret = json_parse(o.out.data ? o.out.data : "", o.out.len, JSON_BYTES_MAX, err);
    outcome_release(&o);
    return *ret != NULL;
}

static bool measure_commit(struct bench_result *ret, struct pyro_error *err)
{
    char id[BENCH_ID_BYTES];
    scoped_free char *raw = bench_path("raw");
    int64_t digest_ms = 0, template_ms = 0;

    if (!bench_create(id, err))
        return false;
    for (int i = 0; i < COMMIT_RUNS; i++) {
        scoped_json json_t *said = NULL;
        if (!in_guest(id, "head -c 1G /dev/zero >/var/tmp/big && sync", err) ||
            !commit(id, "bench", &said, err) || !remove_environment("bench", err))
            return false;
        samples_add(&ret->ours, (double)json_int_or(said, "commit_ms", 0));
        digest_ms = json_int_or(said, "digest_ms", 0);
        template_ms = json_int_or(said, "template_ms", 0);
    }
    {
        const char *const big[] = { "sh", "-c", "head -c 1G /dev/urandom >\"$0\"", raw, NULL };
        scoped_free char *copy = str_printf("%s.qcow2", raw);
        const char *const peer[] = { "qemu-img", "convert", "-O", "qcow2", raw, copy, NULL };
        bool ok = process_quietly(big, err);
        for (int i = 0; ok && i < COMMIT_RUNS; i++)
            ok = process_sample_peer(peer, ret, err);
        unlink(raw);
        unlink(copy);
        snprintf(ret->note, sizeof(ret->note),
                 "beside it the digest took %lld ms, and the first machine %lld ms",
                 (long long)digest_ms, (long long)template_ms);
        return ok && bench_delete(id, err);
    }
}

static bool measure_start(struct bench_result *ret, struct pyro_error *err)
{
    const char *const ours[] = { bench_pyro(), "workspace", "create", "bench", "--id-only", NULL };
    const char *const peer[] = { bench_pyro(),      "workspace", "create",
                                 BENCH_ENVIRONMENT, "--id-only", NULL };
    char id[BENCH_ID_BYTES];
    scoped_json json_t *said = NULL;

    if (!bench_create(id, err) || !in_guest(id, "echo installed >/opt/tool", err) ||
        !commit(id, "bench", &said, err) || !bench_delete(id, err))
        return false;
    for (int i = 0; i < START_RUNS; i++)
        if (!process_sample(ours, ret, err) || !bench_delete_all(err) ||
            !process_sample_peer(peer, ret, err) || !bench_delete_all(err))
            return false;
    return remove_environment("bench", err);
}

const struct bench_row bench_environment_rows[] = {
    { .name = "env pull of debian:12 as gzip, to installed",
      .unit = "ms",
      .peer = "`gzip -dc` of the layer",
      .peer_ratio = 1,
      .measure = measure_gzip },
    { .name = "env pull of debian:12 as zstd, to installed",
      .unit = "ms",
      .peer = "`zstd -dc` of the layer",
      .peer_ratio = 2.5,
      .measure = measure_zstd },
    { .name = "env pull of debian:12, against other tools",
      .unit = "ms",
      .peer = "`skopeo copy` and `umoci raw unpack`",
      .peer_ratio = 0.5,
      .measure = measure_tools },
    { .name = "env pull of a second image on its layer",
      .unit = "ms",
      .target = 350,
      .peer = "`cp` and `sync` of the image below",
      .measure = measure_second },
    { .name = "workspace commit, 1 GB changed, after its sync",
      .unit = "ms",
      .target = 150,
      .peer = "`qemu-img convert` of 1 GB",
      .measure = measure_commit },
    { .name = "workspace create, of one that was committed",
      .unit = "ms",
      .peer = "workspace create",
      .peer_ratio = 1.1,
      .measure = measure_start },
    { .name = NULL },
};
