/* engine/environment/from_registry.c: an environment made of an image that a registry has. */
#include "engine/environment/pull.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/environment/unpack_ahead.h"
#include "engine/helper/room.h"
#include "engine/oci/config.h"
#include "engine/registry/store.h"
#include "vmm/base/fs.h"

/* What is installed, if the reference was asked for it. */
static void load_known(const struct pull *p, struct environment_record *ret)
{
    if (p->is_whole && !environment_record_load(p->install.cache_dir, p->install.name, ret, NULL))
        environment_record_release(ret);
}

static bool check_lock(const struct pull *p, const char *known, const char *today,
                       struct pyro_error *err)
{
    if (!p->wish->locked || *p->reference.digest || (known && !strcmp(known, today)))
        return true;
    if (!known) {
        pyro_fail(err, PYRO_PULL_FAILED,
                  "it is not installed, so --locked has nothing to hold it to");
        return pyro_hint(err, "name it by its digest, or pull it without --locked once");
    }
    pyro_fail(err, PYRO_PULL_FAILED, "the tag '%s' has moved: it was %.19s…, and is %.19s… today",
              p->reference.tag, known, today);
    return pyro_hint(err, "without --locked it is pulled as it is today");
}

/* Reads the manifest again, from the store: what names the blobs is what was checked. */
static bool read_manifest(int blobs_fd, const char *digest, struct oci_document *ret,
                          struct pyro_error *err)
{
    scoped_buf text = BUF_INIT(OCI_DOCUMENT_BYTES_MAX);
    char name[OCI_DIGEST_SIZE];

    oci_blob_name(digest, name);
    return fs_read_file(blobs_fd, name, &text, err) &&
           oci_document_parse(text.data ? text.data : "", text.len, NULL, ret, err) &&
           (ret->kind == OCI_MANIFEST ||
            pyro_fail(err, PYRO_CONTENT_REFUSED, "its manifest is an index"));
}

/* Layers that are not there yet have to come, and the image is what all of them hold: where they
 * are compressed, some two or three times their size. */
static void estimate(int blobs_fd, const struct oci_manifest *m,
                     const struct environment_base *base, int64_t *ret_blobs, int64_t *ret_image)
{
    *ret_blobs = 0;
    *ret_image = base->layer_count ? base->record.image.size_bytes : 0;
    for (size_t i = base->layer_count; i < m->layer_count; i++) {
        const struct oci_descriptor *layer = &m->layers[i];
        bool is_tar = str_ends_with(layer->media_type, "tar");

        if (!blobs_has(blobs_fd, layer->digest, layer->size))
            *ret_blobs += layer->size;
        *ret_image += is_tar ? layer->size : 2 * layer->size;
    }
}

/* Said before anything is fetched. */
static bool check_room(const struct pull *p, int blobs_fd, const struct oci_manifest *m,
                       const struct environment_base *base, struct pyro_error *err)
{
    const char *cache_dir = p->install.cache_dir;
    scoped_close int fd = fs_open_dir(AT_FDCWD, cache_dir, err);
    int64_t blobs, image;
    struct stat a, b;

    if (fd < 0)
        return false;
    estimate(blobs_fd, m, base, &blobs, &image);
    if (fstat(fd, &a) == 0 && fstat(blobs_fd, &b) == 0 && a.st_dev == b.st_dev)
        return room_check(fd, cache_dir, blobs + image, err);
    return room_check(blobs_fd, "the cache", blobs, err) && room_check(fd, cache_dir, image, err);
}

/* What the helper says of what it was given, not of this host: its disk, its memory. */
static bool is_of_content(enum pyro_code code)
{
    return code == PYRO_CONTENT_REFUSED || code == PYRO_REFUSED;
}

/* A host that lost power may have damaged a blob: it must not stay for every later pull. */
static void forget_blobs(int blobs_fd, const struct oci_manifest *m)
{
    blobs_forget(blobs_fd, m->config.digest);
    for (size_t i = 0; i < m->layer_count; i++)
        blobs_forget(blobs_fd, m->layers[i].digest);
}

/* --- what an environment has already --- */

static const char *from_registry_digest(const void *manifest, size_t index)
{
    return ((const struct oci_manifest *)manifest)->layers[index].digest;
}

static const char *from_registry_diff_id(const void *config, size_t index)
{
    return ((const struct oci_config *)config)->diff_ids[index];
}

/* Fetched alone: it says which layers are needed. */
static bool read_config(const struct registry_wish *wish, int blobs_fd,
                        const struct registry_image *image, const struct oci_manifest *m,
                        struct oci_config *ret)
{
    scoped_json json_t *first = json_array();
    struct registry_wish quiet = *wish;
    const struct registry_image only = { .blobs = first };
    scoped_buf text = BUF_INIT(OCI_DOCUMENT_BYTES_MAX);
    char name[OCI_DIGEST_SIZE];

    quiet.progress = NULL; /* which counts what is needed */
    json_array_append(first, json_array_get(image->blobs, 0));
    oci_blob_name(m->config.digest, name);
    return registry_fetch(&quiet, blobs_fd, &only, NULL, NULL) &&
           fs_read_file(blobs_fd, name, &text, NULL) &&
           oci_config_parse(text.data ? text.data : "", text.len, ret, NULL) &&
           oci_config_check(ret, m, NULL);
}

/* Layers that were compressed once more have other digests, and the same content. */
static void find_base(const struct pull *p, const struct registry_wish *wish, int blobs_fd,
                      const struct registry_image *image, const struct oci_manifest *m,
                      struct environment_base *ret)
{
    const char *cache_dir = p->install.cache_dir;
    const struct environment_base_wish by_digest = { "digest", from_registry_digest, m,
                                                     m->layer_count };
    scoped_oci_config config = { 0 };
    const struct environment_base_wish by_diff_id = { "diff_id", from_registry_diff_id, &config,
                                                      m->layer_count };

    if (!environment_base_find(cache_dir, &by_digest, wish->progress, ret) &&
        environment_base_may_exist(cache_dir, m->layer_count) &&
        read_config(wish, blobs_fd, image, m, &config))
        environment_base_find(cache_dir, &by_diff_id, wish->progress, ret);
}

static json_t *blobs_needed(const struct registry_image *image, const struct oci_manifest *m,
                            const struct environment_base *base)
{
    json_t *needed = json_array();

    for (size_t i = 0; i < json_array_size(image->blobs); i++) {
        json_t *blob = json_array_get(image->blobs, i);
        if (!environment_base_has(base, m, json_string_or(blob, "digest", "")))
            json_array_append(needed, blob);
    }
    return needed;
}

/* --- installing --- */

/* What is missing is fetched, and unpacked meanwhile. */
static bool fetch_and_unpack(struct pull *p, const struct registry_wish *wish,
                             const struct registry_image *image, const struct oci_blobs *blobs,
                             struct environment_base *base, bool *ret_fetched,
                             struct pyro_error *err)
{
    scoped_json json_t *needed = blobs_needed(image, blobs->manifest, base);
    const struct registry_image part = { .blobs = needed };
    struct unpack_ahead ahead;
    struct registry_watch watch;
    bool ok;

    unpack_ahead_init(&ahead, &p->install, blobs);
    watch = unpack_ahead_watch(&ahead);
    *ret_fetched = check_room(p, blobs->dirfd, blobs->manifest, base, err) &&
                   registry_fetch(wish, blobs->dirfd, &part, &watch, err);
    ok = *ret_fetched && unpack_ahead_end(&ahead, err) && environment_base_check(base, err);
    unpack_ahead_release(&ahead);
    return ok;
}

/* If it cannot be made from its base, whatever is wrong with that, it is made of all its layers. */
static bool make(struct pull *p, const struct registry_wish *wish,
                 const struct registry_image *image, const struct oci_blobs *blobs,
                 struct environment_base *base, struct pyro_error *err)
{
    struct pyro_error why = { 0 };
    bool fetched, ok = fetch_and_unpack(p, wish, image, blobs, base, &fetched, &why);

    if (!ok && fetched && base->layer_count && why.code != PYRO_NO_SPACE) {
        environment_base_release(base);
        why = (struct pyro_error){ 0 };
        ok = environment_install_sweep(&p->install, &why) &&
             fetch_and_unpack(p, wish, image, blobs, base, &fetched, &why);
    }
    if (!ok && fetched && is_of_content(why.code))
        forget_blobs(blobs->dirfd, blobs->manifest);
    return ok || pyro_copy(err, &why);
}

static bool install(struct pull *p, const struct registry_wish *wish, int blobs_fd,
                    const struct registry_image *image, struct pyro_error *err)
{
    scoped_oci_document document = { 0 };
    scoped_environment_base base = ENVIRONMENT_BASE_NONE;
    char reference[REFERENCE_SIZE];
    struct oci_blobs blobs = { .dirfd = blobs_fd,
                               .manifest = &document.manifest,
                               .digest = image->manifest,
                               .reference = reference,
                               .base = &base };

    progress_phase(wish->progress, "install", p->install.name);
    reference_write(&p->reference, reference);
    p->install.record.source = str_printf(ENVIRONMENT_FROM_REGISTRY);
    p->install.record.reference_digest = str_printf("%s", image->digest);
    if (!read_manifest(blobs_fd, image->manifest, &document, err))
        return false;
    find_base(p, wish, blobs_fd, image, &document.manifest, &base);
    return make(p, wish, image, &blobs, &base, err) && environment_install_finish(&p->install, err);
}

/* Not where this host is wrong, its configuration or its disk, nor what is wrong with the image. */
static bool is_of_registry(enum pyro_code code)
{
    return code == PYRO_PULL_FAILED || code == PYRO_TIMEOUT || code == PYRO_ENVIRONMENT_NOT_FOUND;
}

/* A name without a host may have been meant for one of the catalog. */
static bool fail_unknown(const struct pull *p, const struct pyro_error *why, struct pyro_error *err)
{
    struct pyro_error near = { 0 };

    pyro_copy(err, why);
    if (!is_of_registry(why->code) || !strncmp(p->install.name, p->name, strlen(p->name)) ||
        catalog_find(p->name, &near))
        return false;
    if (why->code == PYRO_ENVIRONMENT_NOT_FOUND)
        pyro_wrap(err, "no environment '%s', and no image of that name", p->name);
    else
        pyro_wrap(err, "no environment '%s'; whether there is such an image cannot be told",
                  p->name);
    pyro_recode(err, PYRO_ENVIRONMENT_NOT_FOUND);
    return *near.hint && pyro_hint(err, "%s", near.hint);
}

/* The registry cannot be asked: what is installed works all the same. */
static bool keep_installed(const struct pull *p, const struct pyro_error *why)
{
    scoped_free char *text =
        str_printf("%s is kept as it is: whether it has changed cannot be told (%s)",
                   p->install.name, why->message);

    progress_note(p->install.progress, text);
    return true;
}

bool pull_from_registry(struct pull *p, bool *ret_same, struct pyro_error *err)
{
    scoped_environment_record known = { 0 };
    scoped_registry_image image = { 0 };
    scoped_close int blobs_fd = -1;
    struct registry_wish wish = { .reference = p->reference,
                                  .ca_file = p->wish->ca_file,
                                  .progress = p->install.progress };
    struct pyro_error why = { 0 };

    load_known(p, &known);
    wish.known = known.reference_digest;
    blobs_fd = blobs_open(err);
    if (blobs_fd < 0)
        return false;
    if (!registry_resolve(&wish, blobs_fd, &image, &why)) {
        *ret_same = wish.known && !p->wish->locked && is_of_registry(why.code);
        return *ret_same ? keep_installed(p, &why) : fail_unknown(p, &why, err);
    }
    *ret_same = image.is_unchanged || (wish.known && !strcmp(image.digest, wish.known));
    return check_lock(p, wish.known, image.digest, err) &&
           (*ret_same || install(p, &wish, blobs_fd, &image, err));
}
