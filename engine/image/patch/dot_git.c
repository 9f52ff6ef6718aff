/* engine/image/patch/dot_git.c: verify_path() of git's read-cache.c and is_ntfs_dotgit(),
 * is_hfs_dotgit() of its path.c and utf8.c, with both of core.protectNTFS and core.protectHFS. */
#include "engine/image/patch/dot_git.h"

#include <string.h>
#include <strings.h>

/* ".git" or "git~1", then dots and blanks, then the end or the name of a stream. */
static bool is_ntfs(const char *name, size_t n)
{
    size_t at;

    if (n >= 4 && !strncasecmp(name, ".git", 4))
        at = 4;
    else if (n >= 5 && !strncasecmp(name, "git~1", 5))
        at = 5;
    else
        return false;
    while (at < n && (name[at] == '.' || name[at] == ' '))
        at++;
    return at == n || name[at] == ':';
}

/* The length of a character that HFS+ ignores in a name: U+200C to 200F, 202A to 202E, 206A to
 * 206F, FEFF; else 0. */
static size_t ignored(const char *s, size_t n)
{
    const unsigned char *c = (const unsigned char *)s;

    if (n < 3)
        return 0;
    if (c[0] == 0xef && c[1] == 0xbb && c[2] == 0xbf)
        return 3;
    if (c[0] != 0xe2)
        return 0;
    return (c[1] == 0x80 && ((c[2] >= 0x8c && c[2] <= 0x8f) || (c[2] >= 0xaa && c[2] <= 0xae))) ||
                   (c[1] == 0x81 && c[2] >= 0xaa && c[2] <= 0xaf)
               ? 3
               : 0;
}

static bool is_hfs(const char *name, size_t n)
{
    char kept[5];
    size_t count = 0, skip;

    for (size_t i = 0; i < n; i += skip ? skip : 1) {
        skip = ignored(name + i, n - i);
        if (skip)
            continue;
        if (count == 4)
            return false;
        kept[count++] = name[i];
    }
    return count == 4 && !strncasecmp(kept, ".git", 4);
}

bool is_dot_git(const char *name, size_t n)
{
    for (size_t at = 0;;) {
        const char *slash = memchr(name + at, '\\', n - at);
        size_t length = slash ? (size_t)(slash - name) - at : n - at;

        if (is_ntfs(name + at, length) || is_hfs(name + at, length))
            return true;
        if (!slash)
            return false;
        at += length + 1;
    }
}

bool has_dot_git(const char *path)
{
    for (;;) {
        size_t n = strcspn(path, "/");

        if (is_dot_git(path, n))
            return true;
        if (!path[n])
            return false;
        path += n + 1;
    }
}

bool is_dot_gitmodules(const char *path)
{
    const char *slash = strrchr(path, '/');

    return !strcasecmp(slash ? slash + 1 : path, ".gitmodules");
}
