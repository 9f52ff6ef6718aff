/* engine/environment/commit.c: putting a workspace's layers into an environment's directory. */
#include "engine/environment/commit.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/environment/environment_private.h"
#include "engine/environment/overlays.h"
#include "engine/state/digest.h"
#include "engine/state/file_share.h"
#include "engine/state/names.h"
#include "vmm/base/fs.h"

#define IMAGE "base.ext4"

static bool prepare(struct environment_commit *c, struct pyro_error *err)
{
    if (!environment_install_prepare(&c->install, err))
        return false;
    c->dirfd = fs_open_dir(AT_FDCWD, c->install.install_dir, err);
    return c->dirfd >= 0;
}

bool environment_commit_begin(struct environment_commit *c, const char *name,
                              const struct progress *progress, struct pyro_error *err)
{
    *c = (struct environment_commit)ENVIRONMENT_COMMIT_INIT;
    return workspace_check_name("environment", name, err) &&
           environment_install_begin(&c->install, name, progress, err) &&
           environment_install_check_free(&c->install, err);
}

bool environment_commit_add(struct environment_commit *c, int fd, struct pyro_error *err)
{
    char name[OVERLAY_NAME_MAX];
    struct stat st;
    bool is_image = c->dirfd < 0;

    if (is_image && !prepare(c, err))
        return false;
    if (is_image)
        snprintf(name, sizeof(name), IMAGE);
    else
        overlay_name(c->count + 1, name);
    /* Like every layer that is not written: no descriptor of it can become writable again. */
    if (fstat(fd, &st) == 0 && (st.st_mode & 0222) && st.st_uid == geteuid() &&
        fchmod(fd, st.st_mode & 07555) != 0)
        return pyro_fail_errno(err, "make a layer read-only");
    if (!file_share(fd, c->dirfd, name))
        return pyro_fail_errno(err, "keep a layer of the disk");
    c->count += !is_image;
    return true;
}

bool environment_commit_flatten(struct environment_commit *c, struct pyro_error *err)
{
    char name[OVERLAY_NAME_MAX], first[OVERLAY_NAME_MAX];

    overlay_name(1, first);
    for (unsigned i = 1; i < c->count; i++) {
        overlay_name(i, name);
        if (unlinkat(c->dirfd, name, 0) != 0)
            return pyro_fail_errno(err, "remove '%s'", name);
    }
    overlay_name(c->count, name);
    if (renameat(c->dirfd, name, c->dirfd, first) != 0)
        return pyro_fail_errno(err, "rename '%s'", name);
    c->count = 1;
    return true;
}

bool environment_commit_restart(struct environment_commit *c, struct pyro_error *err)
{
    cleanup_close(&c->dirfd);
    c->dirfd = -1;
    c->count = 0;
    return environment_install_sweep(&c->install, err);
}

static bool measure_image(struct environment_commit *c, const char *digest, struct pyro_error *err)
{
    struct environment_image *image = &c->install.record.image;
    scoped_close int fd = openat(c->dirfd, IMAGE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    char head[DIGEST_TEXT_BYTES];
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0)
        return pyro_fail_errno(err, "open '%s'", c->install.image_path);
    if (!digest_file_head(fd, ENVIRONMENT_HEAD_BYTES, head, err))
        return false;
    *image = (struct environment_image){ .digest = str_printf("%s", digest),
                                         .head_digest = str_printf("%s", head),
                                         .state = file_state_of(c->install.image_path),
                                         .image_bytes = st.st_size,
                                         .size_bytes = (int64_t)st.st_blocks * 512 };
    return true;
}

/* What is known of the environment that the workspace was made of, if it is still that one. */
static void describe_base(struct environment_record *r, const char *cache_dir,
                          const struct environment_origin *origin)
{
    scoped_environment_record base = { 0 };

    if (!origin->environment || !origin->environment_digest ||
        !environment_record_load(cache_dir, origin->environment, &base, NULL) ||
        strcmp(environment_record_digest(&base), origin->environment_digest) != 0)
        return;
    r->config = base.config ? json_incref(base.config) : NULL;
    if (base.base)
        r->base = json_incref(base.base);
    else
        r->base =
            json_pack("{s:s, s:s?, s:s?, s:s?, s:s?, s:O?, s:s}", "name", origin->environment,
                      "reference", base.reference, "reference_digest", base.reference_digest,
                      "digest", base.manifest_digest, "config_digest", base.config_digest, "layers",
                      base.layers, "source_digest", environment_record_digest(&base));
}

bool environment_commit_finish(struct environment_commit *c,
                               const struct environment_origin *origin, struct pyro_error *err)
{
    struct environment_record *r = &c->install.record;
    int64_t start_ms = clock_ms();

    r->source = str_printf(ENVIRONMENT_FROM_WORKSPACE);
    c->install.tried = true;
    if (origin->workspace)
        r->workspace = str_printf("%s", origin->workspace);
    else
        r->built_from = str_printf("%s", origin->environment);
    r->packages = json_array();
    describe_base(r, c->install.cache_dir, origin);
    if (!measure_image(c, origin->base_digest, err))
        return false;
    r->overlays = overlays_measure(c->install.install_dir, c->count, err);
    if (!r->overlays)
        return false;
    r->stack_digest = overlays_digest(r->image.digest, r->overlays);
    c->digest_ms = clock_ms() - start_ms;
    if (fsync(c->dirfd) != 0)
        return pyro_fail_errno(err, "sync '%s'", c->install.install_dir);
    return environment_install_place(&c->install, err);
}

void environment_commit_release(struct environment_commit *c)
{
    cleanup_close(&c->dirfd);
    c->dirfd = -1;
    environment_install_release(&c->install);
}
