/* guest/typing.c: lines too long for a terminal that edits them. */
#include "guest/typing.h"

#include <stdbool.h>
#include <string.h>
#include <termios.h>

#include "vmm/base/fs.h"

#define LINE_BYTES 4095 /* Linux: N_TTY_BUF_SIZE, and room for the line's end */

/* A line ends, is dropped or is passed on at most of the control characters: the program chooses
 * which. */
static bool ends_line(char c)
{
    return (unsigned char)c < ' ' && c != '\t';
}

static size_t line_length(const char *bytes, size_t n)
{
    size_t i = 0;

    while (i < n && !ends_line(bytes[i]))
        i++;
    return i < n ? i + 1 : n;
}

static bool interrupts(const struct termios *t, const char *bytes, size_t n)
{
    return (t->c_lflag & ISIG) &&
           (memchr(bytes, t->c_cc[VINTR], n) || memchr(bytes, t->c_cc[VQUIT], n) ||
            memchr(bytes, t->c_cc[VSUSP], n));
}

size_t typing_room(struct typing *t, int pty_fd, const char *bytes, size_t n)
{
    size_t at = 0, line = t->line, length;
    struct termios mode;

    if (tcgetattr(pty_fd, &mode) == 0 && (mode.c_lflag & ICANON) && !interrupts(&mode, bytes, n)) {
        while (at < n) {
            length = line_length(bytes + at, n - at);
            /* A line that is already too long is already lost. */
            if (line <= LINE_BYTES && line + length > LINE_BYTES)
                break;
            at += length;
            line = 0;
        }
        if (at)
            n = at;
        else if (!t->held_ms)
            t->held_ms = clock_ms();
        if (!at && clock_ms() - t->held_ms < TYPING_HELD_MS)
            return 0;
    }
    t->held_ms = 0;
    return n;
}

void typing_wrote(struct typing *t, const char *bytes, size_t n)
{
    for (size_t i = n; i; i--)
        if (ends_line(bytes[i - 1])) {
            t->line = n - i;
            return;
        }
    t->line += n;
}
