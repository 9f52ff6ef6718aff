/* tests/bench/rows_image.c: a root file system's tar into an ext4 image. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "vmm/base/fs.h"

#define RUNS 5

/* What both are given: made once, kept in the bench's directory. */
struct material {
    char *tar, *tree, *image;
};

static void material_release(struct material *m)
{
    free(m->tar);
    free(m->tree);
    free(m->image);
}

/* Runs a script whose result is a path, unless the path is there; half a result is none. */
static bool make_once(const char *path, const char *script, const char *input,
                      struct pyro_error *err)
{
    scoped_free char *partial = str_printf("%s.partial", path);
    const char *const argv[] = { "sh", "-e", "-c", script, "sh", partial, input, NULL };
    struct outcome o;

    if (access(path, F_OK) == 0)
        return true;
    if (!fs_remove_tree(AT_FDCWD, partial, err))
        return false;
    if (!process_run(argv, &o, err)) {
        err->code = PYRO_DEPENDENCY_MISSING;
        return false;
    }
    outcome_release(&o);
    return rename(partial, path) == 0 || pyro_fail_errno(err, "rename '%s'", partial);
}

static bool prepare(struct material *m, struct pyro_error *err)
{
    static const char make_tar[] =
        "cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null >\"$1.sources\" || "
        ":\n"
        "mmdebstrap -q --format=tar --variant=minbase --include=git,ca-certificates bookworm "
        "\"$1\" "
        "\"$1.sources\" $(ls /etc/apt/sources.list.d/*.sources 2>/dev/null)\n"
        "rm -f \"$1.sources\"";
    static const char make_tree[] = "mkdir \"$1\"\n"
                                    "tar -xf \"$2\" -C \"$1\" --numeric-owner --exclude='./dev/*'";
    const char *given = getenv("PYRO_BENCH_TAR");

    m->tar = given ? str_printf("%s", given) : bench_path("debian12.tar");
    m->tree = bench_path("tree");
    m->image = bench_path("image.ext4");
    return make_once(m->tar, make_tar, "", err) && make_once(m->tree, make_tree, m->tar, err);
}

static bool convert(const struct material *m, struct bench_result *ret, struct pyro_error *err)
{
    /* The program is handed descriptors, as pyro hands them. */
    static const char script[] =
        "exec \"$0\" tar-to-ext4 --output-fd 3 --workspace <\"$1\" 3<>\"$2\"";
    const char *const ours[] = { "sh",   "-c",     script, bench_program("pyro-image"),
                                 m->tar, m->image, NULL };
    const char *const peer[] = { "mke2fs", "-q",    "-F",     "-t",  "ext4",
                                 "-d",     m->tree, m->image, "10G", NULL };
    bool ok = process_sample(ours, ret, err);

    unlink(m->image);
    if (ok && !ret->peer_missing[0])
        ok = process_sample_peer(peer, ret, err);
    unlink(m->image);
    return ok;
}

static bool measure_tar(struct bench_result *ret, struct pyro_error *err)
{
    struct material m = { 0 };
    struct stat st = { 0 };
    bool ok = prepare(&m, err);

    if (!program_exists("mke2fs"))
        snprintf(ret->peer_missing, sizeof(ret->peer_missing), "mke2fs is not in PATH");
    for (int i = 0; ok && i < RUNS; i++)
        ok = convert(&m, ret, err);
    if (ok && stat(m.tar, &st) == 0)
        snprintf(ret->note, sizeof(ret->note), "a tar of %.0f MB", (double)st.st_size / 1e6);
    material_release(&m);
    return ok;
}

const struct bench_row bench_image_rows[] = {
    { .name = "tar to ext4, debian:12",
      .unit = "ms",
      .target = 1000,
      .peer = "`mke2fs -d` on the extracted tree",
      .peer_ratio = 1,
      .measure = measure_tar },
    { .name = NULL },
};
