/* Lines of a patched text and of a hunk, shared by patch_apply.c and patch_misfit.c. */
#ifndef PYRO_IMAGE_PATCH_LINES_H
#define PYRO_IMAGE_PATCH_LINES_H

#include "engine/image/patch/patch.h"

struct line {
    const char *bytes;
    uint32_t length; /* with its newline */
    uint32_t hash : 31;
    uint32_t patched : 1;
};

struct lines {
    struct line *items;
    size_t count, capacity;
};

/* A hunk, taken apart. */
struct sides {
    struct lines old, new;
    size_t trailing; /* context lines at its end */
    size_t changes;  /* lines that are added or removed */
};

/* PYRO_PATCH_REJECTED: why the hunk does not fit the text, as far as known. False. */
bool patch_misfit(const struct patch_file *f, size_t number, const struct lines *text,
                  const struct sides *s, struct pyro_error *err);

#endif
