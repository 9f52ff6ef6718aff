/* tests/bench/rows_image.c: a root file system's tar into an ext4 image. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/environment/mmdebstrap.h"
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

/* As `env pull` has it made. */
static bool make_tar(const char *path, struct pyro_error *err)
{
    scoped_free char *work = bench_path("mmdebstrap"), *log = bench_path("mmdebstrap.log");
    struct mmdebstrap m = { .entry = catalog_find(BENCH_ENVIRONMENT, err),
                            .work_dir = work,
                            .log_path = log };
    scoped_close int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    bool ok;

    if (fd < 0)
        return pyro_fail_errno(err, "create '%s'", path);
    ok = m.entry && mmdebstrap_check_host(err) && fs_mkdir_p(work, 0755, err) &&
         mmdebstrap_start(&m, fd, err);
    if (ok) {
        ok = mmdebstrap_wait(&m, NULL, err);
        mmdebstrap_release(&m);
    }
    return fs_remove_tree(AT_FDCWD, work, err) && ok;
}

static bool make_tree(const char *path, const char *tar, struct pyro_error *err)
{
    const char *const argv[] = {
        "tar", "-xf", tar, "-C", path, "--numeric-owner", "--exclude=./dev/*", NULL
    };
    struct outcome o;

    if (!fs_mkdir_p(path, 0755, err) || !process_run(argv, &o, err))
        return false;
    outcome_release(&o);
    return true;
}

/* Made under another name, so that half of one is never taken for it. What cannot be made, a
 * network missing say, is not the fault of what is measured. */
static bool prepare(struct material *m, struct pyro_error *err)
{
    scoped_free char *half = bench_path("half");
    const char *given = getenv("PYRO_BENCH_TAR");
    bool ok = fs_remove_tree(AT_FDCWD, half, err);

    m->tar = given ? str_printf("%s", given) : bench_path("debian12.tar");
    m->tree = bench_path("tree");
    m->image = bench_path("image.ext4");
    if (ok && access(m->tar, R_OK) != 0)
        ok = make_tar(half, err) && rename(half, m->tar) == 0;
    if (ok && access(m->tree, R_OK) != 0)
        ok = make_tree(half, m->tar, err) && rename(half, m->tree) == 0;
    if (!ok && err->code)
        err->code = PYRO_DEPENDENCY_MISSING;
    return ok;
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
