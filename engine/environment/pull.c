/* engine/environment/pull.c: one pull: which source, and what becomes of what was there. */
#include "engine/environment/pull.h"

#include <fcntl.h>
#include <string.h>

#include "engine/environment/environment.h"
#include "engine/environment/mmdebstrap.h"
#include "vmm/base/fs.h"

#define RECORD_BYTES_MAX (1024 * 1024)

static bool pull_is_entry(const struct pull *p)
{
    return p->entry != NULL;
}

/* In the order in which they are tried. */
static const struct environment_source {
    const char *name;
    bool (*serves)(const struct pull *p);      /* NULL: all */
    bool (*available)(struct pyro_error *err); /* on this host; NULL: on every one */
    bool (*fetch)(struct pull *p, bool *ret_same, struct pyro_error *err);
} sources[] = {
    { ENVIRONMENT_FROM_PACKAGES, pull_is_entry, mmdebstrap_check_host, pull_from_packages },
    { ENVIRONMENT_FROM_REGISTRY, NULL, NULL, pull_from_registry },
};

const char *const environment_sources[] = { ENVIRONMENT_FROM_PACKAGES, ENVIRONMENT_FROM_REGISTRY,
                                            NULL };

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

/* Whether another source may do better; not where it is this host that cannot. */
static bool is_of_source(enum pyro_code code)
{
    return code == PYRO_PULL_FAILED || code == PYRO_DEPENDENCY_MISSING || code == PYRO_TIMEOUT ||
           code == PYRO_ENVIRONMENT_NOT_FOUND;
}

static bool fetch_from(struct pull *p, const struct environment_source *source, json_t *passed_over,
                       bool *ret_same, struct pyro_error *err)
{
    struct environment_record *record = &p->install.record;

    environment_record_release(record);
    *record = (struct environment_record){ 0 };
    if (json_array_size(passed_over))
        record->passed_over = json_incref(passed_over);
    return (!source->available || source->available(err)) && source->fetch(p, ret_same, err);
}

static bool is_wanted(const struct pull *p, const struct environment_source *source)
{
    return (!source->serves || source->serves(p)) &&
           (!p->wish->source || !strcmp(p->wish->source, source->name));
}

static void pass_over(const struct pull *p, const char *source, const char *why, json_t *list)
{
    scoped_free char *text = str_printf("%s is not had from %s: %s", p->install.name, source, why);

    json_array_append_new(list, json_pack("{s:s, s:o}", "source", source, "reason",
                                          json_string_lossy(why, strlen(why))));
    progress_note(p->install.progress, text);
}

/* From the first that can; if none can, *err is what the first one said. */
static bool fetch(struct pull *p, struct pulled *ret, struct pyro_error *err)
{
    scoped_json json_t *passed_over = json_array();
    struct pyro_error first = { 0 };
    unsigned left = 0;
    bool same = false;

    ret->old_record = read_record(p);
    for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
        left += is_wanted(p, &sources[i]);
    if (!left)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "%s is not to be had from %s", p->install.name,
                         p->wish->source);
    for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
        struct pyro_error why = { 0 };
        if (!is_wanted(p, &sources[i]))
            continue;
        left--;
        if (fetch_from(p, &sources[i], passed_over, &same, &why)) {
            ret->is_new = !same && sources[i].fetch == pull_from_registry;
            return true;
        }
        if (first.code == PYRO_OK)
            pyro_copy(&first, &why);
        if (left && !(is_of_source(why.code) && environment_install_sweep(&p->install, &why)))
            break;
        if (left || json_array_size(passed_over))
            pass_over(p, sources[i].name, why.message, passed_over);
    }
    pyro_copy(err, &first);
    return pyro_wrap(err, "pull %s", p->install.name);
}

static bool is_from(const struct environment_record *known, const char *source)
{
    return known->source && !strcmp(known->source, source);
}

/* One of the catalog that is there is kept, and a digest means what it meant; the image of a tag may
 * be another by now. */
static bool is_done(const struct pull *p)
{
    scoped_environment_record known = { 0 };
    const char *source = p->wish->source, *digest = p->reference.digest;

    if (!p->is_whole ||
        !environment_record_load(p->install.cache_dir, p->install.name, &known, NULL))
        return false;
    if (p->entry)
        return !source || (!strcmp(source, ENVIRONMENT_FROM_PACKAGES) && is_from(&known, source));
    return *digest && known.reference_digest && !strcmp(known.reference_digest, digest) &&
           (!source || is_from(&known, source));
}

/* Whether what is installed is intact. Never replace the record of a newer pyro. */
static bool look(struct pull *p, struct pyro_error *err)
{
    struct pyro_error why = { 0 };

    p->is_whole = environment_install_is_whole(&p->install, &why);
    return why.code != PYRO_RECORD_INVALID || pyro_copy(err, &why);
}

/* Where nothing is to be done, nothing is written, nor waited for. */
static bool begin(struct pull *p, const char *name, bool *ret_done, struct pyro_error *err)
{
    scoped_free char *full = environment_full_name(name, err);

    if (!full)
        return false;
    p->entry = catalog_find(full, NULL);
    if (!reference_parse(p->entry ? p->entry->image : full, &p->reference, err) ||
        !environment_install_init(&p->install, full, p->install.progress, err))
        return false;
    if (p->entry || *p->reference.digest) {
        if (!look(p, err))
            return false;
        *ret_done = is_done(p);
        if (*ret_done)
            return true;
    }
    if (!environment_install_lock(&p->install, err) || !look(p, err))
        return false;
    *ret_done = is_done(p); /* by another, meanwhile */
    return true;
}

bool environment_pull(const char *name, const struct pull_wish *wish,
                      const struct progress *progress, struct pulled *ret, struct pyro_error *err)
{
    static const struct pull_wish nothing_special = { 0 };
    struct pull p = { .wish = wish ? wish : &nothing_special,
                      .name = name,
                      .install = { .progress = progress, .lock = -1 } };
    bool done = false, ok;

    memset(ret, 0, sizeof(*ret));
    ok = begin(&p, name, &done, err) && (done || fetch(&p, ret, err));
    if (ok) {
        ret->name = str_printf("%s", p.install.name);
        progress_phase(progress, "ready", ret->name);
    }
    environment_install_release(&p.install);
    return ok;
}
