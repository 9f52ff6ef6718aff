/* Any text as JSON with comments: what is taken is taken again as JSON, and with a comment around
 * it, and is the same. */
#include <stdint.h>
#include <string.h>

#include "engine/host/jsonc.h"
#include "vmm/base/fs.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    scoped_json json_t *first = jsonc_parse((const char *)bytes, n, NULL), *again = NULL;
    scoped_free char *text = first ? json_dumps(first, 0) : NULL, *around = NULL;

    if (!text)
        return 0;
    around = str_printf("/* \" */%s// }", text);
    again = jsonc_parse(around, strlen(around), NULL);
    BUG_ON(!again || !json_equal(first, again));
    return 0;
}
