/* guest/users.c: passwd(5) and group(5), of whatever content. */
#include "guest/users.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/base/fs.h"

#define FILE_BYTES_MAX (1u << 20)
#define FIELDS_MAX 7 /* of passwd */

/* The next line that has this many fields, cut at its colons; false at the end. */
static bool next_entry(char **rest, char *fields[FIELDS_MAX], size_t wanted)
{
    char *line;

    while ((line = strsep(rest, "\n"))) {
        size_t n = 0;
        while (line && n < wanted)
            fields[n++] = strsep(&line, ":");
        if (n == wanted && !line)
            return true;
    }
    return false;
}

static bool parse_id(const char *text, uint32_t *ret)
{
    char *end;
    unsigned long n;

    if (!*text || strspn(text, "0123456789") != strlen(text) || strlen(text) > 10)
        return false;
    n = strtoul(text, &end, 10);
    if (n >= UINT32_MAX)
        return false;
    *ret = (uint32_t)n;
    return true;
}

/* Empty where there is none. */
static bool read_table(const char *path, struct buf *ret, struct pyro_error *err)
{
    scoped_close int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat st;

    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR || pyro_fail_errno(err, "open %s", path);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return pyro_fail(err, PYRO_GUEST_ERROR, "%s is not a regular file", path);
    return fs_read_fd(fd, ret) ||
           pyro_fail(err, PYRO_GUEST_ERROR, "%s cannot be read, or is larger than %u bytes", path,
                     FILE_BYTES_MAX);
}

static void copy(char *ret, size_t size, const char *text)
{
    snprintf(ret, size, "%s", strlen(text) < size ? text : "");
}

/* Fills it in from passwd, by name or else by number. */
static bool find_user(char *rest, const char *wanted, struct guest_user *u, struct pyro_error *err)
{
    bool is_number = parse_id(wanted, &u->uid);
    char *fields[FIELDS_MAX];
    uint32_t uid, gid;

    while (next_entry(&rest, fields, 7)) {
        if (!parse_id(fields[2], &uid) || !parse_id(fields[3], &gid) ||
            (strcmp(fields[0], wanted) != 0 && !(is_number && uid == u->uid)))
            continue;
        u->uid = uid;
        u->gid = gid;
        copy(u->name, sizeof(u->name), fields[0]);
        copy(u->home, sizeof(u->home), fields[5]);
        copy(u->shell, sizeof(u->shell), fields[6]);
        return true;
    }
    return is_number ||
           pyro_fail(err, PYRO_GUEST_ERROR, "there is no user '%.100s' in /etc/passwd", wanted);
}

static bool is_member(char *members, const char *name)
{
    char *member;

    while ((member = strsep(&members, ",")))
        if (!strcmp(member, name))
            return true;
    return false;
}

/* The group that was asked for; without one, all that have the user as a member. */
static bool find_groups(char *rest, const char *wanted, struct guest_user *u,
                        struct pyro_error *err)
{
    bool found = !wanted || parse_id(wanted, &u->gid);
    char *fields[FIELDS_MAX];
    uint32_t gid;

    while (next_entry(&rest, fields, 4)) {
        if (!parse_id(fields[2], &gid))
            continue;
        if (wanted && !strcmp(fields[0], wanted)) {
            u->gid = gid;
            return true;
        }
        if (!wanted && *u->name && u->group_count < USERS_GROUPS_MAX &&
            is_member(fields[3], u->name))
            u->groups[u->group_count++] = gid;
    }
    return found ||
           pyro_fail(err, PYRO_GUEST_ERROR, "there is no group '%.100s' in /etc/group", wanted);
}

bool user_find_in(const char *text, char *passwd, char *group, struct guest_user *ret,
                  struct pyro_error *err)
{
    scoped_free char *user = strdup(text);
    char *of_group = user ? strchr(user, ':') : NULL;

    *ret = (struct guest_user){ .home = "/" };
    if (!user)
        return pyro_no_memory(err, NULL);
    if (of_group)
        *of_group++ = '\0';
    if (!*user || (of_group && !*of_group))
        return pyro_fail(err, PYRO_GUEST_ERROR, "'%.100s' is not a user", text);
    return find_user(passwd, user, ret, err) && find_groups(group, of_group, ret, err);
}

bool user_find(const char *text, struct guest_user *ret, struct pyro_error *err)
{
    scoped_buf passwd = BUF_INIT(FILE_BYTES_MAX), group = BUF_INIT(FILE_BYTES_MAX);

    return read_table("/etc/passwd", &passwd, err) && read_table("/etc/group", &group, err) &&
           user_find_in(text, passwd.data, group.data, ret, err);
}
