/* engine/state/service_files.c: records and files of services. */
#include "engine/state/service_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/state/names.h"
#include "engine/state/record.h"
#include "vmm/base/fs.h"

#define SERVICE_RECORD_VERSION 1
#define RECORD_BYTES_MAX (1024 * 1024)
#define PREVIOUS "previous"

const char *const service_state_names[] = { "starting", "running", "stopped",
                                            "exited",   "failed",  NULL };

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
    json_decref(r->command);
    json_decref(r->readiness);
    json_decref(r->published);
    free(r->cwd);
    free(r->stop_reason);
    *r = (struct service_record){ 0 };
}

static bool parse_state(const json_t *j, struct service_record *r, struct pyro_error *err)
{
    const char *name;

    if (!json_get_string(j, "state", &name, err))
        return false;
    for (unsigned i = 0; service_state_names[i]; i++) {
        if (!strcmp(service_state_names[i], name)) {
            r->state = (enum service_state)i;
            return true;
        }
    }
    return pyro_fail(err, PYRO_RECORD_INVALID, "state '%s' is unknown", name);
}

bool service_publish_check(const json_t *list, bool opened, struct pyro_error *err)
{
    if (!json_is_array(list) || json_array_size(list) > SERVICE_PORTS_MAX)
        return pyro_fail(err, PYRO_RECORD_INVALID, "'published' is no list of ports");
    for (size_t i = 0; i < json_array_size(list); i++) {
        int64_t port;
        if (!json_get_int(json_array_get(list, i), "host_port", opened, SERVICE_PORT_MAX, &port,
                          err) ||
            !json_get_int(json_array_get(list, i), "guest_port", 1, SERVICE_PORT_MAX, &port, err))
            return false;
    }
    return true;
}

static bool is_command(const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!json_is_string(json_array_get(list, i)))
            return false;
    return json_array_size(list) > 0;
}

static bool parse(const json_t *j, struct service_record *r, struct pyro_error *err)
{
    const json_t *command = json_object_get(j, "command");
    const json_t *readiness = json_object_get(j, "readiness");
    const json_t *published = json_object_get(j, "published");
    int64_t version, first[2], exit_code, pid;
    const char *cwd;

    if (!json_get_int(j, "version", 1, SERVICE_RECORD_VERSION, &version, err) ||
        !parse_state(j, r, err) || !json_get_string(j, "cwd", &cwd, err) ||
        !json_get_int(j, "stdout_first", 0, INT64_MAX, &first[0], err) ||
        !json_get_int(j, "stderr_first", 0, INT64_MAX, &first[1], err) ||
        !json_get_int(j, "exit_code", -1, 255, &exit_code, err) ||
        !json_get_int(j, "pid", 0, INT32_MAX, &pid, err))
        return false;
    if (!is_command(command))
        return pyro_fail(err, PYRO_RECORD_INVALID, "'command' is no list of strings");
    if (published && !service_publish_check(published, true, err))
        return false;
    r->command = json_deep_copy(command);
    r->readiness = json_is_object(readiness) ? json_deep_copy(readiness) : NULL;
    r->published = published ? json_deep_copy(published) : json_array();
    record_set_string(&r->cwd, cwd);
    record_set_string(&r->stop_reason, json_string_or(j, "stop_reason", NULL));
    r->first[0] = (uint64_t)first[0];
    r->first[1] = (uint64_t)first[1];
    r->exit_code = (int)exit_code;
    r->pid = (pid_t)pid;
    r->host_compat = json_bool_or(j, "host_compat", false);
    r->started_at = json_number_or(j, "started_at", 0);
    r->ready_at = json_number_or(j, "ready_at", 0);
    r->ended_at = json_number_or(j, "ended_at", 0);
    return true;
}

bool service_record_load(int workspace_fd, const char *name, struct service_record *ret,
                         struct pyro_error *err)
{
    scoped_free char *path = str_printf(SERVICES_DIR "/%s/record.json", name);
    scoped_buf text = BUF_INIT(RECORD_BYTES_MAX);
    struct service_record r = { 0 };
    struct pyro_error why = { 0 };
    scoped_json json_t *j = NULL;

    if (!workspace_check_name("service", name, err))
        return false;
    if (!fs_read_file(workspace_fd, path, &text, &why)) {
        if (why.sys_errno == ENOENT)
            return pyro_fail(err, PYRO_SERVICE_NOT_FOUND, "no service '%s'", name);
        if (err)
            *err = why;
        return false;
    }
    snprintf(r.name, sizeof(r.name), "%s", name);
    j = json_parse(text.data, text.len, RECORD_BYTES_MAX, err);
    if (!j || !parse(j, &r, err)) {
        service_record_release(&r);
        return pyro_wrap(err, "the record of service '%s'", name);
    }
    *ret = r;
    return true;
}

bool service_record_save(int workspace_fd, const struct service_record *r, struct pyro_error *err)
{
    scoped_free char *path = str_printf(SERVICES_DIR "/%s/record.json", r->name);
    scoped_json json_t *j =
        json_pack("{s:i, s:s, s:b, s:O, s:s, s:O?, s:O, s:f, s:f, s:f, s:i, s:i, s:o, s:I, s:I}",
                  "version", SERVICE_RECORD_VERSION, "state", service_state_name(r->state),
                  "host_compat", r->host_compat, "command", r->command, "cwd", r->cwd, "readiness",
                  r->readiness, "published", r->published, "started_at", r->started_at, "ready_at",
                  r->ready_at, "ended_at", r->ended_at, "exit_code", r->exit_code, "pid",
                  (int)r->pid, "stop_reason", json_string_or_null(r->stop_reason), "stdout_first",
                  (json_int_t)r->first[0], "stderr_first", (json_int_t)r->first[1]);
    scoped_free char *text = j ? json_compact(j) : NULL;

    if (!text)
        return pyro_fail(err, PYRO_NO_MEMORY, "record a service: out of memory");
    return fs_replace(workspace_fd, path, text, strlen(text), 0600, err);
}

static json_t *time_or_null(double t)
{
    return t > 0 ? json_real(t) : json_null();
}

/* One member of each kind there is, null when it is not of this one. */
static json_t *readiness_view(const json_t *readiness)
{
    static const char *const texts[] = { "path", "address", "url", "command" };
    json_t *view;

    if (!readiness)
        return json_null();
    view = json_pack("{s:s, s:I, s:I}", "type", json_string_or(readiness, "type", ""),
                     "timeout_seconds", (json_int_t)json_int_or(readiness, "timeout_ms", 0) / 1000,
                     "interval_ms", (json_int_t)json_int_or(readiness, "interval_ms", 0));
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        json_object_set_new(view, texts[i],
                            json_string_or_null(json_string_or(readiness, texts[i], NULL)));
    if (json_is_string(json_object_get(readiness, "url")))
        json_object_set_new(view, "path", json_null());
    return view;
}

static json_t *published_view(const struct service_record *r)
{
    json_t *view = json_array();

    for (size_t i = 0; service_is_live(r) && i < json_array_size(r->published); i++) {
        const json_t *p = json_array_get(r->published, i);
        json_array_append_new(
            view, json_pack("{s:s, s:I, s:I, s:s}", "host", "127.0.0.1", "host_port",
                            (json_int_t)json_int_or(p, "host_port", 0), "guest_port",
                            (json_int_t)json_int_or(p, "guest_port", 0), "protocol", "tcp"));
    }
    return view;
}

json_t *service_record_to_view(const struct service_record *r, const char *workspace_id)
{
    return json_pack(
        "{s:s, s:s, s:O, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:o}", "workspace_id",
        workspace_id, "service_name", r->name, "command", r->command, "cwd", r->cwd, "state",
        service_state_name(r->state), "started_at", time_or_null(r->started_at), "ready_at",
        time_or_null(r->ready_at), "ended_at", time_or_null(r->ended_at), "exit_code",
        r->exit_code >= 0 ? json_integer(r->exit_code) : json_null(), "pid",
        r->pid > 0 && service_is_live(r) ? json_integer(r->pid) : json_null(), "readiness",
        readiness_view(r->readiness), "stop_reason", json_string_or_null(r->stop_reason),
        "execution_mode", r->host_compat ? "host_compat" : "guest_vm", "published_ports",
        published_view(r));
}

static int is_service(const struct dirent *d)
{
    return workspace_check_name("service", d->d_name, NULL);
}

bool service_each(int workspace_fd, service_each_fn *fn, void *arg, struct pyro_error *err)
{
    struct dirent **names = NULL;
    int n = scandirat(workspace_fd, SERVICES_DIR, &names, is_service, alphasort);

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
