/* engine/environment/from_packages.c: an environment made of Debian packages. */
#include "engine/environment/pull.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/environment/mmdebstrap.h"
#include "engine/helper/helper.h"
#include "vmm/base/fs.h"

#define HELPER_END_MS (60 * 1000)

/* Starts pyro-image reading tar from tar_fd and writing the image. */
static bool start_writer(const struct environment_install *in, int tar_fd, pid_t *ret_pid,
                         int *ret_fd, struct pyro_error *err)
{
    static const char *const argv[] = {
        "", "tar-to-ext4", "--workspace", "--output-fd", "3", NULL
    };
    scoped_close int image = open(in->image_path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
    struct proc_spec spec = proc_spec_of(argv);

    if (image < 0)
        return pyro_fail_errno(err, "create '%s'", in->image_path);
    spec.stdin_fd = tar_fd;
    spec.fds[0].from = image;
    spec.fds[0].to = 3;
    spec.fd_count = 1;
    return helper_start(&spec, ret_pid, ret_fd, err);
}

/* If both failed: a writer that only found the tar cut short is not the cause. */
static bool tell_failure(bool debs_ok, const struct pyro_error *debs,
                         const struct pyro_error *writer, struct pyro_error *err)
{
    bool bad_tar = writer->code == PYRO_REFUSED;

    pyro_copy(err, debs_ok || !bad_tar ? writer : debs);
    if (debs_ok && bad_tar)
        pyro_recode(err, PYRO_PULL_FAILED);
    return false;
}

static bool build_image(const struct environment_install *in, const struct catalog_entry *entry,
                        struct pyro_error *err)
{
    struct pyro_error debs_err = { 0 }, writer_err = { 0 };
    struct mmdebstrap m = { .entry = entry, .work_dir = in->work_dir, .log_path = in->log_path };
    scoped_json json_t *result = NULL;
    int tar[2], writer_fd = -1;
    pid_t writer = 0;
    bool started, debs_ok;

    if (pipe2(tar, O_CLOEXEC) != 0)
        return pyro_fail_errno(err, "pipe");
    started =
        mmdebstrap_start(&m, tar[1], err) && start_writer(in, tar[0], &writer, &writer_fd, err);
    close(tar[0]), close(tar[1]);
    if (!started) {
        mmdebstrap_release(&m);
        return false;
    }
    debs_ok = mmdebstrap_wait(&m, in->progress, &debs_err);
    mmdebstrap_release(&m);
    result = helper_wait(writer, writer_fd, clock_ms() + HELPER_END_MS, &writer_err);
    if (!result)
        return tell_failure(debs_ok, &debs_err, &writer_err, err);
    if (!debs_ok)
        pyro_copy(err, &debs_err);
    return debs_ok;
}

bool pull_from_packages(struct pull *p, bool *ret_same, struct pyro_error *err)
{
    struct environment_install *in = &p->install;

    *ret_same = false;
    progress_phase(in->progress, "install", in->name);
    in->record.source = str_printf(ENVIRONMENT_FROM_PACKAGES);
    in->record.packages = catalog_packages(p->entry);
    if (!environment_install_prepare(in, err) || !build_image(in, p->entry, err) ||
        !environment_install_finish(in, err) || !environment_install_sweep(in, err))
        return false;
    unlink(in->log_path);
    return true;
}
