/*
 * engine/environment/prune.c: removing what no workspace is based on. An environment whose image is
 * the base of a disk stays installed; one that is being pulled right now is left alone.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/environment/environment.h"
#include "engine/environment/environment_private.h"
#include "engine/registry/store.h"
#include "engine/state/base.h"
#include "engine/state/paths.h"
#include "vmm/base/fs.h"

struct prune {
    const char *const *used;
    size_t used_count;
    bool dry_run;
    json_t *removed;
    json_t *counted; /* of a dry run: {"DEVICE:INODE": names of that file that were counted} */
    int64_t freed_bytes;
    struct pyro_error *err;
};

/* Whether a used path is this one or below it. */
static bool is_used(const struct prune *p, const char *path)
{
    size_t n = strlen(path);

    for (size_t i = 0; i < p->used_count; i++)
        if (!strncmp(p->used[i], path, n) && (p->used[i][n] == '/' || p->used[i][n] == '\0'))
            return true;
    return false;
}

/* Names of a file that a dry run would have removed before this one. */
static nlink_t names_removed(struct prune *p, const struct stat *st)
{
    char file[48];
    json_int_t count;

    if (!p->dry_run)
        return 0;
    snprintf(file, sizeof(file), "%ju:%ju", (uintmax_t)st->st_dev, (uintmax_t)st->st_ino);
    count = json_int_or(p->counted, file, 0);
    json_object_set_new(p->counted, file, json_integer(count + 1));
    return (nlink_t)count;
}

/* Bytes on the disk freed with a name: none while the file has another. */
static int64_t bytes_freed(struct prune *p, const struct stat *st)
{
    bool has_another = S_ISREG(st->st_mode) && st->st_nlink > 1 + names_removed(p, st);

    return has_another ? 0 : (int64_t)st->st_blocks * 512;
}

/* Of a file, or of the files in a directory. */
static int64_t disk_bytes(struct prune *p, const char *path)
{
    scoped_dir DIR *dir = opendir(path);
    struct dirent *entry;
    int64_t sum = 0;
    struct stat st;

    if (!dir)
        return lstat(path, &st) == 0 ? bytes_freed(p, &st) : 0;
    while ((entry = readdir(dir)))
        if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
            sum += bytes_freed(p, &st);
    return sum;
}

/* `name`: what people call it; NULL: its file's name. */
static bool remove_one(struct prune *p, const char *name, const char *path)
{
    int64_t size_bytes = disk_bytes(p, path);
    const char *slash = strrchr(path, '/'); /* it is absolute */
    struct stat st;

    if (lstat(path, &st) != 0)
        return true;
    if (!p->dry_run && !environment_remove_tree(path, p->err))
        return false;
    p->freed_bytes += size_bytes;
    json_array_append_new(p->removed,
                          json_pack("{ss ss sI}", "name", name ? name : slash + 1, "path", path,
                                    "size_bytes", (json_int_t)size_bytes));
    return true;
}

/* The KEY of "KEY-HEX"; NULL for another name. The caller frees. */
static char *installed_key(const char *name)
{
    size_t n = strlen(name);

    if (n < ENVIRONMENT_UNIQUE_DIGITS + 2 || name[n - ENVIRONMENT_UNIQUE_DIGITS - 1] != '-' ||
        strspn(name + n - ENVIRONMENT_UNIQUE_DIGITS, "0123456789abcdef") !=
            ENVIRONMENT_UNIQUE_DIGITS)
        return NULL;
    return strndup(name, n - ENVIRONMENT_UNIQUE_DIGITS - 1);
}

/* The environment that an entry of the cache belongs to; NULL if it is not ours. */
static char *key_of(const char *name)
{
    size_t prefix = strlen(ENVIRONMENT_PULL_PREFIX);

    if (!strncmp(name, ENVIRONMENT_PULL_PREFIX, prefix))
        return strdup(name + prefix);
    if (!strncmp(name, ENVIRONMENT_LOCK_PREFIX, strlen(ENVIRONMENT_LOCK_PREFIX)))
        return NULL;
    if (str_ends_with(name, ENVIRONMENT_RECORD_SUFFIX))
        return strndup(name, strlen(name) - strlen(ENVIRONMENT_RECORD_SUFFIX));
    if (str_ends_with(name, ENVIRONMENT_LOG_SUFFIX))
        return strndup(name, strlen(name) - strlen(ENVIRONMENT_LOG_SUFFIX));
    return installed_key(name);
}

/* Whether a workspace's disk is based on the image that the record names. */
static bool is_base_used(const struct prune *p, const struct environment_record *record)
{
    scoped_free char *kept = base_path_of(record->image.digest, NULL);

    return kept && is_used(p, kept);
}

/* Nothing can make it again. */
static bool is_only_copy(const struct environment_record *record)
{
    return record->source && (!strcmp(record->source, ENVIRONMENT_FROM_ARCHIVE) ||
                              !strcmp(record->source, ENVIRONMENT_FROM_WORKSPACE));
}

/* A record is removed with the image it names. */
static bool prune_record(struct prune *p, const char *cache_dir, const char *key, const char *path)
{
    scoped_environment_record record = { 0 };
    scoped_free char *named = NULL;
    struct pyro_error err = { 0 };

    if (!environment_record_load(cache_dir, key, &record, &err))
        return err.code == PYRO_RECORD_INVALID ||
               remove_one(p, NULL, path); /* a newer pyro's stays */
    named = str_printf("%s/%s", cache_dir, record.directory);
    return access(named, F_OK) == 0 || remove_one(p, NULL, path);
}

/* One entry of the cache; the lock of its environment is held. The record is removed before what it
 * names. */
static bool prune_entry(struct prune *p, const char *cache_dir, const char *key, const char *name)
{
    scoped_free char *path = str_printf("%s/%s", cache_dir, name);
    scoped_free char *record_path = str_printf("%s/%s" ENVIRONMENT_RECORD_SUFFIX, cache_dir, key);
    scoped_environment_record record = { 0 };
    bool named;

    if (str_ends_with(name, ENVIRONMENT_RECORD_SUFFIX))
        return prune_record(p, cache_dir, key, path);
    named = environment_record_load(cache_dir, key, &record, NULL) &&
            strcmp(record.directory, name) == 0;
    if (is_used(p, path) || (named && (is_base_used(p, &record) || is_only_copy(&record))))
        return true;
    if (!p->dry_run && named && unlink(record_path) != 0)
        return pyro_fail_errno(p->err, "remove '%s'", record_path);
    return remove_one(p, named ? record.name : NULL, path);
}

json_t *environment_remove(const char *name, const struct progress *progress,
                           struct pyro_error *err)
{
    scoped_free char *cache_dir = paths_environments(err), *full = NULL, *key = NULL;
    scoped_environment_record record = { 0 };
    scoped_json json_t *removed = json_array();
    struct prune p = { .removed = removed, .err = err };
    scoped_close int lock = -1;
    scoped_free char *record_path = NULL, *path = NULL;
    struct pyro_error why = { 0 };

    full = cache_dir ? environment_full_name(name, err) : NULL;
    if (!full)
        return NULL;
    key = environment_key(full);
    lock = environment_lock(cache_dir, key, progress, err);
    if (lock < 0)
        return NULL;
    record_path = str_printf("%s/%s" ENVIRONMENT_RECORD_SUFFIX, cache_dir, key);
    if (!environment_record_load(cache_dir, full, &record, &why) &&
        why.code != PYRO_ENVIRONMENT_BROKEN) {
        if (why.code == PYRO_ENVIRONMENT_NOT_FOUND) /* nothing to be done about it */
            pyro_hint(&why, "'pyro env list' shows what is");
        return pyro_copy(err, &why);
    }
    if (record.directory)
        path = str_printf("%s/%s", cache_dir, record.directory);
    if (unlink(record_path) != 0)
        return pyro_fail_errno(err, "remove '%s'", record_path);
    if (path && !remove_one(&p, full, path))
        return NULL;
    return json_pack("{ss sI}", "name", full, "freed_bytes", (json_int_t)p.freed_bytes);
}

/* The names in a directory, sorted; the caller frees each and the array. -1 on failure. */
static int list(const char *path, struct dirent ***ret, struct pyro_error *err)
{
    int count = scandir(path, ret, NULL, alphasort);

    if (count < 0)
        pyro_fail_errno(err, "read '%s'", path);
    return count;
}

static bool prune_environments(struct prune *p)
{
    scoped_free char *cache_dir = paths_environments(p->err);
    struct dirent **entries;
    int count = cache_dir ? list(cache_dir, &entries, p->err) : -1;
    bool ok = count >= 0;

    for (int i = 0; i < count; i++) {
        scoped_free char *key = key_of(entries[i]->d_name);
        scoped_close int lock = key && ok ? environment_try_lock(cache_dir, key, NULL) : -1;
        if (lock >= 0)
            ok = prune_entry(p, cache_dir, key, entries[i]->d_name);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return ok;
}

/* A record in boot/ is made again when it is missed. */
static bool prune_boot(struct prune *p)
{
    scoped_free char *boot_dir = paths_boot(p->err);
    scoped_free char *lock_path = str_printf("%s/lock", boot_dir ? boot_dir : "");
    scoped_close int lock = boot_dir ? fs_lock(AT_FDCWD, lock_path, FS_LOCK_NOW, NULL) : -1;
    struct dirent **entries;
    int count = lock >= 0 ? list(boot_dir, &entries, p->err) : 0;
    bool ok = boot_dir && count >= 0;

    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        scoped_free char *path = str_printf("%s/%s", boot_dir, name);
        if (ok && name[0] != '.' && strcmp(name, "lock") != 0 && !is_used(p, path))
            ok = remove_one(p, NULL, path);
        free(entries[i]);
    }
    if (count > 0)
        free(entries);
    return ok;
}

static bool prune_base(void *arg, const char *path)
{
    struct prune *p = arg;

    return is_used(p, path) || remove_one(p, NULL, path);
}

/* --- what images are made of --- */

static void use_blob(json_t *names, const char *digest)
{
    char name[OCI_DIGEST_SIZE];

    if (!digest || !oci_digest_is_valid(digest))
        return;
    oci_blob_name(digest, name);
    json_object_set_new(names, name, json_true());
}

/* Those of an image that is installed, and stays so. */
static void use_blobs_of(const struct prune *p, const char *cache_dir, const char *key,
                         json_t *names)
{
    scoped_environment_record record = { 0 };
    scoped_free char *path = NULL;

    if (!environment_record_load(cache_dir, key, &record, NULL))
        return;
    path = str_printf("%s/%s", cache_dir, record.directory);
    for (size_t i = 0; i < json_array_size(p->removed); i++)
        if (!strcmp(json_string_or(json_array_get(p->removed, i), "path", ""), path))
            return;
    use_blob(names, record.manifest_digest);
    use_blob(names, record.config_digest);
    for (size_t i = 0; i < json_array_size(record.layers); i++)
        use_blob(names, json_string_or(json_array_get(record.layers, i), "digest", NULL));
}

static bool prune_has_blob(void *arg, const char *name)
{
    return json_object_get(arg, name) != NULL;
}

static bool prune_blobs(struct prune *p)
{
    scoped_free char *cache_dir = paths_environments(p->err), *blobs_dir = paths_blobs(p->err);
    scoped_json json_t *names = json_object();
    struct dirent **entries;
    int count = cache_dir && blobs_dir ? list(cache_dir, &entries, p->err) : -1;
    int64_t bytes;

    for (int i = 0; i < count; i++) {
        if (str_ends_with(entries[i]->d_name, ENVIRONMENT_RECORD_SUFFIX)) {
            scoped_free char *key = key_of(entries[i]->d_name);
            use_blobs_of(p, cache_dir, key, names);
        }
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    if (count < 0 || !blobs_prune(prune_has_blob, names, p->dry_run, &bytes, p->err))
        return false;
    p->freed_bytes += bytes;
    if (bytes)
        json_array_append_new(p->removed, json_pack("{ss ss sI}", "name", "blobs", "path",
                                                    blobs_dir, "size_bytes", (json_int_t)bytes));
    return true;
}

json_t *environment_prune(const char *const *used, size_t used_count, bool dry_run,
                          struct pyro_error *err)
{
    scoped_json json_t *counted = json_object();
    struct prune p = { .used = used,
                       .used_count = used_count,
                       .dry_run = dry_run,
                       .removed = json_array(),
                       .counted = counted,
                       .err = err };

    if (!prune_environments(&p) || !base_each(prune_base, &p, err) || !prune_boot(&p) ||
        !prune_blobs(&p)) {
        json_decref(p.removed);
        return NULL;
    }
    return json_pack("{so sI}", "removed", p.removed, "freed_bytes", (json_int_t)p.freed_bytes);
}
