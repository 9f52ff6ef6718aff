/* engine/environment/environment.c: installed environments and their records. */
#include "engine/environment/environment.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/environment/catalog.h"
#include "engine/environment/environment_private.h"
#include "engine/environment/overlays.h"
#include "engine/environment/trial.h"
#include "engine/registry/reference.h"
#include "engine/state/digest.h"
#include "engine/state/paths.h"
#include "vmm/base/fs.h"
#include "vmm/base/proc.h"
#include "vmm/base/turn.h"

#define PLATFORM "linux-x86_64"
#define SETTLED_S 60 /* when the kernel has long begun to write what it holds, by itself */
#define PULL_WAIT_MS (3600 * 1000) /* a pull may be long, but not silent for long */

void environment_release(struct environment *e)
{
    free(e->name);
    free(e->install_dir);
    free(e->base_path);
    free(e->base_digest);
    free(e->digest);
    free(e->reference_digest);
    json_decref(e->image);
    memset(e, 0, sizeof(*e));
}

int environment_try_lock(const char *cache_dir, const char *key, struct pyro_error *err)
{
    scoped_free char *path = str_printf("%s/" ENVIRONMENT_LOCK_PREFIX "%s", cache_dir, key);

    return fs_lock(AT_FDCWD, path, FS_LOCK_NOW, err);
}

int environment_lock(const char *cache_dir, const char *key, const struct progress *progress,
                     struct pyro_error *err)
{
    scoped_free char *path = str_printf("%s/" ENVIRONMENT_LOCK_PREFIX "%s", cache_dir, key);
    const struct turn turn = { .work = "pulls this environment",
                               .limit_ms = PULL_WAIT_MS,
                               .tell = progress_tell,
                               .arg = (void *)(uintptr_t)progress };

    return turn_wait(AT_FDCWD, path, &turn, err);
}

bool environment_measure(const char *base_path, struct environment_image *ret,
                         struct pyro_error *err)
{
    scoped_close int fd = open(base_path, O_RDONLY | O_CLOEXEC);
    char digest[DIGEST_TEXT_BYTES], head[DIGEST_TEXT_BYTES];
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0)
        return pyro_fail_errno(err, "open '%s'", base_path);
    if (!digest_file(fd, digest, err) || !digest_file_head(fd, ENVIRONMENT_HEAD_BYTES, head, err))
        return false;
    *ret = (struct environment_image){ .digest = str_printf("%s", digest),
                                       .head_digest = str_printf("%s", head),
                                       .state = file_state_of(base_path),
                                       .image_bytes = st.st_size,
                                       .size_bytes = (int64_t)st.st_blocks * 512 };
    return true;
}

/* What of a configuration says how commands are run; NULL where there is none. */
static json_t *of_commands(const json_t *config)
{
    static const char *const members[] = { "env",  "entrypoint",  "cmd",        "ports",
                                           "user", "working_dir", "stop_signal" };
    json_t *image = config ? json_object() : NULL;

    for (size_t i = 0; image && i < ARRAY_SIZE(members); i++)
        json_object_set(image, members[i], json_object_get(config, members[i]));
    return image;
}

/* The environment its record describes; the image is not read. */
static struct environment from_record(const char *cache_dir, const char *name,
                                      const struct environment_record *r)
{
    return (struct environment){
        .name = str_printf("%s", name),
        .install_dir = str_printf("%s/%s", cache_dir, r->directory),
        .base_path = str_printf("%s/%s/base.ext4", cache_dir, r->directory),
        .base_digest = str_printf("%s", r->image.digest),
        .digest = str_printf("%s", environment_record_digest(r)),
        .reference_digest = r->reference_digest ? str_printf("%s", r->reference_digest) : NULL,
        .image = of_commands(r->config),
        .overlay_count = (unsigned)json_array_size(r->overlays),
        .size_bytes = r->image.size_bytes + overlays_size(r->overlays),
        .image_bytes = r->image.image_bytes,
    };
}

bool environment_check(const struct environment *e, struct pyro_error *err)
{
    scoped_close int fd = open(e->base_path, O_RDONLY | O_CLOEXEC);
    char digest[DIGEST_TEXT_BYTES];

    if (fd < 0)
        return environment_fail_broken(e->name, "its image cannot be opened", err);
    if (!digest_file(fd, digest, err))
        return pyro_wrap(err, "environment %s", e->name);
    return !strcmp(digest, e->base_digest) ||
           environment_fail_broken(e->name, "its image does not have its digest", err);
}

static bool head_matches(const char *base_path, const char *recorded)
{
    scoped_close int fd = open(base_path, O_RDONLY | O_CLOEXEC);
    char digest[DIGEST_TEXT_BYTES];

    return fd >= 0 && recorded && digest_file_head(fd, ENVIRONMENT_HEAD_BYTES, digest, NULL) &&
           !strcmp(digest, recorded);
}

/* It was read, and is intact: remember how it looks now. Another pyro may do the same at the same
 * time, or this one may not be allowed to write here: neither matters. */
static void remember_state(const char *cache_dir, const struct environment *e,
                           struct environment_record *r)
{
    r->image.state = file_state_of(e->base_path);
    free(r->image.written_in);
    r->image.written_in = NULL;
    if (!environment_record_save(cache_dir, e->name, r, NULL))
        return;
}

/* Waits for the image to be on the disk. The lock is held, so that the record is still of it after. */
static bool settle(const char *cache_dir, const char *name, struct pyro_error *err)
{
    scoped_environment_record record = { 0 };
    scoped_free char *image = NULL;
    scoped_close int fd = -1;

    if (!environment_record_load(cache_dir, name, &record, err))
        return false;
    image = str_printf("%s/%s/base.ext4", cache_dir, record.directory);
    fd = open(image, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0)
        return pyro_fail_errno(err, "sync '%s'", image);
    free(record.image.written_in);
    record.image.written_in = NULL;
    return environment_record_save(cache_dir, name, &record, err);
}

bool environment_settle(const char *name, struct pyro_error *err)
{
    scoped_free char *cache_dir = paths_environments(err), *key = environment_key(name);
    scoped_environment_record record = { 0 };
    scoped_close int lock = -1;

    if (!cache_dir || !environment_record_load(cache_dir, name, &record, err))
        return false;
    if (!record.image.written_in)
        return true;
    lock = environment_try_lock(cache_dir, key, NULL);
    return lock < 0 || settle(cache_dir, name, err);
}

bool environment_trial_passed(const char *name, struct pyro_error *err)
{
    scoped_free char *cache_dir = paths_environments(err), *directory = NULL;
    scoped_environment_record record = { 0 };

    if (!cache_dir || !environment_record_load(cache_dir, name, &record, err))
        return false;
    directory = str_printf("%s/%s", cache_dir, record.directory);
    return trial_passed(directory, err);
}

/* Whether it was written so recently that a crash since may have taken something of it. */
static bool may_be_lost(const char *name, const struct environment_record *r)
{
    char boot[PROC_BOOT_ID_SIZE];

    if (!r->image.written_in)
        return false;
    if (!proc_boot_id(boot) || strcmp(boot, r->image.written_in) != 0)
        return true;
    if (clock_wall() - r->installed_at > SETTLED_S)
        (void)!environment_settle(name, NULL);
    return false;
}

static bool check_cheaply(const char *cache_dir, const struct environment *e,
                          struct environment_record *r, struct pyro_error *err)
{
    bool touched = false;
    struct stat st;

    if (stat(e->base_path, &st) != 0)
        return environment_fail_broken(e->name, "its image is missing", err);
    if (st.st_size != e->image_bytes)
        return environment_fail_broken(e->name, "its image has another size than recorded", err);
    if (!head_matches(e->base_path, r->image.head_digest))
        return environment_fail_broken(e->name, "its image is damaged", err);
    if (!overlays_check(e->install_dir, r->overlays, &touched))
        return environment_fail_broken(e->name, "one of its layers is damaged", err);
    if (file_state_matches(e->base_path, &r->image.state) && !touched && !may_be_lost(e->name, r))
        return true;
    if (!environment_check(e, err))
        return false;
    remember_state(cache_dir, e, r);
    return true;
}

static bool is_installed(const char *name)
{
    scoped_free char *cache_dir = paths_environments(NULL);
    scoped_environment_record record = { 0 };

    return cache_dir && environment_record_load(cache_dir, name, &record, NULL) &&
           (!record.name || !strcmp(record.name, name));
}

char *environment_full_name(const char *name, struct pyro_error *err)
{
    char full[REFERENCE_SIZE];
    struct reference reference;

    if (!catalog_find(name, err) && !is_installed(name)) {
        /* What cannot be a mistyped name of the catalog is a mistyped reference. */
        if (!reference_parse(name, &reference, strpbrk(name, "/:@") ? err : NULL)) {
            pyro_recode(err, PYRO_ENVIRONMENT_NOT_FOUND);
            return NULL;
        }
        reference_write(&reference, full);
        name = full;
    }
    return str_printf("%s", name);
}

/* The record of an installed environment, by its full name; if there is none, *err says so. */
static bool load_record(const char *cache_dir, const char *name, struct environment_record *ret,
                        struct pyro_error *err)
{
    struct pyro_error why = { 0 };
    bool found = environment_record_load(cache_dir, name, ret, &why);

    if (found && ret->name && strcmp(ret->name, name) != 0) {
        found = false; /* another's, of the same key */
        pyro_fail(&why, PYRO_ENVIRONMENT_NOT_FOUND, "environment %s is not installed", name);
        why.sys_errno = ENOENT;
    }
    return found || pyro_copy(err, &why);
}

/* The same by any name; *ret_full is its full one, new, as soon as it can be told. A short name that
 * nothing installed has may be a mistake: then it is not said to be an image's. */
static bool load_named(const char *cache_dir, const char *name, char **ret_full,
                       struct environment_record *ret, struct pyro_error *err)
{
    struct pyro_error why = { 0 }, near = { 0 };

    *ret_full = environment_full_name(name, err);
    if (!*ret_full)
        return false;
    if (load_record(cache_dir, *ret_full, ret, &why))
        return true;
    if (why.sys_errno == ENOENT && strncmp(name, *ret_full, strlen(name)) != 0 &&
        !catalog_find(name, &near)) {
        pyro_copy(&why, &near);
        why.sys_errno = ENOENT;
        if (!*near.hint)
            pyro_hint(&why, "see 'pyro env list'; an image is pulled with 'pyro env pull %s'",
                      name);
    }
    return pyro_copy(err, &why);
}

bool environment_open(const char *name, struct environment *ret, struct pyro_error *err)
{
    scoped_free char *cache_dir = paths_environments(err), *full = NULL;
    scoped_environment_record record = { 0 };
    struct environment e;

    if (!cache_dir || !load_named(cache_dir, name, &full, &record, err))
        return false;
    e = from_record(cache_dir, full, &record);
    if (!check_cheaply(cache_dir, &e, &record, err)) {
        environment_release(&e);
        return false;
    }
    *ret = e;
    return true;
}

/* What it is, in a few words. */
static char *described_as(const struct catalog_entry *entry, const struct environment_record *r)
{
    if (entry)
        return str_printf("%s", entry->description);
    if (r->workspace)
        return str_printf("Made of workspace %s", r->workspace);
    if (r->built_from)
        return str_printf("Built from %s", r->built_from);
    if (r->reference)
        return str_printf("Image %s", r->reference);
    return str_printf(r->config_digest ? "Image from an archive"
                                       : "Root file system from an archive");
}

static json_t *json_or_null(json_t *value)
{
    return value ? json_incref(value) : json_null();
}

/* `entry`: NULL for one that is not in the catalog. */
static json_t *describe(const char *cache_dir, const char *name, const struct catalog_entry *entry,
                        const struct environment_record *r)
{
    struct environment e = { 0 };
    scoped_free char *description = described_as(entry, r);
    bool installed = r->directory != NULL;
    json_t *object;

    if (installed)
        e = from_record(cache_dir, name, r);
    installed = installed && access(e.base_path, R_OK) == 0;
    object = json_pack("{ss ss so so so ss sb so so so so}", "name", name, "version", PYRO_VERSION,
                       "description", json_string_lossy(description, strlen(description)),
                       "default_packages", entry ? catalog_packages(entry) : json_array(),
                       "distribution", json_string_or_null(entry ? entry->distribution : NULL),
                       "platform", PLATFORM, "installed", installed, "install_dir",
                       json_string_or_null(installed ? e.install_dir : NULL), "source",
                       json_string_or_null(installed ? r->source : NULL), "source_digest",
                       json_string_or_null(installed ? e.digest : NULL), "size_bytes",
                       installed ? json_integer(e.size_bytes) : json_null());
    json_object_set_new(object, "reference", json_string_or_null(installed ? r->reference : NULL));
    json_object_set_new(object, "reference_digest",
                        json_string_or_null(installed ? r->reference_digest : NULL));
    json_object_set_new(object, "digest",
                        json_string_or_null(installed ? r->manifest_digest : NULL));
    json_object_set_new(object, "config_digest",
                        json_string_or_null(installed ? r->config_digest : NULL));
    json_object_set_new(object, "config", json_or_null(installed ? r->config : NULL));
    json_object_set_new(object, "layers", json_or_null(installed ? r->layers : NULL));
    json_object_set_new(object, "passed_over", json_or_null(installed ? r->passed_over : NULL));
    json_object_set_new(object, "installed_at",
                        installed ? json_real(r->installed_at) : json_null());
    environment_release(&e);
    return object;
}

json_t *environment_inspect(const char *name, struct pyro_error *err)
{
    const struct catalog_entry *entry = catalog_find(name, NULL);
    scoped_free char *cache_dir = paths_environments(err), *full = NULL;
    scoped_environment_record record = { 0 };
    json_t *object;

    if (!cache_dir || (!load_named(cache_dir, name, &full, &record, entry ? NULL : err) && !entry))
        return NULL;
    object = describe(cache_dir, full, entry, &record);
    return object ? object : pyro_no_memory(err, NULL);
}

/* Those that are installed and not in the catalog, by name. */
static void list_others(const char *cache_dir, json_t *list)
{
    struct dirent **entries;
    int count = scandir(cache_dir, &entries, NULL, alphasort);

    for (int i = 0; i < count; i++) {
        const char *file = entries[i]->d_name;
        scoped_environment_record record = { 0 };
        if (str_ends_with(file, ENVIRONMENT_RECORD_SUFFIX)) {
            scoped_free char *key = strndup(file, strlen(file) - strlen(ENVIRONMENT_RECORD_SUFFIX));
            if (environment_record_load(cache_dir, key, &record, NULL) && record.name &&
                !catalog_find(record.name, NULL))
                json_array_append_new(list, describe(cache_dir, record.name, NULL, &record));
        }
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

json_t *environment_list(struct pyro_error *err)
{
    scoped_free char *cache_dir = paths_environments(err);
    json_t *list = cache_dir ? json_array() : NULL;
    size_t count;
    const struct catalog_entry *entries = catalog_all(&count);

    if (!list)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        scoped_environment_record record = { 0 };
        const char *name = entries[i].name;
        if (!environment_record_load(cache_dir, name, &record, NULL)) {
            environment_record_release(&record);
            record = (struct environment_record){ 0 };
        }
        json_array_append_new(list, describe(cache_dir, name, &entries[i], &record));
    }
    list_others(cache_dir, list);
    return json_pack("{ss so}", "catalog_version", PYRO_VERSION, "environments", list);
}
