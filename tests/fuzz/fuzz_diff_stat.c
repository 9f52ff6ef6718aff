/* Any line as one of a changed path: what is shown of it fits its room. */
#include <stdlib.h>

#include "tui/diff_stat.h"
#include "vmm/base/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const char *text = (const char *)bytes;
    size_t room = n ? bytes[n - 1] : 0;
    char *shown = malloc(room + 1);
    uint64_t *looks = calloc(room + 1, sizeof(*looks));
    struct diff_stat s;

    BUG_ON(!shown || !looks);
    BUG_ON(diff_stat_measure(&s, text, n) > n);
    BUG_ON(diff_stat_show(&s, text, n, shown, looks, room) > room);
    free(shown);
    free(looks);
    return 0;
}
