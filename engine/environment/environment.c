/* engine/environment/environment.c: installed environments and their records. */
#include "engine/environment/environment.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/environment/catalog.h"
#include "engine/environment/environment_private.h"
#include "engine/state/digest.h"
#include "engine/state/paths.h"
#include "vmm/base/fs.h"
#include "vmm/base/turn.h"

#define PLATFORM "linux-x86_64"
#define PULL_WAIT_MS (3600 * 1000) /* a pull may be long, but not silent for long */

void environment_release(struct environment *e)
{
    free(e->name);
    free(e->install_dir);
    free(e->base_path);
    free(e->digest);
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

/* The environment its record describes; the image is not read. */
static struct environment from_record(const char *cache_dir, const char *name,
                                      const struct environment_record *r)
{
    return (struct environment){
        .name = str_printf("%s", name),
        .install_dir = str_printf("%s/%s", cache_dir, r->directory),
        .base_path = str_printf("%s/%s/base.ext4", cache_dir, r->directory),
        .digest = str_printf("%s", r->image.digest),
        .size_bytes = r->image.size_bytes,
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
    return !strcmp(digest, e->digest) ||
           environment_fail_broken(e->name, "its image does not have its digest", err);
}

static bool head_matches(const char *base_path, const char *recorded)
{
    scoped_close int fd = open(base_path, O_RDONLY | O_CLOEXEC);
    char digest[DIGEST_TEXT_BYTES];

    return fd >= 0 && recorded && digest_file_head(fd, ENVIRONMENT_HEAD_BYTES, digest, NULL) &&
           !strcmp(digest, recorded);
}

/* Touched, but intact (a restored backup): remember how it looks now. Another pyro may do the same
 * at the same time, or this one may not be allowed to write here: neither matters. */
static void remember_state(const char *cache_dir, const struct environment *e,
                           struct environment_record *r)
{
    r->image.state = file_state_of(e->base_path);
    if (!environment_record_save(cache_dir, e->name, r, NULL))
        return;
}

static bool check_cheaply(const char *cache_dir, const struct environment *e,
                          struct environment_record *r, struct pyro_error *err)
{
    struct stat st;

    if (stat(e->base_path, &st) != 0)
        return environment_fail_broken(e->name, "its image is missing", err);
    if (st.st_size != e->image_bytes)
        return environment_fail_broken(e->name, "its image has another size than recorded", err);
    if (!head_matches(e->base_path, r->image.head_digest))
        return environment_fail_broken(e->name, "its image is damaged", err);
    if (file_state_matches(e->base_path, &r->image.state))
        return true;
    if (!environment_check(e, err))
        return false;
    remember_state(cache_dir, e, r);
    return true;
}

bool environment_open(const char *name, struct environment *ret, struct pyro_error *err)
{
    scoped_free char *cache_dir = NULL;
    scoped_environment_record record = { 0 };
    struct environment e;

    if (!catalog_find(name, err) || !(cache_dir = paths_environments(err)) ||
        !environment_record_load(cache_dir, name, &record, err))
        return false;
    e = from_record(cache_dir, name, &record);
    if (!check_cheaply(cache_dir, &e, &record, err)) {
        environment_release(&e);
        return false;
    }
    *ret = e;
    return true;
}

static json_t *describe(const char *cache_dir, const struct catalog_entry *entry)
{
    scoped_environment_record record = { 0 };
    struct environment e = { 0 };
    bool installed = environment_record_load(cache_dir, entry->name, &record, NULL);
    json_t *object;

    if (installed)
        e = from_record(cache_dir, entry->name, &record);
    installed = installed && access(e.base_path, R_OK) == 0;
    object = json_pack("{ss ss ss so ss ss sb so so so so}", "name", entry->name, "version",
                       PYRO_VERSION, "description", entry->description, "default_packages",
                       catalog_packages(entry), "distribution", entry->distribution, "platform",
                       PLATFORM, "installed", installed, "install_dir",
                       json_string_or_null(installed ? e.install_dir : NULL), "source",
                       json_string_or_null(installed ? record.source : NULL), "source_digest",
                       json_string_or_null(installed ? e.digest : NULL), "size_bytes",
                       installed ? json_integer(e.size_bytes) : json_null());

    environment_release(&e);
    return object;
}

json_t *environment_inspect(const char *name, struct pyro_error *err)
{
    const struct catalog_entry *entry = catalog_find(name, err);
    scoped_free char *cache_dir = entry ? paths_environments(err) : NULL;
    json_t *object = cache_dir ? describe(cache_dir, entry) : NULL;

    if (cache_dir && !object)
        pyro_no_memory(err, NULL);
    return object;
}

json_t *environment_list(struct pyro_error *err)
{
    scoped_free char *cache_dir = paths_environments(err);
    json_t *list = cache_dir ? json_array() : NULL;
    size_t count;
    const struct catalog_entry *entries = catalog_all(&count);

    if (!list)
        return NULL;
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, describe(cache_dir, &entries[i]));
    return json_pack("{ss so}", "catalog_version", PYRO_VERSION, "environments", list);
}
