/* engine/workspace/host_figures.c: /proc/stat and /proc/meminfo (proc(5)). */
#include "engine/workspace/host_figures.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vmm/base/cleanup.h"
#include "vmm/base/fs.h"

#define INTERVAL_MS 1000
#define TEXT_MAX 4096 /* the lines that are read are at the files' beginnings */

static bool read_head(const char *path, char *ret)
{
    scoped_close int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, ret, TEXT_MAX - 1);

    if (n <= 0)
        return false;
    ret[n] = '\0';
    return true;
}

static void look_at_processors(struct host_figures *f)
{
    uint64_t user, nice, system, idle, waiting, irq, softirq, stolen, busy, all;
    char text[TEXT_MAX];

    if (!read_head("/proc/stat", text) ||
        sscanf(text,
               "cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
               " %" SCNu64 " %" SCNu64,
               &user, &nice, &system, &idle, &waiting, &irq, &softirq, &stolen) != 8)
        return;
    busy = user + nice + system + irq + softirq + stolen;
    all = busy + idle + waiting;
    /* Waiting for a disk may count backwards. */
    if (f->all_ticks && all > f->all_ticks && busy >= f->busy_ticks)
        f->cpu_percent = (int)((busy - f->busy_ticks) * 100 / (all - f->all_ticks));
    if (f->cpu_percent > 100)
        f->cpu_percent = 100;
    f->busy_ticks = busy;
    f->all_ticks = all;
}

static void look_at_memory(struct host_figures *f)
{
    uint64_t total = 0, available = 0;
    char text[TEXT_MAX];
    const char *at;

    if (!read_head("/proc/meminfo", text) || !(at = strstr(text, "MemAvailable:")) ||
        sscanf(text, "MemTotal: %" SCNu64, &total) != 1 ||
        sscanf(at, "MemAvailable: %" SCNu64, &available) != 1 || !total || available > total)
        return;
    f->memory_percent = (int)((total - available) * 100 / total);
}

void host_figures_look(struct host_figures *f)
{
    int64_t now = clock_ms();

    if (f->looked_ms && now - f->looked_ms < INTERVAL_MS)
        return;
    f->looked_ms = now;
    look_at_processors(f);
    look_at_memory(f);
}
