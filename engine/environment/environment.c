/* engine/environment/environment.c: installed environments and their records. */
#include "engine/environment/environment.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/environment/catalog.h"
#include "engine/environment/environment_private.h"
#include "engine/state/digest.h"
#include "engine/state/file_state.h"
#include "engine/state/paths.h"
#include "vmm/base/fs.h"
#include "vmm/base/turn.h"

#define PLATFORM "linux-x86_64"
#define PULL_WAIT_MS (3600 * 1000) /* a pull has no limit but for being silent */

void environment_release(struct environment *e)
{
    free(e->name);
    free(e->install_dir);
    free(e->base_path);
    free(e->digest);
    memset(e, 0, sizeof(*e));
}

char *environment_key(const char *name)
{
    char *key = str_printf("%s", name);

    for (char *p = key; *p; p++)
        if (*p == ':' || *p == '/')
            *p = '@';
    return key;
}

static char *record_path(const char *cache_dir, const char *name)
{
    scoped_free char *key = environment_key(name);

    return str_printf("%s/%s" ENVIRONMENT_RECORD_SUFFIX, cache_dir, key);
}

static bool broken(const char *name, const char *why, struct pyro_error *err)
{
    pyro_fail(err, PYRO_ENVIRONMENT_BROKEN, "environment %s: %s", name, why);
    return pyro_hint(err, "repair it with 'pyro env pull %s'", name);
}

json_t *environment_read_record(const char *cache_dir, const char *name, struct pyro_error *err)
{
    scoped_free char *path = record_path(cache_dir, name);
    scoped_buf text = BUF_INIT(ENVIRONMENT_RECORD_MAX);
    json_t *record;
    int64_t version;

    if (access(path, F_OK) != 0 && errno == ENOENT) {
        pyro_fail(err, PYRO_ENVIRONMENT_NOT_FOUND, "environment %s is not installed", name);
        pyro_hint(err, "install it with 'pyro env pull %s'", name);
        if (err)
            err->sys_errno = ENOENT;
        return NULL;
    }
    if (!fs_read_file(AT_FDCWD, path, &text, err))
        return NULL;
    record = text.len ? json_parse(text.data, text.len, ENVIRONMENT_RECORD_MAX, NULL) : NULL;
    version = json_int_or(record, "format_version", 0);
    if (version > ENVIRONMENT_RECORD_VERSION) {
        pyro_fail(err, PYRO_RECORD_INVALID, "environment %s was installed by a newer pyro", name);
        pyro_hint(err, "use that pyro, or another cache directory");
    } else if (version < 1) {
        broken(name, "its record is damaged", err);
    } else {
        return record;
    }
    json_decref(record);
    return NULL;
}

bool environment_write_record(const char *cache_dir, const char *name, const json_t *record,
                              struct pyro_error *err)
{
    scoped_free char *key = environment_key(name);
    scoped_free char *file = str_printf("%s" ENVIRONMENT_RECORD_SUFFIX, key);
    scoped_close int dirfd = fs_open_dir(AT_FDCWD, cache_dir, err);
    scoped_free char *text = json_compact(record);

    if (dirfd < 0)
        return false;
    if (!text)
        return pyro_fail(err, PYRO_NO_MEMORY, "out of memory");
    return fs_write_atomic(dirfd, file, text, strlen(text), 0644, err);
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

json_t *environment_measure(const char *base_path, struct pyro_error *err)
{
    scoped_close int fd = open(base_path, O_RDONLY | O_CLOEXEC);
    char digest[DIGEST_TEXT_BYTES], head[DIGEST_TEXT_BYTES];
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0) {
        pyro_fail_errno(err, "open '%s'", base_path);
        return NULL;
    }
    if (!digest_file(fd, digest, err) || !digest_file_head(fd, ENVIRONMENT_HEAD_BYTES, head, err))
        return NULL;
    return json_pack("{ss ss so sI sI}", "digest", digest, "head_digest", head, "state",
                     file_state(base_path), "image_bytes", (json_int_t)st.st_size, "size_bytes",
                     (json_int_t)st.st_blocks * 512);
}

/* The environment its record describes; the image is not read. */
static bool from_record(const char *cache_dir, const char *name, const json_t *record,
                        struct environment *ret, struct pyro_error *err)
{
    const char *directory = json_string_or(record, "directory", NULL);
    const json_t *image = json_object_get(record, "image");
    const char *digest = json_string_or(image, "digest", NULL);

    if (!directory || !digest || !directory[0] || strchr(directory, '/') || directory[0] == '.')
        return broken(name, "its record is damaged", err);
    *ret = (struct environment){
        .name = str_printf("%s", name),
        .install_dir = str_printf("%s/%s", cache_dir, directory),
        .base_path = str_printf("%s/%s/base.ext4", cache_dir, directory),
        .digest = str_printf("%s", digest),
        .size_bytes = json_int_or(image, "size_bytes", 0),
        .image_bytes = json_int_or(image, "image_bytes", 0),
    };
    return true;
}

bool environment_check(const struct environment *e, struct pyro_error *err)
{
    scoped_close int fd = open(e->base_path, O_RDONLY | O_CLOEXEC);
    char digest[DIGEST_TEXT_BYTES];

    if (fd < 0)
        return broken(e->name, "its image cannot be opened", err);
    if (!digest_file(fd, digest, err))
        return pyro_wrap(err, "environment %s", e->name);
    return !strcmp(digest, e->digest) || broken(e->name, "its image does not have its digest", err);
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
static void remember_state(const char *cache_dir, const char *name, json_t *record,
                           const char *base_path)
{
    json_object_set_new(json_object_get(record, "image"), "state", file_state(base_path));
    if (!environment_write_record(cache_dir, name, record, NULL))
        return;
}

static bool check_cheaply(const char *cache_dir, const struct environment *e, json_t *record,
                          struct pyro_error *err)
{
    const json_t *image = json_object_get(record, "image");
    struct stat st;

    if (stat(e->base_path, &st) != 0)
        return broken(e->name, "its image is missing", err);
    if (st.st_size != e->image_bytes)
        return broken(e->name, "its image has another size than recorded", err);
    if (!head_matches(e->base_path, json_string_or(image, "head_digest", NULL)))
        return broken(e->name, "its image is damaged", err);
    if (file_state_matches(e->base_path, json_object_get(image, "state")))
        return true;
    if (!environment_check(e, err))
        return false;
    remember_state(cache_dir, e->name, record, e->base_path);
    return true;
}

bool environment_open(const char *name, struct environment *ret, struct pyro_error *err)
{
    scoped_free char *cache_dir = NULL;
    scoped_json json_t *record = NULL;
    struct environment e;

    if (!catalog_find(name, err) || !(cache_dir = paths_environments(err)) ||
        !(record = environment_read_record(cache_dir, name, err)) ||
        !from_record(cache_dir, name, record, &e, err))
        return false;
    if (!check_cheaply(cache_dir, &e, record, err)) {
        environment_release(&e);
        return false;
    }
    *ret = e;
    return true;
}

static json_t *package_list(const struct catalog_entry *entry)
{
    json_t *list = json_array();

    for (const char *const *p = entry->packages; *p; p++)
        json_array_append_new(list, json_string(*p));
    return list;
}

static json_t *describe(const char *cache_dir, const struct catalog_entry *entry)
{
    scoped_json json_t *record = environment_read_record(cache_dir, entry->name, NULL);
    struct environment e = { 0 };
    bool installed = record && from_record(cache_dir, entry->name, record, &e, NULL) &&
                     access(e.base_path, R_OK) == 0;
    json_t *object = json_pack(
        "{ss ss ss so ss ss sb so so so so}", "name", entry->name, "version", PYRO_VERSION,
        "description", entry->description, "default_packages", package_list(entry), "distribution",
        entry->distribution, "platform", PLATFORM, "installed", installed, "install_dir",
        json_string_or_null(installed ? e.install_dir : NULL), "source",
        json_string_or_null(installed ? json_string_or(record, "source", NULL) : NULL),
        "source_digest", json_string_or_null(installed ? e.digest : NULL), "size_bytes",
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
        pyro_fail(err, PYRO_NO_MEMORY, "out of memory");
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
