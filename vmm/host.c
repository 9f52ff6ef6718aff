/* vmm/host.c: the host's processor and kernel, in words. */
#include "vmm/host.h"

#include <fcntl.h>
#include <string.h>
#include <sys/utsname.h>

#include "vmm/base/cleanup.h"
#include "vmm/base/fs.h"

/* Room for the first processor's part; all of them would cost milliseconds on a large host. */
#define CPUINFO_BYTES 8192

/* The lines that stay the same as long as the processor does; its clock does not. */
static const char *const lasting[] = { "vendor_id\t",  "cpu family\t", "model\t",
                                       "model name\t", "stepping\t",   "flags\t" };

static bool lasts(const char *line)
{
    for (size_t i = 0; i < ARRAY_SIZE(lasting); i++)
        if (!strncmp(line, lasting[i], strlen(lasting[i])))
            return true;
    return false;
}

/* Keeps the lasting lines of the first processor, in place. */
static void keep_lasting(char *text)
{
    char *to = text, *rest = text, *line;

    while ((line = strsep(&rest, "\n")) && *line) {
        size_t n = strlen(line);
        if (!lasts(line))
            continue;
        memmove(to, line, n);
        to += n;
        if (rest) /* else the text ends here, without room for more */
            *to++ = '\n';
    }
    *to = '\0';
}

char *host_identity(enum accel_kind accel)
{
    scoped_close int fd = open("/proc/cpuinfo", O_RDONLY | O_CLOEXEC);
    struct utsname host = { 0 };
    char text[CPUINFO_BYTES];
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

    text[n > 0 ? n : 0] = '\0';
    keep_lasting(text);
    if (accel == ACCEL_KVM && uname(&host) != 0)
        host.release[0] = '\0';
    return str_printf("%s%s", text, host.release);
}
