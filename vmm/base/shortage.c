/* vmm/base/shortage.c: /proc/meminfo and /proc/pressure/memory. */
#include "vmm/base/shortage.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/base/buf.h"
#include "vmm/base/fs.h"

#define TEXT_BYTES_MAX 16384
#define AVAILABLE_PART 16 /* of all of it, at least */
#define PRESSURE_MAX 10.0 /* per cent of the time */

/* The number after a word in a file of /proc; `otherwise` where there is none. */
static double number_after(const char *path, const char *word, double otherwise)
{
    scoped_buf text = BUF_INIT(TEXT_BYTES_MAX);
    const char *at;

    if (!fs_read_file(AT_FDCWD, path, &text, NULL) || !text.data)
        return otherwise;
    at = strstr(text.data, word);
    return at ? strtod(at + strlen(word), NULL) : otherwise;
}

bool memory_is_short(void)
{
    double all = number_after("/proc/meminfo", "MemTotal:", 0);

    return number_after("/proc/meminfo", "MemAvailable:", all) < all / AVAILABLE_PART ||
           number_after("/proc/pressure/memory", "some avg10=", 0) > PRESSURE_MAX;
}
