/* Any bytes as a guest's frame: whatever may leave goes to no address of this host. */
#include <string.h>

#include "engine/network/frame.h"
#include "vmm/base/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const struct frame_refused refused = {
        .count = 1, .addresses = { { .s6_addr = { [10] = 0xff, [11] = 0xff, 10, 0, 0, 1 } } }
    };
    static const uint8_t own[] = { 10, 0, 0, 1 };

    if (!frame_may_leave(bytes, n, &refused))
        return 0;
    BUG_ON(n < 14);
    if (bytes[12] == 0x08 && bytes[13] == 0x00)
        BUG_ON(bytes[30] == 127 || !memcmp(bytes + 30, own, 4));
    return 0;
}
