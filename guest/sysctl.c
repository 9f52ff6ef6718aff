/* guest/sysctl.c: settings of the kernel, written once, before anything runs. */
#include "guest/sysctl.h"

#include <errno.h>
#include <fcntl.h>

#include "guest/guest.h"
#include "vmm/base/fs.h"

static const struct {
    const char *path, *value;
} settings[] = {
    /*
     * The data a connection may have in flight (half of the last figure) ends at passt, a fraction
     * of a millisecond away: more is not faster. But it is written at once, to a socket that has
     * room for a few frames, and passt drops the rest: with the kernel's 6 MB twice as many bytes
     * came.
     */
    { "net/ipv4/tcp_rmem", "4096 131072 262144" },
    { "kernel/modprobe", "/proc/1/exe" }, /* module.h */
    /* The default depends on memory: 8192 with 1 GiB, which an editor or a bundler uses up. */
    { "fs/inotify/max_user_watches", "524288" },
    { "fs/inotify/max_user_instances", "1024" },
};

void sysctl_set(void)
{
    scoped_close int dir = open("/proc/sys", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
        if (!fs_write_setting(dir, settings[i].path, settings[i].value))
            guest_log("%s: errno %d", settings[i].path, errno);
}
