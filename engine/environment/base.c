/* engine/environment/base.c: the records are looked through, and the best one's image is read. */
#include "engine/environment/base.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/environment/environment.h"
#include "vmm/base/fs.h"

void environment_base_release(struct environment_base *b)
{
    environment_record_release(&b->record);
    cleanup_close(&b->fd);
    *b = ENVIRONMENT_BASE_NONE;
}

/* How many of the image's layers an environment has; 0: it is not one to go on from. What was
 * committed is layers of a disk, not of an image; older records do not say what was supplied. */
static size_t layers_of(const struct environment_record *r, const struct environment_base_wish *w)
{
    size_t count = json_array_size(r->layers);

    if (!r->supplied || json_array_size(r->supplied) > OCI_SUPPLIED_MAX || r->overlays ||
        !r->name || count > w->count)
        return 0;
    for (size_t i = 0; w->member && i < count; i++)
        if (strcmp(json_string_or(json_array_get(r->layers, i), w->member, ""),
                   w->layer(w->arg, i)) != 0)
            return 0;
    return count;
}

static void keep_better(const char *cache_dir, const char *key,
                        const struct environment_base_wish *wish, struct environment_base *best)
{
    struct environment_record record = { 0 };
    size_t count =
        environment_record_load(cache_dir, key, &record, NULL) ? layers_of(&record, wish) : 0;

    if (count > best->layer_count) {
        environment_record_release(&best->record);
        best->record = record;
        best->layer_count = count;
    } else {
        environment_record_release(&record);
    }
}

static void find_best(const char *cache_dir, const struct environment_base_wish *wish,
                      struct environment_base *ret)
{
    struct dirent **entries;
    int count = scandir(cache_dir, &entries, NULL, alphasort);

    for (int i = 0; i < count; i++) {
        const char *file = entries[i]->d_name;
        if (str_ends_with(file, ENVIRONMENT_RECORD_SUFFIX)) {
            scoped_free char *key = strndup(file, strlen(file) - strlen(ENVIRONMENT_RECORD_SUFFIX));
            keep_better(cache_dir, key, wish, ret);
        }
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

bool environment_base_may_exist(const char *cache_dir, size_t layer_count)
{
    const struct environment_base_wish any = { .count = layer_count };
    scoped_environment_base best = ENVIRONMENT_BASE_NONE;

    find_best(cache_dir, &any, &best);
    return best.layer_count > 0;
}

/* The record may have changed meanwhile: then its image is another. */
static int open_checked(const struct environment_base *b)
{
    struct environment e;
    int fd = -1;

    if (!environment_open(b->record.name, &e, NULL))
        return -1;
    if (!strcmp(e.base_digest, b->record.image.digest) && environment_check(&e, NULL))
        fd = open(e.base_path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    environment_release(&e);
    return fd;
}

bool environment_base_find(const char *cache_dir, const struct environment_base_wish *wish,
                           const struct progress *progress, struct environment_base *ret)
{
    scoped_environment_base best = ENVIRONMENT_BASE_NONE;
    scoped_free char *text = NULL;

    find_best(cache_dir, wish, &best);
    if (!best.layer_count || (best.fd = open_checked(&best)) < 0)
        return false;
    text = str_printf("%zu of its %zu layers are there already, in %s", best.layer_count,
                      wish->count, best.record.name);
    progress_update(progress, text, NULL);
    *ret = best;
    best = ENVIRONMENT_BASE_NONE;
    return true;
}

bool environment_base_has(const struct environment_base *b, const struct oci_manifest *m,
                          const char *digest)
{
    bool has = false;

    for (size_t i = 0; i < m->layer_count; i++) {
        if (strcmp(m->layers[i].digest, digest) != 0)
            continue;
        if (i >= b->layer_count)
            return false;
        has = true;
    }
    return has;
}
