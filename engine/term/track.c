/* Following the alternate screen and long strings through a stream, see track.h. */
#include "engine/term/track.h"

#include <string.h>

#include "engine/term/notice.h"

#define BEL 0x07
#define CAN 0x18
#define SUB 0x1a
#define ESC 0x1b

static void report(struct track *t, enum track_kind kind, uint64_t offset)
{
    struct track_event event = { .kind = kind, .offset = offset };

    if (kind == TRACK_STRING_START || kind == TRACK_STRING_END)
        event.string_kind = t->parse.kind;
    if (t->on_event)
        t->on_event(t->user, &event);
}

static void set_alternate(struct track *t, bool on, uint64_t offset)
{
    if (t->alternate == on)
        return;
    t->alternate = on;
    report(t, on ? TRACK_ALT_ENTER : TRACK_ALT_EXIT, offset);
}

static void note_query(struct track *t, enum term_query query)
{
    struct track_event event = { .kind = TRACK_QUERY,
                                 .offset = t->offset + 1,
                                 .query = query,
                                 .from = t->sequence,
                                 .bell = t->byte == BEL };

    if (query != QUERY_NONE && t->on_event)
        t->on_event(t->user, &event);
}

static void note_notice(struct track *t, uint64_t offset, const char *text)
{
    struct track_event event = { .kind = TRACK_NOTICE, .offset = offset, .text = text };

    if (t->on_event)
        t->on_event(t->user, &event);
}

static void track_on_control(void *user, unsigned char c)
{
    struct track *t = user;

    if (c == BEL)
        note_notice(t, t->offset, "");
}

static void track_on_csi(void *user, const struct vt_csi *csi)
{
    struct track *t = user;

    note_query(t, query_of_csi(csi));
    if (csi->lead != '?' || csi->mid || (csi->final != 'h' && csi->final != 'l'))
        return;
    for (unsigned i = 0; i < csi->count; i++) {
        if (csi->arg[i] == 47 || csi->arg[i] == 1047 || csi->arg[i] == 1049)
            set_alternate(t, csi->final == 'h', t->offset + 1); /* after the byte being fed */
    }
}

static void track_on_escape(void *user, char mid, char final)
{
    struct track *t = user;

    note_query(t, query_of_escape(mid, final));
    if (!mid && final == 'c')
        set_alternate(t, false, t->offset + 1);
}

static void track_on_string(void *user, char kind, const char *s, size_t n)
{
    struct track *t = user;
    char text[VT_SEQUENCE_MAX + 1];

    note_query(t, query_of_string(kind, s, n));
    if (notice_of_string(kind, s, n, text, sizeof(text)))
        note_notice(t, t->offset + 1, text);
}

static const struct vt_handler handler = { .control = track_on_control,
                                           .csi = track_on_csi,
                                           .escape = track_on_escape,
                                           .string = track_on_string };

void track_init(struct track *t, uint64_t offset,
                void (*on_event)(void *user, const struct track_event *event), void *user)
{
    vtparse_init(&t->parse, &handler, t);
    t->offset = t->sequence = offset;
    t->closing_at = offset;
    t->alternate = t->in_long_string = false;
    t->on_event = on_event;
    t->user = user;
}

void track_resume(struct track *t, bool alternate, char in_string)
{
    t->alternate = alternate;
    if (!in_string)
        return;
    vtparse_enter_string(&t->parse, in_string);
    t->in_long_string = true;
}

void track_set_alternate(struct track *t, bool on)
{
    set_alternate(t, on, t->offset);
}

bool track_is_settled(const struct track *t)
{
    return t->parse.state == VT_GROUND || (t->in_long_string && t->parse.state == VT_STRING);
}

static bool inside_string(const struct vtparse *p)
{
    return p->state == VT_STRING || (p->state == VT_ESCAPE && p->closing);
}

/* A string that was reported is over, with byte c; `closing`: an ESC came before it. */
static void end_long_string(struct track *t, char c, bool closing)
{
    bool began_another = closing && c != '\\' && c != CAN && c != SUB;

    report(t, TRACK_STRING_END, began_another ? t->closing_at : t->offset + 1);
    t->in_long_string = false;
}

static void feed_byte(struct track *t, char c)
{
    bool was_inside = inside_string(&t->parse), was_closing = t->parse.closing;

    if (c == ESC && !was_inside)
        t->sequence = t->offset;
    else if (c == ESC && !was_closing)
        t->closing_at = t->offset;
    t->byte = c;
    vtparse_feed(&t->parse, &c, 1);
    if (was_inside && !inside_string(&t->parse)) {
        if (t->in_long_string)
            end_long_string(t, c, was_closing);
        t->sequence = t->closing_at;
    } else if (inside_string(&t->parse) && !t->in_long_string &&
               t->parse.length > VT_SEQUENCE_MAX) {
        t->in_long_string = true;
        report(t, TRACK_STRING_START, t->sequence);
    }
    t->offset++;
}

void track_feed(struct track *t, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n;) {
        if (t->parse.state == VT_GROUND) {
            const char *esc = memchr(bytes + i, ESC, n - i);
            size_t skipped = esc ? (size_t)(esc - bytes) - i : n - i;
            const char *bell = memchr(bytes + i, BEL, skipped);
            if (bell)
                note_notice(t, t->offset + (size_t)(bell - bytes) - i, "");
            t->offset += skipped;
            i += skipped;
            if (!esc)
                return;
        }
        feed_byte(t, bytes[i++]);
    }
}

char track_string(const struct track *t)
{
    return inside_string(&t->parse) ? t->parse.kind : 0;
}
