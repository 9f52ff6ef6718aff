/* engine/environment/unpack.c: pyro-image is given descriptors, and says what it found. */
#include "engine/environment/unpack.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/helper/helper.h"
#include "engine/registry/store.h"
#include "vmm/base/fs.h"

#define UNPACK_TIMEOUT_MS (6LL * 3600 * 1000)
#define FIRST_FD 3

/* Descriptors that the spec has, to be closed after the start. */
static void close_given(const struct proc_spec *spec)
{
    for (unsigned i = 0; i < spec->fd_count; i++)
        close(spec->fds[i].from);
}

static bool give(struct proc_spec *spec, int fd, const char *what, struct pyro_error *err)
{
    if (fd < 0)
        return pyro_fail_errno(err, "%s", what);
    BUG_ON(spec->fd_count >= PROC_FDS_MAX);
    spec->fds[spec->fd_count].from = fd;
    spec->fds[spec->fd_count].to = FIRST_FD + (int)spec->fd_count;
    spec->fd_count++;
    return true;
}

static bool give_image(struct proc_spec *spec, const struct environment_install *in,
                       struct pyro_error *err)
{
    return give(spec, open(in->image_path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0444),
                in->image_path, err);
}

static bool give_blob(struct proc_spec *spec, const struct oci_blobs *blobs, const char *digest,
                      struct pyro_error *err)
{
    return give(spec, blobs_open_blob(blobs->dirfd, digest), digest, err);
}

static char *copy_member(const json_t *result, const char *name)
{
    const char *text = json_string_or(result, name, NULL);

    return text ? str_printf("%s", text) : NULL;
}

/* Notes what it says of the image. */
static bool take_result(struct environment_install *in, const json_t *result)
{
    struct environment_record *record = &in->record;

    if (!result)
        return false;
    record->manifest_digest = copy_member(result, "digest");
    record->config_digest = copy_member(result, "config_digest");
    record->config = json_incref(json_object_get(result, "config"));
    record->layers = json_incref(json_object_get(result, "layers"));
    if (!record->reference)
        record->reference = copy_member(result, "reference");
    return true;
}

void environment_unpacking_release(struct environment_unpacking *u)
{
    if (u->arrivals_fd >= 0)
        close(u->arrivals_fd);
    if (u->out_fd >= 0)
        close(u->out_fd);
    proc_kill(u->pid);
    *u = ENVIRONMENT_UNPACKING_NONE;
}

/* The end that pyro-image reads from becomes the spec's; a full pipe must not hold up a fetch. */
static bool give_arrivals(struct proc_spec *spec, struct environment_unpacking *u,
                          struct pyro_error *err)
{
    int pair[2];

    if (pipe2(pair, O_CLOEXEC) != 0)
        return pyro_fail_errno(err, "pipe");
    u->arrivals_fd = pair[1];
    return give(spec, pair[0], "pipe", err) &&
           (fcntl(pair[1], F_SETFL, O_NONBLOCK) == 0 || pyro_fail_errno(err, "pipe"));
}

bool environment_unpack_begin(struct environment_install *in, const struct oci_blobs *blobs,
                              bool ahead, struct environment_unpacking *u, struct pyro_error *err)
{
    const struct oci_manifest *m = blobs->manifest;
    scoped_buf layers = BUF_INIT(4096);
    char arrivals[16];
    const char *argv[] = { "",         "oci-to-ext4", "--output-fd", "3",           "--manifest-fd",
                           "4",        "--config-fd", "5",           "--layer-fds", NULL,
                           "--digest", blobs->digest, NULL,          arrivals,      NULL };
    struct proc_spec spec = proc_spec_of(argv);
    bool ok = environment_install_prepare(in, err) && give_image(&spec, in, err) &&
              give_blob(&spec, blobs, blobs->digest, err) &&
              give_blob(&spec, blobs, m->config.digest, err);

    for (size_t i = 0; ok && i < m->layer_count; i++) {
        ok = buf_printf(&layers, "%s%d", i ? "," : "", FIRST_FD + (int)spec.fd_count) ||
             pyro_no_memory(err, NULL);
        ok = ok && give_blob(&spec, blobs, m->layers[i].digest, err);
    }
    argv[9] = layers.data;
    if (ahead) {
        argv[12] = "--arrivals-fd";
        snprintf(arrivals, sizeof(arrivals), "%d", FIRST_FD + (int)spec.fd_count);
        ok = ok && give_arrivals(&spec, u, err);
    }
    ok = ok && helper_start(&spec, &u->pid, &u->out_fd, err);
    close_given(&spec);
    return ok;
}

bool environment_unpack_end(struct environment_install *in, const struct oci_blobs *blobs,
                            struct environment_unpacking *u, struct pyro_error *err)
{
    scoped_json json_t *result = NULL;
    pid_t pid = u->pid;
    int out_fd = u->out_fd;

    progress_update(in->progress, "unpacking", NULL);
    u->pid = 0;
    u->out_fd = -1;
    result = helper_wait(pid, out_fd, clock_ms() + UNPACK_TIMEOUT_MS, err);
    if (result && blobs->reference)
        in->record.reference = str_printf("%s", blobs->reference);
    return take_result(in, result);
}

bool environment_unpack_oci(struct environment_install *in, const struct oci_blobs *blobs,
                            struct pyro_error *err)
{
    scoped_environment_unpacking u = ENVIRONMENT_UNPACKING_NONE;

    return environment_unpack_begin(in, blobs, false, &u, err) &&
           environment_unpack_end(in, blobs, &u, err);
}

bool environment_unpack_archive(struct environment_install *in, int archive_fd,
                                struct pyro_error *err)
{
    const char *const argv[] = { "",  "archive-to-ext4", "--output-fd", "3", "--scratch-fd", "4",
                                 NULL };
    struct proc_spec spec = proc_spec_of(argv);
    scoped_free char *scratch = str_printf("%s/scratch", in->work_dir);
    scoped_json json_t *result = NULL;
    bool ok = environment_install_prepare(in, err) && give_image(&spec, in, err) &&
              give(&spec, open(scratch, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600), scratch, err);

    spec.stdin_fd = archive_fd;
    if (ok) {
        progress_update(in->progress, "unpacking", NULL);
        result = helper_run(&spec, UNPACK_TIMEOUT_MS, err);
    }
    close_given(&spec);
    return take_result(in, result);
}
