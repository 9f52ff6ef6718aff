/* engine/environment/export.c: pyro-image writes it, into a descriptor. */
#include "engine/environment/export.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/environment/environment.h"
#include "engine/environment/environment_record.h"
#include "engine/environment/overlays.h"
#include "engine/helper/helper.h"
#include "engine/helper/host_file.h"
#include "engine/state/paths.h"
#include "vmm/base/file_name.h"
#include "vmm/base/fs.h"

#define EXPORT_MS (6 * 3600 * 1000LL)
#define FIRST_FD 3
#define LAYERS_AT 11 /* in the arguments */

/* The configuration of its image, as a file; {} where it is of none. */
static int open_config(const char *name, struct pyro_error *err)
{
    scoped_free char *cache_dir = paths_environments(err), *text = NULL;
    scoped_environment_record record = { 0 };
    scoped_close int fd = memfd_create("config", MFD_CLOEXEC);

    if (!cache_dir || !environment_record_load(cache_dir, name, &record, err))
        return -1;
    text = record.config ? json_compact(record.config) : str_printf("{}");
    if (fd >= 0 && text && fs_write_all(fd, text, strlen(text), err) && lseek(fd, 0, SEEK_SET) == 0)
        return take_fd(&fd);
    pyro_fail_errno(err, "pass on the configuration");
    return -1;
}

/* Opens what the helper is to have at its next descriptor. False: fd is what failed. */
static bool give(struct proc_spec *spec, int fd, const char *what, struct pyro_error *err)
{
    if (fd < 0)
        return pyro_fail_errno(err, "open '%s'", what);
    spec->fds[spec->fd_count].from = fd;
    spec->fds[spec->fd_count].to = FIRST_FD + (int)spec->fd_count;
    spec->fd_count++;
    return true;
}

/* The layers of its disk, the lowest first, and their descriptors as an option has them. */
static bool give_layers(struct proc_spec *spec, const struct environment *e, struct buf *ret,
                        struct pyro_error *err)
{
    for (unsigned i = 0; i <= e->overlay_count; i++) {
        char name[OVERLAY_NAME_MAX] = "base.ext4";
        scoped_free char *path = NULL;
        if (i)
            overlay_name(i, name);
        path = str_printf("%s/%s", e->install_dir, name);
        if (!buf_printf(ret, "%s%d", i ? "," : "", FIRST_FD + (int)spec->fd_count))
            return pyro_no_memory(err, NULL);
        if (!give(spec, open(path, O_RDONLY | O_CLOEXEC), path, err))
            return false;
    }
    return true;
}

static json_t *export_to(const struct environment *e, int output_fd,
                         const struct progress *progress, struct pyro_error *err)
{
    scoped_close int config = open_config(e->name, err);
    scoped_buf layers = BUF_INIT(4096);
    scoped_free char *now = str_printf("%lld", (long long)clock_wall());
    const char *argv[] = { "",       "disk-to-oci", "--output-fd", "3",     "--config-fd", "4",
                           "--time", now,           "--name",      e->name, "--layer-fds", NULL,
                           NULL };
    struct proc_spec spec = proc_spec_of(argv);
    json_t *result = NULL;

    if (config < 0)
        return NULL;
    progress_update(progress, "writing the archive", NULL);
    if (give(&spec, output_fd, "output", err) && give(&spec, config, "configuration", err) &&
        give_layers(&spec, e, &layers, err)) {
        argv[LAYERS_AT] = layers.data;
        result = helper_run(&spec, EXPORT_MS, err);
    }
    for (unsigned i = 2; i < spec.fd_count; i++)
        close(spec.fds[i].from);
    return result;
}

json_t *environment_export(const char *name, const char *output, const struct progress *progress,
                           struct pyro_error *err)
{
    scoped_host_file struct host_file file = HOST_FILE_INIT;
    struct environment e = { 0 };
    json_t *result = NULL;

    if (!environment_open(name, &e, err))
        return NULL;
    if (host_file_open(&file, output, 0644, err))
        result = export_to(&e, file.fd, progress, err);
    if (result && !host_file_install(&file, err)) {
        json_decref(result);
        result = NULL;
    }
    if (result) {
        json_object_set_new(result, "name", json_string(e.name));
        json_object_set_new(result, "output_path", name_to_json("", output));
    }
    environment_release(&e);
    return result;
}
