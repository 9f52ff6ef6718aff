/* engine/supervisor/kept_history.c: logs cut at their ends of now, and records of now. */
#include "engine/supervisor/kept_history.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/state/memory_files.h"
#include "engine/supervisor/service.h"
#include "engine/supervisor/shell.h"
#include "vmm/base/fs.h"
#include "vmm/base/offload.h"

/* The files of one log; `prefix` and the suffix make a name. */
struct log_files {
    int from, to; /* directories */
    const char *prefix;
    const struct guest_log *log;
};

static bool copy_part(const struct log_files *f, const char *suffix, uint64_t size,
                      struct pyro_error *err)
{
    scoped_free char *name = str_printf("%s.%s", f->prefix, suffix);

    return memory_copy_file(f->from, f->to, name, (int64_t)size, err);
}

static bool write_marks(const struct log_files *f, struct pyro_error *err)
{
    scoped_free char *name = str_printf("%s.marks", f->prefix);

    return f->log->marks_fd < 0 || guest_log_keep_marks(f->log, f->to, name, err);
}

static bool copy_log(const struct log_files *f, struct pyro_error *err)
{
    return copy_part(f, "log", f->log->size, err) &&
           copy_part(f, "events", f->log->events.size, err) && write_marks(f, err);
}

static const struct shell *find_shell(const struct supervisor *s, const char *id)
{
    const struct shell *sh = s->shells;

    while (sh && strcmp(sh->record.id, id) != 0)
        sh = sh->next;
    return sh;
}

struct keeping {
    struct supervisor *supervisor;
    int from, to; /* of all shells, or services */
    int root;     /* that `to` is in */
    bool ok;
    struct pyro_error *err;
};

static void kept_history_one_shell(void *arg, const struct shell_record *r)
{
    static const char *const suffixes[] = { "log", "events", "times", "states", "marks", NULL };
    struct keeping *k = arg;
    const struct shell *sh = find_shell(k->supervisor, r->id);
    struct log_files f = {
        .from = k->from, .to = k->to, .prefix = r->id, .log = sh ? &sh->log.file : NULL
    };

    if (!k->ok || (sh && sh->opening))
        return;
    if (sh) {
        k->ok = copy_log(&f, k->err) && copy_part(&f, "times", sh->log.times.size, k->err) &&
                copy_part(&f, "states", INT64_MAX, k->err) &&
                shell_record_save(k->root, &sh->record, k->err);
        return;
    }
    for (size_t i = 0; k->ok && suffixes[i]; i++) {
        scoped_free char *name = str_printf("%s.%s", r->id, suffixes[i]);
        if (faccessat(k->from, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
            k->ok = memory_copy_file(k->from, k->to, name, -1, k->err);
    }
    k->ok = k->ok && shell_record_save(k->root, r, k->err);
}

/* Opens a directory of the history and its copy; true with -1 where there is none. */
static bool open_both(struct supervisor *s, const char *name, struct keeping *k)
{
    k->from = openat(s->dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (k->from < 0)
        return errno == ENOENT || pyro_fail_errno(k->err, "'%s'", name);
    if (mkdirat(k->root, name, 0700) != 0)
        return pyro_fail_errno(k->err, "create '%s'", name);
    k->to = fs_open_dir(k->root, name, k->err);
    return k->to >= 0;
}

static bool close_both(struct keeping *k)
{
    cleanup_close(&k->from);
    cleanup_close(&k->to);
    return k->ok;
}

static bool keep_shells(struct supervisor *s, int to_dirfd, struct pyro_error *err)
{
    struct keeping k = {
        .supervisor = s, .from = -1, .to = -1, .root = to_dirfd, .ok = true, .err = err
    };

    k.ok = open_both(s, SHELLS_DIR, &k);
    if (k.ok && k.from >= 0)
        k.ok = shell_each(s->dir_fd, kept_history_one_shell, &k, err) && k.ok;
    return close_both(&k);
}

static const struct service *find_service(const struct supervisor *s, const char *name)
{
    const struct service *sv = s->services;

    while (sv && strcmp(sv->record.name, name) != 0)
        sv = sv->next;
    return sv;
}

static bool keep_live_service(const struct keeping *k, const struct service *sv)
{
    const char *name = sv->record.name;
    scoped_close int from = -1, to = -1;

    if (mkdirat(k->to, name, 0700) != 0)
        return pyro_fail_errno(k->err, "create '%s'", name);
    if ((from = fs_open_dir(k->from, name, k->err)) < 0 ||
        (to = fs_open_dir(k->to, name, k->err)) < 0)
        return false;
    for (int i = 0; i < 2; i++) {
        const struct log_files f = { .from = from,
                                     .to = to,
                                     .prefix = service_output_name((enum service_output)i),
                                     .log = &sv->out[i].log };
        if (!copy_log(&f, k->err))
            return false;
    }
    return service_record_save(k->root, &sv->record, k->err);
}

static void kept_history_one_service(void *arg, const struct service_record *r)
{
    struct keeping *k = arg;
    const struct service *sv = find_service(k->supervisor, r->name);

    if (!k->ok || (sv && sv->opening))
        return;
    k->ok = sv ? keep_live_service(k, sv) : memory_copy_tree(k->from, k->to, r->name, k->err);
}

static bool keep_services(struct supervisor *s, int to_dirfd, struct pyro_error *err)
{
    struct keeping k = {
        .supervisor = s, .from = -1, .to = -1, .root = to_dirfd, .ok = true, .err = err
    };

    k.ok = open_both(s, SERVICES_DIR, &k);
    if (k.ok && k.from >= 0)
        k.ok = service_each(s->dir_fd, kept_history_one_service, &k, err) && k.ok;
    return close_both(&k);
}

bool kept_history_write(struct supervisor *s, int to_dirfd, struct pyro_error *err)
{
    return keep_shells(s, to_dirfd, err) && keep_services(s, to_dirfd, err) &&
           memory_copy_tree(s->dir_fd, to_dirfd, "commands", err);
}

static bool kept_history_run_sync(void *arg, struct pyro_error *err)
{
    return memory_sync(((struct supervisor *)arg)->dir_fd, err);
}

static void kept_history_synced(void *arg, const struct pyro_error *why)
{
    if (why)
        supervisor_complain(arg, why->message);
}

void kept_history_sync(struct supervisor *s)
{
    struct pyro_error err = { 0 };

    if (!offload_start(s->loop, kept_history_run_sync, kept_history_synced, s, &err))
        supervisor_complain(s, err.message);
}
