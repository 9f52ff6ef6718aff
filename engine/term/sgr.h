/*
 * The look of a cell of our own grid, in one number, and SGR sequences (ECMA-48, 8.3.117) to and
 * from it: the way coloured text is passed on as text. Sequences written here are short and of a
 * fixed form; those read may be anyone's.
 */
#ifndef PYRO_TERM_SGR_H
#define PYRO_TERM_SGR_H

#include "engine/term/cell.h"
#include "engine/term/vtparse.h"

/* Two colours of cell.h, 26 bits each, and its attributes. 0: the terminal's default. */
#define SGR_LOOK(fg, bg, attr) ((uint64_t)(fg) | (uint64_t)(bg) << 26 | (uint64_t)(attr) << 52)
#define SGR_FG(look) ((uint32_t)((look) & 0x3ffffff))
#define SGR_BG(look) ((uint32_t)((look) >> 26 & 0x3ffffff))
#define SGR_ATTR(look) ((unsigned)((look) >> 52 & 0x7ff))
/* Not a part of how a cell looks: DECSCA protects it from selective erase. */
#define SGR_PROTECTED ((uint64_t)1 << 63)
#define SGR_TEXT_MAX 96 /* bytes that sgr_put() appends at most */

/* The look after an SGR sequence; unknown parameters change nothing. */
uint64_t sgr_apply(uint64_t look, const struct vt_csi *csi);
/* Appends the sequence that changes a terminal's look from `before` to `look`. */
bool sgr_put(struct buf *out, uint64_t before, uint64_t look) MUST_CHECK;
/* The length of the SGR sequence that s begins with, which changes *look; 0: it begins with none.
 */
size_t sgr_take(const char *s, size_t n, uint64_t *look);
/*
 * Copies n bytes without their SGR sequences, each byte with its look; returns how many. `looks`
 * may be NULL. Room for n of each; `text` may be s.
 */
size_t sgr_strip(const char *s, size_t n, char *text, uint64_t *looks);

#endif
