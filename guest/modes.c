/* guest/modes.c: control sequences that set modes or move the cursor within its line. */
#include "guest/modes.h"

#include <string.h>

#include "vmm/base/error.h"

#define BEL 0x07
#define CAN 0x18
#define SUB 0x1a
#define ESC 0x1b
#define NUMBER_MAX 99999
#define COLUMN_MAX 1000000
#define STRING_MAX 4096 /* an unfinished one is given up, as everywhere in pyro */
#define TAB_COLS 8

enum { NAMED_PASTE = 1 << 0, NAMED_CURSOR = 1 << 1, NAMED_SCREEN = 1 << 2, NAMED_SAVING = 1 << 3 };

static unsigned private_mode(unsigned number)
{
    switch (number) {
    case 25:
        return NAMED_CURSOR;
    case 47:
    case 1047:
        return NAMED_SCREEN;
    case 1049:
        return NAMED_SCREEN | NAMED_SAVING;
    case 2004:
        return NAMED_PASTE;
    default:
        return 0;
    }
}

static void reset(struct modes *m)
{
    m->paste = m->alternate = m->hidden = false;
    m->column = m->saved = 0;
}

static void set_private(struct modes *m, bool on)
{
    if (m->named & NAMED_PASTE)
        m->paste = on;
    if (m->named & NAMED_CURSOR)
        m->hidden = !on;
    if ((m->named & NAMED_SAVING) && on != m->alternate) {
        if (on)
            m->saved = m->column;
        else
            m->column = m->saved;
    }
    if (m->named & NAMED_SCREEN)
        m->alternate = on;
}

static void move_to(struct modes *m, unsigned column)
{
    m->column = column < COLUMN_MAX ? column : COLUMN_MAX;
}

static unsigned at_least_one(unsigned n)
{
    return n ? n : 1;
}

static void move(struct modes *m, char final)
{
    unsigned n = at_least_one(m->args[0]);

    switch (final) {
    case 'C':
    case 'a':
        move_to(m, m->column + n);
        break;
    case 'D':
        m->column -= n < m->column ? n : m->column;
        break;
    case 'E':
    case 'F':
        m->column = 0;
        break;
    case 'G':
    case '`':
        move_to(m, n - 1);
        break;
    case 'H':
    case 'f':
        move_to(m, at_least_one(m->args[1]) - 1);
        break;
    case 's':
        m->saved = m->column;
        break;
    case 'u':
        m->column = m->saved;
        break;
    default:
        break;
    }
}

static void end_parameter(struct modes *m)
{
    if (m->lead == '?')
        m->named |= private_mode(m->number);
    if (m->count < ARRAY_SIZE(m->args))
        m->args[m->count++] = m->number;
    m->number = 0;
}

static void csi_byte(struct modes *m, unsigned char c)
{
    if (c >= '0' && c <= '9') {
        m->number = m->number > NUMBER_MAX ? m->number : 10 * m->number + (c - '0');
    } else if (c == ';' || c == ':') {
        end_parameter(m);
    } else if (c >= '<' && c <= '?') {
        m->lead = (char)c;
    } else if (c >= ' ' && c <= '/') {
        m->odd = true;
    } else if (c >= '@' && c <= '~') {
        end_parameter(m);
        if (!m->odd && !m->lead)
            move(m, (char)c);
        else if (!m->odd && m->lead == '?' && (c == 'h' || c == 'l'))
            set_private(m, c == 'h');
        m->state = MODES_TEXT;
    }
}

static void escape_byte(struct modes *m, unsigned char c)
{
    m->state = MODES_TEXT;
    switch (c) {
    case '[':
        m->state = MODES_CSI;
        m->lead = 0;
        m->odd = false;
        m->number = m->args[0] = m->args[1] = m->count = m->named = 0;
        break;
    case ']':
    case 'P':
    case '_':
    case '^':
    case 'X':
    case 'k':
        m->state = MODES_STRING;
        m->string = 0;
        break;
    case 'c':
        reset(m);
        break;
    case 'E':
        m->column = 0;
        break;
    case '7':
        m->saved = m->column;
        break;
    case '8':
        m->column = m->saved;
        break;
    default:
        if (c >= ' ' && c <= '/') /* a character set, for one */
            m->state = MODES_SKIP;
        break;
    }
}

static void text_byte(struct modes *m, unsigned char c)
{
    if (c == '\r')
        m->column = 0;
    else if (c == '\b')
        m->column -= m->column > 0;
    else if (c == '\t')
        move_to(m, (m->column / TAB_COLS + 1) * TAB_COLS);
    else if (c >= ' ' && c != 0x7f && (c & 0xc0) != 0x80)
        move_to(m, m->column + 1);
}

static void feed_byte(struct modes *m, unsigned char c)
{
    if (c == ESC) {
        m->state = MODES_ESCAPE;
        return;
    }
    if (c == CAN || c == SUB) {
        m->state = MODES_TEXT;
        return;
    }
    switch (m->state) {
    case MODES_TEXT:
        text_byte(m, c);
        break;
    case MODES_ESCAPE:
        escape_byte(m, c);
        break;
    case MODES_CSI:
        csi_byte(m, c);
        break;
    case MODES_STRING:
        if (c == BEL || ++m->string > STRING_MAX)
            m->state = MODES_TEXT;
        break;
    case MODES_SKIP:
        m->state = c >= ' ' && c <= '/' ? MODES_SKIP : MODES_TEXT;
        break;
    }
}

void modes_feed(struct modes *m, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n;) {
        if (m->state == MODES_TEXT) {
            /* Whatever comes before a carriage return is forgotten at it. */
            const char *esc = memchr(bytes + i, ESC, n - i);
            size_t end = esc ? (size_t)(esc - bytes) : n;
            const char *cr = memrchr(bytes + i, '\r', end - i);
            for (i = cr ? (size_t)(cr - bytes) : i; i < end; i++)
                text_byte(m, (unsigned char)bytes[i]);
            if (!esc)
                return;
        }
        feed_byte(m, (unsigned char)bytes[i++]);
    }
}

bool modes_ends_in_line(const struct modes *m)
{
    return !m->alternate && !m->hidden && m->column > 0;
}
