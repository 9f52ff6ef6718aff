/* guest/listeners.c: listening sockets, from /proc/net (proc(5)). */
#include "guest/listeners.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "vmm/base/fs.h"

#define TABLE_BYTES_MAX (1024 * 1024) /* the listening ones come first */
#define STATE_LISTEN 0x0a

static void take_line(const char *line, uint16_t port, struct listeners *ret)
{
    unsigned local, state;
    unsigned long long inode;

    if (sscanf(line, " %*u: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s %*u %*u %llu", &local,
               &state, &inode) == 3 &&
        local == port && state == STATE_LISTEN && ret->count < LISTENERS_MAX)
        ret->inode[ret->count++] = inode;
}

void listeners_of(uint16_t port, struct listeners *ret)
{
    static const char *const tables[] = { "/proc/net/tcp", "/proc/net/tcp6" };

    ret->count = 0;
    for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
        scoped_file FILE *table = fopen(tables[i], "re");
        char line[512];
        size_t bytes = 0;
        while (table && bytes < TABLE_BYTES_MAX && fgets(line, sizeof(line), table)) {
            bytes += strlen(line);
            take_line(line, port, ret);
        }
    }
}

bool listeners_are_old(const struct listeners *now, const struct listeners *before)
{
    for (unsigned i = 0; i < now->count; i++) {
        bool old = false;
        for (unsigned k = 0; k < before->count; k++)
            old |= now->inode[i] == before->inode[k];
        if (!old)
            return false;
    }
    return now->count > 0;
}
