/*
 * Shared by the halves of the patch parser: the lines of the text, and the text allowed between the
 * files of a patch. Every line is taken as part of a file, or skipped by patch_pass_over(), or
 * refused: none is left out silently.
 */
#ifndef PYRO_IMAGE_PATCH_PARSER_H
#define PYRO_IMAGE_PATCH_PARSER_H

#include "engine/image/patch/patch.h"

struct patch_parser {
    const char *at, *end; /* the current line, and the end of the text */
    unsigned line;
    bool
        behind_file; /* a file's part has just ended: the next line must not look like more of it */
    struct patch *patch;
    struct pyro_error *err;
};

/* The length of the current line, its newline included; 0 at the end. */
size_t patch_line_bytes(const struct patch_parser *p);
void patch_next_line(struct patch_parser *p);
/* Whether the line begins with it; *ret_rest and *ret_n (may be NULL) are the rest, with the line's
 * end. */
bool patch_begins(const struct patch_parser *p, const char *with, const char **ret_rest,
                  size_t *ret_n);
/* PYRO_PATCH_REJECTED with the current line; false. */
bool patch_reject(struct patch_parser *p, const char *why);

/* Whether "---" and "+++" are two consecutive lines. */
bool patch_at_names(const struct patch_parser *p);
/* Skips one line that belongs to no file, or refuses it. */
bool patch_pass_over(struct patch_parser *p);
/* PYRO_PATCH_REJECTED for a "@@" that is not a hunk header; false. */
bool patch_reject_header(struct patch_parser *p);
/* PYRO_PATCH_REJECTED for a hunk whose lines differ from its header's counts; false. `line` is
 * where that shows. */
bool patch_reject_count(struct patch_parser *p, const struct patch_file *f,
                        const struct patch_hunk *h);

#endif
