/* engine/environment/base.c: the records are looked through, and the best one's image is read. */
#include "engine/environment/base.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "engine/environment/environment.h"
#include "vmm/base/fs.h"
#include "vmm/base/patience.h"
#include "vmm/base/proc.h"

#define CHECK_TIMEOUT_MS 600000

void environment_base_release(struct environment_base *b)
{
    cleanup_proc(&b->checker);
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

/* It dies with this process. -1 where there can be none. */
static pid_t start_checker(const struct environment *e)
{
    pid_t parent = getpid(), pid = fork();

    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    _exit(getppid() != parent || !environment_check(e, NULL));
}

/* The record may have changed meanwhile: then its image is another. */
static bool open_image(struct environment_base *b)
{
    struct environment e;

    if (!environment_open(b->record.name, &e, NULL))
        return false;
    if (!strcmp(e.base_digest, b->record.image.digest))
        b->fd = open(e.base_path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    b->checker = b->fd < 0 ? -1 : start_checker(&e);
    environment_release(&e);
    return b->checker > 0;
}

bool environment_base_check(struct environment_base *b, struct pyro_error *err)
{
    int status;
    bool ok;

    if (!b->checker)
        return true;
    ok = proc_wait(b->checker, patience_until(CHECK_TIMEOUT_MS), &status, err);
    b->checker = 0;
    return (ok && status == 0) || pyro_fail(err, PYRO_ENVIRONMENT_BROKEN,
                                            "the image of '%s' fails its check", b->record.name);
}

bool environment_base_find(const char *cache_dir, const struct environment_base_wish *wish,
                           const struct progress *progress, struct environment_base *ret)
{
    scoped_environment_base best = ENVIRONMENT_BASE_NONE;
    scoped_free char *text = NULL;

    find_best(cache_dir, wish, &best);
    if (!best.layer_count || !open_image(&best))
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
