/*
 * Unified diffs, as diff(1) and git write them: parsing, and applying one file's hunks to its text.
 *
 * The rules are those of git-apply(1): names lose their first part (a/, b/); text between the files
 * of a patch is passed over; a hunk fits where all of its lines are, at the place it names or,
 * failing that, at the nearest other one; a hunk that begins at line 1 fits only at the beginning,
 * one without trailing context only at the end; no line is ever left out of the comparison (no
 * fuzz), and no hunk touches lines made by another. Binary patches are refused.
 *
 * The text is borrowed throughout: hunks point into it.
 */
#ifndef PYRO_IMAGE_PATCH_H
#define PYRO_IMAGE_PATCH_H

#include <stdint.h>

#include "vmm/base/buf.h"
#include "vmm/base/error.h"

#define PATCH_MAX_BYTES (8 * 1024 * 1024)

/* A file of a patch. */
enum patch_kind { PATCH_MODIFY, PATCH_ADD, PATCH_DELETE, PATCH_RENAME, PATCH_COPY };

struct patch_hunk {
    uint32_t old_start, old_count, new_start, new_count;
    const char *body; /* its lines, each with its first character */
    size_t body_bytes;
    unsigned line; /* of the "@@" in the patch, from 1 */
};

struct patch_file {
    enum patch_kind kind;
    bool may_add;              /* a PATCH_MODIFY that adds the file when it is missing */
    char *old_path, *new_path; /* relative, checked; old_path NULL for PATCH_ADD, new_path NULL for
                                  PATCH_DELETE */
    uint32_t old_mode, new_mode; /* as git has them (0100644, …); 0: not given */
    unsigned line;               /* of its first line in the patch */
    struct patch_hunk *hunks;
    size_t hunk_count, hunk_capacity;
};

struct patch {
    struct patch_file *files;
    size_t count, capacity;
};

/* PYRO_PATCH_REJECTED with the line where the text is not a patch; PYRO_PATH_REFUSED for a name
 * that leads out. A patch of no file is an error too. */
bool patch_parse(const char *text, size_t n, struct patch *ret, struct pyro_error *err) MUST_CHECK;
void patch_release(struct patch *p);
/* The file's name in messages. */
const char *patch_file_name(const struct patch_file *f);

/*
 * Applies a file's hunks to its old text; appends the new one to `ret`. PYRO_PATCH_REJECTED names
 * file, hunk and line.
 */
bool patch_apply_hunks(const struct patch_file *f, const char *old, size_t old_bytes,
                       struct buf *ret, struct pyro_error *err) MUST_CHECK;

#endif
