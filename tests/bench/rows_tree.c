/* tests/bench/rows_tree.c: trees of files into a workspace and out of it. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "vmm/base/fs.h"

#define RUNS 3
#define DIRECTORIES 200
#define FILES 100 /* in each */
#define FILE_BYTES 15700

static bool make_directory(const char *path, struct pyro_error *err)
{
    static char content[FILE_BYTES];

    if (!fs_mkdir_p(path, 0755, err))
        return false;
    for (int i = 0; i < FILES; i++) {
        scoped_free char *file = str_printf("%s/f%d", path, i);
        random_bytes(content, sizeof(content));
        if (!fs_replace(AT_FDCWD, file, content, sizeof(content), 0644, err))
            return false;
    }
    return true;
}

/* Some 300 MB in 20,000 files; kept for the other rows. The caller frees the path. */
static char *make_tree(struct pyro_error *err)
{
    char *path = bench_path("tree");
    scoped_free char *done = bench_path("tree/done");

    if (access(done, F_OK) == 0)
        return path;
    for (int i = 0; i < DIRECTORIES; i++) {
        scoped_free char *directory = str_printf("%s/d%d", path, i);
        if (!make_directory(directory, err)) {
            free(path);
            return NULL;
        }
    }
    if (fs_replace(AT_FDCWD, done, "", 0, 0644, err))
        return path;
    free(path);
    return NULL;
}

static bool measure_sync(struct bench_result *ret, struct pyro_error *err)
{
    scoped_free char *tree = make_tree(err);
    char id[BENCH_ID_BYTES];
    const char *const ours[] = { bench_pyro(), "workspace", "sync", "push", id,
                                 tree,         "--dest",    "a",    NULL };
    const char *const clear[] = {
        bench_pyro(), "workspace", "exec", "--timeout-seconds",         "0", id,
        "--",         "sh",        "-c",   "rm -rf a b; mkdir b; sync", NULL
    };
    scoped_free char *script = NULL;

    if (!tree || !bench_create(id, err))
        return false;
    script = str_printf("tar -C '%s' -cf - . | '%s' workspace exec --timeout-seconds 0 %s -- "
                        "tar -C b -xf -",
                        tree, bench_pyro(), id);
    snprintf(ret->note, sizeof(ret->note),
             "on the guest's disk at the end; tar leaves it in memory");
    for (int i = 0; i < RUNS; i++) {
        const char *const peer[] = { "sh", "-c", script, NULL };
        if (!process_quietly(clear, err) || !process_sample(ours, ret, err) ||
            !process_sample_peer(peer, ret, err))
            return false;
    }
    return bench_delete(id, err);
}

const struct bench_row bench_tree_rows[] = {
    { .name = "workspace sync push, 300 MB in 20,000 files",
      .unit = "ms",
      .peer = "tar | tar by workspace exec",
      .peer_ratio = 1.5,
      .measure = measure_sync },
    { .name = NULL },
};
