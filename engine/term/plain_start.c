/* The point from which the terminal of a read is computed, and changes from outside. */
#include <string.h>

#include "engine/term/plain.h"
#include "engine/term/vtparse.h"

#define ESC 0x1b

#define CHAR_BYTES_MAX 4

/* One pass, whatever the bytes: the parser knows its state from the last ESC before the bound on,
 * or from a character before it. */
static size_t start_behind(const char *bytes, size_t bound, size_t from)
{
    static const struct vt_handler nobody = { .text = NULL };
    const char *esc = memrchr(bytes, ESC, bound);
    size_t at = bound > CHAR_BYTES_MAX ? bound - CHAR_BYTES_MAX : 0, rest = from;
    bool has_lf = memchr(bytes + bound, '\n', from - bound);
    struct vtparse p;

    if (esc)
        at = (size_t)(esc - bytes);
    vtparse_init(&p, &nobody, NULL);
    for (; at < from; at++) {
        vtparse_feed(&p, bytes + at, 1);
        if (at + 1 < bound || p.state != VT_GROUND || p.partial_len)
            continue;
        if (bytes[at] == '\n' || !has_lf)
            return at + 1;
        if (rest == from)
            rest = at + 1;
    }
    return rest;
}

size_t plain_find_start(const char *bytes, size_t from)
{
    size_t bound = from > PLAIN_LOOK_BACK ? from - PLAIN_LOOK_BACK : 0;

    return bound ? start_behind(bytes, bound, from) : 0;
}

bool plain_next_stop(const struct plain_options *options, size_t end, size_t *resizes,
                     size_t *exits, struct plain_stop *ret)
{
    const struct plain_resize *resize =
        *resizes < options->resize_count ? &options->resizes[*resizes] : NULL;
    const size_t *exit = *exits < options->exit_count ? &options->exits[*exits] : NULL;

    if (exit && (!resize || *exit <= resize->offset)) {
        *ret = (struct plain_stop){ .offset = *exit };
        ++*exits;
    } else if (resize) {
        *ret = (struct plain_stop){ .offset = resize->offset, .resize = resize };
        ++*resizes;
    } else {
        return false;
    }
    if (ret->offset <= end)
        return true;
    *(ret->resize ? resizes : exits) -= 1; /* not yet */
    return false;
}
