/*
 * Fuzzes the decoder of terminal bytes: the first byte says in what pieces the rest comes. However
 * it is cut, every byte outside a paste comes out with its event, every event is sound, and nothing
 * stays behind.
 */
#include "tui/input.h"

#include <string.h>

#include "vmm/base/error.h"
#include "vmm/base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    size_t bytes;
};

static void on_event(void *arg, const struct key_event *e)
{
    struct seen *seen = arg;

    seen->bytes += e->raw_len + e->text_len;
    if (e->kind == EVENT_KEY) {
        BUG_ON(e->code > K_UNKNOWN || e->code < ' ' || (e->code >= 0x7f && e->code < 0xa0));
        BUG_ON(!e->raw_len || e->raw_len > INPUT_PENDING_MAX);
    }
    if (e->kind == EVENT_MOUSE)
        BUG_ON(e->row < 0 || e->col < 0 || e->button < 0 || e->button > 3);
    if (e->kind == EVENT_PASTE)
        BUG_ON(!e->text || e->text_len > INPUT_PASTE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen seen = { 0 };
    struct input in;
    size_t piece;

    if (size < 1 || size > 65536)
        return 0;
    piece = data[0] ? data[0] : size;
    data++, size--;
    input_init(&in);
    for (size_t at = 0; at < size; at += piece) {
        input_feed(&in, (const char *)data + at, size - at < piece ? size - at : piece, on_event,
                   &seen);
        BUG_ON(in.pending_len >= INPUT_PENDING_MAX);
        if (piece % 2)
            input_flush(&in, on_event, &seen);
    }
    input_flush(&in, on_event, &seen);
    BUG_ON(input_waits(&in));
    BUG_ON(seen.bytes > size);
    input_release(&in);
    return 0;
}
