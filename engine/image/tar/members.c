/* engine/image/tar/members.c: a hash table of names. */
#include "engine/image/tar/members.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 1024

void members_release(struct members *m)
{
    for (size_t i = 0; i < m->size; i++)
        free(m->table[i].path);
    free(m->table);
    *m = (struct members){ 0 };
}

static void *refuse(const char *why, struct pyro_error *err)
{
    return pyro_fail(err, PYRO_CONTENT_REFUSED, "%s", why);
}

bool members_normalise(const char *name, char *ret, struct pyro_error *err)
{
    size_t used = 0, n;

    if (*name == '/')
        return refuse("has an absolute name", err);
    for (; *name; name += n) {
        name += strspn(name, "/");
        n = strcspn(name, "/");
        if (n == 0 || (n == 1 && name[0] == '.'))
            continue;
        if (n == 2 && name[0] == '.' && name[1] == '.')
            return refuse("has '..' in its name", err);
        if (n > BENEATH_NAME_MAX || used + 1 + n > BENEATH_PATH_MAX)
            return refuse("has a name that is too long", err);
        if (used)
            ret[used++] = '/';
        memcpy(ret + used, name, n);
        used += n;
    }
    ret[used] = '\0';
    return true;
}

/* FNV-1a */
static uint64_t hash(const char *path, size_t n)
{
    uint64_t h = 14695981039346656037u;

    for (size_t i = 0; i < n; i++)
        h = (h ^ (uint8_t)path[i]) * 1099511628211u;
    return h;
}

/* The place of the first n bytes of a path: its member, or a free one. */
static struct member_name *place(const struct members *m, const char *path, size_t n)
{
    size_t i = hash(path, n) & (m->size - 1);

    while (m->table[i].path &&
           (strncmp(m->table[i].path, path, n) != 0 || m->table[i].path[n] != '\0'))
        i = (i + 1) & (m->size - 1);
    return &m->table[i];
}

struct member_name *members_find(const struct members *m, const char *path)
{
    struct member_name *found = m->size ? place(m, path, strlen(path)) : NULL;

    return found && found->path ? found : NULL;
}

static bool grow(struct members *m)
{
    struct members bigger = { .size = m->size ? 2 * m->size : FIRST_SIZE, .count = m->count };

    bigger.table = calloc(bigger.size, sizeof(*bigger.table));
    if (!bigger.table)
        return false;
    for (size_t i = 0; i < m->size; i++)
        if (m->table[i].path)
            *place(&bigger, m->table[i].path, strlen(m->table[i].path)) = m->table[i];
    free(m->table);
    *m = bigger;
    return true;
}

/* The place of the first n bytes of a path, noted with this type if it was free. */
static struct member_name *note(struct members *m, const char *path, size_t n, enum tree_type type,
                                struct pyro_error *err)
{
    struct member_name *at;

    if (2 * m->count >= m->size && !grow(m))
        return pyro_no_memory(err, NULL);
    at = place(m, path, n);
    if (at->path)
        return at;
    *at = (struct member_name){ .type = type, .path = strndup(path, n) };
    if (!at->path)
        return pyro_no_memory(err, NULL);
    m->count++;
    return at;
}

/* Checks that all parents of a path are directories, and notes them from the nearest known one
 * on. */
static bool note_parents(struct members *m, const char *path, struct pyro_error *err)
{
    const char *slash = path;

    while ((slash = strchr(slash, '/'))) {
        struct member_name *at = note(m, path, (size_t)(slash - path), TREE_DIRECTORY, err);
        if (!at)
            return false;
        if (at->type == TREE_SYMLINK)
            return pyro_fail(err, PYRO_CONTENT_REFUSED,
                             "would be written through the symbolic link '%.200s'", at->path);
        if (at->type != TREE_DIRECTORY)
            return pyro_fail(err, PYRO_CONTENT_REFUSED,
                             "would be written into '%.200s', which is not a directory", at->path);
        slash++;
    }
    return true;
}

struct member_name *members_add(struct members *m, const char *path, enum tree_type type,
                                struct pyro_error *err)
{
    struct member_name *at;

    if (!note_parents(m, path, err) || !(at = note(m, path, strlen(path), type, err)))
        return NULL;
    if ((at->type == TREE_DIRECTORY) != (type == TREE_DIRECTORY))
        return refuse("is a directory in one place of the archive and something else in another",
                      err);
    at->type = type;
    return at;
}
