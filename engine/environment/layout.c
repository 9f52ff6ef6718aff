/* engine/environment/layout.c: pyro-image is given the disk's layers, and what the image is to say. */
#include "engine/environment/layout.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/environment/environment_record.h"
#include "engine/environment/overlays.h"
#include "engine/helper/helper.h"
#include "engine/state/paths.h"
#include "vmm/base/fs.h"

#define LAYOUT_MS (6 * 3600 * 1000LL)
#define FIRST_FD 3
#define TIME_AT 7 /* in the arguments */
#define LAYERS_AT 11

/* What the image is to say, as a file: {config, base_layers}. */
static int open_said(const struct environment_record *record, json_t *base_layers,
                     struct pyro_error *err)
{
    scoped_json json_t *said =
        json_pack("{s:O*, s:O*}", "config", record->config, "base_layers", base_layers);
    scoped_free char *text = said ? json_compact(said) : NULL;
    scoped_close int fd = memfd_create("config", MFD_CLOEXEC);

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

json_t *environment_layout(const struct environment *e, json_t *base_layers, int output_fd,
                           const struct progress *progress, struct pyro_error *err)
{
    scoped_free char *cache_dir = paths_environments(err), *made = NULL;
    scoped_environment_record record = { 0 };
    scoped_close int said = -1;
    scoped_buf layers = BUF_INIT(4096);
    const char *argv[] = { "",       "disk-to-oci", "--output-fd", "3",     "--config-fd", "4",
                           "--time", NULL,          "--name",      e->name, "--layer-fds", NULL,
                           NULL };
    struct proc_spec spec = proc_spec_of(argv);
    json_t *result = NULL;

    if (!cache_dir || !environment_record_load(cache_dir, e->name, &record, err) ||
        (said = open_said(&record, base_layers, err)) < 0)
        return NULL;
    argv[TIME_AT] = made = str_printf("%lld", (long long)record.installed_at);
    progress_update(progress, "reading the disk", NULL);
    if (give(&spec, output_fd, "output", err) && give(&spec, said, "configuration", err) &&
        give_layers(&spec, e, &layers, err)) {
        argv[LAYERS_AT] = layers.data;
        result = helper_run(&spec, LAYOUT_MS, err);
    }
    for (unsigned i = 2; i < spec.fd_count; i++)
        close(spec.fds[i].from);
    return result;
}
