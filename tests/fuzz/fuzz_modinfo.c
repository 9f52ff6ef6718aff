/* Any bytes as a kernel module: what it says of itself lies within them, and ends. */
#include <stdint.h>
#include <string.h>

#include "engine/image/kernel/modinfo.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const char *start = (const char *)bytes, *string;
    struct modinfo m;

    if (!modinfo_open(bytes, n, &m, NULL))
        return 0;
    while ((string = modinfo_next(&m))) {
        const char *value = modinfo_value(string, "depends");
        BUG_ON(string < start || string + strlen(string) >= start + n);
        BUG_ON(value && (value <= string || value > string + strlen(string)));
    }
    return 0;
}
