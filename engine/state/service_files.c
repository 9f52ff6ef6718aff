/* engine/state/service_files.c: records and files of services. */
#include "engine/state/service_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/state/names.h"
#include "vmm/base/fs.h"

#define RECORD_BYTES_MAX (1024 * 1024)
#define PREVIOUS "previous"

const char *service_state_name(enum service_state state)
{
    return service_state_names[state];
}

const char *service_output_name(enum service_output output)
{
    return output == SERVICE_STDOUT ? "stdout" : "stderr";
}

bool service_is_live(const struct service_record *r)
{
    return r->state == SERVICE_STARTING || r->state == SERVICE_RUNNING;
}

void service_record_release(struct service_record *r)
{
    rows_release(service_rows, r);
    *r = (struct service_record){ 0 };
}

bool service_record_load(int workspace_fd, const char *name, struct service_record *ret,
                         struct pyro_error *err)
{
    scoped_free char *path = str_printf(SERVICES_DIR "/%s/record.json", name);
    struct service_record r = { 0 };
    struct pyro_error why = { 0 };

    if (!workspace_check_name("service", name, err))
        return false;
    snprintf(r.name, sizeof(r.name), "%s", name);
    if (rows_read(service_rows, workspace_fd, path, RECORD_BYTES_MAX, &r, &why)) {
        *ret = r;
        return true;
    }
    service_record_release(&r);
    if (why.sys_errno == ENOENT)
        return pyro_fail(err, PYRO_SERVICE_NOT_FOUND, "no service '%s'", name);
    pyro_copy(err, &why);
    return pyro_wrap(err, "the record of service '%s'", name);
}

bool service_record_save(int workspace_fd, const struct service_record *r, struct pyro_error *err)
{
    scoped_free char *path = str_printf(SERVICES_DIR "/%s/record.json", r->name);

    return rows_write(service_rows, r, workspace_fd, path, err);
}

json_t *service_record_to_view(const struct service_record *r, const char *workspace_id)
{
    json_t *view = rows_view(service_rows, r);

    json_object_set_new(view, "workspace_id", json_string(workspace_id));
    return view;
}

static int service_files_is_service(const struct dirent *d)
{
    return workspace_check_name("service", d->d_name, NULL);
}

bool service_each(int workspace_fd, service_each_fn *fn, void *arg, struct pyro_error *err)
{
    struct dirent **names = NULL;
    int n = scandirat(workspace_fd, SERVICES_DIR, &names, service_files_is_service, alphasort);

    if (n < 0 && errno != ENOENT)
        return pyro_fail_errno(err, "list the services");
    for (int i = 0; i < n; i++) {
        struct service_record r;
        if (service_record_load(workspace_fd, names[i]->d_name, &r, NULL)) {
            fn(arg, &r);
            service_record_release(&r);
        }
        free(names[i]);
    }
    free(names);
    return true;
}

static bool make_directory(int dirfd, const char *path, struct pyro_error *err)
{
    return mkdirat(dirfd, path, 0700) == 0 || errno == EEXIST ||
           pyro_fail_errno(err, "make the directory '%s'", path);
}

bool service_make_room(int workspace_fd, const char *name, struct pyro_error *err)
{
    scoped_free char *path = str_printf(SERVICES_DIR "/%s", name);
    static const char *const files[] = { "record.json", "stdout.log", "stdout.events", "stderr.log",
                                         "stderr.events" };
    scoped_close int dir = -1;

    if (!make_directory(workspace_fd, SERVICES_DIR, err) ||
        !make_directory(workspace_fd, path, err))
        return false;
    dir = fs_open_dir(workspace_fd, path, err);
    if (dir < 0)
        return false;
    if (faccessat(dir, "record.json", F_OK, AT_SYMLINK_NOFOLLOW) == 0 &&
        (!fs_remove_tree(dir, PREVIOUS, err) || !make_directory(dir, PREVIOUS, err)))
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        scoped_free char *older = str_printf(PREVIOUS "/%s", files[i]);
        if (renameat(dir, files[i], dir, older) != 0 && errno != ENOENT)
            return pyro_fail_errno(err, "keep the log of the last run of '%s'", name);
    }
    return true;
}

int service_open_file(int workspace_fd, const char *name, enum service_output output,
                      const char *suffix, int flags, struct pyro_error *err)
{
    scoped_free char *path =
        str_printf(SERVICES_DIR "/%s/%s.%s", name, service_output_name(output), suffix);
    int fd = openat(workspace_fd, path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0)
        pyro_fail_errno(err, "open the %s of service '%s'", suffix, name);
    return fd;
}
