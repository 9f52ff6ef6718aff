/* guest/connections.c: read from /proc/net/tcp and tcp6. */
#include "guest/connections.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/base/fs.h"

#define TABLE_BYTES_MAX (4u << 20)
/* States, as the kernel prints them. */
#define ESTABLISHED "01"
#define LISTENS "0A"

/* 127.0.0.0/8 and ::1, and the former within IPv6, as the kernel prints their words. */
static bool is_loopback(const char *hex)
{
    size_t n = strspn(hex, "0123456789ABCDEF");

    if (n == 8)
        return strncmp(hex + 6, "7F", 2) == 0;
    return n == 32 &&
           (strncmp(hex, "00000000000000000000000001000000", n) == 0 ||
            (strncmp(hex, "0000000000000000FFFF0000", 24) == 0 && strncmp(hex + 30, "7F", 2) == 0));
}

/* A line of the table: sl local remote state … inode, the tenth word. */
static void add_line(char *line, struct connections *ret)
{
    char *words[10], *word;
    size_t n = 0, host;

    while (n < ARRAY_SIZE(words) && (word = strsep(&line, " ")))
        if (*word)
            words[n++] = word;
    if (n < ARRAY_SIZE(words) || ret->count == CONNECTIONS_MAX)
        return;
    host = strcspn(words[1], ":");
    if (strcmp(words[3], LISTENS) == 0 || is_loopback(words[2]) ||
        (host == strcspn(words[2], ":") && strncmp(words[1], words[2], host) == 0))
        return;
    ret->inodes[ret->count] = strtoul(words[9], NULL, 10);
    if (!ret->inodes[ret->count]) /* no process has it any more */
        return;
    ret->count++;
    ret->established += strcmp(words[3], ESTABLISHED) == 0;
}

static void add_table(const char *path, struct connections *ret)
{
    scoped_buf text = BUF_INIT(TABLE_BYTES_MAX);
    char *rest, *line;

    if (!fs_read_file(AT_FDCWD, path, &text, NULL) || !text.data)
        return;
    rest = text.data;
    strsep(&rest, "\n"); /* the heading */
    while ((line = strsep(&rest, "\n")))
        add_line(line, ret);
}

void connections_find(struct connections *ret)
{
    ret->count = ret->established = 0;
    add_table("/proc/net/tcp", ret);
    add_table("/proc/net/tcp6", ret);
}
