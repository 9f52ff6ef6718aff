/*
 * The parser of terminal output: bytes a guest printed, in any split, come out as whole events:
 * runs of printable text, control characters, escape sequences, control sequences and control
 * strings.
 *
 * It guarantees: text is valid UTF-8 without C0, DEL and C1 characters (a byte that is not part of
 * UTF-8 becomes U+FFFD); a sequence is delivered once, whole and within its limits, or not at all;
 * a control character inside a sequence is delivered before it, as terminals act. Every ESC starts
 * afresh, whatever came before it, so the state after the last ESC of a stream does not depend on
 * its past.
 */
#ifndef PYRO_TERM_VTPARSE_H
#define PYRO_TERM_VTPARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VT_ARGS_MAX 15  /* parameters of a control sequence; with more it is dropped */
#define VT_DIGITS_MAX 5 /* of one parameter */
#define VT_SEQUENCE_MAX                                                                            \
    4096 /* bytes after which an unfinished sequence is abandoned, and a string not kept */

/* One CSI sequence. A parameter that was left out is VT_MISSING. */
#define VT_MISSING (-1)
struct vt_csi {
    char lead; /* one of < = > ? or 0 */
    char mid;  /* the intermediate byte or 0 */
    char final;
    uint8_t count; /* parameters, at least 1 */
    int32_t arg[VT_ARGS_MAX];
    uint16_t sub; /* bit n: parameter n was introduced by a colon */
};

/* The parameter n, or `fallback` when it was left out. */
static inline int vt_arg(const struct vt_csi *csi, unsigned n, int fallback)
{
    return n < csi->count && csi->arg[n] != VT_MISSING ? csi->arg[n] : fallback;
}

/* Receivers of the events; any may be NULL. Their arguments are borrowed for the call. */
struct vt_handler {
    void (*text)(void *user, const char *utf8, size_t n);
    void (*control)(void *user, unsigned char c);
    void (*escape)(void *user, char mid, char final);
    void (*csi)(void *user, const struct vt_csi *csi);
    /* kind is ] P _ ^ X or k; only strings that were ended properly and fit VT_SEQUENCE_MAX */
    void (*string)(void *user, char kind, const char *s, size_t n);
};

enum vt_state { VT_GROUND, VT_ESCAPE, VT_CSI, VT_STRING };

struct vtparse {
    const struct vt_handler *handler;
    void *user;
    enum vt_state state;
    bool bad;        /* the sequence is beyond a limit or malformed: swallow it */
    bool closing;    /* in VT_ESCAPE: the ESC may be the first half of a string's end */
    bool after_lead; /* in VT_CSI: parameters have begun */
    uint8_t digits;
    char mid, kind;
    struct vt_csi csi;
    size_t length;                     /* bytes since the ESC, the ESC included */
    size_t string_len;                 /* bytes kept */
    uint8_t partial_len, partial_need; /* an unfinished UTF-8 sequence */
    char partial[4];
    char string[VT_SEQUENCE_MAX];
};

/* `handler` and `user` are kept, not owned. */
void vtparse_init(struct vtparse *p, const struct vt_handler *handler, void *user);
/* Starts inside a control string whose beginning is elsewhere: the bytes up to its end are
 * swallowed. */
void vtparse_enter_string(struct vtparse *p, char kind);
void vtparse_feed(struct vtparse *p, const char *bytes, size_t n);
/* Delivers the rest of an ended stream: an unfinished UTF-8 sequence as U+FFFD; sequences are
 * dropped. */
void vtparse_finish(struct vtparse *p);

/*
 * How many bytes at the end of bytes[0..n) belong to an unfinished UTF-8 or escape sequence, and
 * must be read again with what follows. A control string of more than VT_SEQUENCE_MAX bytes is not
 * counted, only a final ESC that may begin its end. `in_string`: the bytes start inside such a
 * string.
 */
size_t vtparse_held_back(const char *bytes, size_t n, char in_string);

/*
 * Whether bytes[0..n) end outside any character and sequence. `in_string`: they start inside a
 * control string of this kind; without an ESC or its end among them, they end there too.
 */
bool vtparse_at_rest(const char *bytes, size_t n, char in_string);

/* Whether the byte after ESC begins a control string. */
static inline bool vt_starts_string(unsigned char c)
{
    return c == ']' || c == 'P' || c == '_' || c == '^' || c == 'X' || c == 'k';
}

#endif
