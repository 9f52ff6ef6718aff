/*
 * engine/state/salvage.c: reading a disk whose record cannot be used. A newer version's record may
 * describe the disk in the same way; without any record a disk of one layer can be told from its
 * files. A longer chain cannot: the order of its layers is in no file but the record.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "engine/state/base.h"
#include "engine/state/record.h"
#include "vmm/base/fs.h"

/* A JSON record's description of the disk. */
static bool take_words(const json_t *j, struct workspace_record *r)
{
    const char *base = json_string_or(j, "base_path", NULL);
    struct disk_layers disk;

    if (!base || !json_object_get(j, "disk") ||
        !disk_layers_parse(json_object_get(j, "disk"), &disk, NULL))
        return false;
    disk_layers_release(&r->disk);
    r->disk = disk;
    record_set_string(&r->base_path, base);
    base_update_path(&r->base_path, json_string_or(j, "base_digest",
                                                   json_string_or(j, "environment_digest", NULL)));
    return true;
}

struct search {
    uint64_t size_bytes;
    char *path;
    unsigned count;
};

static bool salvage_fits(void *arg, const char *path)
{
    struct search *s = arg;
    struct stat st;

    if (stat(path, &st) == 0 && (uint64_t)st.st_size == s->size_bytes && s->count++ == 0)
        s->path = str_printf("%s", path);
    return true;
}

/* The only layer, on the only base it can have. */
static bool take_files(int dirfd, struct workspace_record *r)
{
    char file[32];
    scoped_free char *path = NULL;
    struct search s = { 0 };
    struct disk_layer layer = { .format = DISK_QCOW2 };

    disk_layer_file(r->disk.active, file);
    path = str_printf("/proc/self/fd/%d/%s", dirfd, file);
    layer.path = path;
    if (disk_layers_any(dirfd) || !disk_virtual_size(&layer, &s.size_bytes, NULL) ||
        !base_each(salvage_fits, &s, NULL) || s.count != 1) {
        free(s.path);
        return false;
    }
    record_set_string(&r->base_path, s.path);
    free(s.path);
    return true;
}

bool record_load_disk(int dirfd, const char *id, struct workspace_record *ret,
                      struct pyro_error *err)
{
    static const char *const files[] = { RECORD_FILE, RECORD_COPY };
    struct workspace_record r;
    struct pyro_error why = { 0 };

    if (record_load(dirfd, id, ret, &why))
        return true;
    record_load_any(dirfd, id, &r);
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        scoped_json json_t *j = record_read(dirfd, files[i], NULL);
        if (j && take_words(j, &r)) {
            *ret = r;
            return true;
        }
    }
    if (take_files(dirfd, &r)) {
        *ret = r;
        return true;
    }
    record_release(&r);
    return pyro_copy(err, &why);
}
