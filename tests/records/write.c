/* tests/records/write.c: records as they are after a month of work. */
#include "tests/records/write.h"

#include <stdlib.h>
#include <unistd.h>

#include "engine/state/base.h"
#include "engine/state/store.h"
#include "vmm/base/fs.h"
#include "vmm/base/proc.h"

#define DAY 86400.0

static bool fill(struct workspace_record *r, unsigned n)
{
    r->environment = str_printf("debian:12");
    r->base_path = base_path_of("xxh3:0123456789abcdef0123456789abcdef", NULL);
    r->accelerator = str_printf("tcg");
    r->vcpu_count = 1;
    r->mem_mib = 1024;
    r->created_at = clock_wall() - 30 * DAY;
    r->last_activity_at = clock_wall() - (n * 2654435761u % 2592000u);
    r->command_count = n % 50;
    r->last_command = json_pack("{s:[s, s, s], s:i}", "command", "sh", "-c",
                                "make -j2 check 2>&1 | tail -n 20", "exit_code", (int)(n % 7 == 0));
    return json_object_set_new(r->labels, "project", json_string(n % 3 ? "web" : "kernel")) == 0;
}

static bool write_one(const struct store *store, unsigned n, struct records *started,
                      struct pyro_error *err)
{
    scoped_record struct workspace_record r = { 0 };
    int dir_fd, lock_fd;
    bool ok;

    record_init(&r);
    if (!fill(&r, n) || !store_make(store, &r, &dir_fd, &lock_fd, err))
        return false;
    r.name = str_printf("sim-%05u", n); /* not before: it would be compared with all others */
    r.state = started ? WORKSPACE_STARTED : WORKSPACE_STOPPED;
    if (started) {
        r.vm_pid = getpid();
        r.vm_start_time = proc_start_time(r.vm_pid);
    }
    ok = record_save(dir_fd, &r, false, err) && fs_replace(dir_fd, "disk.qcow2", "", 0, 0600, err);
    close(dir_fd);
    if (started)
        started->locks[started->count++] = lock_fd;
    else
        close(lock_fd);
    return ok;
}

bool records_write(unsigned stopped, unsigned started, struct records *ret, struct pyro_error *err)
{
    scoped_store struct store store = { .fd = -1 };

    *ret = (struct records){ .count = 0 };
    BUG_ON(started > RECORDS_STARTED_MAX);
    if (!store_open(&store, err))
        return false;
    for (unsigned n = 0; n < stopped + started; n++)
        if (!write_one(&store, n, n < stopped ? NULL : ret, err)) {
            records_release(ret);
            return false;
        }
    return true;
}

void records_release(struct records *r)
{
    while (r->count)
        close(r->locks[--r->count]);
}
