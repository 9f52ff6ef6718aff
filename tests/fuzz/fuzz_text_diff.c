/*
 * Fuzzes the way from two texts to a patch and back: whatever they are (the input, up to a 0xff and
 * behind it), the hunks between them, put behind a header, are a patch that makes the second of the
 * first.
 */
#include <string.h>

#include "engine/image/diff/text_diff.h"
#include "engine/image/patch/patch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void round_trip(const char *old, size_t n, const char *new, size_t m)
{
    static const char header[] = "--- a/f\n+++ b/f\n";
    struct buf text = BUF_INIT(64 << 20), made = BUF_INIT(64 << 20);
    struct patch patch = { .files = NULL };
    struct pyro_error err = { 0 };

    BUG_ON(!buf_append_str(&text, header));
    BUG_ON(!text_diff_hunks(old, n, new, m, &text, &err));
    BUG_ON((text.len == strlen(header)) != (n == m && !memcmp(old, new, n)));
    if (text.len > strlen(header)) {
        BUG_ON(!patch_parse(text.data, text.len, &patch, &err));
        BUG_ON(patch.count != 1);
        BUG_ON(!patch_apply_hunks(&patch.files[0], old, n, &made, &err));
        BUG_ON(made.len != m || (m && memcmp(made.data, new, m) != 0));
    }
    patch_release(&patch);
    buf_release(&text);
    buf_release(&made);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *split = size ? memchr(data, 0xff, size) : NULL;
    struct pyro_error err = { 0 };
    size_t n;

    if (!split || size > 65536)
        return 0;
    n = (size_t)(split - data);
    BUG_ON(!text_diff_load(&err));
    round_trip((const char *)data, n, (const char *)split + 1, size - n - 1);
    return 0;
}
