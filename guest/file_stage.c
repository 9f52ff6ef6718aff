/* guest/file_stage.c: a symbolic link for each stage, by its name; its target is where it lies. */
#include "guest/file_stage.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/file_beneath.h"
#include "vmm/base/fs.h"

#define NOTES "/var/lib/pyro-stages"
#define DIGITS 16

static int open_notes(void)
{
    return open(NOTES, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

void file_stage_note(const char *name, const char *parent)
{
    scoped_close int notes = open_notes();
    char target[FILE_PATH_MAX + 2];

    snprintf(target, sizeof(target), "/%s", parent); /* no link is empty */
    if (notes < 0 && mkdir(NOTES, 0700) == 0)
        notes = open_notes();
    if (notes < 0 || symlinkat(target, notes, name) != 0)
        guest_log("a stage in '%s' could not be recorded", parent);
}

void file_stage_forget(const char *name)
{
    scoped_close int notes = open_notes();

    if (notes >= 0)
        unlinkat(notes, name, 0);
}

/* Root in the guest may have put any name there. */
static bool is_stage(const char *name)
{
    size_t n = strlen(FILE_STAGE_PREFIX);

    return strncmp(name, FILE_STAGE_PREFIX, n) == 0 && strlen(name) == n + DIGITS &&
           strspn(name + n, "0123456789abcdef") == DIGITS;
}

static void remove_stage(int root, int notes, const char *name)
{
    char target[FILE_PATH_MAX + 2];
    ssize_t n = readlinkat(notes, name, target, sizeof(target) - 1);
    scoped_close int parent = -1;

    if (n > 0) {
        target[n] = '\0';
        parent = file_open_beneath(root, target + 1, O_RDONLY | O_DIRECTORY, NULL);
    }
    if (parent >= 0)
        fs_discard_tree(parent, name);
    unlinkat(notes, name, 0);
}

void file_stage_sweep(struct guest *g)
{
    int notes = open_notes();
    scoped_dir DIR *dir = notes < 0 ? NULL : fdopendir(notes);
    scoped_close int root = dir ? file_open_root(g, NULL) : -1;
    struct dirent *entry;

    if (notes >= 0 && !dir)
        close(notes);
    while (root >= 0 && (entry = readdir(dir)))
        if (is_stage(entry->d_name))
            remove_stage(root, notes, entry->d_name);
}
