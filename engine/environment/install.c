/* engine/environment/install.c: the steps that all sources of environments have in common. */
#include "engine/environment/install.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/environment/catalog.h"
#include "engine/environment/environment.h"
#include "engine/environment/environment_private.h"
#include "engine/environment/trial.h"
#include "engine/state/paths.h"
#include "vmm/base/fs.h"
#include "vmm/base/proc.h"

#define REMOVE_TIMEOUT_MS (3600LL * 1000)

bool environment_install_init(struct environment_install *in, const char *name,
                              const struct progress *progress, struct pyro_error *err)
{
    *in = (struct environment_install){ .progress = progress, .lock = -1 };
    in->cache_dir = paths_environments(err);
    if (!in->cache_dir)
        return false;
    in->name = str_printf("%s", name);
    in->key = environment_key(name);
    in->work_dir = str_printf("%s/" ENVIRONMENT_PULL_PREFIX "%s", in->cache_dir, in->key);
    in->install_dir = str_printf("%s/install", in->work_dir);
    in->image_path = str_printf("%s/base.ext4", in->install_dir);
    in->log_path = str_printf("%s/%s" ENVIRONMENT_LOG_SUFFIX, in->cache_dir, in->key);
    return true;
}

bool environment_install_lock(struct environment_install *in, struct pyro_error *err)
{
    in->lock = environment_lock(in->cache_dir, in->key, in->progress, err);
    return in->lock >= 0 && environment_install_sweep(in, err);
}

bool environment_install_begin(struct environment_install *in, const char *name,
                               const struct progress *progress, struct pyro_error *err)
{
    return environment_install_init(in, name, progress, err) && environment_install_lock(in, err);
}

bool environment_install_is_whole(const struct environment_install *in, struct pyro_error *err)
{
    struct environment e;
    bool whole;

    if (!environment_open(in->name, &e, err))
        return false;
    whole = environment_check(&e, err);
    environment_release(&e);
    return whole;
}

bool environment_install_check_free(const struct environment_install *in, struct pyro_error *err)
{
    scoped_environment_record record = { 0 };
    struct pyro_error why = { 0 };

    if (!catalog_find(in->name, NULL) &&
        !environment_record_load(in->cache_dir, in->name, &record, &why) &&
        why.code == PYRO_ENVIRONMENT_NOT_FOUND)
        return true;
    pyro_fail(err, PYRO_NAME_TAKEN, "there is an environment '%s' already", in->name);
    return pyro_hint(err, "choose another name, or remove it with 'pyro env remove %s'", in->name);
}

bool environment_install_prepare(const struct environment_install *in, struct pyro_error *err)
{
    return fs_mkdir_p(in->install_dir, 0755, err);
}

bool environment_install_finish(struct environment_install *in, struct pyro_error *err)
{
    scoped_close int fd = open(in->image_path, O_RDONLY | O_CLOEXEC);
    char boot[PROC_BOOT_ID_SIZE];

    progress_update(in->progress, "writing the image to disk", NULL);
    if (fd < 0)
        return pyro_fail_errno(err, "open '%s'", in->image_path);
    (void)!sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE); /* goes on while it is measured */
    if (!environment_measure(in->image_path, &in->record.image, err))
        return false;
    /* The disk takes longer than all else: what a crash could still take is looked at after it. */
    if (proc_boot_id(boot))
        in->record.image.written_in = str_printf("%s", boot);
    else if (fsync(fd) != 0)
        return pyro_fail_errno(err, "sync '%s'", in->image_path);
    return environment_install_place(in, err);
}

bool environment_install_place(struct environment_install *in, struct pyro_error *err)
{
    struct environment_record *record = &in->record;
    scoped_free char *target = NULL;
    char unique[ENVIRONMENT_UNIQUE_DIGITS + 1];
    uint8_t random[ENVIRONMENT_UNIQUE_DIGITS / 2];

    random_bytes(random, sizeof(random));
    hex_encode(random, sizeof(random), unique);
    record->name = str_printf("%s", in->name);
    record->catalog_version = str_printf("%s", PYRO_VERSION);
    record->directory = str_printf("%s-%s", in->key, unique);
    record->installed_at = clock_wall();
    target = str_printf("%s/%s", in->cache_dir, record->directory);
    if (in->tried && !trial_begin(in->install_dir, err))
        return false;
    if (rename(in->install_dir, target) != 0)
        return pyro_fail_errno(err, "install '%s'", target);
    return environment_record_save(in->cache_dir, in->name, record, err);
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
    return geteuid() != 0 && proc_run(&spec, REMOVE_TIMEOUT_MS, &out, NULL) &&
           access(path, F_OK) != 0;
}

bool environment_install_sweep(const struct environment_install *in, struct pyro_error *err)
{
    return environment_remove_tree(in->work_dir, err) ||
           pyro_wrap(err, "leftovers of a killed pull");
}

void environment_install_release(struct environment_install *in)
{
    if (in->lock >= 0) {
        if (!environment_install_sweep(in, NULL))
            progress_update(in->progress, "some files could not be removed", NULL);
        close(in->lock);
    }
    environment_record_release(&in->record);
    free(in->name);
    free(in->cache_dir);
    free(in->key);
    free(in->work_dir);
    free(in->install_dir);
    free(in->image_path);
    free(in->log_path);
    *in = (struct environment_install){ .lock = -1 };
}
