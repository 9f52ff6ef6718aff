/*
 * engine/term/scan.c: notes of alternate screens and long strings.
 *
 * Text is skipped to the next ESC with memchr; from there the parser is fed in pieces that end at
 * each control byte or, in a sequence, at each byte, so that the offset of what it delivers is
 * known.
 */
#include "engine/term/scan.h"

#include <string.h>

#define ESC 0x1b

static void set_alt(struct term_scan *scan, bool on)
{
    if (scan->alt_screen == on)
        return;
    scan->alt_screen = on;
    scan->note(scan->arg, on ? SCAN_ALT_ENTER : SCAN_ALT_LEAVE, scan->offset, 0);
}

static void on_csi(void *user, const struct vt_csi *csi)
{
    bool on = csi->final == 'h';

    if (csi->lead != '?' || csi->mid || (csi->final != 'h' && csi->final != 'l'))
        return;
    for (unsigned i = 0; i < csi->count; i++)
        if (csi->arg[i] == 47 || csi->arg[i] == 1047 || csi->arg[i] == 1049)
            set_alt(user, on);
}

static void on_escape(void *user, char mid, char final)
{
    if (!mid && final == 'c') /* RIS, full reset */
        set_alt(user, false);
}

void term_scan_init(struct term_scan *scan, uint64_t offset, bool alt_screen, char in_string,
                    scan_note_fn *note, void *arg)
{
    static const struct vt_handler handler = { .csi = on_csi, .escape = on_escape };

    vtparse_init(&scan->parser, &handler, scan);
    if (in_string)
        vtparse_enter_string(&scan->parser, in_string);
    scan->offset = offset;
    scan->alt_screen = alt_screen;
    scan->in_long_string = in_string != 0;
    scan->sequence_start = offset;
    scan->note = note;
    scan->arg = arg;
}

/* How many bytes may be fed at once without losing the offset of what they deliver. */
static size_t piece(const struct term_scan *scan, const uint8_t *bytes, size_t n)
{
    size_t len = 0;

    if (scan->parser.state != VT_STRING)
        return 1;
    while (len < n && bytes[len] >= 0x20 && bytes[len] != 0x9c)
        len++;
    return len ? len : 1;
}

static void follow_string(struct term_scan *scan, bool was_in_string)
{
    bool in_string = scan->parser.state == VT_STRING ||
                     (was_in_string && scan->parser.closing && scan->parser.state == VT_ESCAPE);

    if (in_string && !scan->in_long_string && scan->parser.length > VT_SEQUENCE_MAX) {
        scan->in_long_string = true;
        scan->note(scan->arg, SCAN_STRING_BEGIN, scan->sequence_start, scan->parser.kind);
    } else if (!in_string && scan->in_long_string) {
        scan->in_long_string = false;
        scan->note(scan->arg, SCAN_STRING_END, scan->offset, 0);
    }
}

void term_scan_feed(struct term_scan *scan, const void *bytes, size_t n)
{
    const uint8_t *at = bytes, *end = at + n;

    while (at < end) {
        bool in_string = scan->parser.state == VT_STRING || scan->in_long_string;
        size_t len;
        if (scan->parser.state == VT_GROUND) {
            const uint8_t *esc = memchr(at, ESC, (size_t)(end - at));
            if (!esc) {
                scan->offset += (uint64_t)(end - at);
                return;
            }
            scan->offset += (uint64_t)(esc - at);
            at = esc;
        }
        if (*at == ESC && !in_string)
            scan->sequence_start = scan->offset;
        len = piece(scan, at, (size_t)(end - at));
        scan->offset += len; /* what is delivered was ended by the last of these bytes */
        vtparse_feed(&scan->parser, (const char *)at, len);
        follow_string(scan, in_string);
        at += len;
    }
}
