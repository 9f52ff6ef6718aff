/* tui/clipboard.c: OSC 52. */
#include "tui/clipboard.h"

#include <stdint.h>

#include "tui/tty.h"

static bool is_allowed = true;

void clipboard_allow(bool allowed)
{
    is_allowed = allowed;
}

/* RFC 4648, section 4. */
static bool put_base64(struct buf *to, const unsigned char *bytes, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < n; i += 3) {
        uint32_t group = (uint32_t)bytes[i] << 16;
        char text[4];
        if (i + 1 < n)
            group |= (uint32_t)bytes[i + 1] << 8;
        if (i + 2 < n)
            group |= bytes[i + 2];
        for (int k = 0; k < 4; k++)
            text[k] = i + (size_t)k > n ? '=' : digits[group >> (18 - 6 * k) & 63];
        if (!buf_append(to, text, 4))
            return false;
    }
    return true;
}

bool clipboard_copy(struct app *app, const char *bytes, size_t n)
{
    scoped_buf text = BUF_INIT(2 * CLIPBOARD_MAX);

    if (!is_allowed) {
        app_message(app, ROLE_WARN, "not copied: the configuration says clipboard = off");
        return false;
    }
    if (n > CLIPBOARD_MAX) {
        app_message(app, ROLE_WARN, "not copied: terminals take %zu KiB at most, this is %zu KiB",
                    CLIPBOARD_MAX / 1024, (n + 1023) / 1024);
        return false;
    }
    if (!buf_append_str(&text, "\x1b]52;c;") ||
        !put_base64(&text, (const unsigned char *)bytes, n) || !buf_append_str(&text, "\a"))
        return false;
    tty_send(text.data, text.len);
    return true;
}
