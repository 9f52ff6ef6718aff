/*
 * engine/environment/pull.c: one pull. Everything it makes is in pull-KEY/ until the image is
 * complete and on the disk; then that becomes KEY-HEX/ by rename and the record is replaced by
 * rename. The holder of KEY's lock may remove pull-KEY/.
 */
#include "engine/environment/pull.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/environment/environment.h"
#include "engine/environment/environment_private.h"
#include "engine/environment/mmdebstrap.h"
#include "engine/helper/helper.h"
#include "engine/state/paths.h"
#include "vmm/base/fs.h"

#define PULL_TIMEOUT_MS (6LL * 3600 * 1000)
#define HELPER_END_MS (60 * 1000)

struct pull {
    const struct catalog_entry *entry;
    const struct progress *progress;
    char *cache_dir, *key;
    char *work_dir;    /* pull-KEY */
    char *install_dir; /* pull-KEY/install: what will be KEY-HEX */
    char *image_path;
    char *log_path;
};

static void pull_release(struct pull *p)
{
    free(p->cache_dir);
    free(p->key);
    free(p->work_dir);
    free(p->install_dir);
    free(p->image_path);
    free(p->log_path);
}

static bool pull_init(struct pull *p, const char *name, const struct progress *progress,
                      struct pyro_error *err)
{
    memset(p, 0, sizeof(*p));
    p->progress = progress;
    p->entry = catalog_find(name, err);
    p->cache_dir = p->entry ? paths_environments(err) : NULL;
    if (!p->cache_dir)
        return false;
    p->key = environment_key(name);
    p->work_dir = str_printf("%s/" ENVIRONMENT_PULL_PREFIX "%s", p->cache_dir, p->key);
    p->install_dir = str_printf("%s/install", p->work_dir);
    p->image_path = str_printf("%s/base.ext4", p->install_dir);
    p->log_path = str_printf("%s/%s" ENVIRONMENT_LOG_SUFFIX, p->cache_dir, p->key);
    return true;
}

bool environment_remove_tree(const char *path, struct pyro_error *err)
{
    const char *argv[] = {
        "unshare", "--user", "--map-root-user", "--map-auto", "--", "rm", "-rf", "--", path, NULL
    };
    struct proc_spec spec = proc_spec_of(argv);
    scoped_buf out = BUF_INIT(4096);

    if (fs_remove_tree(AT_FDCWD, path, err))
        return true;
    /* Files of subordinate ids can be removed in a namespace where those ids are ours. */
    return geteuid() != 0 && proc_run(&spec, PULL_TIMEOUT_MS, &out, NULL) &&
           access(path, F_OK) != 0;
}

/* Starts pyro-image reading tar from tar_fd and writing the image. */
static bool start_writer(const struct pull *p, int tar_fd, pid_t *ret_pid, int *ret_fd,
                         struct pyro_error *err)
{
    static const char *const argv[] = {
        "", "tar-to-ext4", "--workspace", "--output-fd", "3", NULL
    };
    scoped_close int image = open(p->image_path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
    struct proc_spec spec = proc_spec_of(argv);

    if (image < 0)
        return pyro_fail_errno(err, "create '%s'", p->image_path);
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

static bool build_image(const struct pull *p, struct pyro_error *err)
{
    struct pyro_error debs_err = { 0 }, writer_err = { 0 };
    struct mmdebstrap m = { .entry = p->entry, .work_dir = p->work_dir, .log_path = p->log_path };
    scoped_json json_t *result = NULL;
    int tar[2], writer_fd = -1;
    pid_t writer = 0;
    bool started, debs_ok;

    if (pipe2(tar, O_CLOEXEC) != 0)
        return pyro_fail_errno(err, "pipe");
    started =
        mmdebstrap_start(&m, tar[1], err) && start_writer(p, tar[0], &writer, &writer_fd, err);
    close(tar[0]), close(tar[1]);
    if (!started) {
        mmdebstrap_release(&m);
        return false;
    }
    debs_ok = mmdebstrap_wait(&m, p->progress, &debs_err);
    mmdebstrap_release(&m);
    result = helper_wait(writer, writer_fd, clock_ms() + HELPER_END_MS, &writer_err);
    if (!result)
        return tell_failure(debs_ok, &debs_err, &writer_err, err);
    if (!debs_ok)
        pyro_copy(err, &debs_err);
    return debs_ok;
}

static bool sync_file(const char *path, struct pyro_error *err)
{
    scoped_close int fd = open(path, O_RDONLY | O_CLOEXEC);

    return (fd >= 0 && fsync(fd) == 0) || pyro_fail_errno(err, "sync '%s'", path);
}

/* Moves the finished image into place, then writes the record. */
static bool install(const struct pull *p, struct pyro_error *err)
{
    scoped_free char *directory = NULL, *target = NULL;
    char unique[ENVIRONMENT_UNIQUE_DIGITS + 1];
    uint8_t random[ENVIRONMENT_UNIQUE_DIGITS / 2];
    struct environment_record record;
    bool ok;

    random_bytes(random, sizeof(random));
    hex_encode(random, sizeof(random), unique);
    directory = str_printf("%s-%s", p->key, unique);
    target = str_printf("%s/%s", p->cache_dir, directory);
    record = (struct environment_record){ .name = str_printf("%s", p->entry->name),
                                          .catalog_version = str_printf("%s", PYRO_VERSION),
                                          .directory = take_ptr(&directory),
                                          .source = str_printf("debian-packages"),
                                          .packages = catalog_packages(p->entry),
                                          .installed_at = clock_wall() };
    ok = sync_file(p->image_path, err) && environment_measure(p->image_path, &record.image, err);
    if (ok && rename(p->install_dir, target) != 0)
        ok = pyro_fail_errno(err, "install '%s'", target);
    ok = ok && environment_record_save(p->cache_dir, p->entry->name, &record, err);
    environment_record_release(&record);
    return ok;
}

/* Installed, and every byte unchanged. */
static bool is_whole(const struct pull *p, struct pyro_error *err)
{
    struct environment e;
    bool whole;

    if (!environment_open(p->entry->name, &e, err))
        return false;
    whole = environment_check(&e, err);
    environment_release(&e);
    return whole;
}

/* Leftovers of a killed pull. */
static bool sweep(const struct pull *p, struct pyro_error *err)
{
    return environment_remove_tree(p->work_dir, err) ||
           pyro_wrap(err, "leftovers of a killed pull");
}

static bool build(const struct pull *p, struct pyro_error *err)
{
    bool ok =
        mmdebstrap_check_host(err) && fs_mkdir_p(p->install_dir, 0755, err) && build_image(p, err);

    if (ok) {
        progress_update(p->progress, "writing the image to disk", NULL);
        ok = install(p, err);
    }
    if (!sweep(p, ok ? err : NULL))
        return false;
    if (ok)
        unlink(p->log_path);
    return ok;
}

bool environment_pull(const char *name, const struct progress *progress, struct pyro_error *err)
{
    struct pyro_error why = { 0 };
    scoped_close int lock = -1;
    struct pull p;
    bool ok = pull_init(&p, name, progress, err);

    if (ok) {
        lock = environment_lock(p.cache_dir, p.key, progress, err);
        ok = lock >= 0 && sweep(&p, err);
    }
    if (ok && !is_whole(&p, &why)) {
        progress_phase(progress, "install", name);
        /* Never replace the record of a newer pyro. */
        ok = why.code != PYRO_RECORD_INVALID;
        if (!ok)
            pyro_copy(err, &why);
        ok = ok && (build(&p, err) || pyro_wrap(err, "pull %s", name));
    }
    if (ok)
        progress_phase(progress, "ready", name);
    pull_release(&p);
    return ok;
}
