/* guest/modes.c: ESC [ ? … h and l, and ESC c. */
#include "guest/modes.h"

#include <string.h>

#define ESC 0x1b
#define PASTE_MODE 2004
#define NUMBER_MAX 99999

static void private_byte(struct modes *m, unsigned char c)
{
    if (c >= '0' && c <= '9') {
        m->number = m->number > NUMBER_MAX ? m->number : 10 * m->number + (c - '0');
        return;
    }
    m->named |= m->number == PASTE_MODE;
    m->number = 0;
    if (c == ';')
        return;
    if (m->named && (c == 'h' || c == 'l'))
        m->paste = c == 'h';
    m->state = MODES_TEXT;
}

static void feed_byte(struct modes *m, unsigned char c)
{
    if (c == ESC) {
        m->state = MODES_ESCAPE;
        return;
    }
    switch (m->state) {
    case MODES_ESCAPE:
        m->state = c == '[' ? MODES_CSI : MODES_TEXT;
        if (c == 'c') /* a full reset */
            m->paste = false;
        break;
    case MODES_CSI:
        m->state = c == '?' ? MODES_PRIVATE : MODES_TEXT;
        m->number = 0;
        m->named = false;
        break;
    case MODES_PRIVATE:
        private_byte(m, c);
        break;
    case MODES_TEXT:
        break;
    }
}

void modes_feed(struct modes *m, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n;) {
        if (m->state == MODES_TEXT) {
            const char *esc = memchr(bytes + i, ESC, n - i);
            if (!esc)
                return;
            i = (size_t)(esc - bytes);
        }
        feed_byte(m, (unsigned char)bytes[i++]);
    }
}
