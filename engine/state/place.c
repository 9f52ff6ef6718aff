/* engine/state/place.c: a process's surroundings, from /proc and from system calls. */
#include "engine/state/place.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/base/fs.h"

#define TEXT_BYTES_MAX (64 * 1024)
#define GROUPS_MAX 1024

static bool put_text(json_t *place, const char *name, struct buf *text, struct pyro_error *err)
{
    json_t *value = json_string_lossy(text->data ? text->data : "", text->len);

    return json_object_set_new(place, name, value) == 0 || pyro_no_memory(err, NULL);
}

static bool put_file(json_t *place, const char *name, const char *path, struct pyro_error *err)
{
    scoped_buf text = BUF_INIT(TEXT_BYTES_MAX);

    return fs_read_file(AT_FDCWD, path, &text, err) && put_text(place, name, &text, err);
}

static bool put_users(json_t *place, struct pyro_error *err)
{
    scoped_buf text = BUF_INIT(TEXT_BYTES_MAX);
    gid_t groups[GROUPS_MAX];
    int count = getgroups(GROUPS_MAX, groups);

    if (count < 0)
        return pyro_fail_errno(err, "groups");
    if (!buf_printf(&text, "%u:%u", geteuid(), getegid()))
        return pyro_no_memory(err, NULL);
    for (int i = 0; i < count; i++)
        if (!buf_printf(&text, ",%u", groups[i]))
            return pyro_no_memory(err, NULL);
    return put_text(place, "user", &text, err);
}

static bool put_namespaces(json_t *place, struct pyro_error *err)
{
    static const char *const kinds[] = {
        "cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"
    };
    scoped_buf text = BUF_INIT(TEXT_BYTES_MAX);

    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        char path[64], name[64];
        ssize_t n;
        snprintf(path, sizeof(path), "/proc/self/ns/%s", kinds[i]);
        n = readlink(path, name, sizeof(name));
        if (n < 0 && errno != ENOENT) /* a kernel may have fewer */
            return pyro_fail_errno(err, "'%s'", path);
        if (n > 0 && !buf_append(&text, name, (size_t)n))
            return pyro_no_memory(err, NULL);
    }
    return put_text(place, "namespaces", &text, err);
}

static bool put_limits(json_t *place, struct pyro_error *err)
{
    scoped_buf text = BUF_INIT(TEXT_BYTES_MAX);

    for (int i = 0; i < RLIM_NLIMITS; i++) {
        struct rlimit limit;
        if (getrlimit((__rlimit_resource_t)i, &limit) == 0 &&
            !buf_printf(&text, "%d:%llx/%llx ", i, (unsigned long long)limit.rlim_cur,
                        (unsigned long long)limit.rlim_max))
            return pyro_no_memory(err, NULL);
    }
    return put_text(place, "limits", &text, err);
}

static bool put_processors(json_t *place, struct pyro_error *err)
{
    scoped_buf text = BUF_INIT(TEXT_BYTES_MAX);
    cpu_set_t mask;

    if (sched_getaffinity(0, sizeof(mask), &mask) != 0)
        return pyro_fail_errno(err, "processors");
    for (int i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, &mask) && !buf_printf(&text, "%d ", i))
            return pyro_no_memory(err, NULL);
    return put_text(place, "processors", &text, err);
}

/* Another build of pyro may do otherwise in all of it. */
static bool put_program(json_t *place, struct pyro_error *err)
{
    scoped_buf text = BUF_INIT(TEXT_BYTES_MAX);
    struct stat st;

    if (stat("/proc/self/exe", &st) != 0)
        return pyro_fail_errno(err, "this program");
    return (buf_printf(&text, "%llx:%llx:%llx:%llx.%lx", (unsigned long long)st.st_dev,
                       (unsigned long long)st.st_ino, (unsigned long long)st.st_size,
                       (unsigned long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec) ||
            pyro_no_memory(err, NULL)) &&
           put_text(place, "program", &text, err);
}

/* What a machine is started with, and whether it is started at all. */
static bool put_settings(json_t *place, struct pyro_error *err)
{
    static const char *const names[] = { "PYRO_ACCEL", "PYRO_ALLOW_WEAK_JAIL", "PYRO_LIBEXEC",
                                         "PYRO_QEMU", "PYRO_REQUIRE_KVM" };
    scoped_buf text = BUF_INIT(TEXT_BYTES_MAX);

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        const char *value = getenv(names[i]);
        if (value && !buf_printf(&text, "%s=%s\n", names[i], value))
            return pyro_no_memory(err, NULL);
    }
    return put_text(place, "settings", &text, err);
}

static mode_t own_umask(void)
{
    mode_t mask = umask(077);

    umask(mask);
    return mask;
}

json_t *place_of_this_process(struct pyro_error *err)
{
    json_t *place =
        json_pack("{s:i, s:i}", "umask", (int)own_umask(), "nice", getpriority(PRIO_PROCESS, 0));

    if (place && put_users(place, err) && put_namespaces(place, err) && put_limits(place, err) &&
        put_processors(place, err) && put_program(place, err) && put_settings(place, err) &&
        put_file(place, "cgroup", "/proc/self/cgroup", err) &&
        put_file(place, "oom_score", "/proc/self/oom_score_adj", err))
        return place;
    json_decref(place);
    return NULL;
}
