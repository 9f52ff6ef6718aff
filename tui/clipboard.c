/* tui/clipboard.c: OSC 52. */
#include "tui/clipboard.h"

#include "tui/tty.h"
#include "vmm/base/base64.h"

static bool is_allowed = true;

void clipboard_allow(bool allowed)
{
    is_allowed = allowed;
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
    if (!buf_append_str(&text, "\x1b]52;c;") || !base64_encode(&text, bytes, n) ||
        !buf_append_str(&text, "\a"))
        return false;
    tty_send(text.data, text.len);
    return true;
}
