/* tests/bench/rows_disk.c: snapshots, resets, and looking at a stopped workspace's disk. */
#include <string.h>
#include <unistd.h>

#include "engine/client/handle.h"
#include "tests/bench/bench.h"
#include "vmm/base/fs.h"

#define SNAPSHOT_RUNS 3 /* each writes a gigabyte first */
#define RESET_RUNS 9
#define LOOK_RUNS 15

static bool in_guest(const char *id, const char *script, struct pyro_error *err)
{
    const char *const argv[] = { bench_pyro(), "workspace", "exec", "--timeout-seconds",
                                 "0",          id,          "--",   "sh",
                                 "-c",         script,      NULL };

    return process_quietly(argv, err);
}

static bool stop(const char *id, struct pyro_error *err)
{
    const char *const argv[] = { bench_pyro(), "workspace", "stop", id, NULL };

    return process_quietly(argv, err);
}

/* The disk of a stopped workspace as qemu-img knows it, and the file of its active layer; the
 * caller's. */
static bool find_disk(const char *id, char **ret_json, char **ret_file, struct pyro_error *err)
{
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    scoped_layer_chain struct disk_layer_chain chain = { 0 };
    scoped_free char *dir = NULL;
    struct workspace_record r;
    bool ok;

    if (!workspace_open(id, &o, err) || !record_load(o.dir_fd, o.id, &r, err))
        return false;
    dir = str_printf("%s/%s", o.store.path, o.id);
    ok = disk_layers_chain(&r.disk, r.disk.active, r.base_path, dir, &chain, err);
    record_release(&r);
    if (!ok)
        return false;
    *ret_json = disk_json_name(&chain.chain, err);
    *ret_file = str_printf("%s", chain.paths[chain.chain.count - 1]);
    return *ret_json != NULL;
}

static bool sample_peer_snapshot(const char *id, struct bench_result *ret, struct pyro_error *err)
{
    scoped_free char *name = NULL, *file = NULL;

    if (!stop(id, err) || !find_disk(id, &name, &file, err))
        return false;
    {
        const char *const create[] = { "qemu-img", "snapshot", "-c", "bench", file, NULL };
        const char *const delete[] = { "qemu-img", "snapshot", "-d", "bench", file, NULL };
        for (int i = 0; i < SNAPSHOT_RUNS; i++)
            if (!process_sample_peer(create, ret, err) || !process_quietly(delete, err))
                return false;
    }
    return true;
}

static bool measure_snapshot(struct bench_result *ret, struct pyro_error *err)
{
    char id[BENCH_ID_BYTES];

    snprintf(ret->note, sizeof(ret->note),
             "the machine runs, the gigabyte is in the active layer; the "
             "peer works on the layer of a stopped one");
    if (!bench_create(id, err))
        return false;
    for (int i = 0; i < SNAPSHOT_RUNS; i++) {
        scoped_free char *name = str_printf("s%d", i);
        const char *const argv[] = {
            bench_pyro(), "workspace", "snapshot", "create", id, name, NULL
        };
        if (!in_guest(id, "head -c 1G /dev/zero >/var/tmp/big && sync", err) ||
            !process_sample(argv, ret, err))
            return false;
    }
    return in_guest(id, "head -c 1G /dev/zero >/var/tmp/big && sync", err) &&
           sample_peer_snapshot(id, ret, err) && bench_delete(id, err);
}

/* Against create, with nothing else running for either. */
static bool measure_reset_to(const char *snapshot, bool again, struct bench_result *ret,
                             struct pyro_error *err)
{
    char id[BENCH_ID_BYTES];
    const char *const keep[] = { bench_pyro(), "workspace", "snapshot", "create", id, "a", NULL };
    const char *const reset[] = { bench_pyro(), "workspace", "reset", id,
                                  "--snapshot", snapshot,    NULL };
    const char *const create[] = { bench_pyro(),      "workspace", "create",
                                   BENCH_ENVIRONMENT, "--id-only", NULL };

    if (!bench_delete_all(err))
        return false;
    for (int i = 0; i < RESET_RUNS; i++) {
        if (!process_sample_peer(create, ret, err) || !bench_delete_all(err) ||
            !bench_create(id, err) || !in_guest(id, "echo changed >file", err) ||
            !process_quietly(keep, err) || (again && !process_quietly(reset, err)) ||
            !in_guest(id, "rm -rf /usr/share", err) || !process_sample(reset, ret, err) ||
            !bench_delete_all(err))
            return false;
    }
    return true;
}

static bool measure_reset(struct bench_result *ret, struct pyro_error *err)
{
    return measure_reset_to("baseline", false, ret, err);
}

static bool measure_reset_snapshot(struct bench_result *ret, struct pyro_error *err)
{
    snprintf(ret->note, sizeof(ret->note),
             "the first one since create, to a disk that is not what a template has mounted: "
             "the memory of another template is loaded, and the guest mounts the disk");
    return measure_reset_to("a", false, ret, err);
}

static bool measure_reset_again(struct bench_result *ret, struct pyro_error *err)
{
    snprintf(ret->note, sizeof(ret->note),
             "as before, of a machine that was started so: its memory is kept");
    return measure_reset_to("a", true, ret, err);
}

/* A stopped workspace with some files, looked at by one command each. */
static bool measure_look(const char *const *words, const char *request, struct bench_result *ret,
                         struct pyro_error *err)
{
    char id[BENCH_ID_BYTES];
    scoped_free char *name = NULL, *file = NULL, *raw = bench_path("raw"), *script = NULL;
    const char *ours[] = { bench_pyro(), "workspace", "disk", words[0], id, words[1], NULL };

    snprintf(ret->note, sizeof(ret->note), "of a disk of 10 GiB with debian:12 on it");
    if (!bench_create(id, err) ||
        !in_guest(id, "for i in $(seq 1000); do echo $i >file-$i; done", err) || !stop(id, err) ||
        !find_disk(id, &name, &file, err))
        return false;
    script = str_printf("PATH=$PATH:/sbin:/usr/sbin; qemu-img convert -O raw \"$0\" \"$1\" && "
                        "debugfs -R '%s' \"$1\" 2>/dev/null",
                        request);
    {
        const char *const peer[] = { "sh", "-c", script, name, raw, NULL };
        for (int i = 0; i < LOOK_RUNS; i++)
            if (!process_sample(ours, ret, err) || (i < 3 && !process_sample_peer(peer, ret, err)))
                return false;
    }
    unlink(raw);
    return bench_delete(id, err);
}

static bool measure_list(struct bench_result *ret, struct pyro_error *err)
{
    static const char *const words[] = { "list", "/workspace" };

    return measure_look(words, "ls -l /workspace", ret, err);
}

static bool measure_read(struct bench_result *ret, struct pyro_error *err)
{
    static const char *const words[] = { "read", "/workspace/file-500" };

    return measure_look(words, "cat /workspace/file-500", ret, err);
}

const struct bench_row bench_disk_rows[] = {
    { .name = "snapshot create, running, 1 GB changed",
      .unit = "ms",
      .target = 150,
      .peer = "`qemu-img snapshot` on the stopped disk",
      .measure = measure_snapshot },
    { .name = "reset to the baseline, to its prompt back",
      .unit = "ms",
      .peer = "workspace create",
      .peer_ratio = 1.3,
      .measure = measure_reset },
    { .name = "reset to a snapshot, to its prompt back",
      .unit = "ms",
      .peer = "workspace create",
      .peer_ratio = 1.3,
      .measure = measure_reset_snapshot },
    { .name = "reset to a snapshot again, to its prompt back",
      .unit = "ms",
      .peer = "workspace create",
      .peer_ratio = 1.3,
      .measure = measure_reset_again },
    { .name = "disk list of 1000 files, stopped",
      .unit = "ms",
      .target = 50,
      .peer = "`qemu-img convert` and debugfs",
      .measure = measure_list },
    { .name = "disk read, stopped",
      .unit = "ms",
      .target = 50,
      .peer = "`qemu-img convert` and debugfs",
      .measure = measure_read },
    { .name = NULL },
};
