/* engine/workspace/watch_shells.c: their records, and how long their logs are. */
#include "engine/workspace/watch_shells.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "vmm/base/fs.h"

struct watched_shell *watch_shells_find(struct watched_shell *shells, size_t count, const char *id)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(shells[i].record.id, id))
            return &shells[i];
    return NULL;
}

void watch_shells_free(struct watched_shell *shells, size_t count)
{
    for (size_t i = 0; i < count; i++)
        shell_record_release(&shells[i].record);
    free(shells);
}

/* Its log's size; true when it changed. */
static bool look_at_log(int dir_fd, struct watched_shell *shell, bool first)
{
    char name[SHELL_ID_MAX + 16];
    struct stat st;

    snprintf(name, sizeof(name), SHELLS_DIR "/%s.log", shell->record.id);
    if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || shell->size == (uint64_t)st.st_size)
        return false;
    shell->size = (uint64_t)st.st_size;
    if (!first)
        shell->output_ms = clock_ms();
    return true;
}

struct reading {
    struct watched_shell *shells;
    size_t count;
    int dir_fd;
    struct watched_shell *old;
    size_t old_count;
};

static void watch_shells_read_one(void *arg, const struct shell_record *r)
{
    struct reading *reading = arg;
    const struct watched_shell *old = watch_shells_find(reading->old, reading->old_count, r->id);
    struct watched_shell *grown =
        realloc(reading->shells, (reading->count + 1) * sizeof(*reading->shells));
    struct watched_shell *shell;

    BUG_ON(!grown);
    reading->shells = grown;
    shell = &grown[reading->count++];
    *shell = (struct watched_shell){ .record = shell_record_copy(r) };
    if (old) {
        shell->size = old->size;
        shell->output_ms = old->output_ms;
    }
    look_at_log(reading->dir_fd, shell, !old);
}

void watch_shells_read(struct watched_shell **shells, size_t *count, int dir_fd)
{
    struct reading reading = { .dir_fd = dir_fd, .old = *shells, .old_count = *count };

    if (!shell_each(dir_fd, watch_shells_read_one, &reading, NULL))
        return;
    watch_shells_free(*shells, *count);
    *shells = reading.shells;
    *count = reading.count;
}

bool watch_shells_look(struct watched_shell *shells, size_t count, int dir_fd)
{
    bool grown = false;

    for (size_t i = 0; i < count; i++)
        grown |= look_at_log(dir_fd, &shells[i], false);
    return grown;
}
