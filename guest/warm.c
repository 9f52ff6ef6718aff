/* guest/warm.c: reading files, and what they need. */
#include "guest/warm.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/elf.h"
#include "vmm/base/fs.h"

#define DEPTH_MAX 16
#define LIBRARIES_MAX 128

/* In the order of a root's PATH. */
static const char *const program_directories[] = { "/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
                                                   "/usr/bin",        "/sbin",          "/bin" };
/* Where loaders look without being told to: glibc's as Debian and as others build it, and musl's. */
static const char *const library_directories[] = { "/lib/x86_64-linux-gnu",
                                                   "/usr/lib/x86_64-linux-gnu",
                                                   "/lib64",
                                                   "/usr/lib64",
                                                   "/lib",
                                                   "/usr/lib",
                                                   "/usr/local/lib" };

/* One at a time: this program's memory is all in use for that. */
static struct {
    ssize_t left;
    dev_t disk;
    char libraries[LIBRARIES_MAX][ELF_NAME_SIZE]; /* read, or to be read */
    size_t library_count;
    struct elf_needs needs;
    char chunk[256 * 1024];
} w;

static void want_library(const char *name)
{
    for (size_t i = 0; i < w.library_count; i++)
        if (!strcmp(w.libraries[i], name))
            return;
    if (w.library_count < LIBRARIES_MAX)
        memcpy(w.libraries[w.library_count++], name, strlen(name) + 1);
}

static void read_file(int fd)
{
    ssize_t n = 0;

    while (w.left > 0 && (n = read(fd, w.chunk, sizeof(w.chunk))) > 0)
        w.left -= n;
}

static void read_program(int fd)
{
    read_file(fd);
    (void)!elf_read_needs(fd, &w.needs);
    if (*w.needs.interpreter)
        want_library(w.needs.interpreter);
    for (size_t i = 0; i < w.needs.needed_count; i++)
        want_library(w.needs.needed[i]);
}

/* Takes the descriptor. Below a directory nothing is followed. */
static void read_tree(int fd, int depth)
{
    DIR *dir;
    struct dirent *entry;
    struct stat st;

    if (fstat(fd, &st) == 0 && st.st_dev == w.disk) {
        if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX && (dir = fdopendir(fd))) {
            while (w.left > 0 && (entry = readdir(dir))) {
                int below =
                    !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")
                        ? -1
                        : openat(fd, entry->d_name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
                if (below >= 0)
                    read_tree(below, depth + 1);
            }
            closedir(dir);
            return;
        }
        if (S_ISREG(st.st_mode) && depth)
            read_file(fd);
        else if (S_ISREG(st.st_mode))
            read_program(fd);
    }
    close(fd);
}

/* False: there is none. */
static bool warm_path(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0)
        return false;
    read_tree(fd, 0);
    return true;
}

static void warm_named(const char *name, const char *const *directories, size_t count)
{
    char path[2 * ELF_NAME_SIZE];
    bool found = *name == '/' && warm_path(name);

    for (size_t i = 0; i < count && !found && !strchr(name, '/'); i++)
        found = snprintf(path, sizeof(path), "%s/%s", directories[i], name) < (int)sizeof(path) &&
                warm_path(path);
}

void warm(const json_t *names)
{
    const json_t *name;
    struct stat st;
    size_t i;

    if (stat("/", &st) != 0)
        return;
    w.left = WARM_BYTES_MAX;
    w.disk = st.st_dev;
    w.library_count = 0;
    json_array_foreach (names, i, name)
        if (json_is_string(name))
            warm_named(json_string_value(name), program_directories,
                       ARRAY_SIZE(program_directories));
    /* It grows as it is read. */
    for (i = 0; i < w.library_count && w.left > 0; i++)
        warm_named(w.libraries[i], library_directories, ARRAY_SIZE(library_directories));
}
