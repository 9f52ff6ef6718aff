/* engine/supervisor/template_want.c: a template's specification, put together. */
#include "engine/supervisor/template_want.h"

#include <stdlib.h>

#include "engine/state/paths.h"

/*
 * Read once in the template, so that a clone finds them in its page cache: what agents run first, with
 * the loader and the libraries of each (guest/warm.h), and what those look at (a first command is a
 * third faster with them). Files that are missing are cached as missing as well.
 */
static const char *const warm_always[] = { "sh",   "bash", "git",  "cat", "ls",
                                           "true", "env",  "/etc", "/tmp" };

static void fill_warm(const char *entrypoint, const char *ret[TEMPLATE_WARM_MAX + 1])
{
    size_t n = 0;

    _Static_assert(ARRAY_SIZE(warm_always) < TEMPLATE_WARM_MAX, "the entry point and these");
    if (entrypoint && *entrypoint)
        ret[n++] = entrypoint;
    for (size_t i = 0; i < ARRAY_SIZE(warm_always); i++)
        ret[n++] = warm_always[i];
    ret[n] = NULL;
}

const char *template_entrypoint(const json_t *image)
{
    return json_string_value(json_array_get(json_object_get(image, "entrypoint"), 0));
}

bool template_want(const struct template_wish *wish, struct template_want *ret,
                   struct pyro_error *err)
{
    const struct disk_layer base = { .path = wish->base_path, .format = DISK_RAW };
    bool fresh = wish->kind == TEMPLATE_FRESH;

    ret->progress = wish->progress;
    fill_warm(wish->entrypoint, ret->warm);
    ret->templates_dir = paths_templates(err);
    ret->cache_dir = ret->templates_dir ? paths_cache(err) : NULL;
    if (!ret->cache_dir || !boot_files_ensure(&ret->progress, &ret->boot, err))
        return false;
    ret->spec = (struct template_spec){ .templates_dir = ret->templates_dir,
                                        .cache_dir = ret->cache_dir,
                                        .kind = wish->kind,
                                        .kernel_path = ret->boot.kernel,
                                        .kernel_digest = ret->boot.kernel_digest,
                                        .initramfs_path = ret->boot.initramfs,
                                        .initramfs_digest = ret->boot.initramfs_digest,
                                        .base = wish->environment,
                                        .environment_digest = wish->environment_digest,
                                        .warm = fresh ? ret->warm : NULL,
                                        .vcpu_count = wish->vcpu_count,
                                        .mem_mib = wish->mem_mib,
                                        .network = wish->network,
                                        .progress = progress_tell,
                                        .arg = &ret->progress };
    return fresh || disk_virtual_size(&base, &ret->spec.disk_bytes, err);
}

void template_want_release(struct template_want *w)
{
    free(w->templates_dir);
    free(w->cache_dir);
    boot_files_release(&w->boot);
}
