/* guest/stat.c: the requests `stat` and `sync`. */
#include "guest/stat.h"

#include <fcntl.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "guest/cgroup.h"
#include "guest/connections.h"
#include "vmm/base/fs.h"

/* The memory available without swapping: the kernel's own estimate; sysinfo's "free" leaves the
 * cache out. */
static uint64_t available_bytes(const struct sysinfo *info)
{
    scoped_buf text = BUF_INIT(16384);
    const char *at;

    if (fs_read_file(AT_FDCWD, "/proc/meminfo", &text, NULL) && text.data &&
        (at = strstr(text.data, "MemAvailable:")))
        return strtoull(at + strlen("MemAvailable:"), NULL, 10) * 1024;
    return (uint64_t)info->freeram * info->mem_unit;
}

/* What says whether anybody needs the machine. */
static json_t *usage(void)
{
    static struct connections found; /* too large for a stack */

    connections_find(&found);
    return json_pack("{s:I, s:I}", "commands_cpu_us", (json_int_t)cgroup_usage_of_all_us(),
                     "connections", (json_int_t)found.established);
}

bool stat_op_stat(struct guest *g UNUSED, const json_t *request, json_t **ret,
                  struct pyro_error *err)
{
    struct sysinfo info;
    uint64_t total, available;

    if (json_bool_or(request, "usage", false)) {
        *ret = usage();
        return *ret || pyro_no_memory(err, "stat");
    }
    if (sysinfo(&info) != 0)
        return pyro_fail_errno(err, "sysinfo");
    total = (uint64_t)info.totalram * info.mem_unit;
    available = available_bytes(&info);
    *ret = json_pack("{s:I, s:I, s:f, s:i}", "memory_used_bytes",
                     (json_int_t)(total - (available < total ? available : total)),
                     "memory_total_bytes", (json_int_t)total, "load",
                     (double)info.loads[0] / (1 << SI_LOAD_SHIFT), "processes", (int)info.procs);
    return *ret || pyro_no_memory(err, "stat");
}

bool stat_op_sync(struct guest *g UNUSED, const json_t *request UNUSED, json_t **ret UNUSED,
                  struct pyro_error *err UNUSED)
{
    sync();
    return true;
}
