/* vmm/base/trust.c: owner and mode of everything that leads to a path. */
#include "vmm/base/trust.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/base/confine.h"
#include "vmm/base/fs.h"

#define LINKS_MAX 40 /* as many as the kernel follows */

/* In a user namespace root's own files look like nobody's. */
static bool is_root_mapped(void)
{
    struct stat st;

    return stat("/proc/sys/kernel", &st) != 0 || st.st_uid == 0;
}

static bool is_trusted_user(uid_t uid)
{
    return uid == 0 || uid == geteuid() || (uid == CONFINE_NOBODY && !is_root_mapped());
}

static bool refuse(const char *path, const char *what, struct pyro_error *err)
{
    pyro_fail(err, PYRO_PERMISSION, "'%s' %s: someone else could replace its content", path, what);
    return pyro_hint(err, "make it yours alone, or set PYRO_HOME to a directory that is");
}

static bool check_owner(const char *path, const struct stat *st, struct pyro_error *err)
{
    char what[64];

    if (is_trusted_user(st->st_uid))
        return true;
    snprintf(what, sizeof(what), "belongs to user %u", (unsigned)st->st_uid);
    return refuse(path, what, err);
}

static bool check_mode(const char *path, const struct stat *st, struct pyro_error *err)
{
    bool own_group = st->st_gid == 0 || st->st_gid == getegid();

    if (!S_ISDIR(st->st_mode) || (st->st_mode & S_ISVTX))
        return true;
    if (st->st_mode & S_IWOTH)
        return refuse(path, "is writable by everyone", err);
    if ((st->st_mode & S_IWGRP) && !own_group)
        return refuse(path, "is writable by its group", err);
    return true;
}

static bool check_all(const char *path, unsigned links, struct pyro_error *err);

/* The target of a link, as a path of its own; the caller's. */
static char *target_of(const char *link)
{
    const char *slash = strrchr(link, '/');
    char target[PATH_MAX];
    ssize_t n = readlink(link, target, sizeof(target) - 1);

    if (n < 0)
        return NULL;
    target[n] = '\0';
    return target[0] == '/' ? str_printf("%s", target)
                            : str_printf("%.*s/%s", (int)(slash - link), link, target);
}

/* One directory or link on the way. A missing one ends the way. */
static bool check_one(const char *path, unsigned links, bool *ret_missing, struct pyro_error *err)
{
    scoped_free char *target = NULL;
    struct stat st;

    if (lstat(path, &st) != 0) {
        *ret_missing = true;
        return errno == ENOENT || errno == ENOTDIR || pyro_fail_errno(err, "look at '%s'", path);
    }
    if (!check_owner(path, &st, err))
        return false;
    if (!S_ISLNK(st.st_mode))
        return check_mode(path, &st, err);
    target = target_of(path);
    if (!target || links >= LINKS_MAX) {
        errno = ELOOP;
        return pyro_fail_errno(err, "follow '%s'", path);
    }
    return check_all(target, links + 1, err);
}

/* An absolute path, from the root on. */
static bool check_all(const char *path, unsigned links, struct pyro_error *err)
{
    scoped_free char *copy = str_printf("%s", path);
    bool missing = false;

    if (!check_one("/", links, &missing, err))
        return false;
    for (char *p = copy + 1; *p && !missing; p++) {
        char *end = p + strcspn(p, "/"), was = *end;
        *end = '\0';
        if (*p && !check_one(copy, links, &missing, err))
            return false;
        *end = was;
        if (!was)
            break;
        p = end;
    }
    return true;
}

bool trust_check(const char *path, struct pyro_error *err)
{
    scoped_free char *here = path[0] == '/' ? NULL : getcwd(NULL, 0);
    scoped_free char *whole = path[0] == '/' ? str_printf("%s", path)
                              : here         ? str_printf("%s/%s", here, path)
                                             : NULL;

    if (!whole)
        return pyro_fail_errno(err, "find the current directory");
    return check_all(whole, 0, err);
}
