/*
 * Fuzzes what is read of a saved machine: the delta of its memory and the state of its devices.
 * What passes its check is applied, and the stream for QEMU made of it.
 */
#include "vmm/delta.h"
#include "vmm/device_state.h"

#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "vmm/ram_copy.h"

#define PAGES_MAX 64 /* of a machine that is really made */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void apply(const struct delta *d)
{
    struct pyro_error err = { 0 };
    int template = d->page_count ? ram_create(d->page_count * RAM_PAGE_BYTES, &err) : -1;
    int merged = template <0 ? -1 : delta_merge(d, template, &err);

    BUG_ON(template >= 0 && merged < 0);
    if (template >= 0)
        close(template);
    if (merged >= 0)
        close(merged);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t state[] = { 'Q', 'E', 'V', 'M', 0, 0, 0, 3, 4, 0 };
    static int null_fd = -1;
    struct pyro_error err = { 0 };
    struct delta d;

    if (null_fd < 0)
        null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (device_state_check(data, size, &err))
        BUG_ON(!device_state_stream(data, size, NULL, null_fd, &err));
    if (!delta_parse(data, size, &d, &err)) {
        BUG_ON(err.code != PYRO_RECORD_INVALID);
        return 0;
    }
    BUG_ON(d.here > d.page_count);
    BUG_ON(!device_state_stream(state, sizeof(state), &d, null_fd, &err));
    if (d.page_count <= PAGES_MAX)
        apply(&d);
    return 0;
}
