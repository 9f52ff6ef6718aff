/*
 * engine/image/patch/patch_between.c: the lines of a patch, and those that belong to none of its
 * files.
 *
 * Text before the first file is skipped (a mail, a commit message), and so are the lines that git,
 * mail and version control write between files. Anything else is refused, because what looks like
 * part of a patch must not get lost: further lines of a hunk, a hunk without numbers, other
 * formats.
 */
#include <string.h>

#include "engine/image/patch/patch_parser.h"

size_t patch_line_bytes(const struct patch_parser *p)
{
    const char *newline = p->at < p->end ? memchr(p->at, '\n', (size_t)(p->end - p->at)) : NULL;

    return newline ? (size_t)(newline - p->at) + 1 : (size_t)(p->end - p->at);
}

void patch_next_line(struct patch_parser *p)
{
    p->at += patch_line_bytes(p);
    p->line++;
}

bool patch_begins(const struct patch_parser *p, const char *with, const char **ret_rest,
                  size_t *ret_n)
{
    size_t n = strlen(with), all = patch_line_bytes(p);

    if (all < n || memcmp(p->at, with, n) != 0)
        return false;
    if (ret_rest) {
        *ret_rest = p->at + n;
        *ret_n = all - n;
    }
    return true;
}

bool patch_reject(struct patch_parser *p, const char *why)
{
    return pyro_fail(p->err, PYRO_PATCH_REJECTED, "the patch, line %u: %s", p->line, why);
}

static bool begins(const struct patch_parser *p, const char *with)
{
    return patch_begins(p, with, NULL, NULL);
}

/* The line without its end. */
static size_t text_bytes(const struct patch_parser *p)
{
    size_t n = patch_line_bytes(p);

    while (n && (p->at[n - 1] == '\n' || p->at[n - 1] == '\r'))
        n--;
    return n;
}

static bool is_line(const struct patch_parser *p, const char *text)
{
    return text_bytes(p) == strlen(text) && begins(p, text);
}

bool patch_at_names(const struct patch_parser *p)
{
    struct patch_parser ahead = *p;

    if (!begins(&ahead, "--- "))
        return false;
    patch_next_line(&ahead);
    return begins(&ahead, "+++ ");
}

/* --- a hunk's lines --- */

/* How many lines a hunk has, whatever its header says: up to a line that cannot be one of its
 * lines. */
static void count_body(const struct patch_parser *p, const struct patch_hunk *h, unsigned *ret_old,
                       unsigned *ret_new)
{
    struct patch_parser at = { .at = h->body, .end = p->end };
    unsigned empty = 0;

    *ret_old = *ret_new = 0;
    for (; at.at < at.end && !patch_at_names(&at) && !is_line(&at, "-- "); patch_next_line(&at)) {
        char c = text_bytes(&at) ? at.at[0] : '\n';
        if (!strchr(" +-\\\n", c))
            return;
        if (c == '\n') { /* counts if more follows */
            empty++;
            continue;
        }
        *ret_old += empty + (c == ' ' || c == '-');
        *ret_new += empty + (c == ' ' || c == '+');
        empty = 0;
    }
}

bool patch_reject_count(struct patch_parser *p, const struct patch_file *f,
                        const struct patch_hunk *h)
{
    unsigned old, new;

    count_body(p, h, &old, &new);
    pyro_fail(p->err, PYRO_PATCH_REJECTED,
              "the patch, line %u: '%.200s': the hunk at line %u does not have the number of lines "
              "its header states (-%u +%u)",
              p->line, patch_file_name(f), h->line, h->old_count, h->new_count);
    return pyro_hint(p->err,
                     "it has -%u +%u: write '@@ -%u,%u +%u,%u @@', or begin each of its lines with "
                     "' ', '-' or '+'",
                     old, new, h->old_start, old, h->new_start, new);
}

bool patch_reject_header(struct patch_parser *p)
{
    if (begins(p, "@@@")) {
        patch_reject(p, "a combined diff, as git shows a merge");
        return pyro_hint(p->err, "compare two commits: 'git diff COMMIT COMMIT'");
    }
    patch_reject(p, begins(p, "@@ -")
                        ? "no hunk header ('@@ -LINE,COUNT +LINE,COUNT @@')"
                        : "a hunk without line numbers ('@@ -LINE,COUNT +LINE,COUNT @@')");
    return pyro_hint(p->err, "make the patch with 'git diff' or 'diff -u', or write the numbers");
}

/* --- between files --- */

/* Lines that are never prose, wherever they are. */
static const struct {
    const char *begins, *also; /* also: must be in the line too */
    const char *why, *hint;
} foreign[] = {
    { "*** Begin Patch", NULL, "this is apply_patch's format, not a unified diff",
      "a unified diff has '--- a/FILE', '+++ b/FILE' and '@@ -LINE,COUNT +LINE,COUNT @@'" },
    { "*** Update File: ", NULL, "this is apply_patch's format, not a unified diff", NULL },
    { "*** Add File: ", NULL, "this is apply_patch's format, not a unified diff", NULL },
    { "*** Delete File: ", NULL, "this is apply_patch's format, not a unified diff", NULL },
    { "*** End Patch", NULL, "this is apply_patch's format, not a unified diff", NULL },
    { "***************", NULL, "a context diff, not a unified one", "make it with 'diff -u'" },
    { "<<<<<<< ", NULL, "a conflict, or a block to search and replace: not a unified diff", NULL },
    { "Binary files ", NULL, "binary files, and only text can be patched",
      "bring binary files in with 'pyro workspace sync push'" },
    { "GIT binary patch", NULL, "binary files, and only text can be patched",
      "bring binary files in with 'pyro workspace sync push'" },
    { "Only in ", ": ", "a file that one side has, without its content",
      "make the patch with 'diff -ruN'" },
    { "Submodule ", "..", "a submodule, and only files can be patched", NULL },
    { "diff --cc ", NULL, "a combined diff, as git shows a merge",
      "compare two commits: 'git diff COMMIT COMMIT'" },
    { "diff --combined ", NULL, "a combined diff, as git shows a merge",
      "compare two commits: 'git diff COMMIT COMMIT'" },
    { "+++ ", NULL, "'---' was expected before '+++'", NULL },
};

static bool refuse_foreign(struct patch_parser *p)
{
    size_t n = text_bytes(p);

    if (begins(p, "@@ -"))
        return patch_reject(p, "a hunk without a file ('--- a/…', '+++ b/…') before it");
    if (begins(p, "@@"))
        return patch_reject_header(p);
    for (size_t i = 0; i < ARRAY_SIZE(foreign); i++) {
        const char *also = foreign[i].also;
        if (!begins(p, foreign[i].begins) || (also && !memmem(p->at, n, also, strlen(also))))
            continue;
        patch_reject(p, foreign[i].why);
        return foreign[i].hint ? pyro_hint(p->err, "%s", foreign[i].hint) : false;
    }
    return true;
}

/* "diff -ru a b": a comparison follows, or a remark on two files. */
static bool after_diff_line(struct patch_parser *p)
{
    struct patch_parser ahead = *p;

    patch_next_line(&ahead);
    if (patch_at_names(&ahead) || begins(&ahead, "diff ") || begins(&ahead, "Binary files ") ||
        begins(&ahead, "Only in "))
        return true;
    patch_reject(p, "a comparison that is not a unified diff");
    return pyro_hint(p->err, "make it with 'diff -u'");
}

/* A mail's signature, which format-patch puts at the end; not a deleted line that the header
 * missed. */
static bool is_signature(const struct patch_parser *p)
{
    struct patch_parser ahead = *p;

    if (!is_line(p, "-- ") && !is_line(p, "--"))
        return false;
    patch_next_line(&ahead);
    return !text_bytes(&ahead) || !strchr(" +-\\@", ahead.at[0]);
}

/* After a file, up to the beginning of another text. */
static bool pass_behind_file(struct patch_parser *p)
{
    static const char *const headings[] = { "Index: ", "======", "RCS file: ",
                                            "retrieving revision ", "diff -" };
    static const char *const texts[] = { "From ", "commit ", "changeset: ", "# HG changeset " };
    const struct patch_file *f = &p->patch->files[p->patch->count - 1];

    if (!text_bytes(p))
        return true;
    for (size_t i = 0; i < ARRAY_SIZE(headings); i++)
        if (begins(p, headings[i]))
            return true;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        p->behind_file = p->behind_file && !begins(p, texts[i]);
    p->behind_file = p->behind_file && !is_signature(p);
    if (!p->behind_file)
        return true;
    if (strchr(" +-\\", p->at[0]))
        return f->hunk_count ? patch_reject_count(p, f, &f->hunks[f->hunk_count - 1])
                             : patch_reject(p, "a line of a hunk without a hunk header before it");
    patch_reject(p, "neither a line of the hunk before it nor the beginning of another file");
    return pyro_hint(
        p->err,
        "a hunk's lines begin with ' ', '-' or '+'; remove text that is not part of the patch");
}

bool patch_pass_over(struct patch_parser *p)
{
    if (!refuse_foreign(p) || (p->behind_file && !pass_behind_file(p)) ||
        (begins(p, "diff -") && !after_diff_line(p)))
        return false;
    patch_next_line(p);
    return true;
}
