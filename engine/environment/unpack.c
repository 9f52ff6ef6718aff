/* engine/environment/unpack.c: pyro-image is given descriptors, and says what it found. */
#include "engine/environment/unpack.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/helper/helper.h"
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
    char name[OCI_DIGEST_SIZE];

    oci_blob_name(digest, name);
    return give(spec, openat(blobs->dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), name, err);
}

static char *copy_member(const json_t *result, const char *name)
{
    const char *text = json_string_or(result, name, NULL);

    return text ? str_printf("%s", text) : NULL;
}

/* Runs it, and notes what it says of the image. */
static bool unpack(struct environment_install *in, struct proc_spec *spec, struct pyro_error *err)
{
    struct environment_record *record = &in->record;
    scoped_json json_t *result = NULL;

    progress_update(in->progress, "unpacking", NULL);
    result = helper_run(spec, UNPACK_TIMEOUT_MS, err);
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

bool environment_unpack_oci(struct environment_install *in, const struct oci_blobs *blobs,
                            struct pyro_error *err)
{
    const struct oci_manifest *m = blobs->manifest;
    scoped_buf layers = BUF_INIT(4096);
    const char *argv[] = { "",         "oci-to-ext4", "--output-fd", "3",           "--manifest-fd",
                           "4",        "--config-fd", "5",           "--layer-fds", NULL,
                           "--digest", blobs->digest, NULL };
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
    if (ok && blobs->reference)
        in->record.reference = str_printf("%s", blobs->reference);
    ok = ok && unpack(in, &spec, err);
    close_given(&spec);
    return ok;
}

bool environment_unpack_archive(struct environment_install *in, int archive_fd,
                                struct pyro_error *err)
{
    const char *const argv[] = { "",  "archive-to-ext4", "--output-fd", "3", "--scratch-fd", "4",
                                 NULL };
    struct proc_spec spec = proc_spec_of(argv);
    scoped_free char *scratch = str_printf("%s/scratch", in->work_dir);
    bool ok = environment_install_prepare(in, err) && give_image(&spec, in, err) &&
              give(&spec, open(scratch, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600), scratch, err);

    spec.stdin_fd = archive_fd;
    ok = ok && unpack(in, &spec, err);
    close_given(&spec);
    return ok;
}
