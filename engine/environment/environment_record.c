/* engine/environment/environment_record.c: the record of an environment, to and from its file. */
#include "engine/environment/environment_record.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/environment/catalog.h"
#include "engine/environment/trial.h"
#include "engine/state/digest.h"
#include "vmm/base/fs.h"

#define RECORD_BYTES_MAX (256 * 1024)
#define KEY_BYTES_MAX 160 /* with what is put around it, a file name */

static bool environment_record_is_entry(const char *name)
{
    return name[0] && name[0] != '.' && !strchr(name, '/');
}

static const struct row_spec image_rows[] = {
    ROW_TEXT(environment_image, digest, .required = true),
    ROW_TEXT(environment_image, head_digest),
    ROW_STRUCT(environment_image, state, file_state_rows),
    ROW_INT(environment_image, image_bytes),
    ROW_INT(environment_image, size_bytes),
    ROW_TEXT(environment_image, written_in, .sparse = true),
    ROW_END,
};

static const struct row_spec environment_record_rows[] = {
    ROW_VERSION("format_version", ENVIRONMENT_RECORD_VERSION),
    ROW_TEXT(environment_record, name),
    ROW_TEXT(environment_record, catalog_version),
    ROW_TEXT(environment_record, directory, .required = true,
             .is_valid = environment_record_is_entry),
    ROW_TEXT(environment_record, source),
    ROW_STRINGS(environment_record, packages),
    ROW_OBJECTS(environment_record, passed_over, NULL, .sparse = true),
    ROW_TEXT(environment_record, reference, .sparse = true),
    ROW_TEXT(environment_record, reference_digest, .sparse = true),
    ROW_TEXT(environment_record, manifest_digest, .sparse = true),
    ROW_TEXT(environment_record, config_digest, .sparse = true),
    ROW_OBJECT(environment_record, config, NULL, .sparse = true),
    ROW_OBJECTS(environment_record, layers, NULL, .sparse = true),
    ROW_STRINGS(environment_record, supplied, .sparse = true),
    ROW_STRUCT(environment_record, image, image_rows, .required = true),
    ROW_OBJECTS(environment_record, overlays, NULL, .sparse = true),
    ROW_TEXT(environment_record, stack_digest, .sparse = true),
    ROW_TEXT(environment_record, workspace, .sparse = true),
    ROW_TEXT(environment_record, built_from, .sparse = true),
    ROW_OBJECT(environment_record, base, NULL, .sparse = true),
    ROW_NUM(environment_record, installed_at),
    ROW_END,
};

void environment_record_release(struct environment_record *r)
{
    rows_release(environment_record_rows, r);
}

/* Whether files of other kinds have such names. */
static bool is_reserved(const char *name)
{
    return !strncmp(name, ENVIRONMENT_PULL_PREFIX, strlen(ENVIRONMENT_PULL_PREFIX)) ||
           !strncmp(name, ENVIRONMENT_LOCK_PREFIX, strlen(ENVIRONMENT_LOCK_PREFIX));
}

char *environment_key(const char *name)
{
    char *key = str_printf("%s%s", is_reserved(name) ? "=" : "", name), *shorter;
    char digest[DIGEST_TEXT_BYTES];

    for (char *p = key; *p; p++)
        *p = *p == ':' ? '@' : *p == '/' ? '+' : *p;
    if (strlen(key) <= KEY_BYTES_MAX)
        return key;
    digest_bytes(name, strlen(name), digest);
    shorter = str_printf("%.*s-%s", KEY_BYTES_MAX - 33, key, digest + strlen("xxh3:"));
    free(key);
    return shorter;
}

bool environment_fail_broken(const char *name, const char *why, struct pyro_error *err)
{
    pyro_fail(err, PYRO_ENVIRONMENT_BROKEN, "environment %s: %s", name, why);
    return catalog_find(name, NULL)
               ? pyro_hint(err, "repair it with 'pyro env pull %s'", name)
               : pyro_hint(err, "remove it with 'pyro env remove %s', and install it again", name);
}

static bool fail_not_installed(const char *name, struct pyro_error *err)
{
    pyro_fail(err, PYRO_ENVIRONMENT_NOT_FOUND, "environment %s is not installed", name);
    pyro_hint(err, "install it with 'pyro env pull %s'", name);
    if (err)
        err->sys_errno = ENOENT;
    return false;
}

static bool read_record(const char *cache_dir, const char *name, struct environment_record *ret,
                        struct pyro_error *err)
{
    scoped_free char *key = environment_key(name);
    scoped_free char *path = str_printf("%s/%s" ENVIRONMENT_RECORD_SUFFIX, cache_dir, key);
    scoped_buf text = BUF_INIT(RECORD_BYTES_MAX);
    scoped_json json_t *j = NULL;
    struct pyro_error why = { 0 };

    if (!fs_read_file(AT_FDCWD, path, &text, &why)) {
        if (why.sys_errno == ENOENT)
            return fail_not_installed(name, err);
        return pyro_copy(err, &why);
    }
    j = json_parse(text.data, text.len, RECORD_BYTES_MAX, NULL);
    if (json_int_or(j, "format_version", 0) > ENVIRONMENT_RECORD_VERSION) {
        pyro_fail(err, PYRO_RECORD_INVALID, "environment %s was installed by a newer pyro", name);
        return pyro_hint(err, "use that pyro, or another cache directory");
    }
    return (j && rows_load(environment_record_rows, j, ret, NULL)) ||
           environment_fail_broken(name, "its record is damaged", err);
}

/* Removes the record, then the directory. If another process holds the lock, it is installing that name, and
 * the next `env prune` removes the directory. */
static void drop(const char *cache_dir, const char *name, const struct environment_record *r)
{
    scoped_free char *key = environment_key(name);
    scoped_free char *lock_path = str_printf("%s/" ENVIRONMENT_LOCK_PREFIX "%s", cache_dir, key);
    scoped_free char *path = str_printf("%s/%s" ENVIRONMENT_RECORD_SUFFIX, cache_dir, key);
    scoped_free char *tree = str_printf("%s/%s", cache_dir, r->directory);
    scoped_close int lock = fs_lock(AT_FDCWD, lock_path, FS_LOCK_NOW, NULL);
    scoped_environment_record now = { 0 };

    if (lock < 0 || !read_record(cache_dir, name, &now, NULL) ||
        strcmp(now.directory, r->directory) != 0 || unlink(path) != 0)
        return;
    fs_discard_tree(AT_FDCWD, tree);
}

bool environment_record_load(const char *cache_dir, const char *name,
                             struct environment_record *ret, struct pyro_error *err)
{
    scoped_free char *directory = NULL;

    if (!read_record(cache_dir, name, ret, err))
        return false;
    directory = str_printf("%s/%s", cache_dir, ret->directory);
    if (!trial_was_given_up(directory))
        return true;
    drop(cache_dir, name, ret);
    return fail_not_installed(name, err);
}

const char *environment_record_digest(const struct environment_record *r)
{
    return r->stack_digest ? r->stack_digest : r->image.digest;
}

bool environment_record_save(const char *cache_dir, const char *name,
                             const struct environment_record *r, struct pyro_error *err)
{
    scoped_free char *key = environment_key(name);
    scoped_free char *file = str_printf("%s" ENVIRONMENT_RECORD_SUFFIX, key);
    scoped_close int dirfd = fs_open_dir(AT_FDCWD, cache_dir, err);

    if (dirfd < 0)
        return false;
    /* With it the disk would be waited for: a journal writes the image's blocks before the record. */
    if (r->image.written_in)
        return rows_publish_soon(environment_record_rows, r, dirfd, file, err);
    return rows_publish(environment_record_rows, r, dirfd, file, err);
}
