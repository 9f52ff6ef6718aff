/* guest/echo.c: what of typed input its terminal shows. */
#include "guest/echo.h"

#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "guest/prompt.h"

#define PASTE_START "\x1b[200~"
#define PASTE_END "\x1b[201~"

static bool is_editor_mode(const struct termios *mode)
{
    return !(mode->c_lflag & (ICANON | ECHO)) && !(mode->c_iflag & ICRNL);
}

/* Where what a paste in brackets does not cover begins. */
static size_t behind_paste(const char *bytes, size_t n)
{
    const char *end;

    if (n < strlen(PASTE_START) || memcmp(bytes, PASTE_START, strlen(PASTE_START)) != 0)
        return 0;
    end = memmem(bytes, n, PASTE_END, strlen(PASTE_END));
    return end ? (size_t)(end - bytes) : n;
}

/* With its end: Enter, or a key after which the program that reads may be another. */
static size_t first_line(const char *bytes, size_t n, bool *ret_ends)
{
    static const char ends[] = "\r\n\x0f\x03\x04\x1a\x1c"; /* ^O accepts the line, too */
    size_t i = behind_paste(bytes, n);

    while (i < n && !memchr(ends, bytes[i], strlen(ends)))
        i++;
    *ret_ends = i < n;
    return *ret_ends ? i + 1 : n;
}

size_t echo_shown(struct echo *e, int pty_fd, pid_t shell, bool paste, const char *bytes, size_t n)
{
    struct termios mode;
    pid_t reader = tcgetpgrp(pty_fd);
    size_t shown;
    bool ends;

    if (tcgetattr(pty_fd, &mode) != 0)
        return 0;
    if (mode.c_lflag & ECHO) {
        e->editing = false;
        return n;
    }
    e->editing = is_editor_mode(&mode) && reader > 0 &&
                 (reader == shell || prompt_is_bash(reader, pty_fd)) &&
                 (e->editing || prompt_is_waiting(reader, pty_fd));
    if (!e->editing)
        return 0;
    if (paste)
        return n;
    shown = first_line(bytes, n, &ends);
    e->editing = !ends;
    return shown;
}
