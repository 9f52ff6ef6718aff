/* engine/environment/unpack.c: pyro-image is given descriptors, and says what it found. */
#include "engine/environment/unpack.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/helper/helper.h"
#include "engine/oci/layer_type.h"
#include "engine/registry/store.h"
#include "engine/state/record.h"
#include "vmm/base/fs.h"

#define UNPACK_TIMEOUT_MS (6LL * 3600 * 1000)
#define FIRST_FD 3
#define ARGUMENTS_MAX 512 /* two for each layer and each directory of a base */

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

static void take_text(char **field, const json_t *result, const char *name)
{
    record_set_string(field, json_string_or(result, name, NULL));
}

static void take_json(json_t **field, const json_t *result, const char *name)
{
    json_decref(*field);
    *field = json_incref(json_object_get(result, name));
}

/* Notes what it says of the image, in place of what was said of one that was not used. */
static bool take_result(struct environment_install *in, const json_t *result)
{
    struct environment_record *record = &in->record;

    if (!result)
        return false;
    take_text(&record->manifest_digest, result, "digest");
    take_text(&record->config_digest, result, "config_digest");
    take_json(&record->config, result, "config");
    take_json(&record->layers, result, "layers");
    take_json(&record->supplied, result, "supplied");
    if (!record->reference)
        take_text(&record->reference, result, "reference");
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

/* What pyro-image is told, and given. */
struct call {
    const char *argv[ARGUMENTS_MAX];
    unsigned count;
    struct proc_spec spec;
    struct buf layers; /* their descriptors, as it reads them */
    char base[16], arrivals[16];
};

static void call_release(struct call *c)
{
    close_given(&c->spec);
    buf_release(&c->layers);
}
#define scoped_call __attribute__((cleanup(call_release))) struct call

static void tell(struct call *c, const char *option, const char *value)
{
    BUG_ON(c->count + 3 > ARGUMENTS_MAX);
    c->argv[c->count++] = option;
    c->argv[c->count++] = value;
}

static void tell_all(struct call *c, const char *option, const json_t *list, const char *member)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        tell(c, option, member ? json_string_or(item, member, "") : json_string_value(item));
    }
}

/* The image that has the lowest layers. */
static bool give_base(struct call *c, const struct environment_base *base, struct pyro_error *err)
{
    snprintf(c->base, sizeof(c->base), "%d", FIRST_FD + (int)c->spec.fd_count);
    tell(c, "--base-fd", c->base);
    tell_all(c, "--base-layer", base->record.layers, "diff_id");
    tell_all(c, "--base-supplied", base->record.supplied, NULL);
    return give(&c->spec, fcntl(base->fd, F_DUPFD_CLOEXEC, FIRST_FD), "dup", err);
}

size_t unpack_first_layer(const struct oci_blobs *blobs)
{
    return blobs->base ? blobs->base->layer_count : 0;
}

static bool give_layers(struct call *c, const struct oci_blobs *blobs, struct pyro_error *err)
{
    const struct oci_manifest *m = blobs->manifest;

    for (size_t i = unpack_first_layer(blobs); i < m->layer_count; i++) {
        if (!buf_printf(&c->layers, "%s%d", c->layers.len ? "," : "",
                        FIRST_FD + (int)c->spec.fd_count))
            return pyro_no_memory(err, NULL);
        if (!give_blob(&c->spec, blobs, m->layers[i].digest, err))
            return false;
    }
    if (c->layers.len)
        tell(c, "--layer-fds", c->layers.data);
    return true;
}

bool environment_unpack_begin(struct environment_install *in, const struct oci_blobs *blobs,
                              bool ahead, struct environment_unpacking *u, struct pyro_error *err)
{
    scoped_call c = { .argv = { "", "oci-to-ext4" }, .count = 2, .layers = BUF_INIT(4096) };

    c.spec = proc_spec_of(c.argv);
    tell(&c, "--output-fd", "3");
    tell(&c, "--manifest-fd", "4");
    tell(&c, "--config-fd", "5");
    tell(&c, "--digest", blobs->digest);
    if (!environment_install_prepare(in, err) || !give_image(&c.spec, in, err) ||
        !give_blob(&c.spec, blobs, blobs->digest, err) ||
        !give_blob(&c.spec, blobs, blobs->manifest->config.digest, err) ||
        (unpack_first_layer(blobs) && !give_base(&c, blobs->base, err)) ||
        !give_layers(&c, blobs, err))
        return false;
    if (ahead) {
        snprintf(c.arrivals, sizeof(c.arrivals), "%d", FIRST_FD + (int)c.spec.fd_count);
        tell(&c, "--arrivals-fd", c.arrivals);
    }
    return (!ahead || give_arrivals(&c.spec, u, err)) &&
           helper_start(&c.spec, &u->pid, &u->out_fd, err);
}

static enum oci_compression compression_of(const char *media_type)
{
    return str_ends_with(media_type, "gzip")   ? OCI_GZIP
           : str_ends_with(media_type, "zstd") ? OCI_ZSTD
                                               : OCI_PLAIN;
}

/* Layers that were not here are compressed as what unpacked the same blob saw, or as is said. */
static void take_compression(const struct oci_blobs *blobs, json_t *layers)
{
    for (size_t i = 0; i < unpack_first_layer(blobs); i++) {
        const json_t *known = json_array_get(blobs->base->record.layers, i);
        const struct oci_descriptor *said = &blobs->manifest->layers[i];
        const char *name = json_string_or(known, "compression", NULL);
        if (!name || strcmp(json_string_or(known, "digest", ""), said->digest) != 0)
            name = oci_compression_name(compression_of(said->media_type));
        json_object_set_new(json_array_get(layers, i), "compression", json_string(name));
    }
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
        record_set_string(&in->record.reference, blobs->reference);
    take_compression(blobs, json_object_get(result, "layers"));
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
