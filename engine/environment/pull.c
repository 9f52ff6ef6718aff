/* engine/environment/pull.c: one pull: which source, and what becomes of what was there. */
#include "engine/environment/pull.h"

#include <fcntl.h>
#include <string.h>

#include "engine/environment/environment.h"
#include "vmm/base/fs.h"

#define RECORD_BYTES_MAX (1024 * 1024)

static bool pull_is_entry(const struct pull *p)
{
    return p->entry != NULL;
}

static bool pull_is_image(const struct pull *p)
{
    return p->reference.host[0] != '\0';
}

/* In the order in which they are tried. */
static const struct environment_source {
    const char *name;
    bool (*serves)(const struct pull *p);
    bool (*fetch)(struct pull *p, bool *ret_same, struct pyro_error *err);
} sources[] = {
    { ENVIRONMENT_FROM_PACKAGES, pull_is_entry, pull_from_packages },
    { ENVIRONMENT_FROM_REGISTRY, pull_is_image, pull_from_registry },
};

static const struct environment_source *choose(const struct pull *p, struct pyro_error *err)
{
    for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
        if (sources[i].serves(p) && (!p->wish->source || !strcmp(p->wish->source, sources[i].name)))
            return &sources[i];
    return pyro_fail(err, PYRO_INVALID_ARGUMENT, "%s is not to be had from %s", p->install.name,
                     p->wish->source);
}

void pulled_release(struct pulled *p)
{
    free(p->name);
    free(p->old_record);
    memset(p, 0, sizeof(*p));
}

static char *record_path(const char *cache_dir, const char *name)
{
    scoped_free char *key = environment_key(name);

    return str_printf("%s/%s" ENVIRONMENT_RECORD_SUFFIX, cache_dir, key);
}

/* The text of the record as it is; NULL: there is none, or it is of no use. */
static char *read_record(const struct pull *p)
{
    scoped_free char *path = record_path(p->install.cache_dir, p->install.name);
    scoped_buf text = BUF_INIT(RECORD_BYTES_MAX);

    return p->is_whole && fs_read_file(AT_FDCWD, path, &text, NULL) ? buf_take(&text) : NULL;
}

bool environment_pull_undo(const struct pulled *p, const struct progress *progress,
                           struct pyro_error *err)
{
    scoped_json json_t *removed = NULL;
    struct environment_install in;
    scoped_free char *path = NULL;
    bool ok;

    if (!p->old_record) {
        removed = environment_remove(p->name, progress, err);
        return removed != NULL;
    }
    ok = environment_install_begin(&in, p->name, progress, err);
    if (ok) {
        path = record_path(in.cache_dir, p->name);
        ok = fs_write_atomic(AT_FDCWD, path, p->old_record, strlen(p->old_record), 0644, err);
    }
    environment_install_release(&in);
    return ok;
}

static bool fetch(struct pull *p, struct pulled *ret, struct pyro_error *err)
{
    const struct environment_source *source = choose(p, err);
    bool same = false;

    if (!source)
        return false;
    ret->old_record = read_record(p);
    if (!source->fetch(p, &same, err))
        return pyro_wrap(err, "pull %s", p->install.name);
    ret->is_new = !same && source->serves == pull_is_image;
    return true;
}

/* One of the catalog that is there is kept; an image may be another by now. */
static bool is_done(const struct pull *p)
{
    return p->is_whole && p->entry;
}

static bool begin(struct pull *p, const char *name, struct pyro_error *err)
{
    char *full = environment_full_name(name, err);
    struct pyro_error why = { 0 };
    bool ok;

    if (!full)
        return false;
    p->entry = catalog_find(full, NULL);
    ok = (p->entry || reference_parse(full, &p->reference, err)) &&
         environment_install_begin(&p->install, full, p->install.progress, err);
    free(full);
    if (!ok)
        return false;
    p->is_whole = environment_install_is_whole(&p->install, &why);
    /* Never replace the record of a newer pyro. */
    return why.code != PYRO_RECORD_INVALID || pyro_copy(err, &why);
}

bool environment_pull(const char *name, const struct pull_wish *wish,
                      const struct progress *progress, struct pulled *ret, struct pyro_error *err)
{
    static const struct pull_wish nothing_special = { 0 };
    struct pull p = { .wish = wish ? wish : &nothing_special,
                      .name = name,
                      .install = { .progress = progress, .lock = -1 } };
    bool ok;

    memset(ret, 0, sizeof(*ret));
    ok = begin(&p, name, err) && (is_done(&p) || fetch(&p, ret, err));
    if (ok) {
        ret->name = str_printf("%s", p.install.name);
        progress_phase(progress, "ready", ret->name);
    }
    environment_install_release(&p.install);
    return ok;
}
