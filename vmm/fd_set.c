/* vmm/fd_set.c: add-fd, query-fdsets and remove-fd. */
#include "vmm/fd_set.h"

#include <string.h>

bool fd_set_add(struct qmp *qmp, unsigned set, int fd, bool writable, int64_t deadline_ms,
                struct pyro_error *err)
{
    return qmp_add_fd(qmp, set, fd, writable ? FD_SET_WRITABLE : FD_SET_READ_ONLY, deadline_ms,
                      err);
}

bool fd_set_lend(struct qmp *qmp, unsigned set, int read_only_fd, int writable_fd,
                 int64_t deadline_ms, struct pyro_error *err)
{
    return qmp_command(qmp, "remove-fd", json_pack("{s:I}", "fdset-id", (json_int_t)set),
                       deadline_ms, NULL, err) &&
           fd_set_add(qmp, set, read_only_fd, false, deadline_ms, err) &&
           fd_set_add(qmp, set, writable_fd, true, deadline_ms, err);
}

/* Takes back descriptors not known to be read-only: an earlier pyro gave its descriptors no
 * names. */
static bool remove_writable(struct qmp *qmp, const json_t *set, int64_t deadline_ms,
                            struct pyro_error *err)
{
    const json_t *fds = json_object_get(set, "fds"), *fd;
    bool ok = true;
    size_t i;

    json_array_foreach (fds, i, fd) {
        json_t *which = json_pack("{s:I, s:I}", "fdset-id", json_int_or(set, "fdset-id", -1), "fd",
                                  json_int_or(fd, "fd", -1));
        if (!strcmp(json_string_or(fd, "opaque", ""), FD_SET_READ_ONLY))
            json_decref(which);
        else
            ok = qmp_command(qmp, "remove-fd", which, deadline_ms, NULL, ok ? err : NULL) && ok;
    }
    return ok;
}

bool fd_set_keep_writable(struct qmp *qmp, unsigned set, int64_t deadline_ms,
                          struct pyro_error *err)
{
    scoped_json json_t *sets = NULL;
    const json_t *each;
    bool ok = true;
    size_t i;

    if (!qmp_command(qmp, "query-fdsets", NULL, deadline_ms, &sets, err))
        return false;
    json_array_foreach (sets, i, each)
        if (json_int_or(each, "fdset-id", -1) != (int64_t)set)
            ok = remove_writable(qmp, each, deadline_ms, ok ? err : NULL) && ok;
    return ok;
}
